"""Offers: made, accepted, declined, expired."""

from datetime import timedelta

import pytest

from common import clock
from common.errors import Conflict, Forbidden, NotFound
from queueing import candidates, selectors
from queueing.matching import plan
from queueing.models import Agent, Department, Offer
from queueing.services import agents, matching, offers, sweeps
from queueing.services.taking import CONNECT_SECONDS
from queueing.states import Activity, EntryState, OfferState, Presence, TransferState
from tests.cast import Clock
from tests.queueing.helpers import enters, fresh, ringing, told_agent, told_caller, waiting_call


def test_the_longest_idle_agent_is_offered_the_call_with_its_story(
    alice: Agent, bob: Agent, support: Department
) -> None:
    entry = waiting_call(support, customer_name="Carol", summary="Her parcel is late.", facts={"order": "17"})
    offer = ringing(alice)
    told = told_agent(alice, "offer")[0]
    assert (offer.entry_id, told["call_id"], told["department"]) == (entry.pk, entry.call_id, "support")
    assert told["customer"]["summary"] == "Her parcel is late."
    assert told["customer"]["facts"] == {"order": "17"}
    assert told["reason"] == "wants a person"
    assert told_agent(bob, "offer") == []


def test_both_agents_hear_of_the_transfer_and_a_stranger_does_not(
    alice: Agent, bob: Agent, billing: Department, support: Department
) -> None:
    waiting_call(billing)
    assert len(told_agent(alice, "transfer_pending")) == 1
    assert told_agent(bob) == []


def test_accepting_tells_both_sides_in_order(alice: Agent, support: Department) -> None:
    entry = waiting_call(support)
    offer = ringing(alice)
    taken = offers.accept_offer(str(offer.pk), agent=alice)
    assert taken.state == EntryState.CONNECTING
    assert [e["type"] for e in told_agent(alice, "offer_ended", "customer_assigned")] == [
        "offer_ended",
        "customer_assigned",
    ]
    assert told_agent(alice, "customer_assigned")[0]["room_name"] == entry.call.room_name
    caller = told_caller(entry.call, "customer_assigned")[0]
    assert (caller["agent_id"], caller["agent_name"]) == ("alice", "Alice")
    assert fresh(entry.call).state == "waiting"
    assert fresh(alice).activity == Activity.ON_CALL


def test_the_call_is_with_the_agent_when_he_is_in_the_room(alice: Agent, support: Department) -> None:
    entry = waiting_call(support)
    offer = ringing(alice)
    offers.accept_offer(str(offer.pk), agent=alice)
    enters(entry.call, alice)
    assert fresh(entry.call).state == "agent"
    assert fresh(entry).state == EntryState.CONNECTED
    assert fresh(offer).state == OfferState.CONNECTED
    assert entry.transfers.get().state == TransferState.COMPLETED


def test_accepting_again_gives_the_same_call(alice: Agent, support: Department) -> None:
    waiting_call(support)
    offer = ringing(alice)
    first = offers.accept_offer(str(offer.pk), agent=alice)
    assert offers.accept_offer(str(offer.pk), agent=alice).pk == first.pk
    assert len(told_agent(alice, "customer_assigned")) == 1


def test_an_offer_is_accepted_by_its_agent_only(alice: Agent, bob: Agent, support: Department) -> None:
    waiting_call(support)
    with pytest.raises(Forbidden):
        offers.accept_offer(str(ringing(alice).pk), agent=bob)


@pytest.mark.parametrize("nonsense", ["", "x", "-1", "1.5", "99999999999999999999", "٣", "0"])
def test_no_such_offer(alice: Agent, nonsense: str) -> None:
    with pytest.raises(NotFound):
        offers.accept_offer(nonsense, agent=alice)


# Scenario 12, 13
def test_a_declined_caller_keeps_his_place_and_the_next_agent_is_asked(
    alice: Agent, bob: Agent, support: Department
) -> None:
    entry = waiting_call(support)
    before = fresh(alice).idle_since
    offers.decline_offer(str(ringing(alice).pk), agent=alice, reason="lunch")
    assert ringing(bob).entry_id == entry.pk
    assert fresh(alice).activity == Activity.IDLE
    assert fresh(alice).idle_since == before
    assert fresh(entry).enqueued_at == entry.enqueued_at
    assert told_agent(alice, "offer_ended")[0]["outcome"] == "declined"


def test_alone_a_decliner_is_asked_again_after_the_cool_down(alice: Agent, support: Department, time: Clock) -> None:
    entry = waiting_call(support)
    offers.decline_offer(str(ringing(alice).pk), agent=alice)
    sweeps.sweep()
    assert selectors.open_offer(alice) is None
    assert fresh(entry).state == EntryState.WAITING
    time.pass_(support.decline_cooldown_seconds + 1)
    sweeps.sweep()
    assert ringing(alice).entry_id == entry.pk


def test_declining_twice_is_fine_and_after_accepting_a_conflict(alice: Agent, support: Department) -> None:
    waiting_call(support)
    first = ringing(alice)
    offers.decline_offer(str(first.pk), agent=alice)
    assert offers.decline_offer(str(first.pk), agent=alice).state == OfferState.DECLINED
    with pytest.raises(Conflict) as caught:
        offers.accept_offer(str(first.pk), agent=alice)
    assert caught.value.extra["state"] == "declined"


