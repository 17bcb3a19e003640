"""How calls end, how they come into the line without an AI, and what everybody is told."""

from datetime import timedelta

import pytest

from calls.models import Call, CallEvent
from calls.services import ai, lifecycle
from calls.services import sweeps as call_sweeps
from calls.states import AILeft
from queueing import presenters, selectors
from queueing.metrics import selectors as metrics
from queueing.metrics.facts import Grid
from queueing.models import Agent, Department, Offer, QueueEntry
from queueing.services import offers, sweeps, transfers
from queueing.states import Activity, EntryState, OfferState, Presence, TransferState
from tests.cast import Clock, make_call
from tests.queueing.helpers import (
    direct_call,
    enters,
    fresh,
    leaves,
    ringing,
    told_agent,
    told_caller,
    waiting_call,
)


# --- endings -----------------------------------------------------------------------------------------------------
# Scenario 18
def test_hanging_up_while_it_rings_cancels_the_offer_without_blame(alice: Agent, support: Department) -> None:
    entry = waiting_call(support)
    offer = ringing(alice)
    idle_since = fresh(alice).idle_since
    lifecycle.hang_up(entry.call_id, by_agent=False, actor="caller")
    assert fresh(offer).state == OfferState.CANCELLED
    assert fresh(entry.call).end_reason == "abandoned"
    assert fresh(entry).state == EntryState.ABANDONED
    alice = fresh(alice)
    assert (alice.activity, alice.presence, alice.idle_since) == (Activity.IDLE, Presence.AVAILABLE, idle_since)
    assert told_agent(alice, "offer_ended")[-1]["outcome"] == "cancelled"
    assert entry.transfers.get().state == TransferState.CANCELLED


# Scenario 18
def test_a_caller_who_hangs_up_while_it_rings_is_in_none_of_the_agents_figures(
    alice: Agent, support: Department, time: Clock
) -> None:
    began = time.at
    for ends in ("hangs up", "past the grace"):
        entry = waiting_call(support)
        assert ringing(alice).entry_id == entry.pk
        time.pass_(support.offer_seconds - 1)
        if ends == "hangs up":
            lifecycle.hang_up(entry.call_id, by_agent=False, actor="caller")
        else:
            Call.objects.filter(pk=entry.call_id).update(caller_deadline=time.at)
            call_sweeps.lapse_callers()
        time.pass_(1)
        sweeps.sweep()
        assert fresh(entry).state == EntryState.ABANDONED
    nothing = {"calls": 0, "talk_seconds": 0, "declined": 0, "missed": 0}
    assert selectors.counted_today([alice.pk], since=began) == {alice.pk: nothing}
    grid = Grid.around(began, time.at, time.at - began)
    figures = metrics.by_agent([alice], grid, now=time.at)[0].figures
    assert (figures.asked, figures.declined, figures.missed, figures.answered) == (2, 0, 0, 0)
    assert (fresh(alice).activity, fresh(alice).presence) == (Activity.IDLE, Presence.AVAILABLE)


# Journey F
def test_a_caller_gone_past_the_grace_while_it_rings_has_abandoned(
    alice: Agent, support: Department, time: Clock
) -> None:
    entry = waiting_call(support)
    offer = ringing(alice)
    Call.objects.update(caller_deadline=time.at + timedelta(seconds=30))
    time.pass_(19)
    call_sweeps.lapse_callers()
    assert fresh(offer).state == OfferState.PENDING
    time.pass_(11)
    call_sweeps.lapse_callers()
    assert (fresh(offer).state, fresh(entry.call).end_reason) == (OfferState.CANCELLED, "abandoned")
    assert fresh(alice).activity == Activity.IDLE


def test_hanging_up_at_once_is_a_short_abandon(support: Department, time: Clock) -> None:
    short, long = waiting_call(support), waiting_call(support)
    time.pass_(support.short_abandon_seconds - 1)
    lifecycle.hang_up(short.call_id, by_agent=False, actor="caller")
    time.pass_(1)
    lifecycle.hang_up(long.call_id, by_agent=False, actor="caller")
    assert (fresh(short).short_abandon, fresh(long).short_abandon) == (True, False)


# Scenario 20, without threads
def test_hanging_up_from_both_sides_is_one_end(alice: Agent, support: Department) -> None:
    entry = waiting_call(support)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    enters(entry.call, alice)
    lifecycle.hang_up(entry.call_id, by_agent=False, actor="caller")
    lifecycle.hang_up(entry.call_id, by_agent=True, actor="alice")
    assert fresh(entry.call).end_reason == "customer_hangup"
    assert CallEvent.objects.filter(kind="entry.done").count() == 1
    assert len(told_agent(alice, "call_ended")) == 1
    assert selectors.counted_today([alice.pk], since=entry.enqueued_at)[alice.pk]["calls"] == 1


# Scenario 5
def test_after_the_call_the_agent_wraps_up_and_is_idle_again(alice: Agent, support: Department, time: Clock) -> None:
    entry = waiting_call(support)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    enters(entry.call, alice)
    lifecycle.hang_up(entry.call_id, by_agent=True, actor="alice")
    assert fresh(alice).activity == Activity.WRAPPING_UP
    assert selectors.current_call(fresh(alice)) == entry.call
    time.pass_(support.wrap_up_seconds)
    sweeps.sweep()
    assert fresh(alice).activity == Activity.IDLE
    assert fresh(entry.call).agent_id == alice.user_id


