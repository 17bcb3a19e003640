"""(a) Start Call → the AI's first sound at the caller. (e) memory of a call in the worker."""

from __future__ import annotations

import asyncio
import math
import statistics
import time
from collections.abc import Awaitable, Callable
from uuid import uuid4

import psutil
from livekit import api

from bench.bare_worker import NAME
from bench.ears import Ears, eventually
from bench.host import Meter, Side, calm
from bench.numbers import Row
from bench.processes import call_processes, job_processes, processor_seconds
from bench.stack import READY_ROOMS, Stack

_MIB = 1024 * 1024
_CALLS_AT_ONCE = 2
# Of one core: those who wait in a room of ours take 0.02 each.
_QUIET_SHARE = 0.15 + 0.02 * READY_ROOMS
_QUIET_SECONDS = 15.0

# A call that is up: what it took until its first sound, and how it is ended.
Up = tuple[float, Callable[[], Awaitable[None]]]


async def our_call(stack: Stack) -> Up:
    """The clock starts when the request that makes the call is sent."""
    ears, begun = Ears(), time.monotonic()
    made = await stack.post("/api/room/token", {"user_name": "Carol", "language": "en"})

    async def end() -> None:
        await stack.post(f"/api/calls/{made['call_id']}/hangup", secret=str(made["call_secret"]))
        await ears.leave()

    await ears.join(str(made["url"]), str(made["token"]))
    return await _first_heard(ears, "ai_", end) - begun, end


async def bare_call(stack: Stack) -> Up:
    """As ours, without anything between the client and LiveKit."""
    ears, room = Ears(), f"bare-{uuid4().hex[:12]}"
    token = stack.token(room, "customer")
    begun = time.monotonic()
    await stack.livekit.agent_dispatch.create_dispatch(api.CreateAgentDispatchRequest(agent_name=NAME, room=room))

    async def end() -> None:
        await stack.livekit.room.delete_room(api.DeleteRoomRequest(room=room))
        await ears.leave()

    await ears.join(stack.livekit_url, token)
    return await _first_heard(ears, "agent", end) - begun, end


async def _first_heard(ears: Ears, who: str, end: Callable[[], Awaitable[None]]) -> float:
    try:
        return await ears.heard(who)
    except BaseException:
        # A lost call that goes on would be played beside the next one.
        await end()
        raise


async def quiet(stack: Stack, *, most: float = _QUIET_SECONDS) -> None:
    """Until both workers rest, or `most` seconds: the next warm processes are loaded, the last ones gone."""
    deadline = time.monotonic() + most
    before = math.inf
    while time.monotonic() < deadline:
        await asyncio.sleep(0.5)
        now = _spent(stack)
        waiting = len(job_processes(stack.ours, stack.livekit_port))
        if now - before < _QUIET_SHARE * 0.5 and waiting >= READY_ROOMS:
            return
        before = now


def _spent(stack: Stack) -> float:
    return processor_seconds(stack.ours) + processor_seconds(stack.bare)


async def first_sound(stack: Stack, pairs: int) -> list[Row]:
    """Alternating pairs, each side first as often as the other."""
    samples = {side: Side(f"first sound, {side}") for side in ("ours", "bare")}
    ways = [("ours", our_call), ("bare", bare_call)]
    for number in range(pairs + 1):
        for side, call in ways if number % 2 else reversed(ways):
            await quiet(stack)
            await calm()
            meter = Meter()
            took, end = await call(stack)
            if number:  # the first pair warms both up
                samples[side].add(took, meter)
            await end()
    ours, bare = samples["ours"].counted(), samples["bare"].counted()
    median = statistics.median(ours)
    ratio = median / statistics.median(bare)
    return [
        Row(
            "(a) Start Call → first sound",
            "s",
            ours,
            bare,
            target="≤ 1.05×, p50 < 700 ms",
            within=ratio <= 1.05 and median < 0.7,
        )
    ]


async def memory(stack: Stack, rounds: int) -> list[Row]:
    """Proportional set size of the processes that have a call, a call."""
    samples: dict[str, list[float]] = {"ours": [], "bare": []}
    ways = [
        ("ours", our_call, lambda: call_processes(stack.ours)),
        ("bare", bare_call, lambda: job_processes(stack.bare, stack.livekit_port)),
    ]
    for _ in range(rounds):
        for side, call, find in ways:
            await quiet(stack)
            calls = [await call(stack) for _ in range(_CALLS_AT_ONCE)]
            samples[side].append(await _memory_of(find))
            for _, end in calls:
                await end()
    ours, bare = samples["ours"], samples["bare"]
    within = statistics.median(ours) <= 1.3 * statistics.median(bare)
    return [Row("(e) memory of a call (PSS)", "MiB", ours, bare, target="≤ 1.3×", within=within)]


async def _memory_of(find: Callable[[], list[psutil.Process]]) -> float:
    await eventually(lambda: len(find()) == _CALLS_AT_ONCE, "every call has a process")
    await asyncio.sleep(3)  # the welcome is under way, buffers have their size
    jobs = find()
    return float(sum(job.memory_full_info().pss for job in jobs)) / len(jobs) / _MIB
