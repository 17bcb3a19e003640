"""Who accepts first has the call; everybody else is told so."""

from datetime import timedelta

import pytest

from calls.models import Call, CallEvent
from calls.services import lifecycle
from common import clock
from common.errors import Conflict
from queueing import selectors
from queueing.models import Agent, Department, Offer, QueueEntry
from queueing.services import agents, callbacks, matching, offers, returning, sweeps, transfers, waits
from queueing.states import ENTRY_HELD, Activity, EntryState, OfferState, Presence
from tests.cast import make_call
from tests.queueing.helpers import enters, fresh, leaves, ringing, told_agent, told_caller, waiting_call
from tests.races.threads import ROUNDS, at_once, winners

pytestmark = pytest.mark.parametrize("turn", range(ROUNDS))


def nobody_routable() -> None:
    """Agents are away while the stage is set."""
    Agent.objects.update(presence=Presence.AWAY)


# Scenario 1
def test_two_agents_accept_one_transfer(alice: Agent, bob: Agent, support: Department, turn: int) -> None:
    nobody_routable()
    entry = waiting_call(support)
    public_id = entry.transfers.get().public_id
    outcomes = at_once(
        lambda: transfers.accept_transfer(public_id, agent=alice),
        lambda: transfers.accept_transfer(public_id, agent=bob),
    )
    (first,) = winners(outcomes, Conflict)
    winner, loser = (alice, bob) if first == 0 else (bob, alice)
    error = outcomes[1 - first].error
    assert isinstance(error, Conflict)
    assert (error.code, error.extra["accepted_by"]) == ("already_accepted", winner.username)
    assert (fresh(entry).agent_id, fresh(loser).activity) == (winner.pk, Activity.IDLE)
    assert len(told_caller(entry.call, "customer_assigned")) == 1
    assert told_agent(loser, "customer_assigned") == []


def test_the_offered_agent_and_another_accept(alice: Agent, bob: Agent, support: Department, turn: int) -> None:
    entry = waiting_call(support)
    offer, public_id = ringing(alice), entry.transfers.get().public_id
    outcomes = at_once(
        lambda: offers.accept_offer(str(offer.pk), agent=alice),
        lambda: transfers.accept_transfer(public_id, agent=bob),
    )
    (first,) = winners(outcomes, Conflict)
    assert fresh(entry).agent_id == (alice, bob)[first].pk
    assert {fresh(alice).activity, fresh(bob).activity} == {Activity.ON_CALL, Activity.IDLE}
    assert len(told_caller(entry.call, "customer_assigned")) == 1


def test_two_agents_pick_the_only_caller(alice: Agent, bob: Agent, support: Department, turn: int) -> None:
    nobody_routable()
    entry = waiting_call(support)
    outcomes = at_once(lambda: agents.pick_next(fresh(alice)), lambda: agents.pick_next(fresh(bob)))
    (first,) = winners(outcomes, Conflict)
    error = outcomes[1 - first].error
    assert isinstance(error, Conflict)
    assert error.code == "queue_empty"
    assert fresh(entry).state == EntryState.CONNECTING


def test_two_agents_become_available_for_one_caller(alice: Agent, bob: Agent, support: Department, turn: int) -> None:
    nobody_routable()
    entry = waiting_call(support)
    outcomes = at_once(
        lambda: agents.set_presence(selectors.get_agent("alice"), Presence.AVAILABLE, actor="alice"),
        lambda: agents.set_presence(selectors.get_agent("bob"), Presence.AVAILABLE, actor="bob"),
    )
    assert winners(outcomes) == [0, 1]
    assert sorted([fresh(alice).activity, fresh(bob).activity]) == [Activity.IDLE, Activity.ON_CALL]
    assert fresh(entry).state == EntryState.CONNECTING


# Scenario 2
def test_two_departments_match_one_agent(alice: Agent, support: Department, billing: Department, turn: int) -> None:
    nobody_routable()
    waiting_call(support)
    waiting_call(billing)
    Agent.objects.update(presence=Presence.AVAILABLE)
    outcomes = at_once(
        lambda: matching.match([support.pk]), lambda: matching.match([billing.pk]), matching.match_everything
    )
    assert winners(outcomes) == [0, 1, 2]
    assert Offer.objects.filter(agent=alice, state=OfferState.PENDING).count() == 1
    assert len(told_agent(alice, "offer")) == 1
    assert QueueEntry.objects.filter(state__in=ENTRY_HELD).count() == 1


