"""Strategies: which of the free agents is asked first. Pure, then from stored rows."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common import clock
from queueing import candidates, matching
from queueing.matching import Free, Pair, Rules, Waiting, plan
from queueing.models import Agent, Department, Membership, Offer, QueueEntry
from queueing.services import agents, offers, sweeps
from queueing.services.matching import match
from queueing.states import EntryState, OfferState, Presence, Strategy
from tests.cast import Clock, make_agent, make_call
from tests.queueing.helpers import fresh, ringing, waiting_call

NOON = datetime.fromisoformat("2026-11-21T12:00:00+00:00")
SUPPORT = 1


def agent(number: int, *, idle: int = 0, **figures: Any) -> Free:
    return Free(number, NOON - timedelta(seconds=idle), {SUPPORT: 0}, **figures)


def asked_first(strategy: Strategy, *free: Free) -> int:
    (pair,) = plan([Waiting(1, SUPPORT, 0, NOON)], free, {SUPPORT: Rules(strategy)}, NOON)
    return pair.agent


def test_longest_idle_asks_who_has_had_no_call_longest() -> None:
    assert asked_first(Strategy.LONGEST_IDLE, agent(1, idle=5, calls_today=0), agent(2, idle=9, calls_today=7)) == 2


def test_fewest_calls_asks_who_has_answered_least() -> None:
    assert asked_first(Strategy.FEWEST_CALLS, agent(1, idle=9, calls_today=3), agent(2, calls_today=2)) == 2


def test_least_talk_time_asks_who_has_talked_least() -> None:
    talked = agent(1, idle=9, talk_seconds_today=600, calls_today=1), agent(2, talk_seconds_today=60, calls_today=9)
    assert asked_first(Strategy.LEAST_TALK_TIME, *talked) == 2


def test_in_turn_asks_whose_last_offer_is_longest_ago() -> None:
    early, late = NOON - timedelta(minutes=9), NOON - timedelta(minutes=1)
    one, other = agent(1, idle=9, offered_at={SUPPORT: late}), agent(2, offered_at={SUPPORT: early})
    assert asked_first(Strategy.ROUND_ROBIN, one, other) == 2
    assert asked_first(Strategy.ROUND_ROBIN, one, other, agent(3, offered_at={SUPPORT + 1: late})) == 3


@pytest.mark.parametrize("strategy", [one for one in Strategy if one is not Strategy.RING_ALL])  # which asks all
def test_equal_figures_leave_it_to_the_idle_time(strategy: Strategy) -> None:
    assert asked_first(strategy, agent(1, idle=1), agent(2, idle=5)) == 2


def test_each_department_goes_by_its_own_strategy() -> None:
    busy = Free(1, NOON - timedelta(hours=1), {1: 0, 2: 0}, calls_today=9)
    fresh_one = Free(2, NOON, {1: 0, 2: 0}, calls_today=0)
    rules = {1: Rules(Strategy.FEWEST_CALLS), 2: Rules(Strategy.LONGEST_IDLE)}
    for department, expected in ((1, 2), (2, 1)):
        assert plan([Waiting(1, department, 0, NOON)], [busy, fresh_one], rules, NOON) == [Pair(1, expected)]


# --- from stored rows --------------------------------------------------------------------------------------------
def had_calls(agent: Agent, department: Department, calls: int, seconds: int) -> None:
    """Conversations of today, over."""
    now = clock.now()
    for _ in range(calls):
        QueueEntry.objects.create(
            call=make_call(state="ended", end_reason="agent_hangup", ended_at=now),
            department=department,
            agent=agent,
            state=EntryState.DONE,
            answered_at=now,
            connected_at=now,
            ended_at=now + timedelta(seconds=seconds),
        )


@pytest.fixture
def noon(time: Clock) -> Clock:
    """Midday, so that no test runs across midnight."""
    day = candidates.start_of_day()
    Agent.objects.update(idle_since=day, lease_until=day + timedelta(days=1))
    time.at = day + timedelta(hours=12)
    return time


@pytest.mark.parametrize(("strategy", "asked"), [(Strategy.FEWEST_CALLS, "bob"), (Strategy.LEAST_TALK_TIME, "alice")])
def test_the_figures_of_the_day_are_counted_from_the_calls(  # noqa: PLR0917 -- fixtures
    alice: Agent, bob: Agent, support: Department, noon: Clock, strategy: Strategy, asked: str
) -> None:
    Department.objects.update(strategy=strategy)
    had_calls(alice, support, calls=3, seconds=10)
    had_calls(bob, support, calls=1, seconds=500)
    entry = waiting_call(support)
    assert fresh(entry).agent.username == asked


def test_yesterdays_calls_do_not_count(alice: Agent, bob: Agent, support: Department, noon: Clock) -> None:
    Department.objects.update(strategy=Strategy.FEWEST_CALLS)
    had_calls(alice, support, calls=3, seconds=10)
    noon.pass_(24 * 3600)
    Agent.objects.update(lease_until=noon.at + timedelta(hours=1))
    had_calls(bob, support, calls=1, seconds=10)
    waiting_call(support)
    assert ringing(alice).state == OfferState.PENDING


def test_in_turn_goes_round(alice: Agent, bob: Agent, support: Department, noon: Clock) -> None:
    Department.objects.update(strategy=Strategy.ROUND_ROBIN, decline_cooldown_seconds=0)
    asked = []
    entry = waiting_call(support)
    for _ in range(4):
        noon.pass_(1)
        offer = Offer.objects.get(entry=entry, state=OfferState.PENDING)
        asked.append(offer.agent.username)
        offers.decline_offer(str(offer.pk), agent=offer.agent)
    assert sorted(asked[:2]) == ["alice", "bob"]
    assert asked[2:] == asked[:2]


# Scenario 14
@pytest.mark.parametrize("absence", [Presence.AWAY, Presence.OFFLINE])
@pytest.mark.parametrize("strategy", Strategy)
def test_going_away_and_coming_back_does_not_get_an_agent_asked_sooner_or_spared(  # noqa: PLR0917 -- fixtures
    alice: Agent, bob: Agent, support: Department, noon: Clock, strategy: Strategy, absence: Presence
) -> None:
    Department.objects.update(strategy=strategy)
    had_calls(alice, support, calls=3, seconds=100)
    Agent.objects.filter(pk=alice.pk).update(idle_since=noon.at)
    Offer.objects.create(
        entry=QueueEntry.objects.get(pk=QueueEntry.objects.values("pk")[:1]),
        agent=alice,
        state=OfferState.CONNECTED,
        created_at=noon.at,
    )

    def figures() -> list[Free]:
        rules = {number: Rules(one) for number, one in enumerate(Strategy)}
        return candidates.free_agents([support.pk], rules)

    before = {one.id: one for one in figures()}
    agents.set_presence(fresh(alice), absence, actor="alice")
    agents.set_presence(fresh(alice), Presence.AVAILABLE, actor="alice")
    after = {one.id: one for one in figures()}
    assert (before, before[alice.pk].calls_today, before[alice.pk].talk_seconds_today) == (after, 3, 300)
    waiting_call(support)
    assert ringing(bob).state == OfferState.PENDING


# Scenario 15: from each to the next, and back.
_NEXT = list(zip(Strategy, [*Strategy][1:] + [*Strategy][:1], strict=True))


@pytest.mark.parametrize(("before", "to"), [*_NEXT, *((to, before) for before, to in _NEXT)])
def test_whoever_waits_while_the_strategy_changes_is_served(
    alice: Agent, support: Department, before: Strategy, to: Strategy
) -> None:
    Department.objects.update(strategy=before)
    Agent.objects.update(is_active=False)
    waiting = [waiting_call(support), waiting_call(support)]
    Department.objects.update(strategy=to)
    Agent.objects.update(is_active=True)
    for entry in waiting:
        sweeps.sweep()
        offer = ringing(alice)
        assert offer.entry_id == entry.pk
        Department.objects.update(strategy=before)
        offers.accept_offer(str(offer.pk), agent=alice)
        _finish(entry, alice)


def _finish(entry: QueueEntry, agent: Agent) -> None:
    """The caller goes, the agent is idle at once."""
    from calls.services import lifecycle

    lifecycle.hang_up(entry.call_id, by_agent=False, actor="caller")


# Scenario 16
def test_callers_nobody_can_serve_do_not_starve_another_department(
    alice: Agent, support: Department, sales: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "ROUND", 5)
    Agent.objects.update(is_active=False)
    for _ in range(6):
        waiting_call(sales, priority=9)
    served = waiting_call(support)
    Agent.objects.update(is_active=True)
    sweeps.sweep()
    assert ringing(alice).entry_id == served.pk


def test_callers_who_cool_do_not_starve_those_behind_them(
    alice: Agent, support: Department, billing: Department, time: Clock
) -> None:
    Membership.objects.filter(agent=alice, department=support).update(order=0)
    Membership.objects.filter(agent=alice, department=billing).update(order=1)
    first = waiting_call(support, priority=9)
    second = waiting_call(billing)
    offers.decline_offer(str(ringing(alice).pk), agent=alice)
    assert fresh(first).state == EntryState.WAITING
    assert ringing(alice).entry_id == second.pk


def test_callers_an_agent_has_declined_do_not_hide_the_next_of_the_same_kind(alice: Agent, support: Department) -> None:
    line = [waiting_call(support) for _ in range(4)]
    for entry in line[:3]:
        offer = ringing(alice)
        assert offer.entry_id == entry.pk
        offers.decline_offer(str(offer.pk), agent=alice)
    assert ringing(alice).entry_id == line[3].pk


def test_no_more_callers_are_read_than_agents_can_be_given(alice: Agent, support: Department) -> None:
    Agent.objects.update(is_active=False)
    line = [waiting_call(support) for _ in range(5)]
    Agent.objects.update(is_active=True)
    rules = candidates.rules_of([support.pk])
    free = candidates.free_agents([support.pk], rules)
    enough = candidates.enough_for(free, {(line[0].pk, alice.pk)}, rules)
    assert [one.id for one in candidates.waiting_entries([support.pk], rules, first=enough)] == [
        line[0].pk,
        line[1].pk,
    ]


@pytest.mark.parametrize("strategy", Strategy)
def test_a_match_reads_with_the_same_number_of_queries_however_many_there_are(
    alice: Agent, support: Department, strategy: Strategy
) -> None:
    Department.objects.update(strategy=strategy)
    Agent.objects.update(is_active=False)
    waiting_call(support)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            rules = candidates.rules_of([support.pk])
            free = candidates.free_agents([support.pk], rules)
            cooling = candidates.cooling_with([one.id for one in free])
            waiting = candidates.waiting_entries([support.pk], rules, first=len(free))
            matching.plan(waiting, free, rules, clock.now(), cooling=cooling)
        return len(seen)

    Agent.objects.update(is_active=True)
    one = queries()
    for number in range(4):
        waiting_call(support)
        made = make_agent(f"agent{number}", support)
        had_calls(made, support, calls=2, seconds=9)
        Agent.objects.update(presence=Presence.AWAY)
    Agent.objects.update(presence=Presence.AVAILABLE)
    assert queries() == one
    match([support.pk])
