"""What a run comes to, in all or by interval."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from queueing.simulation.model import Call, Fate, Outcome


@dataclass(slots=True)
class Tally:
    """Counts and sums of the callers who came in one interval, and of the agents' time in it. Seconds."""

    begin: float
    until: float
    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    short: int = 0
    timed_out: int = 0
    waiting: int = 0
    delayed: int = 0
    in_time: int = 0
    waited: float = 0.0
    waited_answered: float = 0.0
    longest: float = 0.0
    busy: float = 0.0
    staffed: float = 0.0

    @property
    def p_wait(self) -> float:
        """Share of callers who found nobody free."""
        return self.delayed / self.offered if self.offered else 0.0

    @property
    def within(self) -> float:
        """Share of all callers answered within the threshold."""
        return self.in_time / self.offered if self.offered else 1.0

    @property
    def service_level(self) -> float:
        """Answered in time ÷ all but short abandons; who is never answered counts as missed. 1 without calls."""
        counted = self.offered - self.short
        return self.in_time / counted if counted else 1.0

    @property
    def asa(self) -> float:
        """Average speed of answer: mean wait of the answered."""
        return self.waited_answered / self.answered if self.answered else 0.0

    @property
    def mean_wait(self) -> float:
        """Mean wait of all callers, answered or not."""
        return self.waited / self.offered if self.offered else 0.0

    @property
    def abandonment(self) -> float:
        """Share of callers who hung up in line."""
        return self.abandoned / self.offered if self.offered else 0.0

    @property
    def occupancy(self) -> float:
        """Share of the agents' time spent on calls: ringing, talking, wrapping up."""
        return self.busy / self.staffed if self.staffed else 0.0

    @property
    def agents(self) -> float:
        """Agents at work, on average."""
        return self.staffed / (self.until - self.begin) if self.until > self.begin else 0.0


def tally(
    outcome: Outcome,
    edges: Sequence[float],
    *,
    within: float = 20.0,
    short: float = 0.0,
    department: str | None = None,
) -> list[Tally]:
    """One tally between each two `edges` (ascending), callers by when they came, agents' time by when it was spent.

    `within` is inclusive. Who hung up before `short` seconds is a short abandon. With a `department` only its
    callers and the agents who have it first.
    """
    found = [Tally(begin, until) for begin, until in pairwise(edges)]
    for call in outcome.calls:
        index = bisect_right(edges, call.arrived) - 1
        if department in (None, call.department) and 0 <= index < len(found):
            _count(found[index], call, outcome.end, within, short)
        _spend_busy(found, edges, call, outcome, department)
    for worker, begin, until in outcome.declined:
        if department in (None, outcome.workers[worker].home):
            for row, seconds in _overlaps(found, edges, begin, until):
                row.busy += seconds
    for worker, begin, until in outcome.presence:
        if department in (None, outcome.workers[worker].home):
            for row, seconds in _overlaps(found, edges, begin, until):
                row.staffed += seconds
    return found


def _count(row: Tally, call: Call, end: float, within: float, short: float) -> None:
    wait = call.wait(end)
    row.offered += 1
    row.delayed += call.delayed
    row.waited += wait
    row.longest = max(row.longest, wait)
    if call.fate is Fate.ANSWERED:
        row.answered += 1
        row.waited_answered += wait
        row.in_time += wait <= within
    elif call.fate is Fate.ABANDONED:
        row.abandoned += 1
        row.short += wait < short
    elif call.fate is Fate.TIMED_OUT:
        row.timed_out += 1
    else:
        row.waiting += 1


def _spend_busy(
    rows: Sequence[Tally], edges: Sequence[float], call: Call, outcome: Outcome, department: str | None
) -> None:
    if call.worker is None or call.asked is None or call.free_again is None:
        return
    if department in (None, outcome.workers[call.worker].home):
        for row, seconds in _overlaps(rows, edges, call.asked, call.free_again):
            row.busy += seconds


def _overlaps(rows: Sequence[Tally], edges: Sequence[float], begin: float, until: float) -> list[tuple[Tally, float]]:
    index = max(0, bisect_right(edges, begin) - 1)
    found = []
    while index < len(rows) and edges[index] < until:
        row = rows[index]
        found.append((row, max(0.0, min(until, row.until) - max(begin, row.begin))))
        index += 1
    return found
