"""Moving and refusing callers against agents who take them, and against each other."""

from datetime import time as at_time

import pytest

from calls.models import Call
from calls.services import lifecycle
from common import clock
from common.errors import Conflict, Forbidden
from queueing import selectors
from queueing.models import Agent, Department, OpeningHours, QueueEntry
from queueing.services import agents, callbacks, transfers, waits
from queueing.services.steps import Lost
from queueing.services.transfers import Refused
from queueing.states import ENTRY_OPEN, ENTRY_QUEUED, Activity, EntryState, Presence
from tests.cast import make_call
from tests.queueing.helpers import fresh, told_agent, told_caller, waiting_call
from tests.races.threads import ROUNDS, at_once, winners

pytestmark = pytest.mark.parametrize("turn", range(ROUNDS))


def nobody_routable() -> None:
    """Agents are away while the stage is set."""
    Agent.objects.update(presence=Presence.AWAY)


def close(department: Department) -> None:
    """It opens again on the day after tomorrow."""
    OpeningHours.objects.create(
        department=department, weekday=(clock.now().weekday() + 2) % 7, opens=at_time(9), closes=at_time(10)
    )


def test_an_overflow_against_the_accept(alice: Agent, support: Department, sales: Department, turn: int) -> None:
    nobody_routable()
    Department.objects.filter(pk=support.pk).update(when_timed_out="overflow", overflow_to=sales)
    entry = waiting_call(support)
    QueueEntry.objects.update(wait_deadline=clock.now())
    public_id = entry.transfers.get().public_id
    accepted, moved = at_once(
        lambda: transfers.accept_transfer(public_id, agent=alice), lambda: waits.time_out_entry(entry.pk)
    )
    taken = bool(winners([accepted], Conflict, Lost))
    assert taken != moved.value
    if taken:
        assert (fresh(entry).state, fresh(alice).activity) == (EntryState.CONNECTING, Activity.ON_CALL)
    else:
        placed = selectors.open_entry(entry.call_id)
        assert placed is not None
        assert (placed.department, placed.enqueued_at) == (sales, entry.enqueued_at)
        assert fresh(alice).activity == Activity.IDLE
        assert told_agent(alice, "customer_assigned") == []


def test_the_closing_against_the_assignment(alice: Agent, support: Department, turn: int) -> None:
    nobody_routable()
    entry = waiting_call(support, ai_state="live")
    close(support)
    assigned, told = at_once(
        lambda: agents.set_presence(selectors.get_agent("alice"), Presence.AVAILABLE, actor="alice"),
        lambda: waits.send_on(entry.pk),
    )
    assert winners([assigned]) == [0]
    state = (fresh(entry).state, fresh(entry.call).state, fresh(alice).activity)
    if told.value:
        assert state == (EntryState.REJECTED_CLOSED, "ai", Activity.IDLE)
    else:
        assert state == (EntryState.CONNECTING, "waiting", Activity.ON_CALL)


def test_an_overflow_against_the_hang_up(support: Department, sales: Department, turn: int) -> None:
    Department.objects.filter(pk=support.pk).update(when_timed_out="overflow", overflow_to=sales)
    entry = waiting_call(support)
    QueueEntry.objects.update(wait_deadline=clock.now())
    at_once(
        lambda: lifecycle.hang_up(entry.call_id, by_agent=False, actor="caller"),
        lambda: waits.time_out_entry(entry.pk),
    )
    assert fresh(entry.call).end_reason == "abandoned"
    assert not QueueEntry.objects.filter(state__in=ENTRY_OPEN).exists()


def test_a_callback_against_the_overflow(support: Department, sales: Department, turn: int) -> None:
    Department.objects.filter(pk=support.pk).update(when_timed_out="overflow", overflow_to=sales)
    entry = waiting_call(support)
    QueueEntry.objects.update(wait_deadline=clock.now())
    callback, _moved = at_once(
        lambda: callbacks.request_callback(fresh(entry.call), kind="callback", contact="0123", actor="caller"),
        lambda: waits.time_out_entry(entry.pk),
    )
    if winners([callback], Conflict):
        assert fresh(entry.call).end_reason == "callback"
    else:
        assert selectors.open_entry(entry.call_id) is not None


def test_two_sweeps_move_a_caller_once(support: Department, sales: Department, turn: int) -> None:
    Department.objects.filter(pk=support.pk).update(when_timed_out="overflow", overflow_to=sales)
    entry = waiting_call(support)
    QueueEntry.objects.update(wait_deadline=clock.now())
    outcomes = at_once(lambda: waits.time_out_entry(entry.pk), lambda: waits.time_out_entry(entry.pk))
    assert sorted(outcome.value for outcome in outcomes) == [False, True]
    assert QueueEntry.objects.filter(call=entry.call).count() == 2
    assert [event["reason"] for event in told_caller(entry.call, "call_update") if "reason" in event] == ["moved"]


def test_the_last_place_in_a_limited_line_is_given_once(support: Department, turn: int) -> None:
    Department.objects.update(max_waiting=1)
    calls = [make_call(ai_state="live") for _ in range(3)]
    outcomes = at_once(
        *(
            lambda call=call: transfers.create_transfer(Call.objects.get(pk=call.pk), reason="x", actor="ai")
            for call in calls
        )
    )
    assert len(winners(outcomes, Refused)) == 1
    assert QueueEntry.objects.filter(state__in=ENTRY_QUEUED).count() == 1
    assert QueueEntry.objects.filter(state=EntryState.REJECTED_FULL).count() == 2


def test_moving_by_wish_against_the_accept(alice: Agent, billing: Department, sales: Department, turn: int) -> None:
    nobody_routable()
    entry = waiting_call(billing)
    public_id = entry.transfers.get().public_id
    accepted, moved = at_once(
        lambda: transfers.accept_transfer(public_id, agent=alice),
        lambda: waits.move_to(fresh(entry.call), sales, actor="caller"),
    )
    won = (bool(winners([accepted], Conflict, Lost, Forbidden)), bool(winners([moved], Conflict)))
    assert won in [(True, False), (False, True)]
    open_now = selectors.open_entry(entry.call_id)
    assert open_now is not None
    if won[0]:
        assert (open_now.state, open_now.agent) == (EntryState.CONNECTING, alice)
    else:
        assert (open_now.department, open_now.enqueued_at) == (sales, entry.enqueued_at)
        assert fresh(alice).activity == Activity.IDLE
