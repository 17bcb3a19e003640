"""A department's line in the engine's order, and as much of it as a plan has to look at."""

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from queueing import matching
from queueing.matching import Rules, Waiting
from queueing.matching.ranks import Rank
from queueing.simulation import matcher
from queueing.states import Need

# Ranks of one department keep their order whenever they are reckoned: all gain at the same pace.
_ANY_MOMENT = matcher.moment(0.0)
_Kind = tuple[str, int]
_ALIKE: _Kind = ("", 0)
_SECOND = timedelta(seconds=1)


class Line:
    """Callers of a department by rank."""

    __slots__ = ("_alike", "_by_language", "_order", "_ranks", "_rows", "_rules", "steps")

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._order: list[Rank] = []
        self._rows: dict[int, Waiting] = {}
        self._ranks: dict[int, Rank] = {}
        self._by_language = rules.language is not Need.NONE
        # Seconds of waiting after which other agents may do.
        self.steps = _steps(rules)
        self._alike = not (self._by_language or rules.skills)

    def __len__(self) -> int:
        return len(self._order)

    def add(self, row: Waiting) -> None:
        """In at his place."""
        rank = matching.rank(row, self._rules, _ANY_MOMENT)
        self._rows[row.id], self._ranks[row.id] = row, rank
        insort(self._order, rank)

    def remove(self, number: int) -> Waiting:
        """Out, from wherever he stands."""
        rank = self._ranks.pop(number)
        del self._order[bisect_left(self._order, rank)]
        return self._rows.pop(number)

    def __contains__(self, number: int) -> bool:
        return number in self._rows

    def first(self, count: int, second: float, cooling: Collection[int]) -> Iterator[Waiting]:
        """The first `count` of each kind: nobody further back can be matched to as many agents.

        Those in `cooling` are extra, because not every agent may be asked about them.
        """
        seen: Counter[_Kind] = Counter()
        now = matcher.moment(second)
        for rank in self._order:
            row = self._rows[rank[-1]]
            kind = _ALIKE if self._alike else self._kind(row, now)
            if seen[kind] < count:
                yield row
                seen[kind] += row.id not in cooling
            elif self._alike:
                return

    def _kind(self, row: Waiting, now: datetime) -> _Kind:
        begun = bisect_right(self.steps, (now - row.enqueued_at) / _SECOND) if self.steps else 0
        return (row.language if self._by_language else "", begun)


def _steps(rules: Rules) -> tuple[float, ...]:
    found = {float(step.after) for step in rules.skills}
    if rules.language is Need.REQUIRED:
        found.add(float(rules.language_seconds))
    return tuple(sorted(found - {0.0}))
