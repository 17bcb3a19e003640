"""How far the announced wait is from the wait."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import inf
from random import Random
from statistics import fmean

import pytest

from queueing.ewt import estimate
from queueing.selectors import HISTORY_CALLS, HISTORY_LEAST
from queueing.simulation.engine import simulate
from queueing.simulation.model import Arrival, Call, Fate, Rules, Worker
from queueing.simulation.traffic import poisson

HANDLING = 180.0


@dataclass
class Announcer:
    """Tells each caller who has to wait what the product would tell him, from the last calls the product looks at."""

    wrap_up: float = 0.0
    told: list[tuple[Call, int]] = field(default_factory=list)
    last: deque[float] = field(default_factory=lambda: deque(maxlen=HISTORY_CALLS))

    def queued(self, call: Call, position: int, staffed: int) -> None:
        """A caller hears his wait."""
        mean = fmean(self.last) if len(self.last) >= HISTORY_LEAST else None
        self.told.append((call, estimate(position, staffed, mean, wrap_up=self.wrap_up)))

    def ended(self, call: Call) -> None:
        """One more call to learn from."""
        self.last.append(call.handling)


@dataclass(frozen=True)
class Error:
    """Of the answered who had to wait. Seconds; `early` is the share answered no later than they were told."""

    waited: float
    bias: float
    absolute: float
    early: float
    early_twice: float


def judged(told: Sequence[tuple[Call, int]]) -> Error:
    """The announcements held against what came."""
    rows = [(call.wait(inf), said) for call, said in told if call.fate is Fate.ANSWERED]
    return Error(
        waited=fmean(wait for wait, _ in rows),
        bias=fmean(said - wait for wait, said in rows),
        absolute=fmean(abs(said - wait) for wait, said in rows),
        early=fmean(wait <= said for wait, said in rows),
        early_twice=fmean(wait <= 2 * said for wait, said in rows),
    )


def error(
    agents: int,
    *,
    load: float = 10.0,
    patience: float = inf,
    rules: Rules = Rules(),  # noqa: B008
    calls: int = 30_000,
    history: bool = True,
) -> Error:
    """Of `calls` callers at random, the seed being the number of agents; the first 500 only make history."""
    traffic = poisson(Random(agents), rate=load / HANDLING, mean_handling=HANDLING, mean_patience=patience, calls=calls)
    announcer = Announcer(wrap_up=rules.wrap_up)
    simulate(traffic, [Worker({"support": 0})] * agents, {"support": rules}, announcer)
    return judged([(call, said) for call, said in announcer.told if call.number >= 500 or not history])


@pytest.mark.parametrize("agents", [11, 12, 14])
def test_at_random_arrivals_the_announced_wait_is_right_on_average_and_half_are_answered_sooner(agents: int) -> None:
    found = error(agents)

    assert abs(found.bias) <= 0.10 * found.waited
    assert found.absolute <= 0.65 * found.waited
    assert 0.50 <= found.early <= 0.70
    assert found.early_twice >= 0.85


def test_with_wrap_up_it_is_as_good() -> None:
    found = error(14, rules=Rules(wrap_up=30))

    assert abs(found.bias) <= 0.15 * found.waited
    assert 0.50 <= found.early <= 0.75


def test_when_callers_ahead_give_up_the_wait_is_announced_too_long_rather_than_too_short() -> None:
    found = error(9, patience=240.0)

    assert 0 <= found.bias <= found.waited
    assert found.early >= 0.6


def test_with_an_answer_delay_it_is_short_by_little_more_than_the_delay() -> None:
    """Ringing is not in the model: offers ring for seconds, and the caller hears that somebody is being asked."""
    found = error(12, rules=Rules(answer_delay=5.0))

    assert -0.25 * found.waited <= found.bias <= 0.1 * found.waited


def rush(random: Random) -> Iterator[Arrival]:
    """An hour of 4 erlang, one of 14, one of 4."""
    for hour, load in enumerate((4.0, 14.0, 4.0)):
        second = hour * 3600.0
        while (second := second + random.expovariate(load / HANDLING)) < (hour + 1) * 3600:
            yield Arrival(second, "support", random.expovariate(1 / HANDLING))


def test_through_a_rush_hour_it_stays_right() -> None:
    told: list[tuple[Call, int]] = []
    for day in range(30):
        announcer = Announcer()
        simulate(rush(Random(day)), [Worker({"support": 0})] * 11, None, announcer)
        told += announcer.told

    found = judged(told)

    assert found.waited > 200
    assert abs(found.bias) <= 0.10 * found.waited
    assert found.absolute <= 0.35 * found.waited


def test_before_there_is_history_it_does_not_promise_too_much() -> None:
    """The first calls of a new department: 300 s a round are announced, however many agents there are."""
    told: list[tuple[Call, int]] = []
    for day in range(200):
        announcer = Announcer()
        traffic = poisson(Random(day), rate=3.0 / HANDLING, mean_handling=HANDLING, calls=HISTORY_LEAST)
        simulate(traffic, [Worker({"support": 0})] * 2, None, announcer)
        told += announcer.told

    found = judged(told)

    assert len(told) > 500
    assert found.bias > 0
    assert found.early >= 0.85


def test_an_announcement_never_rises_while_the_line_ahead_only_shrinks() -> None:
    """Whoever waits is told again at every step forward; agents and history being the same it only falls."""
    said = [estimate(position, 7, 211.3, wrap_up=30) for position in range(200, 0, -1)]

    assert said == sorted(said, reverse=True)
    assert said[-1] > 0
