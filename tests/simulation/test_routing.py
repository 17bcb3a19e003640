"""Priorities, skills, languages and declined offers, against what is known of them. Seeds and lengths are fixed."""

from collections.abc import Sequence
from itertools import pairwise
from math import inf
from random import Random
from statistics import fmean

import pytest

from queueing.matching import Rules as Choosing
from queueing.matching import SkillStep
from queueing.simulation.engine import simulate
from queueing.simulation.model import Arrival, Call, Outcome, Rules, Worker
from queueing.simulation.results import tally
from queueing.simulation.stats import interval
from queueing.simulation.theory import erlang_c, single_agent
from queueing.states import Need

HANDLING = 180.0
CALLS = 8_000
BATCHES = 10
FRENCH = 1


def traffic(
    *, load: float, priorities: Sequence[int] = (0,), languages: Sequence[str] = ("",), seed: int = 1
) -> list[Arrival]:
    """Poisson arrivals with exponential handling; priorities and languages evenly at random."""
    draw, second, found = Random(seed), 0.0, []
    for _ in range(CALLS):
        second += draw.expovariate(load / HANDLING)
        handling = draw.expovariate(1 / HANDLING)
        found.append(Arrival(second, "support", handling, inf, draw.choice(priorities), draw.choice(languages)))
    return found


