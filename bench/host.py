"""What the machine's host takes away while something is measured: a virtual machine shares its processors.

A sample during which more than a little was taken says how busy the neighbours are. Those are told of, and left out on
both sides alike.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

MOST_TAKEN = 0.05
FEWEST = 3
_CALM = 0.02
_LOOK = 1.0
_STAT = Path("/proc/stat")
Result = TypeVar("Result")


class Meter:
    """From when it is made: how much has been taken."""

    def __init__(self) -> None:
        self._before = _times()

    def taken(self) -> float:
        """The share of the machine's processor time so far, from 0 to 1; 0 where the system does not tell."""
        total, stolen = (now - before for now, before in zip(_times(), self._before, strict=True))
        return stolen / total if total else 0.0


@dataclass(slots=True)
class Side:
    """What one side took, in order: those the host left alone, and those it did not."""

    name: str
    alone: list[float] = field(default_factory=list)
    disturbed: list[float] = field(default_factory=list)

    def add(self, value: float, meter: Meter, *, always: bool = False) -> None:
        """`meter`: made when the sample was begun. `always`: it counts, whatever the host did meanwhile."""
        (self.alone if always or meter.taken() <= MOST_TAKEN else self.disturbed).append(value)

    def counted(self) -> list[float]:
        """The undisturbed ones; all where those are too few to say anything. Says what is left out."""
        enough = len(self.alone) >= FEWEST
        if self.disturbed:
            what = "left out" if enough else "counted, because too few are left"
            disturbed, total = len(self.disturbed), len(self.alone) + len(self.disturbed)
            say(f"{self.name}: {disturbed} of {total} disturbed by the host, {what}")
        return self.alone if enough else self.alone + self.disturbed


async def calm(longest: float = 3.0) -> None:
    """Until the host has taken next to nothing for a second; goes on after `longest` all the same."""
    until = time.monotonic() + longest
    while time.monotonic() < until:
        meter = Meter()
        await asyncio.sleep(_LOOK)
        if meter.taken() <= _CALM:
            return


def left_alone(act: Callable[[], Result], *, tries: int = 6) -> Result:
    """What `act` measured in a run the host left alone; after so many tries, that of the least disturbed one."""
    runs: list[tuple[float, Result]] = []
    for _ in range(tries):
        asyncio.run(calm())
        meter = Meter()
        result = act()
        runs.append((meter.taken(), result))
        if runs[-1][0] <= MOST_TAKEN:
            return result
    taken, result = min(runs, key=lambda run: run[0])
    say(f"the host took {taken:.0%} of the best of {tries} runs")
    return result


def say(text: str) -> None:
    """A line beside the answer."""
    # What a part prints to stdout is its answer.
    print(f"bench: {text}", file=sys.stderr, flush=True)


def _times() -> tuple[float, float]:
    """All processor time of the machine, and what was stolen of it."""
    try:
        first = _STAT.read_text().split("\n", 1)[0]
    except OSError:
        return 0.0, 0.0
    # user nice system idle iowait irq softirq steal; guests are in user already (proc(5)).
    times = [float(value) for value in first.split()[1:9]]
    return sum(times), times[7]
