"""The engine's waiting times agree with queueing theory.

Each run's seed is the number of its agents, and the lengths for the table were set before the first run: 20 batches of
5,000 callers, of 20,000 for 11 agents, whose line takes some 420 callers to forget what was (1 / (√N − √a)² handling
times), after a warm-up of a tenth. Intervals are of 99 %, from the batches' means; how often the intervals of other
seeds hold the value of theory stands in docs/simulation.md.
"""

from collections.abc import Callable
from functools import cache
from math import inf
from random import Random

import pytest

from queueing.simulation.engine import simulate
from queueing.simulation.model import Rules, Worker
from queueing.simulation.results import Tally, tally
from queueing.simulation.stats import interval, t_quantile
from queueing.simulation.theory import agents_needed, erlang_a, erlang_b, erlang_c, single_agent
from queueing.simulation.traffic import poisson

HANDLING = 180.0
LOAD = 10.0
WITHIN = 20.0
BATCHES = 20
# N: P(wait), within 20 s, ASA, occupancy, for 10 erlang of 180 s calls.
TABLE = {
    11: (0.6821, 0.3896, 122.8, 0.9091),
    12: (0.4494, 0.6402, 40.4, 0.8333),
    14: (0.1741, 0.8884, 7.84, 0.7143),
    16: (0.0573, 0.9706, 1.72, 0.6250),
}
FIGURES: dict[str, Callable[[Tally], float]] = {
    "p_wait": lambda row: row.p_wait,
    "within": lambda row: row.within,
    "asa": lambda row: row.asa,
    "occupancy": lambda row: row.occupancy,
}


@cache
def batches(
    *, agents: int, batch: int = 5_000, load: float = LOAD, patience: float = inf, delay: float = 0.0
) -> list[Tally]:
    """Consecutive batches of one long run, the first tenth left out."""
    calls = BATCHES * batch * 10 // 9
    traffic = poisson(Random(agents), rate=load / HANDLING, mean_handling=HANDLING, mean_patience=patience, calls=calls)
    outcome = simulate(traffic, [Worker({"support": 0})] * agents, {"support": Rules(answer_delay=delay)})
    begin = calls - BATCHES * batch
    edges = [outcome.calls[number].arrived for number in range(begin, calls, batch)]
    return tally(outcome, [*edges, outcome.calls[-1].arrived], within=WITHIN)


@pytest.mark.parametrize("agents", TABLE)
def test_theory_gives_the_table(agents: int) -> None:
    found = erlang_c(LOAD, agents, HANDLING, WITHIN)

    p_wait, within, asa, occupancy = TABLE[agents]
    assert (found.p_wait, found.within, found.occupancy) == pytest.approx((p_wait, within, occupancy), abs=5e-5)
    assert found.mean_wait == pytest.approx(asa, abs=0.05)


# The fewer the agents, the longer a run has to be.
@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize(
    "agents", [*(pytest.param(few, marks=pytest.mark.nightly) for few in (11, 12)), *list(TABLE)[2:]]
)
def test_the_interval_of_the_simulation_holds_the_figure_of_the_table(agents: int, figure: str) -> None:
    rows = batches(agents=agents, batch=20_000 if agents == 11 else 5_000)

    found = interval([FIGURES[figure](row) for row in rows])

    expected = TABLE[agents][list(FIGURES).index(figure)]
    assert sum(row.offered for row in rows) >= 99_999
    assert expected in found, f"{expected} is not in {found.mean:.4f} ± {found.half:.4f}"
    # An interval wide enough holds anything.
    assert found.half < expected / 3


@pytest.mark.parametrize(("agents", "patience"), [(9, 120.0), (10, 120.0), (12, 300.0)])
def test_with_impatient_callers_the_simulation_agrees_with_erlang_a(agents: int, patience: float) -> None:
    expected = erlang_a(LOAD, agents, HANDLING, patience, WITHIN)

    rows = batches(agents=agents, batch=2_500, patience=patience)

    assert expected.p_wait in interval([row.p_wait for row in rows])
    assert expected.within in interval([row.within for row in rows])
    assert expected.mean_wait in interval([row.mean_wait for row in rows])
    assert expected.occupancy in interval([row.occupancy for row in rows])
    assert expected.abandoned in interval([row.abandonment for row in rows])


