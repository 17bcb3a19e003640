"""The simulation's clockwork, by small days one can reckon on paper."""

from collections.abc import Sequence
from itertools import pairwise
from math import inf
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queueing import matching
from queueing.simulation.engine import simulate
from queueing.simulation.model import Arrival, Call, Fate, Outcome, Rules, Worker
from queueing.simulation.results import tally
from queueing.simulation.traffic import poisson
from queueing.states import Strategy

ONE = [Worker({"support": 0})]


def waits(outcome: Outcome) -> list[float]:
    """Seconds each caller waited, in order of arrival."""
    return [call.wait(outcome.end) for call in outcome.calls]


def fates(outcome: Outcome) -> list[Fate]:
    """What became of each caller."""
    return [call.fate for call in outcome.calls]


def test_callers_are_served_in_order_by_one_agent() -> None:
    outcome = simulate([(0, "support", 100, inf), (10, "support", 50, inf), (20, "support", 5, inf)], ONE)

    assert waits(outcome) == [0, 90, 130]
    assert outcome.end == 155


def test_whoever_has_been_idle_longest_is_asked() -> None:
    arrivals = [(0, "support", 10, inf), (1, "support", 2, inf), (20, "support", 1, inf), (30, "support", 1, inf)]

    outcome = simulate(arrivals, ONE * 2)

    # The second caller's agent was free first (at 3 s, the other at 10 s), so he has the third call.
    assert [call.worker for call in outcome.calls] == [0, 1, 1, 0]


def test_an_agent_takes_the_department_he_has_first() -> None:
    both = Worker({"sales": 0, "support": 1})
    arrivals = [(0, "support", 50, inf), (1, "support", 10, inf), (2, "sales", 10, inf)]

    outcome = simulate(arrivals, [both])

    assert waits(outcome) == [0, 59, 48]


def test_a_caller_leaves_when_his_patience_ends_and_the_next_moves_up() -> None:
    outcome = simulate([(0, "support", 100, inf), (1, "support", 50, 30), (2, "support", 5, inf)], ONE)

    assert fates(outcome) == [Fate.ANSWERED, Fate.ABANDONED, Fate.ANSWERED]
    assert waits(outcome) == [0, 30, 98]


def test_an_agent_who_is_ready_comes_before_the_caller_who_would_leave() -> None:
    outcome = simulate([(0, "support", 30, inf), (0, "support", 5, 30)], ONE)

    assert fates(outcome) == [Fate.ANSWERED, Fate.ANSWERED]


def test_the_longest_wait_ends_a_wait_but_not_a_ringing_offer() -> None:
    rules = {"support": Rules(answer_delay=10, max_wait=60)}

    outcome = simulate([(0, "support", 45, inf), (1, "support", 5, inf), (2, "support", 5, inf)], ONE, rules)

    # The second rings from 55 s, is past his 60 s at 61 s and answered at 65 s; the third is told at 62 s.
    assert fates(outcome) == [Fate.ANSWERED, Fate.ANSWERED, Fate.TIMED_OUT]
    assert waits(outcome) == [10, 64, 60]


def test_a_caller_who_hangs_up_while_it_rings_leaves_the_agent_idle_at_once() -> None:
    rules = {"support": Rules(answer_delay=10, wrap_up=100)}

    outcome = simulate([(0, "support", 5, 4), (5, "support", 5, inf)], ONE, rules)

    assert fates(outcome) == [Fate.ABANDONED, Fate.ANSWERED]
    assert waits(outcome) == [4, 10]


def test_the_next_call_waits_for_the_wrap_up() -> None:
    outcome = simulate(
        [(0, "support", 10, inf), (1, "support", 10, inf)], ONE, {"support": Rules(answer_delay=2, wrap_up=30)}
    )

    assert waits(outcome) == [2, 43]


def test_who_is_on_a_call_at_the_end_of_the_shift_finishes_it_and_goes() -> None:
    outcome = simulate(
        [(50, "support", 100, inf), (60, "support", 10, inf)], [Worker({"support": 0}, ((0, 100), (500, 600)))]
    )

    assert outcome.presence == [(0, 0, 150), (0, 500, 600)]
    assert waits(outcome) == [0, 440]


def test_shifts_that_touch_are_one() -> None:
    outcome = simulate([(99, "support", 5, inf)], [Worker({"support": 0}, ((100, 200), (0, 100)))])

    assert outcome.presence == [(0, 0, 200)]


def test_who_is_never_answered_counts_as_waiting_and_misses_the_service_level() -> None:
    outcome = simulate([(0, "support", 5, inf), (200, "support", 5, inf)], [Worker({"support": 0}, ((0, 100),))])

    row = tally(outcome, [0, 1000])[0]

    assert fates(outcome) == [Fate.ANSWERED, Fate.WAITING]
    assert (row.waiting, row.service_level) == (1, 0.5)


def test_a_day_without_a_call_has_no_figures_to_divide_by() -> None:
    row = tally(simulate([], ONE), [0, 3600])[0]

    assert (row.offered, row.service_level, row.asa, row.occupancy) == (0, 1.0, 0.0, 0.0)


