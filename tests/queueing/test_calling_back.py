"""Callbacks from the promise to the conversation."""

from datetime import UTC, datetime, timedelta
from datetime import time as at_time

import pytest

from calls.models import Call
from calls.services import lifecycle, participants
from calls.states import EndReason, Role
from calls.telephony import Seen
from common.errors import Conflict, Invalid
from common.service import service
from queueing import presenters, selectors
from queueing.callback_times import slots
from queueing.hours import Hours, Interval, Weekly
from queueing.models import Agent, CallbackRequest, Department, Offer, OpeningHours, QueueEntry
from queueing.services import agents, callbacks, calling_back, entries, offers, pages, sweeps
from queueing.states import Activity, CallbackState, EntryState, Presence
from tests.cast import Clock, make_call
from tests.queueing.helpers import (
    direct_call,
    enters,
    fresh,
    ringing,
    told_agent,
    told_caller,
    waiting_call,
)


def away(*people: Agent) -> None:
    """Nobody is asked for now."""
    for one in people:
        agents.set_presence(one, Presence.AWAY, actor=one.username)


def back(one: Agent) -> None:
    """At work again, as if always so: he is asked, not assigned."""
    Agent.objects.filter(pk=one.pk).update(presence=Presence.AVAILABLE, away_reason="")
    sweeps.sweep()


def promise(department: Department, **more: object) -> CallbackRequest:
    """A callback asked for in the line, whose call has ended with it."""
    entry = waiting_call(department)
    return callbacks.request_callback(entry.call, kind="callback", contact="0123", actor="caller", **more)  # type: ignore[arg-type]


def at_the_agents(alice: Agent, department: Department) -> CallbackRequest:
    """alice has accepted a callback and is in its room; the customer's page rings."""
    away(alice)
    made = promise(department)
    back(alice)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    enters(called(made), alice)
    return fresh(made)  # type: ignore[no-any-return]


def called(request: CallbackRequest) -> Call:
    """The call that keeps the promise."""
    found = fresh(request).next_call
    assert isinstance(found, Call)
    return found


def arrives(call: Call) -> None:
    """LiveKit reports the customer in the room."""
    seen = Seen("PA_c", call.caller_identity, "Carol", Role.CUSTOMER, is_agent_kind=False)
    participants.joined(Call.objects.get(pk=call.pk), seen)


def states(request: CallbackRequest) -> tuple[str, int]:
    """How it stands, and after how many attempts in vain."""
    now = fresh(request)
    return now.state, now.attempts


def page_shown(agent: Agent) -> list[bool]:
    """What the desk was told about the customer's page, the offer first."""
    return [message["page_open"] for message in told_agent(agent, "offer", "caller_page")]


def test_the_desk_is_told_whether_the_page_that_would_ring_is_open(
    alice: Agent, support: Department, time: Clock
) -> None:
    away(alice)
    made = promise(support)
    back(alice)
    assert page_shown(alice) == [False]
    Offer.objects.update(expires_at=time.at + timedelta(hours=1))
    pages.touch([made.call_id])
    sweeps.sweep()
    sweeps.sweep()
    assert page_shown(alice) == [False, True]
    time.pass_(15)
    pages.touch([made.call_id])
    time.pass_(15)
    sweeps.sweep()
    assert page_shown(alice) == [False, True]
    time.pass_(10)
    sweeps.sweep()
    assert page_shown(alice) == [False, True, False]


def test_a_callers_page_that_is_only_loaded_again_is_nothing_to_tell(
    alice: Agent, support: Department, time: Clock
) -> None:
    entry = waiting_call(support)
    Call.objects.update(caller_deadline=time.at + timedelta(seconds=30))
    sweeps.sweep()
    assert not fresh(entry).page_gone
    time.pass_(11)
    sweeps.sweep()
    assert fresh(entry).page_gone
    Call.objects.update(caller_deadline=None)
    sweeps.sweep()
    assert not fresh(entry).page_gone


def test_who_is_back_is_found_behind_any_number_who_are_not(support: Department, time: Clock) -> None:
    gone, back = waiting_call(support), waiting_call(support, email="dave@example.test")
    Call.objects.update(caller_deadline=time.at)
    for entry in (gone, back):
        assert pages.note(entry.pk)
    Call.objects.filter(pk=back.call_id).update(caller_deadline=None)
    assert pages.changed(1) == [back.pk]


