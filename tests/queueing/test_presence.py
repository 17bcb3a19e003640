"""What agents choose: available, away, offline, now or after the call."""

from datetime import timedelta

import pytest

from common.errors import Conflict
from queueing import selectors
from queueing.models import Agent, AgentEvent, Department
from queueing.services import agents, offers, sweeps, transfers
from queueing.states import Activity, EntryState, OfferOrigin, OfferState, Presence
from tests.queueing.conftest import Clock
from tests.queueing.helpers import enters, fresh, leaves, ringing, told_agent, told_caller, waiting_call


def away(agent: Agent) -> Agent:
    """The agent, away before the test begins."""
    Agent.objects.filter(pk=agent.pk).update(presence=Presence.AWAY)
    return selectors.get_agent(agent.username)


def talking(agent: Agent, department: Department) -> "tuple[Agent, object]":
    """The agent in a conversation with a caller of the department."""
    entry = waiting_call(department)
    offers.accept_offer(str(ringing(agent).pk), agent=agent)
    enters(entry.call, agent)
    return selectors.get_agent(agent.username), entry


def hang_up(entry: object) -> None:
    """The customer hangs up."""
    from calls.services import lifecycle

    lifecycle.hang_up(entry.call_id, by_agent=False, actor="caller")  # type: ignore[attr-defined]


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
    counters = selectors.agents_today(alice, since=time.at - timedelta(hours=1))
    agents.set_presence(fresh(alice), Presence.AWAY, actor="alice")
    time.pass_(5)
    agents.set_presence(fresh(alice), Presence.AVAILABLE, actor="alice")
    assert fresh(alice).idle_since == before
    assert selectors.agents_today(alice, since=time.at - timedelta(hours=1)) == counters


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


# --- wrap-up -----------------------------------------------------------------------------------------------------
# Scenario 10
def test_everybody_leaves_wrap_up_on_his_own_clock(alice: Agent, bob: Agent, support: Department, time: Clock) -> None:
    alice, hers = talking(alice, support)
    bob, his = talking(bob, support)
    hang_up(hers)
    time.pass_(1)
    hang_up(his)
    time.pass_(support.wrap_up_seconds - 1)
    sweeps.sweep()
    assert (fresh(alice).activity, fresh(bob).activity) == (Activity.IDLE, Activity.WRAPPING_UP)
    time.pass_(1)
    sweeps.sweep()
    assert fresh(bob).activity == Activity.IDLE
    assert fresh(bob).idle_since == time.at


def test_wrap_up_that_runs_out_brings_an_offer_and_finishing_it_the_call(
    alice: Agent, bob: Agent, support: Department, time: Clock
) -> None:
    alice, hers = talking(alice, support)
    bob, his = talking(bob, support)
    hang_up(hers)
    hang_up(his)
    first, second = waiting_call(support), waiting_call(support)
    agents.finish_wrap_up(selectors.get_agent("bob"))
    assert fresh(first).state == EntryState.CONNECTING
    enters(first.call, bob)
    time.pass_(support.wrap_up_seconds)
    sweeps.sweep()
    assert ringing(alice).entry_id == second.pk


def test_finishing_twice_is_fine_and_in_a_call_a_conflict(alice: Agent, support: Department) -> None:
    assert agents.finish_wrap_up(alice).activity == Activity.IDLE
    alice, _entry = talking(alice, support)
    with pytest.raises(Conflict):
        agents.finish_wrap_up(alice)


def test_without_wrap_up_time_the_agent_is_idle_at_once(alice: Agent, support: Department) -> None:
    Department.objects.update(wrap_up_seconds=0)
    alice, entry = talking(alice, support)
    agents.set_presence(alice, Presence.OFFLINE, after_call=True, actor="alice")
    hang_up(entry)
    assert (fresh(alice).activity, fresh(alice).presence) == (Activity.IDLE, Presence.OFFLINE)


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


# --- the desk goes dark ------------------------------------------------------------------------------------------
# Scenarios 30 and 31
def test_a_closed_tab_is_neither_staffed_nor_asked_after_the_lease(
    alice: Agent, support: Department, time: Clock
) -> None:
    Agent.objects.update(lease_until=time.at + timedelta(seconds=15))
    assert selectors.staffed(support.pk) == 1
    time.pass_(15)
    entry = waiting_call(support)
    assert selectors.staffed(support.pk) == 0
    assert fresh(entry).state == EntryState.WAITING


# --- lost in a call ----------------------------------------------------------------------------------------------
# Journey G
def test_a_lost_agent_may_come_back_within_the_grace_time(alice: Agent, support: Department, time: Clock) -> None:
    entry = waiting_call(support)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    first = enters(entry.call, alice)
    leaves(entry.call, first)
    assert told_caller(entry.call, "call_update")[-1]["agent_connected"] is False
    assert fresh(entry).agent_lost_at == time.at
    time.pass_(support.grace_seconds - 1)
    sweeps.sweep()
    enters(entry.call, alice)
    time.pass_(60)
    sweeps.sweep()
    assert told_caller(entry.call, "call_update")[-1]["agent_connected"] is True
    assert (fresh(entry).state, fresh(entry.call).state) == (EntryState.CONNECTED, "agent")


