"""Closed, full, unstaffed, too long: what becomes of callers, in every way they come."""

from datetime import time as at_time
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import ProtectedError

from calls.models import Call, CallEvent
from calls.services import lifecycle
from common import clock
from queueing import selectors
from queueing.models import Agent, Department, OpeningHours, QueueEntry
from queueing.services import agents, offers, sweeps, transfers
from queueing.services.transfers import Refused
from queueing.states import EntryState, Presence, TransferState
from tests.cast import Clock, make_agent, make_call, make_department
from tests.queueing.helpers import Browser, direct_call, fresh, ringing, told_agent, told_caller, waiting_call


def close(department: Department, **rules: Any) -> None:
    """Its only opening is on the day after tomorrow."""
    OpeningHours.objects.create(
        department=department, weekday=(clock.now().weekday() + 2) % 7, opens=at_time(9), closes=at_time(10)
    )
    Department.objects.filter(pk=department.pk).update(**rules)


def ask(call: Call, **values: Any) -> Any:
    """The AI asks for a person."""
    return transfers.create_transfer(call, reason="a person", actor="ai", **values)


def open_entry(call: Call) -> QueueEntry:
    """Where the caller waits."""
    entry = selectors.open_entry(call.pk)
    assert entry is not None
    return entry


# --- on the way in -----------------------------------------------------------------------------------------------
def test_a_closed_department_refuses_and_the_ai_keeps_the_call(alice: Agent, support: Department) -> None:
    close(support)
    call = make_call(ai_state="live")
    with pytest.raises(Refused) as caught:
        ask(call)
    assert (caught.value.code, caught.value.extra["offer"]) == ("queue_closed", "either")
    entry = QueueEntry.objects.get()
    assert (entry.state, entry.refusal, fresh(call).state) == (EntryState.REJECTED_CLOSED, "closed", "ai")
    assert CallEvent.objects.filter(call=call, kind="entry.rejected_closed").count() == 1
    assert told_caller(call, "call_update")[-1]["reason"] == "closed"
    assert told_caller(call, "transcript")[-1]["text"] == "Support is closed."
    assert told_agent(alice, "offer", "transfer_pending") == []


def test_without_an_ai_a_refused_call_is_over_and_something_may_be_left(support: Department) -> None:
    close(support)
    entry = direct_call(support)
    assert (entry.call.state, entry.call.end_reason) == ("ended", "no_agent")
    assert told_caller(entry.call)[-1]["type"] == "call_ended"
    browser = Browser(secret=entry.call.secret)
    snapshot = browser.get(f"/api/calls/{entry.call_id}")
    assert snapshot["refusal"] == {"reason": "closed", "offer": "either", "department": "support"}
    browser.post(f"/api/calls/{entry.call_id}/callback", {"kind": "message", "note": "please call"})
    assert entry.call.callbacks.get().note == "please call"


def test_the_api_says_why_there_is_no_place_in_line(anyone: Browser, support: Department) -> None:
    close(support)
    answer = anyone.post("/api/queue/join", {"email": "carol@example.test"})
    assert (answer["queue_status"], answer["queue_position"]) == ("closed", None)


def test_the_button_is_told_of_the_refusal(support: Department) -> None:
    close(support, when_closed="ai_only")
    call = make_call(ai_state="live")
    error = Browser(secret=call.secret).post(
        "/api/create-transfer", {"room_name": call.room_name, "reason": "x"}, expect=409
    )["error"]
    assert (error["code"], error["offer"], error["state"]) == ("queue_closed", "ai_only", "ai")


def test_a_full_line_takes_nobody_more(support: Department) -> None:
    Department.objects.update(max_waiting=2)
    waiting_call(support)
    waiting_call(support)
    with pytest.raises(Refused) as caught:
        ask(make_call(ai_state="live"))
    assert caught.value.code == "queue_full"
    assert QueueEntry.objects.latest("pk").state == EntryState.REJECTED_FULL


def test_nobody_at_work_is_a_reason_where_the_department_says_so(alice: Agent, support: Department) -> None:
    Department.objects.update(when_unstaffed="message")
    Agent.objects.update(presence=Presence.AWAY)
    ask(make_call(ai_state="live"))
    Agent.objects.update(presence=Presence.OFFLINE)
    with pytest.raises(Refused) as caught:
        ask(make_call(ai_state="live"))
    assert (caught.value.code, caught.value.extra["offer"]) == ("queue_unstaffed", "message")