def test_two_matchers_offer_one_caller_once(alice: Agent, bob: Agent, support: Department, turn: int) -> None:
    nobody_routable()
    entry = waiting_call(support)
    Agent.objects.update(presence=Presence.AVAILABLE)
    at_once(lambda: matching.make_offer(entry.pk, alice.pk), lambda: matching.make_offer(entry.pk, bob.pk))
    assert entry.offers.count() == 1


# Scenarios 7 and 8
def test_an_accept_against_the_expiry(alice: Agent, support: Department, turn: int) -> None:
    entry = waiting_call(support)
    offer = ringing(alice)
    Offer.objects.update(expires_at=clock.now() + timedelta(milliseconds=4 * turn))

    def expire() -> bool:
        while fresh(offer).state == OfferState.PENDING:
            if offers.expire_offer(offer.pk):
                return True
        return False

    accepted, expired = at_once(lambda: offers.accept_offer(str(offer.pk), agent=alice), expire)
    assert winners([accepted], Conflict) == ([] if fresh(offer).state == OfferState.TIMED_OUT else [0])
    if accepted.won:
        assert not expired.value
        assert (fresh(entry).state, fresh(alice).activity) == (EntryState.CONNECTING, Activity.ON_CALL)
    else:
        assert isinstance(accepted.error, Conflict)
        assert accepted.error.extra["state"] == "timed_out"
        assert (fresh(entry).state, fresh(alice).activity) == (EntryState.WAITING, Activity.MISSED)
    assert len(told_agent(alice, "offer_ended")) == 1


def test_an_accept_against_the_hang_up(alice: Agent, support: Department, turn: int) -> None:
    entry = waiting_call(support)
    offer = ringing(alice)
    outcomes = at_once(
        lambda: offers.accept_offer(str(offer.pk), agent=alice),
        lambda: lifecycle.hang_up(entry.call_id, by_agent=False, actor="caller"),
    )
    assert 1 in winners(outcomes, Conflict)
    assert (fresh(entry.call).state, fresh(entry).state) == ("ended", EntryState.ABANDONED)
    assert fresh(alice).activity == Activity.IDLE
    assert fresh(offer).state in (OfferState.CANCELLED, OfferState.SETUP_FAILED)


def test_an_accept_against_going_away(alice: Agent, bob: Agent, support: Department, turn: int) -> None:
    entry = waiting_call(support)
    offer = ringing(alice)
    outcomes = at_once(
        lambda: offers.accept_offer(str(offer.pk), agent=alice),
        lambda: agents.set_presence(selectors.get_agent("alice"), Presence.AWAY, actor="alice"),
    )
    won = winners(outcomes, Conflict)
    assert 1 in won
    assert fresh(alice).presence == Presence.AWAY
    if 0 in won:
        assert fresh(entry).agent_id == alice.pk
    else:
        assert ringing(bob).entry_id == entry.pk


def test_a_decline_against_anothers_accept(alice: Agent, bob: Agent, support: Department, turn: int) -> None:
    entry = waiting_call(support)
    Agent.objects.filter(pk=bob.pk).update(presence=Presence.AWAY)
    offer, public_id = ringing(alice), entry.transfers.get().public_id
    outcomes = at_once(
        lambda: offers.decline_offer(str(offer.pk), agent=alice),
        lambda: transfers.accept_transfer(public_id, agent=bob),
    )
    assert 1 in winners(outcomes, Conflict)
    assert fresh(offer).state in (OfferState.DECLINED, OfferState.RESCINDED)
    assert (fresh(alice).activity, fresh(bob).activity) == (Activity.IDLE, Activity.ON_CALL)


def test_the_arrival_against_the_end_of_the_time_for_it(alice: Agent, support: Department, turn: int) -> None:
    entry = waiting_call(support)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    QueueEntry.objects.update(connect_deadline=clock.now())
    at_once(lambda: enters(entry.call, alice), lambda: returning.fail_setup(entry.pk))
    state = fresh(entry).state
    assert (state, fresh(entry.call).state) in [
        (EntryState.CONNECTED, "agent"),
        (EntryState.WAITING, "waiting"),
        (EntryState.OFFERING, "waiting"),
    ]


