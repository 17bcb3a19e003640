"""Callbacks and messages."""

import pytest

from calls.models import Call
from common.errors import Conflict, Invalid
from queueing.models import Agent, CallbackRequest, Department
from queueing.services import offers
from queueing.services.callbacks import give_up_waiting, request_callback
from queueing.states import Activity, EntryState, OfferState, TransferState
from tests.cast import Clock, make_call
from tests.queueing.helpers import fresh, ringing, told_agent, told_caller, waiting_call


def test_a_callback_asked_for_in_the_line_ends_the_call(alice: Agent, support: Department) -> None:
    entry = waiting_call(support)
    offer = ringing(alice)
    made = request_callback(entry.call, kind="callback", contact="0123", actor="caller")
    assert (made.contact, made.department_id) == ("0123", support.pk)
    assert (fresh(entry).state, fresh(entry.call).end_reason) == (EntryState.CALLBACK, "callback")
    assert fresh(offer).state == OfferState.CANCELLED
    # She is free, so she is asked to call back at once.
    assert ringing(alice).entry.call.callback_of == entry.call
    assert told_agent(alice, "offer_ended")[0]["outcome"] == "cancelled"
    assert entry.transfers.get().state == TransferState.CANCELLED


def test_with_an_ai_the_call_goes_on_with_it(support: Department) -> None:
    entry = waiting_call(support, ai_state="live")
    request_callback(entry.call, kind="callback", contact="0123", actor="ai")
    assert (fresh(entry).state, fresh(entry.call).state) == (EntryState.CALLBACK, "ai")
    assert told_caller(entry.call, "call_update")[-1]["reason"] == "callback"


def test_a_message_keeps_the_place_in_line(support: Department) -> None:
    entry = waiting_call(support)
    request_callback(entry.call, kind="message", note="ring me", actor="caller")
    assert fresh(entry).state == EntryState.WAITING


# Scenario 25, without threads
def test_whoever_has_just_been_assigned_is_told_so(alice: Agent, support: Department) -> None:
    entry = waiting_call(support)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    with pytest.raises(Conflict) as caught:
        request_callback(entry.call, kind="callback", contact="0123", actor="caller")
    assert caught.value.code == "already_accepted"
    assert not CallbackRequest.objects.exists()
    assert fresh(entry).state == EntryState.CONNECTING


def test_a_caller_may_go_back_to_the_ai(alice: Agent, support: Department) -> None:
    entry = waiting_call(support, ai_state="live")
    offer = ringing(alice)
    give_up_waiting(entry.call, actor="ai")
    assert (fresh(entry).state, fresh(entry.call).state) == (EntryState.WITHDRAWN, "ai")
    assert (fresh(offer).state, fresh(alice).activity) == (OfferState.CANCELLED, Activity.IDLE)
    with pytest.raises(Conflict):
        give_up_waiting(fresh(entry.call), actor="ai")


def test_without_an_ai_nobody_leaves_the_line_for_it(support: Department) -> None:
    entry = waiting_call(support)
    with pytest.raises(Conflict):
        give_up_waiting(entry.call, actor="ai")
    assert fresh(entry).state == EntryState.WAITING


def test_for_an_hour_after_the_call_something_may_be_left(support: Department, time: Clock) -> None:
    call = make_call(state="ended", end_reason="no_agent", ended_at=time.at, customer_email="carol@example.test")
    time.pass_(3600)
    assert request_callback(call, kind="callback", actor="caller").contact == "carol@example.test"
    time.pass_(1)
    with pytest.raises(Conflict):
        request_callback(call, kind="message", note="x", actor="caller")


def test_a_callback_needs_a_contact(support: Department) -> None:
    with pytest.raises(Invalid):
        request_callback(make_call(), kind="callback", actor="caller")
    assert not CallbackRequest.objects.exists()
    assert Call.objects.get().state == "ai"
