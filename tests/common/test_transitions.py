"""State machines as data."""

from datetime import UTC, datetime

import pytest
from django.db.models import F, Q

from calls.models import Call, CallEvent
from calls.services.history import record
from calls.services.lifecycle import create_call
from calls.states import AI, CALL, LIVE, CallState, EndReason
from common.transitions import Condition, Machine, PreparedMove, move, update_returning
from queueing.states import ACTIVITY, ENTRY, ENTRY_OPEN, OFFER, OFFER_OPEN, TRANSFER

# The states something begins in; every other one is entered from somewhere.
STARTS = {
    CALL: {"created"},
    AI: {"none"},
    ENTRY: {"waiting", "rejected_full", "rejected_closed"},
    OFFER: {"pending"},
    TRANSFER: {"pending"},
    ACTIVITY: {"idle"},
}


@pytest.mark.parametrize("machine", STARTS, ids=lambda machine: type(next(iter(machine.table))).__name__)
def test_every_state_has_a_row_and_can_be_reached(machine: Machine) -> None:
    states = set(type(next(iter(machine.table))).__members__.values())
    assert set(machine.table) == states
    entered = {target for targets in machine.table.values() for target in targets}
    assert {state.value for state in states - entered} <= STARTS[machine]


def test_live_states_are_those_something_leaves() -> None:
    assert set(CALL.table) - CALL.terminal() == LIVE
    assert set(ENTRY.table) - ENTRY.terminal() == ENTRY_OPEN
    assert set(OFFER.table) - OFFER.terminal() == OFFER_OPEN


@pytest.mark.django_db
def test_a_lost_race_changes_nothing_and_writes_no_history() -> None:
    call = create_call(wants_ai=False)
    rows = Call.objects.filter(pk=call.pk)
    first = move(rows, CALL, CallState.AI, record=lambda: record(call, "call.ai", "first"))
    second = move(rows, CALL, CallState.AI, record=lambda: record(call, "call.ai", "second"))
    assert (first, second) == (True, False)
    assert list(CallEvent.objects.filter(call=call, kind="call.ai").values_list("actor", flat=True)) == ["first"]


@pytest.mark.django_db
def test_a_move_the_table_does_not_know_is_a_defect() -> None:
    call = create_call(wants_ai=False)
    with pytest.raises(ValueError, match="no transition"):
        move(
            Call.objects.filter(pk=call.pk),
            CALL,
            CallState.AGENT,
            sources=frozenset({CallState.CREATED}),
            record=lambda: None,
        )


@pytest.mark.django_db
def test_an_ended_call_without_a_reason_is_refused_by_the_database() -> None:
    from django.db import IntegrityError

    call = create_call(wants_ai=False)
    with pytest.raises(IntegrityError, match="ended_call_has_a_reason"):
        Call.objects.filter(pk=call.pk).update(state=CallState.ENDED, end_reason=EndReason.FAILED)


@pytest.mark.django_db
def test_who_moves_with_his_instance_has_a_fresh_one() -> None:
    call = create_call(wants_ai=False)
    Call.objects.filter(pk=call.pk).update(summary="written meanwhile", facts={"order": ["A 1%"]})
    rows = Call.objects.filter(pk=call.pk)
    assert move(rows, CALL, CallState.WAITING, record=lambda: None, fresh=call, customer_name="Carol")
    assert vars(call) | {"_state": None} == vars(rows.get()) | {"_state": None}
    before = dict(vars(call))
    assert not move(rows, CALL, CallState.WAITING, record=lambda: None, fresh=call, customer_name="Dave")
    assert vars(call) == before


@pytest.mark.django_db
def test_an_update_that_tells_what_it_made_tells_of_its_own_rows_only() -> None:
    calls = [create_call(wants_ai=False) for _ in range(3)]
    chosen = Call.objects.filter(pk__in=[call.pk for call in calls[:2]], entries__isnull=True)
    found = update_returning(chosen, state=CallState.WAITING, summary="by many")
    assert {(call.pk, call.state, call.summary) for call in found} == {
        (call.pk, "waiting", "by many") for call in calls[:2]
    }
    assert update_returning(chosen.filter(summary=""), summary="again") == []


def _wait(at: datetime, early: bool) -> Condition:
    return Q(created_at__gt=at) if early else Q(created_at__lt=at), {
        "agent_joined_at": at,
        "customer_name": F("channel"),
    }


WAIT = PreparedMove(Call, CALL, CallState.WAITING, _wait)
NOON = datetime(2001, 3, 1, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_a_prepared_move_is_made_once_by_whoever_is_first() -> None:
    call, other = create_call(wants_ai=False), create_call(wants_ai=False)
    Call.objects.filter(pk=call.pk).update(summary="written meanwhile")
    told: list[str] = []
    won = [WAIT(call, CallState.CREATED, record=lambda: told.append(call.state), at=NOON, early=True) for _ in range(2)]
    assert (won, told) == ([True, False], ["waiting"])
    assert vars(call) | {"_state": None} == vars(Call.objects.get(pk=call.pk)) | {"_state": None}
    assert (call.agent_joined_at, Call.objects.get(pk=other.pk).state) == (NOON, "created")
    assert not WAIT(other, CallState.CREATED, record=lambda: told.append("too late"), at=NOON, early=False)
    with pytest.raises(ValueError, match="no transition"):
        WAIT(other, CallState.ENDED, record=lambda: None, at=NOON, early=True)
