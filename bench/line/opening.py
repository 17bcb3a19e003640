"""(g) 500 callers in ten lines open their sockets at once: anew, and after the web process has been started again."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import aiohttp

from bench.line import people
from bench.line.sockets import OPENING, SOCKETS, daphne, processor_time
from bench.numbers import Row
from calls.models import Call
from tools.stack.process import Running

LINES = 10
APPLICATION = "callcenter_site.asgi:application"


def measure() -> list[Row]:
    """Until each is greeted: without a number, so with a snapshot, then with the number it had."""
    people.empty()
    people.callers(SOCKETS, people.departments(LINES))
    people.analyse()
    secrets = {call.pk: call.secret for call in Call.objects.all()}
    with daphne(APPLICATION) as server:
        anew, numbers = _opened(server, secrets, {})
        anew_spent = processor_time(server)
    with daphne(APPLICATION) as server:
        idle = processor_time(server)
        back, _ = _opened(server, secrets, numbers)
        back_spent = processor_time(server)
    return [
        Row(f"(g) {SOCKETS} callers open sockets", "s", anew),
        Row("(g) … come back after a restart", "s", back),
        Row("(g) … server's processor time a socket", "µs", [(anew_spent - idle) / SOCKETS * 1e6]),
        Row("(g) … the same, coming back", "µs", [(back_spent - idle) / SOCKETS * 1e6]),
    ]


def _opened(
    server: Running, secrets: Mapping[str, str], numbers: Mapping[str, int]
) -> tuple[list[float], dict[str, int]]:
    return asyncio.run(_open_all(server, secrets, numbers))


async def _open_all(
    server: Running, secrets: Mapping[str, str], numbers: Mapping[str, int]
) -> tuple[list[float], dict[str, int]]:
    """Seconds until each was greeted, and the number each has seen."""
    timeout = aiohttp.ClientTimeout(total=OPENING)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as http:
        begun = time.perf_counter()
        took: list[float] = []
        seen: dict[str, int] = {}

        async def come(call: str) -> aiohttp.ClientWebSocketResponse:
            socket = await http.ws_connect(f"{server.url}/ws/call/{call}/")
            told: dict[str, Any] = {"type": "hello", "call_secret": secrets[call]}
            await socket.send_json(told | ({"last_seq": numbers[call]} if call in numbers else {}))
            seen[call] = (await socket.receive_json(timeout=OPENING))["seq"]
            took.append(time.perf_counter() - begun)
            return socket

        sockets = await asyncio.gather(*(come(call) for call in secrets))
        await asyncio.gather(*(socket.close() for socket in sockets))
        return took, seen
