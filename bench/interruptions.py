"""(h) The caller speaks over the AI → it is silent at the caller's ear. (i) What is no interruption does not stop it.

(j) Pauses inside sentences that are taken for the end of the turn, in no time: see `tests.voicebot.pauses`.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import numpy as np
from livekit import api

from bench.bare_worker import NAME
from bench.first_sound import quiet
from bench.host import Meter, Side, calm
from bench.numbers import Row, percentile
from bench.stack import KEYS, Stack
from tests.voicebot.caller import RATE, Caller, now
from tests.voicebot.pauses import Clip, Recognise, clips, turns_end
from tests.voicebot.receptionist.cast import carol
from tests.voicebot.spoken_set import PHRASES
from voicebot.offline.espeak import Samples
from voicebot.offline.phrases import Phrases
from voicebot.offline.recognition import recogniser
from voicebot.receptionist.grammar import grammar_phrases
from voicebot.turn_taking.completeness import wait_for_phrase
from voicebot.turn_taking.config import BUILT_IN
from voicebot.turn_taking.ears import SAMPLE_RATE

INTERRUPTION = "i want to talk to a human"
ASIDES = ("okay", "yeah", "uh huh", "cough", "knock")
_LOUD = 300.0
_GAP = 0.4
_INTO = 1.6
# The last words of either side's welcome.
_ENDS = {"ours": "help you today", "bare": "always available"}
_BARE_BEST = 0.25


async def interruptions(stack: Stack, rounds: int) -> list[Row]:
    """Alternating calls, each interrupted in its welcome; then as many with every aside."""
    stop = {side: Side(f"interruptions, {side}") for side in ("ours", "bare")}
    lost: dict[str, list[float]] = {"ours": [], "bare": []}
    for number in range(rounds + 1):
        for side in ("ours", "bare") if number % 2 else ("bare", "ours"):
            await quiet(stack)
            await calm()
            meter = Meter()
            took = await _interrupt(stack, side)
            if number:  # the first round warms all up
                stop[side].add(took, meter)
    for number in range(len(ASIDES) * max(1, rounds // len(ASIDES))):
        for side in ("ours", "bare"):
            await quiet(stack)
            lost[side].append(await _aside(stack, side, ASIDES[number % len(ASIDES)]))
    ours, bare = (each.counted() for each in stop.values())
    first = Row("(h) caller interrupts → AI silent", "s", ours, bare, target="p50 ≤ 250 ms, p95 ≤ 400 ms")
    first.within = statistics.median(ours) <= 0.25 and percentile(ours, 0.95) <= 0.4
    second = Row(
        "(i) asides that stop the AI for good (% each)", "%", lost["ours"], lost["bare"], target="≤ 10 % of all"
    )
    second.within = statistics.mean(lost["ours"]) <= 10
    return [first, second]


@asynccontextmanager
async def _in_the_welcome(stack: Stack, side: str) -> AsyncIterator[Caller]:
    """A caller some way into the first sentences."""
    if side == "ours":
        made = await stack.post("/api/room/token", {"user_name": "Carol", "language": "en"})
        caller = Caller(stack.livekit_url, KEYS, str(made["room_name"]), f"customer_{made['call_id']}")
    else:
        made, room = {}, f"stop-{uuid4().hex[:12]}"
        request = api.CreateAgentDispatchRequest(agent_name=NAME, room=room, metadata="bare")
        await stack.livekit.agent_dispatch.create_dispatch(request)
        caller = Caller(stack.livekit_url, KEYS, room, "customer")
    try:
        async with caller:
            await caller.open_microphone()
            await caller.until(caller.first_sound, 30)
            await asyncio.sleep(_INTO)
            yield caller
    finally:
        if made:
            await stack.post(f"/api/calls/{made['call_id']}/hangup", secret=str(made["call_secret"]))
        else:
            await stack.livekit.room.delete_room(api.DeleteRoomRequest(room=caller.room_name))


async def _interrupt(stack: Stack, side: str) -> float:
    async with _in_the_welcome(stack, side) as caller:
        await caller.speak(INTERRUPTION, tail=0.3)
        return _silent_after(caller, caller.spoke_at) - caller.spoke_at


def _silent_after(caller: Caller, since: float) -> float:
    """The last sound before the first pause that is longer than any inside a sentence."""
    loud = sorted(at for frames in caller.heard.values() for at, level in frames if level > _LOUD)
    last = since
    for at in (*(at for at in loud if at > since), now() + _GAP):
        if at - last > _GAP:
            return last
        last = at
    return last


async def _aside(stack: Stack, side: str, aside: str) -> float:
    """100 when the welcome was not heard to its end, else 0."""
    async with _in_the_welcome(stack, side) as caller:
        noise = _NOISES.get(aside)
        await (caller.speak(aside, tail=0.5) if noise is None else caller.play(noise))
        try:
            await caller.until(lambda: caller.said(_ENDS[side]), 14)
        except TimeoutError:
            return 100.0
        return 0.0


def _burst(seconds: float, loud: float) -> Samples:
    """A noise that begins suddenly and dies away."""
    time = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(1).normal(0, loud, len(time)) * np.exp(-6 * time / seconds)
    sound = np.concatenate([noise, np.zeros(RATE // 2)])
    return np.asarray(np.clip(sound, -32_000, 32_000), dtype=np.int16)


_NOISES = {"cough": _burst(0.35, 9_000), "knock": _burst(0.06, 14_000)}


def pauses() -> list[Row]:
    """Percent of the clips whose pause ends the turn; 0 or 100 for each clip."""
    phrases: Phrases = dict(PHRASES) | grammar_phrases(carol())
    ours, bare = [], []
    for clip in clips():
        ours.append(_cut(clip, _judge(clip, phrases)))
        bare.append(_cut(clip, lambda _sound, _words: _BARE_BEST))
    row = Row("(j) pauses in sentences taken for the end", "%", ours, bare, target="≤ 10 %, bare at its best")
    row.within = statistics.mean(ours) <= min(10.0, statistics.mean(bare))
    return [row]


def _judge(clip: Clip, phrases: Phrases) -> Recognise:
    def needed(samples: Samples, _: str) -> float:
        known = recogniser().recognise(samples, SAMPLE_RATE, phrases)
        return wait_for_phrase(BUILT_IN, known.text, phrases, asked=False, sure=clip.language == "en")

    return needed


def _cut(clip: Clip, recognise: Recognise) -> float:
    return 100.0 if turns_end(clip, BUILT_IN, recognise)[0] < clip.ends_at else 0.0