def test_the_service_level_takes_the_threshold_in_and_short_abandons_out() -> None:
    arrivals = [(0, "support", 20, inf), (0, "support", 30, inf), (1, "support", 9, 3), (2, "support", 9, 10)]

    row = tally(simulate(arrivals, ONE), [0, 100], within=20, short=5)[0]

    # Answered after 0 and 20 s; one left after 3 s, which is short, one after 10 s.
    assert (row.answered, row.abandoned, row.short) == (2, 2, 1)
    assert row.service_level == pytest.approx(2 / 3)


def test_time_on_calls_is_counted_in_the_interval_it_was_spent_in() -> None:
    worker = Worker({"support": 0}, ((0, 200),))

    first, second = tally(simulate([(50, "support", 100, inf)], [worker]), [0, 100, 200])

    assert (first.offered, second.offered) == (1, 0)
    assert (first.occupancy, second.occupancy) == (0.5, 0.5)


def test_departments_are_told_apart() -> None:
    workers = [Worker({"support": 0}, ((0, 100),)), Worker({"sales": 0}, ((0, 100),))]
    outcome = simulate([(0, "support", 50, inf), (10, "sales", 10, inf)], workers)

    support, sales = (tally(outcome, [0, 100], department=name)[0] for name in ("support", "sales"))

    assert (support.offered, support.occupancy, support.agents) == (1, 0.5, 1.0)
    assert (sales.offered, sales.occupancy, sales.agents) == (1, 0.1, 1.0)


@pytest.mark.parametrize(
    ("arrivals", "message"),
    [
        ([(10, "support", 1, inf), (5, "support", 1, inf)], "sort them by time"),
        ([(0, "nowhere", 1, inf)], "Nobody works for “nowhere”"),
    ],
)
def test_arrivals_that_make_no_sense_are_refused(arrivals: list[Arrival], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        simulate(arrivals, ONE)


def test_the_same_seed_gives_the_same_day_and_another_seed_another() -> None:
    def day(seed: int) -> list[Call]:
        calls = poisson(Random(seed), rate=0.05, mean_handling=60, mean_patience=40, calls=500)
        return simulate(calls, ONE * 3).calls

    assert day(1) == day(1)
    assert day(1) != day(2)


def first_come_first_served(arrivals: Sequence[Arrival], agents: int) -> list[float]:
    """Waits by the recursion of Kiefer and Wolfowitz (1955): each caller takes the agent who is free first."""
    free = [0.0] * agents
    found = []
    for arrival in arrivals:
        soonest = min(range(agents), key=free.__getitem__)
        start = max(arrival.second, free[soonest])
        free[soonest] = start + arrival.handling
        found.append(start - arrival.second)
    return found


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(1, 6), st.floats(0.2, 3.0))
def test_waits_are_those_of_first_come_first_served(seed: int, agents: int, load: float) -> None:
    arrivals = list(poisson(Random(seed), rate=load * agents / 60, mean_handling=60, calls=200))

    outcome = simulate(arrivals, ONE * agents)

    assert waits(outcome) == pytest.approx(first_come_first_served(arrivals, agents))


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(1, 4))
def test_nobody_has_two_calls_and_nobody_waits_while_an_agent_is_free(seed: int, agents: int) -> None:
    random = Random(seed)
    arrivals = list(poisson(random, rate=agents / 50, mean_handling=60, mean_patience=90, calls=150))

    outcome = simulate(arrivals, ONE * agents, {"support": Rules(answer_delay=3, wrap_up=10, max_wait=200)})

    spans: dict[int, list[tuple[float, float]]] = {worker: [] for worker in range(agents)}
    for call in outcome.calls:
        assert call.fate is not Fate.WAITING
        if call.worker is not None and call.offered is not None and call.free_again is not None:
            spans[call.worker].append((call.offered, call.free_again))
    for mine in spans.values():
        mine.sort()
        assert all(before[1] <= after[0] for before, after in pairwise(mine))
    for call in (call for call in outcome.calls if call.delayed):
        assert all(any(begin <= call.arrived < until for begin, until in mine) for mine in spans.values())


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (Strategy.LONGEST_IDLE, [0, 1, 1, 0]),
        (Strategy.FEWEST_CALLS, [0, 1, 1, 0]),
        (Strategy.LEAST_TALK_TIME, [0, 1, 1, 1]),
        (Strategy.ROUND_ROBIN, [0, 1, 0, 1]),
    ],
)
def test_the_departments_strategy_decides_who_is_asked(strategy: Strategy, expected: list[int]) -> None:
    arrivals = [(0, "support", 10, inf), (1, "support", 2, inf), (20, "support", 1, inf), (30, "support", 1, inf)]

    outcome = simulate(arrivals, ONE * 2, {"support": Rules(choosing=matching.Rules(strategy=strategy))})

    assert [call.worker for call in outcome.calls] == expected
