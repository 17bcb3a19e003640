"""The pure plan: who gets whom."""

from collections.abc import Collection
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queueing.matching import Free, Pair, Rules, SkillStep, Waiting, in_line, plan
from queueing.matching.skills import Needs
from queueing.states import Need

NOON = datetime.fromisoformat("2026-11-21T12:00:00+00:00")
SUPPORT, SALES, BILLING = 1, 2, 3


def caller(number: int, department: int = SUPPORT, *, waited: int = 0, priority: int = 0) -> Waiting:
    return Waiting(number, department, priority, NOON - timedelta(seconds=waited))


def agent(number: int, *departments: int, idle: int = 0, order: int = 0) -> Free:
    return Free(number, NOON - timedelta(seconds=idle), dict.fromkeys(departments, order))


def matched(
    waiting: list[Waiting],
    free: list[Free],
    cooling: Collection[tuple[int, int]] = (),
    rules: dict[int, Rules] | None = None,
) -> list[Pair]:
    return plan(waiting, free, rules or {}, NOON, cooling=cooling)


def test_the_longest_idle_agent_is_asked() -> None:
    assert matched([caller(1)], [agent(1, SUPPORT, idle=5), agent(2, SUPPORT, idle=50)]) == [Pair(1, 2)]


def test_whoever_waits_longest_is_served_first() -> None:
    assert matched([caller(1, waited=5), caller(2, waited=50)], [agent(1, SUPPORT)]) == [Pair(2, 1)]


def test_priority_comes_before_waiting() -> None:
    assert matched([caller(1, waited=50), caller(2, priority=1)], [agent(1, SUPPORT)]) == [Pair(2, 1)]


def test_equal_ranks_are_served_in_the_order_they_were_stored() -> None:
    assert matched([caller(2), caller(1)], [agent(1, SUPPORT)]) == [Pair(1, 1)]


def test_an_agent_of_two_departments_gets_one_offer() -> None:
    assert matched([caller(1, SUPPORT), caller(2, SALES)], [agent(1, SUPPORT, SALES)]) == [Pair(1, 1)]


def test_an_agent_is_never_asked_for_another_department() -> None:
    assert matched([caller(1, BILLING)], [agent(1, SUPPORT, SALES)]) == []


def test_a_caller_nobody_can_serve_holds_up_no_other() -> None:
    waiting = [caller(1, BILLING, waited=900, priority=9), caller(2, SUPPORT)]
    assert matched(waiting, [agent(1, SUPPORT)]) == [Pair(2, 1)]


def test_a_pair_that_came_to_nothing_lately_is_left_out() -> None:
    agents = [agent(1, SUPPORT, idle=50), agent(2, SUPPORT)]
    assert matched([caller(1)], agents, {(1, 1)}) == [Pair(1, 2)]
    assert matched([caller(1)], agents, {(1, 1), (1, 2)}) == []


def test_the_second_in_line_is_served_while_the_first_cools() -> None:
    assert matched([caller(1, waited=9), caller(2)], [agent(1, SUPPORT)], {(1, 1)}) == [Pair(2, 1)]


def test_agents_whose_first_department_it_is_are_asked_first() -> None:
    helper, regular = agent(1, SUPPORT, idle=900, order=1), agent(2, SUPPORT, idle=1)
    assert matched([caller(1)], [helper, regular]) == [Pair(1, 2)]


def test_by_his_own_act_an_agent_takes_his_first_department_first() -> None:
    waiting = [
        caller(1, SALES, waited=90),
        caller(2, SUPPORT, waited=10),
        caller(3, SUPPORT, waited=20),
        caller(4, BILLING),
    ]
    assert in_line(waiting, Free(1, NOON, {SUPPORT: 0, SALES: 1}), {}, NOON) == [3, 2, 1]


callers = st.builds(
    caller,
    st.integers(1, 30),
    st.sampled_from([SUPPORT, SALES, BILLING]),
    waited=st.integers(0, 99),
    priority=st.integers(0, 2),
)
agents_ = st.builds(
    lambda n, departments, idle: agent(n, *departments, idle=idle),
    st.integers(1, 30),
    st.sets(st.sampled_from([SUPPORT, SALES, BILLING])),
    st.integers(0, 99),
)


@given(
    st.lists(callers, unique_by=lambda one: one.id, max_size=12),
    st.lists(agents_, unique_by=lambda one: one.id, max_size=12),
    st.sets(st.tuples(st.integers(1, 30), st.integers(1, 30)), max_size=20),
)
def test_a_plan_is_a_matching_that_leaves_no_possible_pair(
    waiting: list[Waiting], free: list[Free], cooling: set[tuple[int, int]]
) -> None:
    pairs = matched(waiting, free, cooling)
    entries, agents = {pair.entry for pair in pairs}, {pair.agent for pair in pairs}
    assert len(entries) == len(agents) == len(pairs)
    possible = {
        (one.id, other.id)
        for one in waiting
        for other in free
        if one.department in other.departments and (one.id, other.id) not in cooling
    }
    assert {(pair.entry, pair.agent) for pair in pairs} <= possible
    assert not [pair for pair in possible if pair[0] not in entries and pair[1] not in agents]


def test_callers_alike_do_not_each_look_at_every_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has what most of them ask for, and nobody what they would prefer: the work is one look at each agent."""
    looked: list[int] = []
    original = Needs.unmet

    def counted(self: Needs, one: Free) -> int | None:
        looked.append(one.id)
        return original(self, one)

    monkeypatch.setattr(Needs, "unmet", counted)
    agents = [agent(number, SUPPORT, idle=number) for number in range(60)]
    line = [caller(number, waited=number) for number in range(200)]
    for need, offers in ((Need.REQUIRED, 0), (Need.PREFERRED, 60)):
        looked.clear()
        rules = {SUPPORT: Rules(skills=(SkillStep(1, need=need),))}
        assert len(matched(line, agents, rules=rules)) == offers
        assert len(looked) == len(agents)
