"""What agents choose: available, away, offline, now or after the call."""

from datetime import timedelta

import pytest

from calls.models import CallEvent
from common.errors import Conflict
from queueing import selectors
from queueing.models import Agent, AgentEvent, Department
from queueing.services import agents, offers, sweeps
from queueing.states import Activity, EntryState, OfferOrigin, OfferState, Presence
from tests.cast import Clock
from tests.queueing.helpers import (
    away,
    fresh,
    hang_up,
    ringing,
    talking,
    told_agent,
    told_caller,
    waiting_call,
)


# --- who is asked ------------------------------------------------------------------------------------------------
def test_becoming_available_while_somebody_waits_assigns_the_first_in_line(alice: Agent, support: Department) -> None:
    alice = away(alice)
    first, second = waiting_call(support), waiting_call(support)
    alice = agents.set_presence(alice, Presence.AVAILABLE, actor="alice")
    assert (alice.presence, alice.activity) == (Presence.AVAILABLE, Activity.ON_CALL)
    assert fresh(first).state == EntryState.CONNECTING
    assert fresh(second).state == EntryState.WAITING
    assert told_agent(alice, "customer_assigned")[0]["call_id"] == first.call_id
    assert told_agent(alice, "offer", "offer_ended") == []
    assert told_caller(first.call, "customer_assigned")
    offer = first.offers.get()
    assert (offer.origin, offer.state) == (OfferOrigin.ASSIGNED, OfferState.ACCEPTED)


def test_becoming_available_in_an_empty_line_brings_an_offer_later(alice: Agent, support: Department) -> None:
    alice = agents.set_presence(away(alice), Presence.AVAILABLE, actor="alice")
    assert alice.activity == Activity.IDLE
    entry = waiting_call(support)
    assert ringing(alice).entry_id == entry.pk


def test_a_caller_who_is_being_offered_is_not_taken_by_whoever_comes(
    alice: Agent, bob: Agent, support: Department
) -> None:
    bob = away(bob)
    entry = waiting_call(support)
    bob = agents.set_presence(bob, Presence.AVAILABLE, actor="bob")
    assert bob.activity == Activity.IDLE
    assert ringing(alice).entry_id == entry.pk


def test_without_an_open_desk_nothing_is_assigned(alice: Agent, support: Department) -> None:
    alice = away(alice)
    Agent.objects.update(lease_until=None)
    entry = waiting_call(support)
    alice = agents.set_presence(fresh(alice), Presence.AVAILABLE, actor="sam")
    assert alice.activity == Activity.IDLE
    assert fresh(entry).state == EntryState.WAITING


def test_a_desk_that_opens_brings_an_offer(alice: Agent, support: Department, time: Clock) -> None:
    Agent.objects.update(lease_until=None)
    entry = waiting_call(support)
    agents.renew_lease(alice.pk, until=time.at + timedelta(seconds=15))
    assert ringing(alice).entry_id == entry.pk


def test_many_open_desks_are_renewed_at_once(alice: Agent, bob: Agent, support: Department, time: Clock) -> None:
    until = time.at + timedelta(seconds=15)
    Agent.objects.update(lease_until=time.at + timedelta(seconds=5))
    Agent.objects.filter(pk=bob.pk).update(lease_until=None)
    entry = waiting_call(support)
    offers.decline_offer(str(ringing(alice).pk), agent=alice)
    agents.renew_leases([alice.pk, bob.pk], until=until)
    assert {fresh(agent).lease_until for agent in (alice, bob)} == {until}
    # Who comes back to life is offered what waits.
    assert ringing(bob).entry_id == entry.pk


def test_no_lease_becomes_shorter_by_renewing(alice: Agent, time: Clock) -> None:
    Agent.objects.update(lease_until=time.at + timedelta(hours=8))
    agents.renew_leases([alice.pk], until=time.at + timedelta(seconds=15))
    assert fresh(alice).lease_until == time.at + timedelta(hours=8)


def test_after_a_missed_call_available_takes_the_first_in_line(alice: Agent, support: Department, time: Clock) -> None:
    entry = waiting_call(support)
    time.pass_(support.offer_seconds)
    sweeps.sweep()
    assert fresh(alice).activity == Activity.MISSED
    alice = agents.set_presence(selectors.get_agent("alice"), Presence.AVAILABLE, actor="alice")
    assert alice.activity == Activity.ON_CALL
    assert fresh(entry).agent_id == alice.pk