# Scenario 33
def test_a_room_that_ended_unreported_frees_the_agent(
    alice: Agent, support: Department, time: Clock, telephony: "object"
) -> None:
    entry = waiting_call(support)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    enters(entry.call, alice)
    for _look in range(2):
        call_sweeps.reconcile_rooms(telephony)  # type: ignore[arg-type]
    assert fresh(entry).agent_lost_at == time.at
    time.pass_(support.grace_seconds)
    sweeps.sweep()
    assert fresh(alice).activity == Activity.IDLE


# --- without an AI -----------------------------------------------------------------------------------------------
def test_without_a_worker_a_call_goes_to_people_and_says_why(alice: Agent, support: Department) -> None:
    call = lifecycle.create_call(name="Carol")
    entry = selectors.open_entry(call.pk)
    assert entry is not None
    assert (call.state, call.department, entry.cause) == ("waiting", "support", "no_ai")
    assert told_caller(call, "call_update")[0]["reason"] == "no_worker"
    assert ringing(alice).entry_id == entry.pk
    assert presenters.call_state(fresh(call))["queue_reason"] == "no_worker"


def test_an_ai_lost_for_good_puts_the_caller_in_line(alice: Agent, support: Department) -> None:
    call = make_call(state="ai", ai_state="live", ai_epoch=2, ai_attempts=2)
    ai.left(call.pk, 2, reason=AILeft.FAILED)
    entry = selectors.open_entry(call.pk)
    assert entry is not None
    assert entry.cause == "no_ai"
    assert ringing(alice).entry_id == entry.pk


def test_an_ai_lost_for_good_in_the_line_changes_nothing(support: Department) -> None:
    entry = waiting_call(support, ai_state="live", ai_epoch=2, ai_attempts=2)
    ai.left(entry.call_id, 2, reason=AILeft.FAILED)
    assert fresh(entry).state == EntryState.WAITING
    assert QueueEntry.objects.count() == 1


# --- direct callers ----------------------------------------------------------------------------------------------
def test_a_direct_caller_has_a_room_only_when_assigned(alice: Agent, support: Department) -> None:
    entry = direct_call(support)
    assert presenters.call_state(fresh(entry.call), for_caller=True)["token"] is None
    assert not entry.transfers.exists()
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    state = presenters.call_state(fresh(entry.call), for_caller=True)
    assert state["token"]
    assert told_caller(entry.call, "customer_assigned")[0]["room_name"] == entry.call.room_name != "support_room"


def test_open_sockets_keep_direct_callers_and_nobody_else(support: Department, time: Clock) -> None:
    here, gone = direct_call(support), direct_call(support, "dave@example.test")
    before = fresh(gone.call).caller_deadline
    time.pass_(59)
    lifecycle.touch_callers([here.call_id], present_seconds=30)
    assert fresh(here.call).caller_deadline == time.at + timedelta(seconds=60)
    assert fresh(gone.call).caller_deadline == before


def test_a_direct_caller_who_shows_no_sign_of_life_has_abandoned(support: Department, time: Clock) -> None:
    entry = direct_call(support)
    time.pass_(59)
    lifecycle.touch_caller(entry.call_id, present_seconds=30)
    time.pass_(59)
    call_sweeps.lapse_callers()
    assert fresh(entry).state == EntryState.WAITING
    time.pass_(1)
    call_sweeps.lapse_callers()
    assert (fresh(entry).state, fresh(entry.call).end_reason) == (EntryState.ABANDONED, "abandoned")


# Scenario 24
def test_a_stranger_with_the_same_email_gets_no_place_of_anothers(support: Department) -> None:
    first = direct_call(support, email="carol@example.test")
    second = direct_call(support, email="carol@example.test")
    assert first.call_id != second.call_id
    assert (selectors.position(fresh(first)), selectors.position(fresh(second))) == (1, 2)


# --- what is told ------------------------------------------------------------------------------------------------
# Scenario 35
def test_what_is_rolled_back_tells_nobody(support: Department, alice: Agent) -> None:
    call = make_call()
    from django.db import transaction

    def give_up() -> None:
        with transaction.atomic():
            transfers.create_transfer(call, reason="x", actor="ai")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        give_up()
    assert told_caller(call) == []
    assert told_agent(alice) == []
    assert not Offer.objects.exists()


def test_transcript_and_updates_reach_the_agent_who_is_rung(alice: Agent, bob: Agent, support: Department) -> None:
    from calls.services import transcript
    from calls.states import Speaker

    entry = waiting_call(support)
    transcript.add_segment(entry.call_id, key="1", speaker=Speaker.CUSTOMER, text="Hello?")
    assert [e["text"] for e in told_agent(alice, "transcript")] == ["Hello?"]
    assert told_agent(bob, "transcript") == []
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    seen = enters(entry.call, alice)
    leaves(entry.call, seen)
    assert [e.get("agent_connected") for e in told_agent(alice, "call_update")] == [True, False]


def test_the_transcript_says_what_happened_in_the_callers_language(alice: Agent, support: Department) -> None:
    entry = waiting_call(support, language="ar")
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    seen = enters(entry.call, alice)
    leaves(entry.call, seen)
    enters(entry.call, alice)
    lifecycle.hang_up(entry.call_id, by_agent=True, actor="alice")
    lines = entry.call.transcript.filter(speaker="system").order_by("id")
    assert [line.key.split(":")[1] for line in lines] == ["queued", "joined", "lost", "returned", "ended"]
    assert lines[1].text == "انضم Alice إلى المكالمة."
    assert {line.language for line in lines} == {"ar"}


def test_a_finished_transfer_is_told_to_those_who_heard_of_it(alice: Agent, bob: Agent, support: Department) -> None:
    entry = waiting_call(support)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    ended = told_agent(bob, "transfer_ended")
    assert [e["transfer"] for e in ended] == [
        {"id": entry.transfers.get().public_id, "status": "accepted", "accepted_by": "alice"}
    ]