def test_with_an_answer_delay_one_agent_agrees_with_pollaczek_and_khinchine() -> None:
    """The agent is taken while his desk rings: his time for a call is a constant and an exponential, exactly M/G/1."""
    delay, load = 12.0, 0.6
    mean, mean_square = delay + HANDLING, delay**2 + 2 * delay * HANDLING + 2 * HANDLING**2

    rows = batches(agents=1, batch=2_500, load=load, delay=delay)

    in_line = single_agent(load / HANDLING, mean, mean_square)
    assert in_line + delay in interval([row.asa for row in rows])
    assert load * mean / HANDLING in interval([row.p_wait for row in rows])
    assert load * mean / HANDLING in interval([row.occupancy for row in rows])


def test_with_an_answer_delay_many_agents_are_busier_by_exactly_the_ringing() -> None:
    """No closed form gives the wait of many agents, but their occupancy is still load over agents."""
    rows = batches(agents=12, batch=2_500, delay=9.0)

    assert LOAD * (HANDLING + 9.0) / HANDLING / 12 in interval([row.occupancy for row in rows])


def test_a_longer_answer_delay_makes_every_single_caller_wait_at_least_as_much_longer() -> None:
    """By Kiefer and Wolfowitz waits grow with each time an agent is taken; the same seed brings the same callers."""
    before = [0.0] * 20_000
    for delay in (0.0, 5.0, 15.0):
        traffic = poisson(Random(12), rate=LOAD / HANDLING, mean_handling=HANDLING, calls=20_000)
        rules = {"support": Rules(answer_delay=delay)}
        outcome = simulate(traffic, [Worker({"support": 0})] * 12, rules)
        waits = [call.wait(outcome.end) - delay for call in outcome.calls]
        assert all(now >= then - 1e-6 for now, then in zip(waits, before, strict=True))
        before = waits


def test_without_much_impatience_erlang_a_is_erlang_c() -> None:
    patient, eternal = erlang_a(10, 14, 180, 1e8, 20), erlang_c(10, 14, 180, 20)

    assert patient.p_wait == pytest.approx(eternal.p_wait, rel=1e-3)
    assert patient.within == pytest.approx(eternal.within, rel=1e-3)
    assert patient.mean_wait == pytest.approx(eternal.mean_wait, rel=1e-3)
    assert patient.abandoned == pytest.approx(0, abs=1e-5)


def test_erlang_a_by_hand_for_one_agent() -> None:
    """Load, service and impatience all one: the states are Poisson with mean 1, e^-1 being nobody there."""
    found = erlang_a(1.0, 1, 60.0, 60.0, 1e3)

    nobody = 0.36787944
    assert found.p_wait == pytest.approx(1 - nobody)
    assert found.occupancy == pytest.approx(1 - nobody)
    assert found.abandoned == pytest.approx(nobody)
    assert found.within == pytest.approx(1 - nobody, rel=1e-4)


def test_erlang_a_stands_more_load_than_agents() -> None:
    found = erlang_a(100.0, 50, 180.0, 60.0, 20.0)

    assert found.abandoned == pytest.approx(0.5, abs=0.01)
    assert found.occupancy == pytest.approx(1.0, abs=0.01)


def test_erlang_c_has_no_answer_for_a_line_that_never_ends() -> None:
    with pytest.raises(ValueError, match="more agents than erlang"):
        erlang_c(10, 10, 180, 20)


def test_erlang_b_of_a_printed_table() -> None:
    """10 erlang on 18 lines lose 0.7 % (Siemens, Telephone Traffic Theory, tables)."""
    assert erlang_b(10, 18) == pytest.approx(0.0071, abs=5e-5)


@pytest.mark.parametrize(("target", "agents"), [(0.3, 11), (0.6, 12), (0.8, 14), (0.95, 16)])
def test_the_fewest_agents_for_a_target(target: float, agents: int) -> None:
    assert agents_needed(10, 180, 20, target) == agents


@pytest.mark.parametrize(("degrees", "value"), [(9, 3.2498), (19, 2.8609), (29, 2.7564), (99, 2.6264)])
def test_quantiles_of_students_t_are_those_of_the_tables(degrees: int, value: float) -> None:
    assert t_quantile(0.995, degrees) == pytest.approx(value, abs=2e-3)