def test_as_soon_as_somebody_is_free_keeps_the_place_in_line(alice: Agent, support: Department, time: Clock) -> None:
    away(alice)
    entry = waiting_call(support, priority=3)
    time.pass_(90)
    made = callbacks.request_callback(entry.call, kind="callback", contact="0123", actor="caller")
    waiting_call(support, email="dan@example.test", priority=3)
    placed = QueueEntry.objects.get(call=called(made))
    assert (placed.enqueued_at, placed.priority, placed.state) == (entry.enqueued_at, 3, EntryState.WAITING)
    assert selectors.position(placed) == 1
    assert called(made).callback_of_id == entry.call_id


def test_it_is_offered_as_a_callback_with_the_story(alice: Agent, support: Department) -> None:
    away(alice)
    made = promise(support, note="my router is dead")
    back(alice)
    offer = told_agent(alice, "offer")[-1]
    assert offer["callback"] == {**presenters.callback(fresh(made)), "state": "queued"}  # type: ignore[dict-item]
    assert (offer["customer"]["name"], offer["reason"]) == ("Carol", "my router is dead")


def test_the_accept_rings_at_the_customers_and_the_answer_connects(alice: Agent, support: Department) -> None:
    made = at_the_agents(alice, support)
    assert made.state == CallbackState.RINGING
    rings = told_caller(made.call, "callback")[-1]["callback"]
    assert (rings["state"], rings["ring_until"] is not None) == ("ringing", True)
    entry = QueueEntry.objects.get(call=called(made))
    assert entry.state == EntryState.CONNECTING
    call = calling_back.answer(made.call)
    arrives(call)
    assert (fresh(entry).state, fresh(call).state) == (EntryState.CONNECTED, "agent")
    assert states(made) == ("answered", 0)
    lifecycle.hang_up(call.pk, by_agent=True, actor="alice")
    assert states(made) == ("done", 0)
    assert fresh(made).handled_at is not None


def test_who_answers_before_the_agent_is_there_waits_for_him(alice: Agent, support: Department) -> None:
    away(alice)
    made = promise(support)
    back(alice)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    call = calling_back.answer(made.call)
    assert fresh(call).state == "waiting"
    enters(call, alice)
    assert fresh(call).state == "agent"
    assert calling_back.answer(made.call) == call


def test_nobody_answers_the_agent_is_free_and_the_next_attempt_is_planned(
    alice: Agent, support: Department, time: Clock
) -> None:
    made = at_the_agents(alice, support)
    call, since = called(made), fresh(alice).idle_since
    time.pass_(30)
    sweeps.sweep()
    assert states(made) == ("scheduled", 1)
    assert fresh(made).due_at == time.at + timedelta(seconds=300)
    assert (fresh(call).end_reason, call.entries.get().state) == ("no_answer", EntryState.UNANSWERED)
    now = fresh(alice)
    assert (now.activity, now.presence, now.idle_since) == (Activity.IDLE, Presence.AVAILABLE, since)
    with pytest.raises(Conflict) as caught:
        calling_back.answer(made.call)
    assert caught.value.code == "not_ringing"


def test_the_next_attempt_comes_at_the_old_place(alice: Agent, support: Department, time: Clock) -> None:
    made = at_the_agents(alice, support)
    since = QueueEntry.objects.get(call=called(made)).enqueued_at
    time.pass_(30)
    sweeps.sweep()
    away(alice)
    time.pass_(300)
    sweeps.sweep()
    placed = QueueEntry.objects.get(call=called(made))
    assert (placed.enqueued_at, placed.state) == (since, EntryState.WAITING)


def test_after_the_last_attempt_somebody_has_to_see_to_it(alice: Agent, support: Department, time: Clock) -> None:
    Department.objects.update(callback_attempts=1)
    made = at_the_agents(alice, support)
    time.pass_(30)
    sweeps.sweep()
    assert states(made) == ("failed", 1)
    assert fresh(made).handled_at is None
    assert told_caller(made.call, "callback")[-1]["callback"]["state"] == "failed"


def test_an_answer_at_the_last_moment_counts(alice: Agent, support: Department, time: Clock) -> None:
    made = at_the_agents(alice, support)
    time.pass_(29.9)
    call = calling_back.answer(made.call)
    time.pass_(1)
    sweeps.sweep()
    assert fresh(call).state == "agent"


