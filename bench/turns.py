"""(g) End of the caller's speech → the AI's reply heard. Ours beside two bare workers with the same engines.

`bare` is livekit-agents with turns by VAD and else its defaults, `tuned` the best its options gave.
"""

from __future__ import annotations

import asyncio
import statistics
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from math import inf
from random import Random
from uuid import uuid4

from livekit import api

from bench.bare_worker import NAME
from bench.first_sound import quiet
from bench.host import Meter, Side, calm
from bench.numbers import Row, percentile
from bench.stack import KEYS, Stack
from tests.voicebot.caller import Caller, now, sentence
from voicebot.offline.espeak import Samples

# Answered aloud by the built-in receptionist, and none changes what becomes of the call.
SENTENCES = ("i want to talk to a human", "no thank you", "can you repeat that", "what did you say", "good morning")
_PAUSE = 1.2
_LONGEST = 8.0
_REST, _APART = 6.0, 5.0


async def turns(stack: Stack, rounds: int) -> list[Row]:
    """Alternating calls; a reply that never came counts as `_LONGEST`."""
    samples = {side: Side(f"turns, {side}") for side in ("ours", "bare", "tuned")}
    for number in range(rounds + 1):
        sides = list(samples)
        for side in sides[number % 3 :] + sides[: number % 3]:
            await quiet(stack)
            # The first round warms all up.
            into = samples[side] if number else Side("")
            await (our_turns(stack, into) if side == "ours" else bare_turns(stack, side, into))
    ours, bare, tuned = (each.counted() for each in samples.values())
    return [
        _row("(g) end of speech → reply, bare with VAD", ours, bare, 0.45),
        _row("(g) the same, bare at its best", ours, tuned, 0.75),
    ]


def _row(name: str, ours: list[float], bare: list[float], most: float) -> Row:
    row = Row(name, "s", ours, bare, target=f"≤ {most}×, p50 ≤ 450 ms, p95 ≤ 700 ms")
    row.within = statistics.median(ours) <= 0.45 and percentile(ours, 0.95) <= 0.7 and (row.ratio or inf) <= most
    return row


@dataclass
class Crowd:
    """Callers at once: they begin when all are greeted, each at a moment and in an order of his own, and leave when all
    have done."""

    callers: int
    seed: int = 0
    greeted: asyncio.Barrier = field(init=False)
    done: asyncio.Barrier = field(init=False)

    def __post_init__(self) -> None:
        # And whoever measures.
        self.greeted, self.done = asyncio.Barrier(self.callers + 1), asyncio.Barrier(self.callers + 1)
        self._moments = Random(self.seed)

    def order(self, sounds: list[Samples]) -> list[Samples]:
        """One caller's own: who say the same one after the other stay in step with each other for the whole call."""
        return self._moments.sample(sounds, len(sounds))

    async def begin(self) -> None:
        """For a caller who has been greeted."""
        await self.greeted.wait()
        # The processes for the next calls are being made, which is not what is measured.
        await asyncio.sleep(_REST + self._moments.uniform(0, _APART))


async def our_turns(stack: Stack, into: Side, crowd: Crowd | None = None) -> None:
    """One call of all sentences, alone or in a crowd."""
    made = await stack.post("/api/room/token", {"user_name": "Carol", "language": "en"})
    call_id = str(made["call_id"])
    caller = Caller(stack.livekit_url, KEYS, str(made["room_name"]), f"customer_{call_id}")
    try:
        await _talk(caller, into, crowd)
    finally:
        await stack.post(f"/api/calls/{call_id}/hangup", secret=str(made["call_secret"]))


async def bare_turns(stack: Stack, way: str, into: Side, crowd: Crowd | None = None) -> None:
    """As `our_turns`, of a bare worker."""
    room = f"{way}-{uuid4().hex[:12]}"
    request = api.CreateAgentDispatchRequest(agent_name=NAME, room=room, metadata=way)
    await stack.livekit.agent_dispatch.create_dispatch(request)
    try:
        await _talk(Caller(stack.livekit_url, KEYS, room, "customer"), into, crowd)
    finally:
        await stack.livekit.room.delete_room(api.DeleteRoomRequest(room=room))


async def _talk(caller: Caller, into: Side, crowd: Crowd | None) -> None:
    """Seconds until each sentence's reply was heard."""
    sounds = await asyncio.to_thread(_spoken)
    if crowd is not None:
        caller.piece_ms = 20
        sounds = crowd.order(sounds)
    async with caller:
        await caller.open_microphone()
        await caller.until(caller.first_sound, 30)
        if crowd is not None:
            await _silence(caller)
            await crowd.begin()
        for sound in sounds:
            await _silence(caller)
            if crowd is None:
                await calm()
            meter = Meter()
            ended = await caller.play(sound)
            took = await _reply(caller, ended)
            # One that never came is nobody else's fault.
            into.add(took, meter, always=took >= _LONGEST)
        if crowd is not None:
            await crowd.done.wait()


@cache
def _spoken() -> list[Samples]:
    """Made before they are needed: one caller's work is not to hold up what another one hears."""
    return [sentence(text) for text in SENTENCES]


async def _reply(caller: Caller, ended: float) -> float:
    with suppress(TimeoutError):
        heard: float = await caller.until(lambda: caller.first_sound(after=ended), _LONGEST)
        return heard - ended
    return _LONGEST


async def _silence(caller: Caller) -> None:
    """Until nobody has spoken for a while."""

    def pause() -> bool:
        return now() - (caller.last_sound() or 0.0) > _PAUSE

    await caller.until(pause, 60)