# --- during an offer ---------------------------------------------------------------------------------------------
# Scenarios 4 and 11
@pytest.mark.parametrize("status", [Presence.AWAY, Presence.OFFLINE])
def test_going_away_during_an_offer_cancels_it_once(
    alice: Agent, bob: Agent, support: Department, status: Presence
) -> None:
    entry = waiting_call(support)
    offer = ringing(alice)
    agents.set_presence(fresh(alice), status, actor="alice")
    assert fresh(offer).state == OfferState.CANCELLED
    assert [e["outcome"] for e in told_agent(alice, "offer_ended")] == ["cancelled"]
    assert ringing(bob).entry_id == entry.pk
    sweeps.sweep()
    assert selectors.open_offer(alice) is None
    assert fresh(alice).activity == Activity.IDLE


# Scenario 4
def test_hung_up_while_it_rings_the_next_caller_rings_at_the_same_agent_at_once(
    alice: Agent, support: Department
) -> None:
    first, second, third = waiting_call(support), waiting_call(support), waiting_call(support)
    gone = ringing(alice)
    for left, next_one in ((first, second), (second, third)):
        hang_up(left)
        assert ringing(alice).entry_id == next_one.pk
    assert fresh(gone).state == OfferState.CANCELLED
    assert fresh(alice).activity == Activity.OFFERED
    assert not AgentEvent.objects.filter(agent=alice, kind="presence").exists()
    hang_up(third)
    assert (fresh(alice).activity, selectors.open_offer(alice)) == (Activity.IDLE, None)


# Scenario 11
def test_whoever_goes_away_and_comes_back_is_asked_about_the_caller_once_more_and_not_for_ever(
    alice: Agent, support: Department, time: Clock
) -> None:
    entry = waiting_call(support)
    agents.set_presence(fresh(alice), Presence.AWAY, actor="alice")
    for _ in range(5):
        time.pass_(support.decline_cooldown_seconds)
        sweeps.sweep()
    assert [offer.state for offer in entry.offers.all()] == [OfferState.CANCELLED]
    agents.set_presence(fresh(alice), Presence.AVAILABLE, actor="alice")
    for _ in range(5):
        time.pass_(1)
        sweeps.sweep()
    assert [offer.state for offer in entry.offers.all()] == [OfferState.CANCELLED, OfferState.ACCEPTED]
    assert [event["outcome"] for event in told_agent(alice, "offer", "offer_ended") if "outcome" in event] == [
        "cancelled"
    ]
    assert CallEvent.objects.filter(call=entry.call, kind="offer.cancelled").count() == 1


# Scenario 11
def test_whoever_comes_back_while_it_rings_at_a_colleague_is_not_asked_again(
    alice: Agent, bob: Agent, support: Department, time: Clock
) -> None:
    entry = waiting_call(support)
    for _ in range(3):
        agents.set_presence(fresh(alice), Presence.AWAY, actor="alice")
        agents.set_presence(fresh(alice), Presence.AVAILABLE, actor="alice")
        time.pass_(1)
        sweeps.sweep()
    assert ringing(bob).entry_id == entry.pk
    offers.decline_offer(str(ringing(bob).pk), agent=bob)
    for _ in range(3):
        sweeps.sweep()
    asked = [(offer.agent.username, offer.state) for offer in entry.offers.select_related("agent__user")]
    assert asked == [("alice", OfferState.CANCELLED), ("bob", OfferState.DECLINED)]


def test_after_a_cancelled_offer_the_agent_is_routable_again(alice: Agent, support: Department) -> None:
    entry = waiting_call(support)
    agents.set_presence(fresh(alice), Presence.AWAY, actor="alice")
    alice = agents.set_presence(fresh(alice), Presence.AVAILABLE, actor="alice")
    assert fresh(entry).agent_id == alice.pk


# --- the same twice ----------------------------------------------------------------------------------------------
# Scenario 34
def test_the_same_presence_twice_is_one_event(alice: Agent) -> None:
    agents.set_presence(alice, Presence.AWAY, reason="lunch", actor="alice")
    agents.set_presence(fresh(alice), Presence.AWAY, reason="lunch", actor="alice")
    assert len(told_agent(alice, "presence")) == 1
    assert AgentEvent.objects.filter(agent=alice, kind="presence").count() == 1


# Scenario 14
def test_a_short_absence_changes_no_counter_and_no_place(alice: Agent, support: Department, time: Clock) -> None:
    before = fresh(alice).idle_since
    counters = selectors.counted_today([alice.pk], since=time.at - timedelta(hours=1))[alice.pk]
    agents.set_presence(fresh(alice), Presence.AWAY, actor="alice")
    time.pass_(5)
    agents.set_presence(fresh(alice), Presence.AVAILABLE, actor="alice")
    assert fresh(alice).idle_since == before
    assert selectors.counted_today([alice.pk], since=time.at - timedelta(hours=1))[alice.pk] == counters