def test_an_answer_too_late_is_told_so_and_frees_the_agent(alice: Agent, support: Department, time: Clock) -> None:
    made = at_the_agents(alice, support)
    time.pass_(30)
    with pytest.raises(Conflict):
        calling_back.answer(made.call)
    assert (states(made), fresh(alice).activity) == (("scheduled", 1), Activity.IDLE)


def test_who_answers_but_never_arrives_is_called_again(alice: Agent, support: Department, time: Clock) -> None:
    made = at_the_agents(alice, support)
    call = calling_back.answer(made.call)
    lifecycle.end_call(call.pk, EndReason.ABANDONED, actor="system")
    assert states(made) == ("scheduled", 1)


def test_not_now_frees_the_agent_and_counts_as_no_attempt(alice: Agent, support: Department, time: Clock) -> None:
    made = at_the_agents(alice, support)
    chosen = time.at + timedelta(hours=2)
    callbacks.put_to_later(made.call, due_at=chosen, actor="caller")
    now = fresh(made)
    assert (now.state, now.attempts, now.due_at) == ("scheduled", 0, chosen)
    assert fresh(alice).activity == Activity.IDLE


def test_an_agent_who_does_not_arrive_costs_no_attempt(alice: Agent, support: Department, time: Clock) -> None:
    away(alice)
    made = promise(support)
    back(alice)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    away(alice)
    time.pass_(15)
    sweeps.sweep()
    assert states(made) == ("queued", 0)
    assert told_caller(made.call, "callback")[-1]["callback"]["state"] == "queued"


def test_an_agent_who_hangs_up_while_it_rings_ends_the_attempt(alice: Agent, support: Department) -> None:
    made = at_the_agents(alice, support)
    lifecycle.hang_up(called(made).pk, by_agent=True, actor="alice")
    assert (states(made), fresh(alice).activity) == (("scheduled", 1), Activity.IDLE)


def test_a_chosen_time_is_waited_for(support: Department, time: Clock) -> None:
    due = time.at + timedelta(hours=1)
    made = promise(support, due_at=due)
    sweeps.sweep()
    assert states(made) == ("scheduled", 0)
    time.pass_(3600)
    sweeps.sweep()
    assert states(made) == ("queued", 0)
    assert QueueEntry.objects.get(call=called(made)).enqueued_at == due


def test_a_time_when_the_department_is_closed_is_refused(support: Department, time: Clock) -> None:
    day = (time.at.weekday() + 2) % 7
    OpeningHours.objects.create(department=support, weekday=day, opens=at_time(9), closes=at_time(10))
    call = make_call(state="ai", ai_state="live")
    for due in (time.at + timedelta(hours=1), time.at - timedelta(hours=1), time.at + timedelta(days=60)):
        with pytest.raises(Invalid):
            callbacks.request_callback(call, kind="callback", contact="0123", due_at=due, actor="caller")


def test_a_closed_department_calls_back_when_it_opens(support: Department, time: Clock) -> None:
    time.at = datetime(2027, 3, 1, 22, 0, tzinfo=UTC)
    OpeningHours.objects.create(department=support, weekday=1, opens=at_time(9), closes=at_time(17))
    made = callbacks.request_callback(
        make_call(state="ended", end_reason="no_agent", ended_at=time.at), kind="callback", contact="1", actor="caller"
    )
    assert made.due_at == datetime(2027, 3, 2, 9, 0, tzinfo=UTC)
    time.at = datetime(2027, 3, 2, 9, 0, tzinfo=UTC)
    sweeps.sweep()
    assert states(made) == ("queued", 0)
    time.at = datetime(2027, 3, 2, 17, 0, tzinfo=UTC)
    sweeps.sweep()
    assert states(made) == ("scheduled", 0)
    assert fresh(made).due_at == datetime(2027, 3, 9, 9, 0, tzinfo=UTC)


def test_nobody_is_called_back_while_he_still_talks(support: Department) -> None:
    entry = waiting_call(support, ai_state="live")
    made = callbacks.request_callback(entry.call, kind="callback", contact="0123", actor="ai")
    sweeps.sweep()
    assert states(made) == ("scheduled", 0)
    lifecycle.end_call(entry.call_id, EndReason.CALLBACK, actor="ai")
    assert states(made) == ("queued", 0)