# Scenario 8
def test_an_accept_after_the_sweep_learns_the_final_state(
    alice: Agent, bob: Agent, support: Department, time: Clock
) -> None:
    entry = waiting_call(support)
    offer = ringing(alice)
    time.pass_(support.offer_seconds)
    sweeps.sweep()
    with pytest.raises(Conflict) as caught:
        offers.accept_offer(str(offer.pk), agent=alice)
    assert caught.value.extra["state"] == "timed_out"
    assert ringing(bob).entry_id == entry.pk
    alice = fresh(alice)
    assert (alice.activity, alice.presence, alice.away_reason) == (Activity.MISSED, Presence.AWAY, "missed")


def test_an_accept_past_the_time_but_before_the_sweep_is_late_too(
    alice: Agent, support: Department, time: Clock
) -> None:
    entry = waiting_call(support)
    offer = ringing(alice)
    time.pass_(support.offer_seconds)
    with pytest.raises(Conflict) as caught:
        offers.accept_offer(str(offer.pk), agent=alice)
    assert caught.value.extra["state"] == "timed_out"
    assert fresh(entry).state == EntryState.WAITING


# Scenario 7
def test_an_accept_just_in_time_stands_whatever_the_sweep_finds(alice: Agent, support: Department, time: Clock) -> None:
    waiting_call(support)
    offer = ringing(alice)
    time.pass_(support.offer_seconds - 0.001)
    offers.accept_offer(str(offer.pk), agent=alice)
    time.pass_(0.05)
    sweeps.sweep()
    assert fresh(offer).state == OfferState.ACCEPTED
    assert fresh(alice).activity == Activity.ON_CALL


def test_each_department_rings_as_long_as_it_says(
    alice: Agent, bob: Agent, billing: Department, sales: Department, time: Clock
) -> None:
    Department.objects.filter(pk=billing.pk).update(offer_seconds=7)
    Department.objects.filter(pk=sales.pk).update(offer_seconds=45)
    for department in (billing, sales):
        waiting_call(department)
    assert ringing(alice).expires_at == time.at + timedelta(seconds=7)
    assert ringing(bob).expires_at == time.at + timedelta(seconds=45)


def test_an_accept_stops_the_ring_time_while_the_media_comes_up(alice: Agent, support: Department, time: Clock) -> None:
    Department.objects.update(offer_seconds=5, max_wait_seconds=8)
    entry = waiting_call(support)
    offer = ringing(alice)
    offers.accept_offer(str(offer.pk), agent=alice)
    time.pass_(CONNECT_SECONDS - 1)
    sweeps.sweep()
    assert (fresh(offer).state, fresh(entry).state) == (OfferState.ACCEPTED, EntryState.CONNECTING)
    enters(entry.call, alice)
    assert (fresh(offer).state, fresh(entry).state) == (OfferState.CONNECTED, EntryState.CONNECTED)
    assert fresh(alice).presence == Presence.AVAILABLE


# Scenario 3
def test_a_late_idle_does_not_undo_a_reservation(alice: Agent, support: Department) -> None:
    waiting_call(support)
    offer = ringing(alice)
    agents.end_wrap_up(alice.pk)
    agents.set_presence(fresh(alice), Presence.AVAILABLE, actor="alice")
    assert fresh(offer).state == OfferState.PENDING
    assert fresh(alice).activity == Activity.OFFERED


# Scenario 9
def test_a_matcher_with_an_older_look_makes_no_offer(alice: Agent, support: Department) -> None:
    Agent.objects.update(presence=Presence.AWAY)
    entry = waiting_call(support)
    Agent.objects.update(presence=Presence.AVAILABLE)
    stale = plan(candidates.waiting_entries([support.pk]), candidates.free_agents([support.pk]), {}, clock.now())
    Agent.objects.update(activity=Activity.WRAPPING_UP, wrap_up_until=fresh(alice).lease_until)
    assert not matching.make_offer(stale[0].entry, stale[0].agent)
    assert fresh(entry).state == EntryState.WAITING
    assert not Offer.objects.exists()


# Scenario 2, without threads
def test_two_callers_at_the_heads_of_two_departments_ring_one_agent_once(
    alice: Agent, support: Department, billing: Department
) -> None:
    waiting_call(support)
    second = waiting_call(billing)
    assert Offer.objects.filter(agent=alice, state=OfferState.PENDING).count() == 1
    assert fresh(second).state == EntryState.WAITING


def test_an_agent_whose_desk_is_closed_is_not_asked(alice: Agent, bob: Agent, support: Department) -> None:
    Agent.objects.filter(pk=alice.pk).update(lease_until=None)
    entry = waiting_call(support)
    assert selectors.open_offer(alice) is None
    assert ringing(bob).entry_id == entry.pk


# Scenario 29
def test_an_offer_outlives_the_lease_and_waking_brings_the_next(alice: Agent, support: Department, time: Clock) -> None:
    Agent.objects.update(lease_until=time.at + timedelta(seconds=15))
    entry = waiting_call(support)
    offer = ringing(alice)
    time.pass_(16)
    sweeps.sweep()
    assert fresh(offer).state == OfferState.PENDING
    time.pass_(10)
    sweeps.sweep()
    assert fresh(offer).state == OfferState.TIMED_OUT
    agents.renew_lease(alice.pk, until=time.at + timedelta(seconds=15))
    assert told_agent(alice, "presence")[-1]["presence"] == "away"
    assert fresh(entry).state == EntryState.WAITING
