"""What a simulation is made of. All times are seconds on its own clock, whose zero is whatever the caller chose."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from math import inf
from typing import NamedTuple

from queueing import matching


class Arrival(NamedTuple):
    """A caller to come: when, for whom, how long the conversation takes, how long he would wait for it, his priority
    (higher first) and language.
    """

    second: float
    department: str
    handling: float
    patience: float = inf
    priority: int = 0
    language: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """A department's settings: ring time until an agent answers or declines, wrap-up after the call, longest wait, and
    how the engine chooses. `declines` is the share of offers (below 1) that agents decline; for `cooldown` seconds such
    an agent is not asked about that caller.
    """

    answer_delay: float = 0.0
    wrap_up: float = 0.0
    max_wait: float = inf
    choosing: matching.Rules = matching.DEFAULT_RULES
    declines: float = 0.0
    cooldown: float = 0.0


@dataclass(frozen=True, slots=True)
class Worker:
    """An agent: departments with his order in each (lower is first), and shifts as (from, to).

    `skills` are levels by skill, None: he can do everything; no `languages`: any.
    """

    departments: Mapping[str, int]
    shifts: tuple[tuple[float, float], ...] = ((0.0, inf),)
    skills: Mapping[int, int] | None = None
    languages: frozenset[str] = frozenset()

    @property
    def home(self) -> str:
        """The department his time at work is counted for."""
        return min(self.departments, key=lambda name: (self.departments[name], name))


class Fate(Enum):
    """What became of a caller."""

    WAITING = "waiting"
    ANSWERED = "answered"
    ABANDONED = "abandoned"
    TIMED_OUT = "timed_out"


@dataclass(slots=True)
class Call:
    """One caller's story. `offered` is when an agent was first asked, `asked` when the one was who has him (`worker`),
    `free_again` when that one was free again.
    """

    number: int
    department: str
    arrived: float
    handling: float
    patience: float
    offered: float | None = None
    answered: float | None = None
    ended: float | None = None
    free_again: float | None = None
    worker: int | None = None
    priority: int = 0
    language: str = ""
    asked: float | None = None
    declined: int = 0
    fate: Fate = Fate.WAITING

    @property
    def delayed(self) -> bool:
        """Nobody was free when the caller came."""
        return self.offered is None or self.offered > self.arrived

    def wait(self, until: float) -> float:
        """Seconds until answered or gone; until `until` for one who still waits."""
        stop = self.answered if self.answered is not None else self.ended
        return max(0.0, (until if stop is None else stop) - self.arrived)


@dataclass(slots=True)
class Outcome:
    """Raw facts of a run: calls in order of arrival, when each worker was there, what rang in vain (worker, from, to),
    and when the last thing happened.
    """

    workers: tuple[Worker, ...]
    calls: list[Call] = field(default_factory=list)
    presence: list[tuple[int, float, float]] = field(default_factory=list)
    declined: list[tuple[int, float, float]] = field(default_factory=list)
    end: float = 0.0


Traffic = Iterable[Arrival | tuple[float, str, float, float]]