def batches(outcome: Outcome) -> list[list[Call]]:
    """The callers of consecutive parts of the run, the first tenth left out."""
    steady = outcome.calls[len(outcome.calls) // 10 :]
    size = len(steady) // BATCHES
    return [steady[begin : begin + size] for begin in range(0, size * BATCHES, size)]


def waits(calls: Sequence[Call]) -> float:
    """Their mean wait."""
    return fmean(call.wait(inf) for call in calls)


def run(
    calls: Sequence[Arrival], workers: Sequence[Worker], choosing: Choosing | None = None, **rules: float
) -> Outcome:
    """A day of one department."""
    return simulate(calls, workers, {"support": Rules(choosing=choosing or Choosing(), **rules)})


def agents(count: int, **more: object) -> list[Worker]:
    """As many alike."""
    return [Worker({"support": 0}, **more)] * count  # type: ignore[arg-type]


# --- priorities ----------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def ranked() -> Outcome:
    """Half of the callers go first: 10 erlang, 12 agents."""
    return run(traffic(load=10.0, priorities=(0, 5)), agents(12))


def test_who_goes_first_takes_from_others_what_he_saves(ranked: Outcome) -> None:
    """Kleinrock's conservation law: with the same handling for all, the mean wait of all is that without priorities."""
    expected = erlang_c(10.0, 12, HANDLING, 20.0).mean_wait

    assert expected in interval([waits(rows) for rows in batches(ranked)])


@pytest.mark.parametrize("priority", [5, 0])
def test_the_wait_of_each_priority_is_cobhams(ranked: Outcome, priority: int) -> None:
    """A. Cobham (1954): W0 / ((1 - s')(1 - s)), s' and s being the load per agent of the higher ones, without and with
    this one.
    """
    expected = erlang_c(10.0, 12, HANDLING, 20.0)
    above, upto = (0.0, 5.0 / 12) if priority else (5.0 / 12, 10.0 / 12)
    first = expected.p_wait * HANDLING / 12

    found = interval([waits([call for call in rows if call.priority == priority]) for rows in batches(ranked)])

    assert first / ((1 - above) * (1 - upto)) in found


def test_points_for_waiting_bring_the_low_ones_forward() -> None:
    calls = traffic(load=10.0, priorities=(0, 5))[:2_000]

    def longest(points: int) -> float:
        outcome = run(calls, agents(11), Choosing(points_per_minute=points))
        return max(call.wait(outcome.end) for call in outcome.calls if call.priority == 0)

    assert longest(10) < longest(0)


# --- languages and skills ------------------------------------------------------------------------------------------
def test_groups_without_a_language_in_common_are_queues_of_their_own() -> None:
    calls = traffic(load=10.0, languages=("en", "ar"))
    apart = [*agents(6, languages=frozenset({"en"})), *agents(6, languages=frozenset({"ar"}))]

    outcome = run(calls, apart, Choosing(language=Need.REQUIRED))

    expected = erlang_c(5.0, 6, HANDLING, 20.0)
    assert expected.mean_wait in interval([waits(rows) for rows in batches(outcome)])
    for call in outcome.calls:
        assert call.worker is not None
        assert call.language in apart[call.worker].languages


def test_some_who_speak_both_lie_between_apart_and_together() -> None:
    calls = traffic(load=10.0, languages=("en", "ar"))[:3_000]
    english, arabic, both = (frozenset(spoken) for spoken in (("en",), ("ar",), ("en", "ar")))
    mixed = [*agents(4, languages=english), *agents(4, languages=arabic), *agents(4, languages=both)]
    required = Choosing(language=Need.REQUIRED)

    found = waits(run(calls, mixed, required).calls)

    together = waits(run(calls, agents(12, languages=both), required).calls)
    assert together == waits(run(calls, agents(12)).calls)
    apart = [*agents(6, languages=english), *agents(6, languages=arabic)]
    assert together < found < waits(run(calls, apart, required).calls)


def test_a_skill_nobody_else_has_leaves_those_who_have_it() -> None:
    calls = traffic(load=5.0)
    staff = [*agents(6, skills={FRENCH: 7}), *agents(6, skills={FRENCH: 3})]
    choosing = Choosing(skills=(SkillStep(FRENCH, level=7),))

    outcome = run(calls, staff, choosing)

    assert erlang_c(5.0, 6, HANDLING, 20.0).mean_wait in interval([waits(rows) for rows in batches(outcome)])
    assert max(call.worker or 0 for call in outcome.calls) < 6


def test_a_need_that_is_relaxed_lets_everybody_in_after_that_time() -> None:
    """At the moment of the step, not at the next event."""
    staff = [*agents(1, skills={FRENCH: 7}), *agents(1, skills={})]
    steps = (SkillStep(FRENCH, level=7), SkillStep(FRENCH, need=Need.NONE, after=30))
    calls = [Arrival(0.0, "support", 500.0), Arrival(10.0, "support", 60.0), Arrival(11.0, "support", 60.0)]

    outcome = run(calls, staff, Choosing(skills=steps))

    assert [call.answered for call in outcome.calls] == [0.0, 40.0, 100.0]
    assert [call.worker for call in outcome.calls] == [0, 1, 1]


def test_of_whom_no_skills_are_told_can_do_everything() -> None:
    calls = traffic(load=5.0)[:500]
    choosing = Choosing(skills=(SkillStep(FRENCH, level=7),))

    told = run(calls, agents(6), choosing)

    assert [call.answered for call in told.calls] == [call.answered for call in run(calls, agents(6)).calls]


# --- declined offers -----------------------------------------------------------------------------------------------
def test_with_declines_one_agent_agrees_with_pollaczek_and_khinchine() -> None:
    """Each ring is part of his time for the caller: as many as a geometric number says, and the conversation."""
    delay, share, load = 12.0, 0.25, 0.5
    rings, rings_square = 1 / (1 - share), (1 + share) / (1 - share) ** 2
    mean = delay * rings + HANDLING
    mean_square = delay**2 * rings_square + 2 * delay * rings * HANDLING + 2 * HANDLING**2

    outcome = run(traffic(load=load), agents(1), answer_delay=delay, declines=share)

    expected = single_agent(load / HANDLING, mean, mean_square) + delay * rings
    assert expected in interval([waits(rows) for rows in batches(outcome)])
    edges = [rows[0].arrived for rows in batches(outcome)]
    busy = interval([row.occupancy for row in tally(outcome, [*edges, outcome.calls[-1].arrived])])
    assert load * mean / HANDLING in busy
    assert fmean(call.declined for call in outcome.calls) == pytest.approx(rings - 1, rel=0.05)


def test_the_more_is_declined_the_longer_callers_wait() -> None:
    calls = traffic(load=10.0)[:2_500]
    found = [
        waits(run(calls, agents(13), answer_delay=5.0, declines=share, cooldown=60.0).calls)
        for share in (0.0, 0.1, 0.3)
    ]
    assert all(less < more for less, more in pairwise(found))


def test_who_has_declined_is_not_asked_about_that_caller_before_the_cool_down_is_over() -> None:
    """Alone at work, he is asked about the next caller meanwhile."""
    calls = [Arrival(0.0, "support", 10.0), Arrival(1.0, "support", 10.0)]
    rules = {"support": Rules(answer_delay=2.0, declines=0.5, cooldown=60.0)}
    seed = next(
        seed for seed in range(100) if (draw := Random(seed)).random() < 0.5 <= min(draw.random(), draw.random())
    )

    outcome = simulate(calls, agents(1), rules, seed=seed)

    assert [call.answered for call in outcome.calls] == [64.0, 4.0]
    assert outcome.declined == [(0, 0.0, 2.0)]


def test_a_run_with_declines_repeats_itself() -> None:
    calls = traffic(load=10.0)[:300]
    rules = {"support": Rules(answer_delay=3.0, declines=0.2, cooldown=30.0)}
    assert simulate(calls, agents(12), rules).calls == simulate(calls, agents(12), rules).calls
    assert simulate(calls, agents(12), rules, seed=2).calls != simulate(calls, agents(12), rules).calls


def test_agents_who_decline_everything_are_refused() -> None:
    with pytest.raises(ValueError, match="below 1"):
        run([Arrival(0.0, "support", 10.0)], agents(1), declines=1.0)
