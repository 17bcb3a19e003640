"""Skills, languages, rank raised by waiting, and the agent who knows the customer. Pure, then from stored rows."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.models import Customer
from common.errors import Conflict
from queueing import selectors
from queueing.matching import Free, Pair, Rules, SkillStep, Waiting, in_line, plan, rank
from queueing.models import Agent, AgentSkill, Department, QueueEntry, Skill, SkillNeed
from queueing.services import agents, offers, sweeps
from queueing.states import Activity, EntryState, Need, Presence, Strategy
from tests.cast import Clock, make_call
from tests.queueing.helpers import enters, fresh, ringing, waiting_call

NOON = datetime.fromisoformat("2026-11-21T12:00:00+00:00")
SUPPORT, SALES = 1, 2
REFUNDS, TAXES = 7, 8


def caller(number: int = 1, *, waited: float = 0, priority: int = 0, **more: Any) -> Waiting:
    return Waiting(number, SUPPORT, priority, NOON - timedelta(seconds=waited), **more)


def agent(number: int, *, idle: int = 0, **more: Any) -> Free:
    return Free(number, NOON - timedelta(seconds=idle), {SUPPORT: 0}, **more)


def asked(waiting: Waiting, free: list[Free], **rules: Any) -> int | None:
    pairs = plan([waiting], free, {SUPPORT: Rules(**rules)}, NOON)
    return pairs[0].agent if pairs else None


NOVICE, EXPERT = agent(1, idle=90, skills={REFUNDS: 2}), agent(2, skills={REFUNDS: 9})


def test_who_lacks_a_required_skill_is_never_asked() -> None:
    needed = (SkillStep(REFUNDS, 5),)
    assert asked(caller(), [NOVICE, EXPERT], skills=needed) == 2
    assert asked(caller(waited=9999), [NOVICE, agent(3)], skills=needed) is None


def test_a_preferred_skill_comes_before_the_strategy_but_keeps_nobody_waiting() -> None:
    wished = (SkillStep(REFUNDS, 5, Need.PREFERRED),)
    assert asked(caller(), [NOVICE, EXPERT], skills=wished) == 2
    assert asked(caller(), [NOVICE], skills=wished) == 1


def test_who_meets_more_preferences_is_asked_first() -> None:
    wished = (SkillStep(REFUNDS, 5, Need.PREFERRED), SkillStep(TAXES, 1, Need.PREFERRED))
    both = agent(3, skills={REFUNDS: 5, TAXES: 1})
    assert asked(caller(), [agent(1, idle=90, skills={TAXES: 9}), both], skills=wished) == 3


@pytest.mark.parametrize(("waited", "who"), [(0, 2), (29.9, 2), (30, 3), (60, 1)])
def test_a_need_is_relaxed_step_by_step(waited: float, who: int) -> None:
    steps = (SkillStep(REFUNDS, 2, after=60), SkillStep(REFUNDS, 9), SkillStep(REFUNDS, 5, after=30))
    expert, good = agent(2, skills={REFUNDS: 9}), agent(3, idle=50, skills={REFUNDS: 5})
    assert asked(caller(waited=waited), [NOVICE, good, expert], skills=steps) == who


def test_a_step_may_drop_the_need() -> None:
    steps = (SkillStep(REFUNDS, 9), SkillStep(REFUNDS, 9, Need.NONE, after=60))
    assert asked(caller(waited=59), [NOVICE], skills=steps) is None
    assert asked(caller(waited=60), [NOVICE], skills=steps) == 1


def test_best_skilled_first_if_the_department_says_so() -> None:
    rules = {"skills": (SkillStep(REFUNDS, 1),), "strategy": Strategy.SKILL_BASED}
    assert asked(caller(), [NOVICE, EXPERT], **rules) == 2
    assert asked(caller(), [agent(1, idle=9, skills={REFUNDS: 9}), EXPERT], **rules) == 1


ENGLISH, ARABIC = agent(1, idle=90, languages=frozenset({"en"})), agent(2, languages=frozenset({"ar", "en"}))


def test_a_required_language_is_spoken_by_who_is_asked() -> None:
    arab = caller(language="ar")
    assert asked(arab, [ENGLISH, ARABIC], language=Need.REQUIRED) == 2
    assert asked(arab, [ENGLISH], language=Need.REQUIRED) is None
    assert asked(caller(language="en"), [ENGLISH, ARABIC], language=Need.REQUIRED) == 1


def test_after_its_time_a_required_language_is_only_preferred() -> None:
    rules = {"language": Need.REQUIRED, "language_seconds": 30}
    assert asked(caller(language="ar", waited=29), [ENGLISH], **rules) is None
    assert asked(caller(language="ar", waited=30), [ENGLISH], **rules) == 1
    assert asked(caller(language="ar", waited=30), [ENGLISH, ARABIC], **rules) == 2


def test_an_agent_without_languages_takes_any() -> None:
    assert asked(caller(language="ar"), [agent(3)], language=Need.REQUIRED) == 3


def test_a_caller_without_an_able_agent_holds_up_no_other() -> None:
    waiting = [caller(1, language="ar", waited=90, priority=5), caller(2, language="en")]
    assert plan(waiting, [ENGLISH], {SUPPORT: Rules(language=Need.REQUIRED)}, NOON) == [Pair(2, 1)]


def test_by_his_own_act_an_agent_takes_only_whom_he_can_serve() -> None:
    waiting = [caller(1, language="ar", waited=90), caller(2, language="en")]
    assert in_line(waiting, ENGLISH, {SUPPORT: Rules(language=Need.REQUIRED)}, NOON) == [2]


# --- rank --------------------------------------------------------------------------------------------------------
def test_waiting_raises_the_rank_if_the_department_says_so() -> None:
    patient, urgent = caller(1, waited=121), caller(2, priority=2)
    for points, first in ((0, 2), (1, 1)):
        assert plan([patient, urgent], [ENGLISH], {SUPPORT: Rules(points_per_minute=points)}, NOON) == [Pair(first, 1)]


def test_equal_in_points_who_came_first_is_first() -> None:
    assert plan([caller(1, priority=1), caller(2, waited=60)], [ENGLISH], {SUPPORT: Rules(points_per_minute=1)}, NOON)[
        0
    ] == Pair(2, 1)


@given(
    st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 400_000_000)), min_size=2, max_size=6),
    st.integers(0, 1000),
    st.integers(0, 10_000),
)
def test_the_rank_is_an_order_that_time_does_not_change(
    callers: list[tuple[int, int]], points: int, later: int
) -> None:
    rules = Rules(points_per_minute=points)
    line = [Waiting(n, SUPPORT, p, NOON - timedelta(microseconds=us)) for n, (p, us) in enumerate(callers)]
    then = NOON + timedelta(seconds=later)
    assert sorted(line, key=lambda one: rank(one, rules, NOON)) == sorted(line, key=lambda one: rank(one, rules, then))


# --- the agent who knows the customer ----------------------------------------------------------------------------
def test_a_caller_is_kept_for_the_agent_who_knows_him_for_a_time() -> None:
    one, other = agent(1, idle=90), agent(2)
    kept = {"sticky_seconds": 20}
    assert asked(caller(last_agent=2, waited=5), [one, other], **kept) == 2
    assert asked(caller(last_agent=2, waited=5), [one], **kept) is None
    assert asked(caller(last_agent=2, waited=20), [one], **kept) == 1
    assert asked(caller(last_agent=2, waited=5), [one, other]) == 1


def test_a_refused_customer_is_kept_no_longer() -> None:
    waiting, rules = [caller(last_agent=2)], {SUPPORT: Rules(sticky_seconds=20)}
    assert plan(waiting, [agent(1), agent(2)], rules, NOON, cooling={(1, 2)}) == [Pair(1, 1)]


def test_only_a_hand_takes_a_caller_kept_for_somebody_else() -> None:
    waiting, rules = [caller(last_agent=2)], {SUPPORT: Rules(sticky_seconds=20)}
    assert in_line(waiting, agent(1), rules, NOON) == []
    assert in_line(waiting, agent(1), rules, NOON, by_hand=True) == [1]
    assert in_line(waiting, agent(2), rules, NOON) == [1]


# --- from stored rows --------------------------------------------------------------------------------------------
@pytest.fixture
def speakers(alice: Agent, bob: Agent, support: Department) -> None:
    """alice speaks English only, bob Arabic too; the language is required for half a minute."""
    Agent.objects.filter(pk=alice.pk).update(languages=["en"])
    Agent.objects.filter(pk=bob.pk).update(languages=["ar", "en"])
    Department.objects.update(language_need=Need.REQUIRED, language_relax_seconds=30)


def test_an_arabic_caller_rings_at_the_arabic_speaker(speakers: None, bob: Agent, support: Department) -> None:
    entry = waiting_call(support, language="ar")
    assert ringing(bob).entry_id == entry.pk


def test_the_sweep_asks_others_when_the_language_is_relaxed(
    speakers: None, alice: Agent, bob: Agent, support: Department, time: Clock
) -> None:
    Agent.objects.filter(pk=bob.pk).update(presence=Presence.AWAY)
    entry = waiting_call(support, language="ar")
    time.pass_(29)
    sweeps.sweep()
    assert fresh(entry).state == EntryState.WAITING
    time.pass_(1)
    sweeps.sweep()
    assert ringing(alice).entry_id == entry.pk


def test_becoming_available_or_picking_brings_nobody_who_cannot_be_served(
    speakers: None, alice: Agent, bob: Agent, support: Department
) -> None:
    Agent.objects.update(presence=Presence.AWAY)
    entry = waiting_call(support, language="ar")
    agents.set_presence(fresh(alice), Presence.AVAILABLE, actor="alice")
    assert fresh(alice).activity == Activity.IDLE
    with pytest.raises(Conflict, match="Nobody is waiting"):
        agents.pick_next(fresh(alice))
    agents.set_presence(fresh(bob), Presence.AVAILABLE, actor="bob")
    assert fresh(entry).agent_id == bob.pk


def test_many_callers_of_one_language_do_not_hide_those_of_another(
    speakers: None, alice: Agent, bob: Agent, support: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("queueing.candidates.ROUND", 2)
    Agent.objects.update(presence=Presence.AWAY)
    for _ in range(3):
        waiting_call(support, language="ar")
    entry = waiting_call(support, language="en")
    Agent.objects.filter(pk=alice.pk).update(presence=Presence.AVAILABLE)
    sweeps.sweep()
    assert ringing(alice).entry_id == entry.pk


def test_skills_are_read_with_their_steps(alice: Agent, bob: Agent, support: Department, time: Clock) -> None:
    skill = Skill.objects.create(slug="refunds", name_en="Refunds")
    AgentSkill.objects.create(agent=bob, skill=skill, level=8)
    AgentSkill.objects.create(agent=alice, skill=skill, level=3)
    for after, level in ((0, 9), (10, 8), (20, 3)):
        SkillNeed.objects.create(department=support, skill=skill, after_seconds=after, level=level)
    entry = waiting_call(support)
    assert fresh(entry).state == EntryState.WAITING
    time.pass_(10)
    sweeps.sweep()
    offers.decline_offer(str(ringing(bob).pk), agent=bob)
    assert fresh(entry).state == EntryState.WAITING
    time.pass_(10)
    sweeps.sweep()
    assert ringing(alice).entry_id == entry.pk


@pytest.mark.parametrize("points", [0, 1, 7])
def test_positions_are_the_rank_the_plan_goes_by(support: Department, time: Clock, points: int) -> None:
    Department.objects.update(priority_per_minute=points)
    now = time.at
    rows: list[QueueEntry] = []
    # Some are equal in points to the microsecond.
    for priority, seconds in [(0, 0), (1, 60), (0, 60), (2, 0), (2, 120), (-1, 0), (7, 61), (7, 60), (1, 60)]:
        entry = waiting_call(support, priority=priority)
        at = now + timedelta(seconds=seconds)
        QueueEntry.objects.filter(pk=entry.pk).update(enqueued_at=at)
        rows.append(fresh(entry))
    rules = Rules(points_per_minute=points)
    line = [Waiting(row.pk, row.department_id, row.priority, row.enqueued_at) for row in rows]
    order = [one.id for one in sorted(line, key=lambda one: rank(one, rules, now + timedelta(minutes=9)))]
    assert {row.pk: selectors.position(row) for row in rows} == {pk: n for n, pk in enumerate(order, start=1)}


def had(customer: Customer, agent: Agent, department: Department, now: datetime) -> None:
    """A conversation of theirs, over."""
    ended = make_call(state="ended", end_reason="agent_hangup", ended_at=now, customer=customer)
    QueueEntry.objects.create(
        call=ended, department=department, agent=agent, state=EntryState.DONE, connected_at=now, ended_at=now
    )


def test_a_customer_comes_back_to_the_agent_who_had_him_last(
    alice: Agent, bob: Agent, support: Department, time: Clock
) -> None:
    Department.objects.update(sticky_seconds=20)
    customer = Customer.objects.create(email="carol@example.test")
    had(customer, alice, support, time.at - timedelta(days=2))
    had(customer, bob, support, time.at - timedelta(days=1))
    entry = waiting_call(support, customer=customer)
    assert ringing(bob).entry_id == entry.pk


def test_a_busy_agent_is_waited_for_and_then_anybody_is_asked(
    alice: Agent, bob: Agent, support: Department, sales: Department, time: Clock
) -> None:
    Department.objects.update(sticky_seconds=20)
    customer = Customer.objects.create(email="carol@example.test")
    had(customer, bob, support, time.at - timedelta(days=1))
    other = waiting_call(sales)
    offers.accept_offer(str(ringing(bob).pk), agent=bob)
    enters(other.call, bob)
    entry = waiting_call(support, customer=customer)
    time.pass_(19)
    sweeps.sweep()
    assert fresh(entry).state == EntryState.WAITING
    time.pass_(1)
    sweeps.sweep()
    assert ringing(alice).entry_id == entry.pk


@pytest.mark.parametrize("gone", [{"presence": Presence.AWAY}, {"lease_until": None}, {"is_active": False}])
def test_an_agent_who_is_not_at_work_is_not_waited_for(
    alice: Agent, bob: Agent, support: Department, time: Clock, gone: dict[str, Any]
) -> None:
    Department.objects.update(sticky_seconds=20)
    customer = Customer.objects.create(email="carol@example.test")
    had(customer, bob, support, time.at - timedelta(days=1))
    Agent.objects.filter(pk=bob.pk).update(**gone)
    entry = waiting_call(support, customer=customer)
    assert ringing(alice).entry_id == entry.pk