def test_a_closed_department_may_keep_its_callers(support: Department) -> None:
    close(support, when_closed="keep")
    assert waiting_call(support).state == EntryState.WAITING


def test_who_is_sent_on_waits_in_the_other_department(alice: Agent, support: Department, billing: Department) -> None:
    close(support, when_closed="overflow", overflow_to=billing)
    call = make_call(ai_state="live")
    made = ask(call)
    first, second = QueueEntry.objects.order_by("pk")
    assert (first.state, first.department, second.department) == (EntryState.OVERFLOWED, support, billing)
    assert first.enqueued_at == second.enqueued_at
    assert (made.entry, fresh(call).department) == (second, "billing")
    assert ringing(alice).entry_id == second.pk


def test_a_call_that_finds_no_ai_is_refused_all_the_same(support: Department) -> None:
    close(support)
    call = lifecycle.create_call(department="support")
    assert (call.state, call.end_reason) == ("ended", "no_agent")


# --- the longest wait --------------------------------------------------------------------------------------------
def test_after_the_longest_wait_the_caller_is_sent_on_with_his_time(
    support: Department, sales: Department, bob: Agent, time: Clock
) -> None:
    Agent.objects.update(presence=Presence.AWAY)
    Department.objects.filter(pk=support.pk).update(max_wait_seconds=60, when_timed_out="overflow", overflow_to=sales)
    entry = waiting_call(support, priority=3)
    began = entry.enqueued_at
    time.pass_(60)
    other = waiting_call(sales, priority=3)
    sweeps.sweep()
    assert fresh(entry).state == EntryState.OVERFLOWED
    moved = open_entry(entry.call)
    assert (moved.department, moved.enqueued_at, moved.priority) == (sales, began, 3)
    assert moved.wait_deadline == time.at + timedelta(seconds=sales.max_wait_seconds)
    assert (selectors.position(moved), selectors.position(other)) == (1, 2)
    transfer = moved.transfers.get()
    assert (transfer.state, transfer.call_id) == (TransferState.PENDING, entry.call_id)
    update = told_caller(entry.call, "call_update")[-1]
    assert (update["reason"], update["department"]) == ("moved", "sales")
    assert fresh(entry.call).department == "sales"


def test_desks_of_the_old_department_let_go_and_those_of_the_new_one_see_the_request(
    alice: Agent, bob: Agent, billing: Department, sales: Department, time: Clock
) -> None:
    Agent.objects.update(presence=Presence.AWAY)
    Department.objects.filter(pk=billing.pk).update(max_wait_seconds=60, when_timed_out="overflow", overflow_to=sales)
    entry = waiting_call(billing)
    time.pass_(60)
    sweeps.sweep()
    ended = told_agent(alice, "transfer_ended")
    assert [event["transfer"]["status"] for event in ended] == ["moved"]
    pending = told_agent(bob, "transfer_pending")
    assert [event["transfer"]["id"] for event in pending] == [open_entry(entry.call).transfers.get().public_id]


def test_two_departments_do_not_send_a_caller_to_and_fro(support: Department, sales: Department, time: Clock) -> None:
    for department, other in ((support, sales), (sales, support)):
        Department.objects.filter(pk=department.pk).update(
            max_wait_seconds=60, when_timed_out="overflow", overflow_to=other
        )
    entry = waiting_call(support, ai_state="live")
    for _ in range(3):
        time.pass_(60)
        sweeps.sweep()
    states = list(QueueEntry.objects.filter(call=entry.call).order_by("pk").values_list("state", flat=True))
    assert states == [EntryState.OVERFLOWED, EntryState.TIMED_OUT]
    assert fresh(entry.call).state == "ai"


def test_whoever_may_wait_on_has_no_second_limit(support: Department, time: Clock) -> None:
    Department.objects.update(max_wait_seconds=60, when_timed_out="keep")
    entry = waiting_call(support)
    time.pass_(60)
    sweeps.sweep()
    assert (fresh(entry).state, fresh(entry).wait_deadline) == (EntryState.WAITING, None)


def test_what_is_offered_after_the_longest_wait_is_the_departments_choice(support: Department, time: Clock) -> None:
    Department.objects.update(max_wait_seconds=60, when_timed_out="callback")
    entry = waiting_call(support, ai_state="live")
    time.pass_(60)
    sweeps.sweep()
    assert (fresh(entry).state, fresh(entry).rule) == (EntryState.TIMED_OUT, "callback")
    update = told_caller(entry.call, "call_update")[-1]
    assert (update["state"], update["reason"], update["offer"]) == ("ai", "no_agent", "callback")


