"""(k) Ten Start Calls at once: until each of them hears the AI."""

from __future__ import annotations

import asyncio

from bench.first_sound import Up, bare_call, our_call, quiet
from bench.numbers import Row, percentile
from bench.stack import Stack

CALLS = 10
_LOST = 30.0
_WARM_AGAIN = 90.0
_REST = 5.0


async def burst(stack: Stack, rounds: int) -> list[Row]:
    """Alternating bursts; a call that hears nothing counts as `_LOST`."""
    samples: dict[str, list[float]] = {"ours": [], "bare": []}
    ways = [("ours", our_call), ("bare", bare_call)]
    for _, call in ways:
        # The first call of all finds everything cold, on both sides.
        await (await call(stack))[1]()
    for number in range(rounds):
        for side, call in ways if number % 2 else reversed(ways):
            # All ten of each side, and not while they are made anew after the burst before.
            await quiet(stack, most=_WARM_AGAIN)
            # livekit-agents refuses jobs while its processors were busy in the last seconds.
            await asyncio.sleep(_REST)
            ups: list[Up | BaseException] = await asyncio.gather(
                *(call(stack) for _ in range(CALLS)), return_exceptions=True
            )
            for up in ups:
                samples[side].append(_LOST if isinstance(up, BaseException) else up[0])
            await asyncio.gather(*(up[1]() for up in ups if not isinstance(up, BaseException)))
    ours = samples["ours"]
    row = Row(f"(k) {CALLS} Start Calls at once → first sound", "s", ours, samples["bare"], target="all within 3 s")
    row.within = percentile(ours, 1.0) <= 3
    return [row]