def test_past_the_grace_time_the_caller_is_first_in_line_again(alice: Agent, support: Department, time: Clock) -> None:
    entry = waiting_call(support)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    seen = enters(entry.call, alice)
    time.pass_(10)
    other = waiting_call(support)
    leaves(entry.call, seen)
    time.pass_(support.grace_seconds)
    sweeps.sweep()
    back = fresh(entry)
    assert (back.state, back.enqueued_at, selectors.position(back)) == (EntryState.WAITING, entry.enqueued_at, 1)
    assert selectors.position(fresh(other)) == 2
    alice = fresh(alice)
    assert (alice.activity, alice.presence, alice.away_reason) == (Activity.IDLE, Presence.AWAY, "connection lost")
    assert fresh(entry.call).agent_id is None
    assert entry.transfers.get().state == "pending"
    assert back.wait_deadline > time.at


def test_the_lease_ends_the_waiting_for_a_lost_agent_sooner(alice: Agent, support: Department, time: Clock) -> None:
    Agent.objects.update(lease_until=time.at + timedelta(seconds=5))
    entry = waiting_call(support)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    seen = enters(entry.call, alice)
    leaves(entry.call, seen)
    time.pass_(5)
    sweeps.sweep()
    assert fresh(entry).state == EntryState.WAITING


def test_an_agent_without_a_desk_has_the_whole_grace_time(alice: Agent, support: Department, time: Clock) -> None:
    Agent.objects.update(lease_until=None)
    entry = waiting_call(support)
    transfers.accept_transfer(entry.transfers.get().public_id, agent=alice)
    leaves(entry.call, enters(entry.call, alice))
    time.pass_(support.grace_seconds - 1)
    sweeps.sweep()
    assert fresh(entry).state == EntryState.CONNECTED
    time.pass_(1)
    sweeps.sweep()
    assert fresh(entry).state == EntryState.WAITING


def test_a_blink_of_the_media_means_nothing_even_without_a_desk(alice: Agent, support: Department, time: Clock) -> None:
    Agent.objects.update(lease_until=time.at + timedelta(seconds=5))
    entry = waiting_call(support)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    seen = enters(entry.call, alice)
    time.pass_(5)
    leaves(entry.call, seen)
    time.pass_(1)
    sweeps.sweep()
    assert fresh(entry).state == EntryState.CONNECTED


def test_one_of_two_connections_lost_changes_nothing(alice: Agent, support: Department) -> None:
    entry = waiting_call(support)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    old = enters(entry.call, alice)
    enters(entry.call, alice)
    leaves(entry.call, old)
    assert fresh(entry).agent_lost_at is None


def test_a_stranger_in_the_room_is_put_out(
    alice: Agent, bob: Agent, support: Department, celery_calls: "object"
) -> None:
    entry = waiting_call(support)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    enters(entry.call, bob)
    assert fresh(entry.call).state == "waiting"
    assert celery_calls.named("queueing.remove_agent") == [(entry.call_id, bob.pk)]  # type: ignore[attr-defined]


# --- the extension of a wrap-up ----------------------------------------------------------------------------------
def wrapping_up(alice: Agent, billing: Department) -> Agent:
    """alice has just talked to a caller."""
    _, entry = talking(alice, billing)
    hang_up(entry)
    agent: Agent = fresh(alice)
    return agent


def test_a_wrap_up_is_extended_once(time: Clock, alice: Agent, billing: Department) -> None:
    agent = wrapping_up(alice, billing)
    before = agent.wrap_up_until
    assert before is not None
    after = agents.extend_wrap_up(agent).wrap_up_until
    assert after == before + timedelta(seconds=billing.wrap_up_extension_seconds)
    with pytest.raises(Conflict) as refused:
        agents.extend_wrap_up(agent)
    assert refused.value.code == "no_extension"
    assert fresh(alice).wrap_up_until == after
    assert told_agent(alice, "presence")[-1]["wrap_up_extension"] == 0


def test_the_next_wrap_up_may_be_extended_again(time: Clock, alice: Agent, billing: Department) -> None:
    agents.extend_wrap_up(wrapping_up(alice, billing))
    agents.finish_wrap_up(fresh(alice))
    assert wrapping_up(alice, billing).wrap_up_extension == billing.wrap_up_extension_seconds


def test_without_an_extension_there_is_none(time: Clock, alice: Agent, billing: Department) -> None:
    Department.objects.filter(pk=billing.pk).update(wrap_up_extension_seconds=0)
    with pytest.raises(Conflict):
        agents.extend_wrap_up(wrapping_up(alice, billing))


def test_an_idle_agent_has_nothing_to_extend(alice: Agent) -> None:
    with pytest.raises(Conflict) as refused:
        agents.extend_wrap_up(alice)
    assert refused.value.code == "wrong_state"


def test_a_wrap_up_that_has_run_out_is_not_extended(time: Clock, alice: Agent, billing: Department) -> None:
    agent = wrapping_up(alice, billing)
    time.pass_(billing.wrap_up_seconds)
    with pytest.raises(Conflict):
        agents.extend_wrap_up(agent)


def test_away_chosen_while_the_wrap_up_is_being_finished_brings_no_call(
    time: Clock, alice: Agent, billing: Department
) -> None:
    as_read_before = wrapping_up(alice, billing)
    waiting = waiting_call(billing, email="dan@example.test")
    agents.set_presence(fresh(alice), Presence.AWAY, reason="lunch", after_call=True, actor="alice")
    agents.finish_wrap_up(as_read_before)
    agent = fresh(alice)
    assert (agent.presence, agent.away_reason, agent.activity) == (Presence.AWAY, "lunch", Activity.IDLE)
    assert fresh(waiting).state == EntryState.WAITING
