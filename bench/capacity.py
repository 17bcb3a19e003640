"""(l) How many calls one core carries before a turn takes longer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from math import ceil, inf
from typing import Any

from bench.first_sound import quiet
from bench.host import Side, say
from bench.numbers import Row, percentile
from bench.processes import one_core_for, processor_seconds
from bench.stack import Stack
from bench.turns import Crowd, bare_turns, our_turns
from tests.voicebot.caller import now

STEPS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12)
# A call is five sentences, too few for a 95th percentile: one of forty is an accident.
_FEWEST_CALLS = 8
_MOST_LONGER = 0.1
_GREETED, _TALKED = 60.0, 180.0
_BEGIN_APART = 2.0
Turns = Callable[[Stack, Side, Crowd], Coroutine[Any, Any, None]]
SIDES: dict[str, Turns] = {
    "ours": our_turns,
    "bare": lambda stack, into, crowd: bare_turns(stack, "bare", into, crowd),
}


async def capacity(stack: Stack) -> list[Row]:
    """More and more calls at once, until p95 is `_MOST_LONGER` above that of one alone. The worker has a core of its
    own; the callers, LiveKit, the product's other processes and the other worker have the rest."""
    carried = dict.fromkeys(SIDES, 0)
    shares: dict[str, list[float]] = {side: [] for side in SIDES}
    alone: dict[str, float] = {}
    for calls in STEPS:
        for side in [side for side in SIDES if carried[side] == _before(calls)]:
            p95, share = await _measured(stack, side, calls)
            if p95 == inf:
                # Once may be an accident.
                p95, share = await _measured(stack, side, calls)
            say(f"{side}, {calls} at once: p95 {p95 * 1000:.0f} ms, {share * 100:.1f} % of a processor a call")
            shares[side].append(share)
            if p95 <= alone.setdefault(side, p95) + _MOST_LONGER:
                carried[side] = calls
    row = Row("(l) calls on one core", "", [float(carried["ours"])], [float(carried["bare"])], target="≥ 1.5×")
    row.within = (row.ratio or 0) >= 1.5
    return [row, Row("(l) … a processor's time for a second of a call", "s", shares["ours"], shares["bare"])]


def _before(calls: int) -> int:
    at = STEPS.index(calls)
    return STEPS[at - 1] if at else 0


async def _begun(turns: Coroutine[Any, Any, None], place: int) -> None:
    """One after the other: how calls begin that come at once is another benchmark's."""
    await asyncio.sleep(place * _BEGIN_APART)
    await turns


async def _measured(stack: Stack, side: str, calls: int) -> tuple[float, float]:
    """The 95th percentile of all replies, in seconds, and the share of one processor that a call took of the worker."""
    worker = stack.ours if side == "ours" else stack.bare
    samples, spent, lasted = Side(f"{calls} at once, {side}"), 0.0, 0.0
    for number in range(ceil(_FEWEST_CALLS / calls)):
        await quiet(stack)
        crowd = Crowd(calls, seed=100 * calls + number)
        with one_core_for(worker):
            talks = [asyncio.create_task(_begun(SIDES[side](stack, samples, crowd), place)) for place in range(calls)]
            try:
                await asyncio.wait_for(crowd.greeted.wait(), _GREETED)
                begun, before = now(), processor_seconds(worker)
                await asyncio.wait_for(crowd.done.wait(), _TALKED)
                spent += processor_seconds(worker) - before
                lasted += (now() - begun) * calls
            except TimeoutError:
                # A call that nobody answered.
                for talk in talks:
                    talk.cancel()
                return inf, 0.0
            finally:
                await asyncio.gather(*talks, return_exceptions=True)
    return percentile(samples.counted(), 0.95), spent / lasted
