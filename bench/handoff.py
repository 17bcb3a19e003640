"""(b) accept → both hear each other. (c) escalation → the offer on the agent's socket."""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import Any

import aiohttp

from bench.ears import PATIENCE, Ears
from bench.first_sound import quiet
from bench.numbers import Row
from bench.stack import Stack

AGENT = "agent_a"


class Desk:
    """agent_a's socket: offers, with the moment they came."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.offers: asyncio.Queue[tuple[float, dict[str, Any]]] = asyncio.Queue()

    async def open(self) -> None:
        """Connect, say hello, go on reading."""
        self._socket = await self._stack.http.ws_connect(self._stack.url.replace("http", "ws", 1) + "/ws/agent/")
        await self._socket.send_json({"type": "hello", "api_key": self._stack.agent_key})
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self._socket:
            told = message.json() if message.type == aiohttp.WSMsgType.TEXT else {}
            if told.get("type") == "offer":
                self.offers.put_nowait((time.monotonic(), told))

    async def close(self) -> None:
        await self._socket.close()
        self._reading.cancel()


async def handoff(stack: Stack, rounds: int) -> list[Row]:
    """One call after the other: escalated, offered, accepted, heard, ended."""
    desk = Desk(stack)
    await desk.open()
    offered, heard = [], []
    for number in range(rounds + 1):
        await quiet(stack)
        await stack.post(f"/api/agents/{AGENT}/status", {"status": "available"}, secret=stack.agent_key)
        until_offer, until_heard = await _one(stack, desk)
        if number:
            offered.append(until_offer)
            heard.append(until_heard)
    await desk.close()
    return [
        Row(
            "(b) accept → both hear",
            "s",
            heard,
            target="p50 < 1000 ms",
            within=statistics.median(heard) < 1.0,
        ),
        Row(
            "(c) escalation → offer",
            "s",
            offered,
            target="p50 < 150 ms",
            within=statistics.median(offered) < 0.15,
        ),
    ]


async def _one(stack: Stack, desk: Desk) -> tuple[float, float]:
    customer, agent = Ears(), Ears()
    made = await stack.post("/api/room/token", {"user_name": "Carol", "language": "en"})
    secret = str(made["call_secret"])
    await customer.join(str(made["url"]), str(made["token"]), microphone=True)
    await customer.heard("ai_")

    begun = time.monotonic()
    await stack.post("/api/create-transfer", {"room_name": made["room_name"], "reason": "bench"}, secret=secret)
    at, offer = await asyncio.wait_for(desk.offers.get(), PATIENCE)
    until_offer = at - begun

    customer.hum()
    agent.hum()
    begun = time.monotonic()
    taken = await stack.post(f"/api/offers/{offer['offer_id']}/accept", secret=stack.agent_key)
    await agent.join(str(taken["url"]), str(taken["token"]), microphone=True)
    ends = await asyncio.gather(agent.heard("customer_"), customer.heard("agent_"))
    until_heard = max(ends) - begun

    await stack.post(f"/api/calls/{made['call_id']}/hangup", secret=stack.agent_key)
    await asyncio.gather(customer.leave(), agent.leave())
    await stack.post(f"/api/agents/{AGENT}/finish-wrap-up", secret=stack.agent_key)
    return until_offer, until_heard
