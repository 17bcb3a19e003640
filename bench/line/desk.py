"""(c) An agent comes free while callers wait: until the offer is on his socket, the whole product running.

BENCH_URL is the product's address, BENCH_AGENT_KEY the key of agent_a; the database is the product's.
"""

import asyncio
import os
import time

import aiohttp

from bench.host import Meter, Side
from bench.line import people
from bench.numbers import Row, percentile
from queueing.models import Department, Membership
from queueing.services.matching import match

AGENT, WAITING, SAMPLES = "agent_a", 200, 50


def measure() -> list[Row]:
    """He declines one after the other: from sending it until the next one rings."""
    lines = Department.objects.filter(slug="support")
    lines.update(max_wait_seconds=0, decline_cooldown_seconds=3600, offer_seconds=60)
    Membership.objects.exclude(agent__user__username=AGENT).delete()
    took = asyncio.run(_run([lines.get()])).counted()
    row = Row("(c) agent free → offer on his socket", "s", took, target="p95 ≤ 100 ms")
    row.within = percentile(took, 0.95) <= 0.1
    return [row]


async def _run(lines: list[Department]) -> Side:
    url, key = os.environ["BENCH_URL"], os.environ["BENCH_AGENT_KEY"]
    took = Side("desk")
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as http:
        socket = await http.ws_connect(url.replace("http", "ws", 1) + "/ws/agent/")
        await socket.send_json({"type": "hello", "api_key": key})
        await _post(http, f"{url}/api/agents/{AGENT}/status", {"status": "available"})
        await asyncio.to_thread(_fill, lines)
        offer = await _offer(socket)
        for number in range(SAMPLES + 3):
            meter, begun = Meter(), time.perf_counter()
            declined = asyncio.create_task(_post(http, f"{url}/api/offers/{offer}/decline", {}))
            offer = await _offer(socket)
            seconds = time.perf_counter() - begun
            await declined
            if number >= 3:  # the first ones open connections and fill caches
                took.add(seconds, meter)
        await socket.close()
    return took


def _fill(lines: list[Department]) -> None:
    people.callers(WAITING, lines)
    people.analyse()
    match([line.pk for line in lines])


async def _post(http: aiohttp.ClientSession, url: str, body: object) -> None:
    async with http.post(url, json=body) as answer:
        if answer.status != 200:
            raise RuntimeError(f"{url}: {answer.status} {await answer.text()}")


async def _offer(socket: aiohttp.ClientWebSocketResponse) -> str:
    async with asyncio.timeout(30):
        while (told := await socket.receive_json())["type"] != "offer":
            pass
        return str(told["offer_id"])
