"""A waiting caller names another department."""

from datetime import time as at_time

import pytest

from common import clock
from common.errors import Conflict
from queueing import selectors
from queueing.models import Agent, Department, OpeningHours, QueueEntry
from queueing.services import offers, transfers, waits
from queueing.states import Activity, EntryState, OfferState, Presence
from tests.cast import Clock, make_call
from tests.queueing.helpers import Browser, direct_call, fresh, ringing, told_agent, told_caller, waiting_call


def ask_for(entry: QueueEntry, department: str) -> object:
    """The AI is asked for that department."""
    return transfers.create_transfer(fresh(entry.call), reason="x", department=department, actor="ai")


def test_he_waits_there_with_the_time_he_has_waited(
    support: Department, sales: Department, bob: Agent, time: Clock
) -> None:
    Agent.objects.update(presence=Presence.AWAY)
    entry = waiting_call(support, priority=2)
    request = entry.transfers.get()
    time.pass_(100)
    assert ask_for(entry, "sales") == request
    moved = selectors.open_entry(entry.call_id)
    assert moved is not None
    assert (fresh(entry).state, moved.department, moved.priority) == (EntryState.WITHDRAWN, sales, 2)
    assert moved.enqueued_at == entry.enqueued_at
    assert fresh(request).entry_id == moved.pk
    assert fresh(entry.call).department == "sales"
    update = told_caller(entry.call, "call_update")[-1]
    assert (update["state"], update["reason"], update["department"]) == ("waiting", "moved", "sales")
    assert told_agent(bob, "transfer_pending")[-1]["transfer"]["department"] == "sales"


def test_the_agent_who_is_asked_is_let_go_and_the_other_departments_is_asked(
    alice: Agent, bob: Agent, billing: Department, sales: Department
) -> None:
    entry = waiting_call(billing)
    offer = ringing(alice)
    ask_for(entry, "sales")
    assert (fresh(offer).state, fresh(alice).activity) == (OfferState.CANCELLED, Activity.IDLE)
    assert ringing(bob).entry.call_id == entry.call_id


def test_the_same_department_again_changes_nothing(support: Department) -> None:
    entry = waiting_call(support)
    ask_for(entry, "support")
    assert QueueEntry.objects.get() == entry


def test_a_department_that_takes_nobody_leaves_him_his_place(support: Department, sales: Department) -> None:
    entry = waiting_call(support)
    OpeningHours.objects.create(
        department=sales, weekday=(clock.now().weekday() + 2) % 7, opens=at_time(9), closes=at_time(10)
    )
    with pytest.raises(Conflict) as caught:
        ask_for(entry, "sales")
    assert caught.value.code == "queue_closed"
    assert fresh(entry).state == EntryState.WAITING


def test_whoever_has_just_been_taken_stays_with_his_agent(alice: Agent, billing: Department, sales: Department) -> None:
    entry = waiting_call(billing)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    with pytest.raises(Conflict):
        waits.move_to(fresh(entry.call), sales, actor="caller")
    assert fresh(entry).state == EntryState.CONNECTING


def test_a_caller_outside_the_line_is_not_moved(sales: Department) -> None:
    with pytest.raises(Conflict):
        waits.move_to(make_call(), sales, actor="caller")


def test_the_page_asks_over_the_api(support: Department, sales: Department) -> None:
    entry = direct_call(support)
    browser = Browser(secret=entry.call.secret)
    answer = browser.post("/api/create-transfer", {"room_name": "support_room", "reason": "x", "department": "sales"})
    assert (answer["department"], answer["queue_position"]) == ("sales", 1)
