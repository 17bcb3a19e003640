"""Desks that go dark, agents who are lost in a call."""

from datetime import timedelta

from queueing import selectors
from queueing.models import Agent, Department
from queueing.services import offers, sweeps, transfers
from queueing.states import Activity, EntryState, Presence
from tests.cast import Clock
from tests.queueing.helpers import (
    enters,
    fresh,
    leaves,
    ringing,
    told_caller,
    waiting_call,
)


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