def test_coming_from_offline_starts_behind_the_others(alice: Agent, time: Clock) -> None:
    agents.set_presence(fresh(alice), Presence.OFFLINE, actor="alice")
    time.pass_(3600)
    agents.set_presence(fresh(alice), Presence.AVAILABLE, actor="alice")
    assert fresh(alice).idle_since == time.at


# --- after this call ---------------------------------------------------------------------------------------------
# Scenario 32
def test_away_after_this_call_is_applied_when_wrap_up_is_over(alice: Agent, support: Department, time: Clock) -> None:
    alice, entry = talking(alice, support)
    waiting = waiting_call(support)
    alice = agents.set_presence(alice, Presence.AWAY, reason="lunch", after_call=True, actor="alice")
    assert (alice.presence, alice.after_call) == (Presence.AVAILABLE, Presence.AWAY)
    assert told_agent(alice, "presence")[-1]["after_call"] == {"status": "away", "reason": "lunch"}
    hang_up(entry)
    assert fresh(alice).activity == Activity.WRAPPING_UP
    time.pass_(support.wrap_up_seconds)
    sweeps.sweep()
    alice = fresh(alice)
    assert (alice.activity, alice.presence, alice.away_reason, alice.after_call) == ("idle", "away", "lunch", "")
    assert fresh(waiting).state == EntryState.WAITING


def test_the_choice_for_after_the_call_can_be_taken_back(alice: Agent, support: Department, time: Clock) -> None:
    alice, entry = talking(alice, support)
    alice = agents.set_presence(alice, Presence.AWAY, after_call=True, actor="alice")
    alice = agents.set_presence(alice, Presence.AVAILABLE, after_call=True, actor="alice")
    assert alice.after_call == ""
    hang_up(entry)
    time.pass_(support.wrap_up_seconds)
    sweeps.sweep()
    assert fresh(alice).presence == Presence.AVAILABLE


def test_finishing_wrap_up_honours_the_choice(alice: Agent, support: Department) -> None:
    alice, entry = talking(alice, support)
    waiting_call(support)
    agents.set_presence(alice, Presence.AWAY, after_call=True, actor="alice")
    hang_up(entry)
    alice = agents.finish_wrap_up(selectors.get_agent("alice"))
    assert (alice.activity, alice.presence) == (Activity.IDLE, Presence.AWAY)


def test_away_during_a_call_counts_at_once_and_the_call_goes_on(alice: Agent, support: Department) -> None:
    alice, entry = talking(alice, support)
    alice = agents.set_presence(alice, Presence.AWAY, actor="alice")
    assert (alice.presence, alice.activity) == (Presence.AWAY, Activity.ON_CALL)
    assert fresh(entry).state == EntryState.CONNECTED


def test_after_call_without_a_call_counts_now(alice: Agent) -> None:
    alice = agents.set_presence(alice, Presence.AWAY, after_call=True, actor="alice")
    assert alice.presence == Presence.AWAY


# --- picking -----------------------------------------------------------------------------------------------------
def test_pick_next_takes_the_first_in_line_from_any_presence(alice: Agent, support: Department) -> None:
    alice = away(alice)
    waiting_call(support)
    urgent = waiting_call(support, priority=5)
    assert agents.pick_next(alice).pk == urgent.pk
    assert fresh(alice).presence == Presence.AWAY


def test_pick_next_ends_wrap_up(alice: Agent, support: Department) -> None:
    alice, entry = talking(alice, support)
    hang_up(entry)
    second = waiting_call(support)
    assert agents.pick_next(selectors.get_agent("alice")).pk == second.pk
    assert fresh(alice).wrap_up_until is None


def test_pick_next_takes_what_is_ringing(alice: Agent, support: Department) -> None:
    entry = waiting_call(support)
    assert agents.pick_next(alice).pk == entry.pk
    assert entry.offers.get().origin == OfferOrigin.OFFERED


def test_pick_next_in_an_empty_line_or_a_call_is_a_conflict(alice: Agent, support: Department) -> None:
    with pytest.raises(Conflict) as empty:
        agents.pick_next(alice)
    assert empty.value.code == "queue_empty"
    alice, _entry = talking(alice, support)
    waiting_call(support)
    with pytest.raises(Conflict) as busy:
        agents.pick_next(alice)
    assert busy.value.code == "agent_busy"