# Scenario 25
def test_a_callback_against_the_assignment(alice: Agent, support: Department, turn: int) -> None:
    nobody_routable()
    entry = waiting_call(support)
    assigned, callback = at_once(
        lambda: agents.set_presence(selectors.get_agent("alice"), Presence.AVAILABLE, actor="alice"),
        lambda: callbacks.request_callback(fresh(entry.call), kind="callback", contact="0123", actor="caller"),
    )
    assert winners([assigned]) == [0]
    if winners([callback], Conflict):
        assert fresh(entry).state == EntryState.CALLBACK
        # The promised callback may ring at her desk already.
        assert fresh(alice).activity in (Activity.IDLE, Activity.OFFERED)
    else:
        assert isinstance(callback.error, Conflict)
        assert callback.error.code == "already_accepted"
        assert (fresh(entry).state, fresh(alice).activity) == (EntryState.CONNECTING, Activity.ON_CALL)
        assert not entry.call.callbacks.exists()


# Scenarios 20 and 21
def test_two_handlers_complete_one_call(alice: Agent, support: Department, turn: int) -> None:
    entry = waiting_call(support)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    enters(entry.call, alice)
    outcomes = at_once(
        lambda: lifecycle.hang_up(entry.call_id, by_agent=False, actor="caller"),
        lambda: lifecycle.hang_up(entry.call_id, by_agent=True, actor="alice"),
        sweeps.sweep,
    )
    assert winners(outcomes) == [0, 1, 2]
    assert fresh(entry.call).end_reason in ("customer_hangup", "agent_hangup")
    assert CallEvent.objects.filter(call=entry.call, kind="entry.done").count() == 1
    assert len(told_agent(alice, "call_ended")) == 1
    assert selectors.counted_today([alice.pk], since=entry.enqueued_at)[alice.pk]["calls"] == 1
    assert fresh(alice).activity == Activity.WRAPPING_UP


def test_two_transfers_asked_for_at_once(support: Department, turn: int) -> None:
    call = make_call()
    outcomes = at_once(
        lambda: transfers.create_transfer(Call.objects.get(pk=call.pk), reason="a", actor="ai").pk,
        lambda: transfers.create_transfer(Call.objects.get(pk=call.pk), reason="b", actor="caller").pk,
    )
    assert winners(outcomes) == [0, 1]
    assert outcomes[0].value == outcomes[1].value
    assert QueueEntry.objects.count() == 1


def test_two_sweeps_at_once(alice: Agent, bob: Agent, support: Department, turn: int) -> None:
    first, second = waiting_call(support), waiting_call(support)
    Offer.objects.update(expires_at=clock.now())
    outcomes = at_once(sweeps.sweep, sweeps.sweep)
    assert winners(outcomes) == [0, 1]
    assert [len(told_agent(agent, "offer_ended")) for agent in (alice, bob)] == [1, 1]
    assert {fresh(first).state, fresh(second).state} == {EntryState.WAITING}


# Journey G
def test_a_lost_agent_comes_back_as_he_is_given_up(alice: Agent, support: Department, turn: int) -> None:
    entry = waiting_call(support)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    leaves(entry.call, enters(entry.call, alice))
    QueueEntry.objects.update(agent_lost_deadline=clock.now())
    outcomes = at_once(lambda: enters(entry.call, alice), lambda: returning.give_back(entry.pk))
    assert outcomes[0].error is None
    assert outcomes[1].error is None
    kept = (fresh(entry).state, fresh(entry.call).state, fresh(alice).activity)
    if outcomes[1].value:
        assert kept == (EntryState.WAITING, "waiting", Activity.IDLE)
    else:
        assert kept == (EntryState.CONNECTED, "agent", Activity.ON_CALL)


def test_the_longest_wait_against_the_assignment(alice: Agent, support: Department, turn: int) -> None:
    nobody_routable()
    entry = waiting_call(support)
    QueueEntry.objects.update(wait_deadline=clock.now())
    picked, timed_out = at_once(lambda: agents.pick_next(fresh(alice)), lambda: waits.time_out_entry(entry.pk))
    assert (len(winners([picked], Conflict)) == 1) != timed_out.value
    assert fresh(entry).state == (EntryState.TIMED_OUT if timed_out.value else EntryState.CONNECTING)