# --- while somebody waits ----------------------------------------------------------------------------------------
# Scenario 22
def test_when_the_last_agent_logs_out_the_rule_runs_within_one_sweep(
    alice: Agent, bob: Agent, support: Department
) -> None:
    Agent.objects.update(presence=Presence.AWAY)
    Department.objects.filter(pk=support.pk).update(when_unstaffed="message")
    entry = waiting_call(support, ai_state="live")
    agents.set_presence(selectors.get_agent("alice"), Presence.OFFLINE, actor="alice")
    sweeps.sweep()
    assert fresh(entry).state == EntryState.WAITING
    agents.set_presence(selectors.get_agent("bob"), Presence.OFFLINE, actor="bob")
    sweeps.sweep()
    assert (fresh(entry).state, fresh(entry).refusal) == (EntryState.REJECTED_CLOSED, "unstaffed")
    assert (fresh(entry.call).state, entry.transfers.get().state) == ("ai", TransferState.EXPIRED)


def log_out(*people: Agent) -> None:
    """They go home, the last one included."""
    for one in people:
        agents.set_presence(selectors.get_agent(one.username), Presence.OFFLINE, actor=one.username)


def test_when_the_last_agent_logs_out_callers_wait_on_where_the_department_keeps_them(
    alice: Agent, bob: Agent, support: Department
) -> None:
    Agent.objects.update(presence=Presence.AWAY)
    Department.objects.filter(pk=support.pk).update(when_unstaffed="keep")
    first, second = waiting_call(support, ai_state="live"), waiting_call(support)
    log_out(alice, bob)
    assert sweeps.sweep() == 0
    assert [fresh(entry).state for entry in (first, second)] == [EntryState.WAITING] * 2
    assert [selectors.position(fresh(entry)) for entry in (first, second)] == [1, 2]
    assert (fresh(first.call).state, first.transfers.get().state) == ("waiting", TransferState.PENDING)
    assert told_caller(first.call, "call_update")[-1]["state"] == "waiting"


def test_when_the_last_agent_logs_out_callers_are_sent_on_in_their_order(
    alice: Agent, bob: Agent, support: Department
) -> None:
    Agent.objects.update(presence=Presence.AWAY)
    other = make_department("service")
    dina = make_agent("dina", other)
    Department.objects.filter(pk=support.pk).update(when_unstaffed="overflow", overflow_to=other)
    line = [waiting_call(support), waiting_call(support, priority=2), waiting_call(support)]
    log_out(alice)
    sweeps.sweep()
    assert {fresh(entry).state for entry in line} == {EntryState.WAITING}
    log_out(bob)
    sweeps.sweep()
    assert {(fresh(entry).state, fresh(entry).refusal) for entry in line} == {(EntryState.OVERFLOWED, "unstaffed")}
    moved = [open_entry(entry.call) for entry in line]
    assert {entry.department for entry in moved} == {other}
    assert [entry.enqueued_at for entry in moved] == [entry.enqueued_at for entry in line]
    assert [selectors.position(entry) for entry in moved] == [2, 1, 3]
    # The sweep that sends them on has somebody asked, too.
    assert ringing(dina).entry.call_id in {entry.call_id for entry in line}


def test_when_the_last_agent_logs_out_callers_are_offered_a_callback(
    alice: Agent, bob: Agent, support: Department
) -> None:
    Agent.objects.update(presence=Presence.AWAY)
    Department.objects.filter(pk=support.pk).update(when_unstaffed="callback")
    entry, alone = waiting_call(support, ai_state="live"), direct_call(support)
    log_out(alice, bob)
    sweeps.sweep()
    assert (fresh(entry).state, fresh(entry).rule) == (EntryState.REJECTED_CLOSED, "callback")
    update = told_caller(entry.call, "call_update")[-1]
    assert (update["state"], update["reason"], update["offer"]) == ("ai", "unstaffed", "callback")
    # Without an AI the call is over, and its page may still ask.
    browser = Browser(secret=alone.call.secret)
    assert browser.get(f"/api/calls/{alone.call_id}")["refusal"]["offer"] == "callback"
    browser.post(f"/api/calls/{alone.call_id}/callback", {"kind": "callback", "contact": "0123"})
    assert alone.call.callbacks.get().contact == "0123"


