"""The examples of docs/queueing.md, on the pure plan."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from queueing.matching import Free, Pair, Rules, SkillStep, Waiting, plan
from queueing.states import Need, Strategy

NOON = datetime.fromisoformat("2026-11-21T12:00:00+00:00")
SUPPORT, BILLING = 1, 2
ALICE, BOB = 1, 2
CAROL, DAN = 11, 12
REFUNDS = 7


def caller(number: int, *, waited: int, priority: int = 0, department: int = SUPPORT) -> Waiting:
    return Waiting(number, department, priority, NOON - timedelta(seconds=waited))


def agent(number: int, *, idle: int = 60) -> Free:
    return Free(number, NOON - timedelta(seconds=idle), {SUPPORT: 0})


def asked(waiting: list[Waiting], free: list[Free], rules: Rules, *cooling: tuple[int, int]) -> dict[int, int]:
    """Who is asked about whom."""
    found: list[Pair] = plan(waiting, free, {SUPPORT: rules, BILLING: rules}, NOON, cooling=cooling)
    return {pair.entry: pair.agent for pair in found}


def test_fewest_calls_and_a_decline() -> None:
    rules = Rules(Strategy.FEWEST_CALLS)
    free = [replace(agent(ALICE, idle=600), calls_today=3), replace(agent(BOB, idle=60), calls_today=2)]
    waiting = [caller(CAROL, waited=5)]
    assert asked(waiting, free, rules) == {CAROL: BOB}
    assert asked(waiting, free, rules, (CAROL, BOB)) == {CAROL: ALICE}
    assert asked(waiting, free[1:], rules, (CAROL, BOB)) == {}


@pytest.mark.parametrize("waited", [1, 50])
def test_the_order_of_an_agents_departments(waited: int) -> None:
    free = [replace(agent(ALICE, idle=600), departments={BILLING: 0, SUPPORT: 1}), agent(BOB)]
    waiting = [caller(CAROL, waited=20)]
    assert asked(waiting, free, Rules()) == {CAROL: BOB}
    waiting.append(caller(DAN, waited=waited, department=BILLING))
    assert asked(waiting, free, Rules()) == {CAROL: BOB, DAN: ALICE}


def test_a_skill_relaxed_step_by_step() -> None:
    steps = ((7, Need.REQUIRED, 0), (4, Need.REQUIRED, 30), (4, Need.PREFERRED, 60), (1, Need.NONE, 120))
    rules = Rules(skills=tuple(SkillStep(REFUNDS, *step) for step in steps))
    alice, bob = replace(agent(ALICE), skills={REFUNDS: 5}), agent(BOB, idle=600)
    assert asked([caller(CAROL, waited=20)], [alice, bob], rules) == {}
    assert asked([caller(CAROL, waited=40)], [alice, bob], rules) == {CAROL: ALICE}
    assert asked([caller(CAROL, waited=40)], [bob], rules) == {}
    assert asked([caller(CAROL, waited=70)], [alice, bob], rules) == {CAROL: ALICE}
    assert asked([caller(CAROL, waited=70)], [bob], rules) == {CAROL: BOB}


@pytest.mark.parametrize(("carol_waited", "first"), [(20, DAN), (40, CAROL)])
def test_points_gained_by_waiting(carol_waited: int, first: int) -> None:
    rules = Rules(points_per_minute=2)
    for since in (0, 300):
        waiting = [caller(CAROL, waited=carol_waited + since), caller(DAN, waited=since, priority=1)]
        assert asked(waiting, [agent(BOB)], rules) == {first: BOB}


def test_kept_for_the_agent_who_knows_the_customer() -> None:
    rules = Rules(sticky_seconds=60)
    alice, bob = agent(ALICE), agent(BOB, idle=600)

    def carol(waited: int) -> Waiting:
        return replace(caller(CAROL, waited=waited), last_agent=ALICE)

    assert asked([carol(10)], [alice, bob], rules) == {CAROL: ALICE}
    assert asked([carol(10), caller(DAN, waited=1)], [bob], rules) == {DAN: BOB}
    assert asked([carol(60), caller(DAN, waited=1)], [bob], rules) == {CAROL: BOB}