def test_asked_for_again_it_gets_the_new_time(support: Department, time: Clock) -> None:
    call = make_call(state="ai", ai_state="live")
    first = callbacks.request_callback(call, kind="callback", contact="1", actor="caller")
    due = time.at + timedelta(hours=3)
    again = callbacks.request_callback(call, kind="callback", contact="2", due_at=due, actor="caller")
    assert (again.pk, again.contact, again.due_at) == (first.pk, "2", due)


# Scenario 26
def test_who_calls_again_takes_the_place_of_his_callback(support: Department, time: Clock) -> None:
    made = promise(support)
    old, since = called(made), made.enqueued_at
    time.pass_(60)
    entry = entries.join_queue(email="carol@example.test", department=support, label="x", callback_of=made.call)
    assert states(made) == ("called_again", 0)
    assert (entry.enqueued_at, entry.call.callback_of_id, fresh(made).next_call) == (since, made.call_id, entry.call)
    assert (fresh(old).end_reason, old.entries.get().state) == ("called_again", EntryState.WITHDRAWN)


def test_a_stranger_with_the_same_address_takes_nobodys_place(support: Department, time: Clock) -> None:
    made = promise(support)
    time.pass_(60)
    entry = direct_call(support, email="carol@example.test")
    assert states(made) == ("queued", 0)
    assert entry.enqueued_at == time.at


def test_who_is_talking_already_does_not_lose_his_callback_to_another_call(alice: Agent, support: Department) -> None:
    made = at_the_agents(alice, support)
    call = calling_back.answer(made.call)
    entries.join_queue(email="carol@example.test", department=support, label="x", callback_of=made.call)
    assert (states(made), fresh(call).state) == (("answered", 0), "agent")


def test_a_cancelled_callback_leaves_the_line(support: Department) -> None:
    made = promise(support)
    call = called(made)
    calling_back.cancel(made.call, actor="caller")
    assert (states(made), call.entries.get().state) == (("cancelled", 0), EntryState.CALLBACK)
    assert calling_back.cancel(made.call, actor="caller").state == "cancelled"
    with pytest.raises(Conflict):
        calling_back.put_to_later(made.call, actor="caller")


def test_taken_out_of_the_line_by_hand_it_stays_to_be_seen_to(support: Department) -> None:
    made = promise(support)
    service(lifecycle.end_call)(called(made).pk, EndReason.NO_ANSWER, actor="sam")
    assert (states(made), fresh(made).handled_at) == (("cancelled", 0), None)


@pytest.mark.parametrize(
    ("rule", "kind", "fine"),
    [("message", "message", True), ("message", "callback", False), ("callback", "message", False),
     ("callback", "callback", True), ("either", "callback", True), ("ai_only", "message", False)],
)  # fmt: skip
def test_only_what_the_department_offers_may_be_left(support: Department, rule: str, kind: str, fine: bool) -> None:
    Department.objects.update(is_active=True, max_waiting=1, when_full=rule)
    waiting_call(support)
    refused = direct_call(support).call
    if fine:
        callbacks.request_callback(refused, kind=kind, contact="1", note="x", actor="caller")
    else:
        with pytest.raises(Conflict) as caught:
            callbacks.request_callback(refused, kind=kind, contact="1", note="x", actor="caller")
        assert caught.value.code == "not_offered"


def test_times_to_choose_from_are_full_and_half_hours_while_open() -> None:
    monday = Weekly(0, Interval(at_time(9, 15), at_time(10, 30)))
    hours = Hours((monday,), zone="Asia/Riyadh")
    found = slots(hours, datetime(2027, 3, 1, 5, 0, tzinfo=UTC))
    assert [at.strftime("%d %H:%M") for at in found] == ["01 09:15", "01 09:30", "01 10:00", "08 09:15", "08 09:30",
                                                        "08 10:00", "15 09:15"][: len(found)]  # fmt: skip
    assert len(found) == 6


def test_always_open_the_next_half_hours_are_offered() -> None:
    found = slots(Hours(), datetime(2027, 3, 1, 5, 10, tzinfo=UTC))
    assert (len(found), found[0]) == (24, datetime(2027, 3, 1, 5, 30, tzinfo=UTC))