def test_a_lease_that_ran_out_is_as_good_as_logged_out(alice: Agent, support: Department, time: Clock) -> None:
    Agent.objects.update(presence=Presence.AWAY, lease_until=time.at + timedelta(seconds=10))
    Department.objects.update(when_unstaffed="message")
    entry = waiting_call(support, ai_state="live")
    time.pass_(10)
    sweeps.sweep()
    assert fresh(entry).state == EntryState.REJECTED_CLOSED


# Scenario 23
def test_who_waits_as_the_department_closes_is_told(support: Department, time: Clock) -> None:
    entry = waiting_call(support, ai_state="live")
    close(support)
    sweeps.sweep()
    assert (fresh(entry).state, fresh(entry.call).state) == (EntryState.REJECTED_CLOSED, "ai")
    assert told_caller(entry.call, "call_update")[-1]["reason"] == "closed"


def until_then(department: Department, seconds: float) -> None:
    """Open now, and so many seconds from now no more."""
    opened, closes = clock.now() - timedelta(hours=1), clock.now() + timedelta(seconds=seconds)
    OpeningHours.objects.create(
        department=department, weekday=opened.weekday(), opens=opened.time(), closes=closes.time()
    )


def test_at_the_end_of_the_opening_hours_everybody_in_line_is_sent_on(
    alice: Agent, bob: Agent, support: Department, sales: Department, time: Clock
) -> None:
    Agent.objects.update(presence=Presence.AWAY)
    until_then(support, 300)
    Department.objects.filter(pk=support.pk).update(when_closed="overflow", overflow_to=sales)
    first = waiting_call(support, ai_state="live")
    time.pass_(30)
    second, urgent = direct_call(support), waiting_call(support, priority=2)
    time.pass_(269)
    sweeps.sweep()
    line = (first, second, urgent)
    assert {fresh(entry).state for entry in line} == {EntryState.WAITING}
    time.pass_(1)
    sweeps.sweep()
    assert {(fresh(entry).state, fresh(entry).refusal) for entry in line} == {(EntryState.OVERFLOWED, "closed")}
    moved = [open_entry(entry.call) for entry in line]
    assert {(entry.department.slug, fresh(entry.call).state) for entry in moved} == {("sales", "waiting")}
    assert [(entry.enqueued_at, entry.priority) for entry in moved] == [
        (entry.enqueued_at, entry.priority) for entry in line
    ]
    assert [selectors.position(entry) for entry in moved] == [2, 3, 1]
    assert told_caller(first.call, "call_update")[-1]["department"] == "sales"


# Scenario 23
def test_a_department_in_which_callers_wait_cannot_be_deleted(support: Department, sales: Department) -> None:
    waits, sent_on = waiting_call(sales), waiting_call(support)
    Department.objects.filter(pk=support.pk).update(when_closed="overflow", overflow_to=sales)
    with pytest.raises(ProtectedError):
        sales.delete()
    with pytest.raises(ProtectedError):
        Department.objects.filter(pk__in=[support.pk, sales.pk]).delete()
    assert fresh(waits).state == fresh(sent_on).state == EntryState.WAITING
    assert fresh(support).overflow_to == sales


def test_callers_who_would_go_to_a_department_that_was_deleted_are_told(support: Department, sales: Department) -> None:
    entry = waiting_call(support, ai_state="live")
    close(support, when_closed="overflow", overflow_to=sales)
    sales.delete()
    sweeps.sweep()
    assert (fresh(entry).state, fresh(entry.call).state) == (EntryState.REJECTED_CLOSED, "ai")
    assert told_caller(entry.call, "call_update")[-1]["offer"] == "either"


@pytest.mark.parametrize("rule", ["keep", "overflow"])
def test_callers_of_a_department_that_is_switched_off_are_the_default_ones(
    support: Department, sales: Department, rule: str
) -> None:
    entry = waiting_call(sales)
    Department.objects.filter(pk=sales.pk).update(is_active=False, when_closed=rule)
    sweeps.sweep()
    assert fresh(entry).state == EntryState.OVERFLOWED
    assert open_entry(entry.call).department == support


def test_an_offer_that_rings_is_decided_before_the_department_closes(alice: Agent, support: Department) -> None:
    entry = waiting_call(support)
    close(support)
    sweeps.sweep()
    assert fresh(entry).state == EntryState.OFFERING
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    sweeps.sweep()
    assert fresh(entry).state == EntryState.CONNECTING
