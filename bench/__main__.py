"""`make bench`: everything measured in one run beside the bare framework, one table, var/bench/*.json.

Arguments choose among queue, first_sound, handoff, endpoints, memory, turns, interruptions, burst, capacity,
pauses; none means all. BENCH_PAIRS (30) sets how many pairs.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable

import django

from bench.burst import burst
from bench.capacity import capacity
from bench.endpoints import endpoints
from bench.first_sound import first_sound, memory
from bench.handoff import handoff
from bench.interruptions import interruptions, pauses
from bench.numbers import RESULTS, Row, save, table
from bench.queue import queue
from bench.stack import Stack, make_stack, servers
from bench.turns import turns

PAIRS = int(os.environ.get("BENCH_PAIRS", "30"))
PARTS: dict[str, Callable[[Stack], Awaitable[list[Row]]]] = {
    "first_sound": lambda stack: first_sound(stack, PAIRS),
    "handoff": lambda stack: handoff(stack, max(3, PAIRS // 2)),
    "endpoints": lambda stack: endpoints(stack, PAIRS * 10),
    "memory": lambda stack: memory(stack, 3),
    "burst": lambda stack: burst(stack, max(1, PAIRS // 6)),
    "interruptions": lambda stack: interruptions(stack, max(1, PAIRS // 3)),
    "capacity": capacity,
    "turns": lambda stack: turns(stack, max(1, PAIRS // 6)),
}
# What needs nothing of the running product.
ALONE: dict[str, Callable[[], list[Row]]] = {"queue": queue, "pauses": pauses}


def measure_alone(parts: list[str]) -> list[Row]:
    """The parts in order, kept."""
    rows: list[Row] = []
    for name in parts:
        measured = ALONE[name]()
        save(name, measured)
        rows += measured
    return rows


async def measure(stack: Stack, parts: list[str]) -> list[Row]:
    """The parts in order; each is kept as soon as it is there."""
    rows: list[Row] = []
    async with stack.http:
        for name in parts:
            print(f"bench: {name} …", flush=True)
            begun = time.monotonic()
            measured = await PARTS[name](stack)
            save(name, measured)
            rows += measured
            print(f"bench: {name} took {time.monotonic() - begun:.0f} s", flush=True)
        await stack.livekit.aclose()
    return rows


async def run(parts: list[str]) -> list[Row]:
    """Starts what is measured, measures, stops it."""
    with servers() as started:
        return await measure(make_stack(*started), parts)


def main(arguments: list[str]) -> int:
    """Exit status 0 where everything could be measured, whatever the numbers say; 2 for a name that is none."""
    known = [*ALONE, *PARTS]
    unknown = [name for name in arguments if name not in known]
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    wanted = arguments or known
    # The rtc library warns of every room that is closed while somebody is in it, which is how each call here ends.
    logging.getLogger("livekit").setLevel(logging.CRITICAL)
    # The built-in words and rules are read from the product's files.
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callcenter_site.settings")
    django.setup()
    rows = measure_alone([name for name in wanted if name in ALONE])
    live = [name for name in wanted if name in PARTS]
    if live:
        print("bench: starting the product, a bare worker and a bare site", flush=True)
        rows += asyncio.run(run(live))
    print(f"\n{table(rows)}\n\nEvery sample: {RESULTS}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
