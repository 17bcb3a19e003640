"""Callers who wait already: moved to another department, or told that nobody comes.

The clock of a wait is never reset: whoever moves keeps `enqueued_at` and his priority.
"""

from typing import Any

from django.db.models import Q

from calls.models import Call
from calls.services import lifecycle
from calls.states import AIState, CallState, EndReason
from common import clock
from common.errors import Conflict
from common.realtime import agent_stream, publish
from common.service import service
from queueing import presenters, selectors
from queueing.admission import Cause, Rule, Verdict, obstacle, route
from queueing.models import Department, QueueEntry, Transfer
from queueing.services import narration, news, ringing
from queueing.services.admission import REJECTED, Arrival, add_ended, add_overflowed, find_line, look, tell_refused
from queueing.services.callbacks import step_out
from queueing.services.entries import deadline, record_entry, settle_transfer
from queueing.services.matching import rematch
from queueing.services.steps import Lost, lock_waiting_call, move_entry
from queueing.standing import standing_of
from queueing.states import EntryState, TransferState

_WAITING = frozenset({EntryState.WAITING})


def time_out_entry(entry_id: int) -> bool:
    """The department's longest wait is over: its rule is carried out. False: decided otherwise."""
    return _unless_lost(_time_out, entry_id)


def send_on(entry_id: int) -> bool:
    """The department has closed, was switched off, or its last agent left: its rule. False: it serves again."""
    return _unless_lost(_send_on, entry_id)


@service
def move_to(call: Call, department: Department, *, actor: str) -> QueueEntry:
    """A waiting caller asks for another department: there he waits on, with the time he has waited.

    In it already: his entry as it is. Conflict: `queue_<cause>` when it takes nobody (he keeps his place), not in
    line, or an agent has just taken him.
    """
    # The call's row first, as everywhere.
    waits_still = lock_waiting_call(call.pk)
    entry = selectors.open_entry(call.pk)
    if not waits_still or entry is None:
        raise Conflict("This call is not in line.", state=call.state)
    if entry.department_id == department.pk:
        return entry
    target = find_line(call, department)
    if target.pk == entry.department_id or step_out(call, EntryState.WITHDRAWN, actor) is None:
        return entry
    return place_again(entry, target, actor=actor)


def _unless_lost(act: Any, entry_id: int) -> bool:
    try:
        act(entry_id)
    except Lost:
        return False
    return True


@service
def _time_out(entry_id: int) -> None:
    entry = _locked(entry_id)
    due = Q(wait_deadline__lte=clock.now())
    verdict = route(entry.department_id, look, been=_been(entry), cause=Cause.TIMED_OUT)
    if verdict.department == entry.department_id:
        # It says to wait all the same; there is no second time limit.
        if not QueueEntry.objects.filter(due, pk=entry.pk, state=EntryState.WAITING).update(wait_deadline=None):
            raise Lost
        return
    _leave(entry, verdict, where=due)


@service
def _send_on(entry_id: int) -> None:
    entry = _locked(entry_id)
    cause = obstacle(standing_of(entry.department), newcomer=False)
    if cause is None:
        raise Lost
    _leave(entry, route(entry.department_id, look, been=_been(entry), cause=cause))


def _locked(entry_id: int) -> QueueEntry:
    """The entry, its call's row held; an open connection is decided before the wait is called over."""
    entry = QueueEntry.objects.select_related("call", "department").get(pk=entry_id)
    if not lock_waiting_call(entry.call_id):
        raise Lost
    return entry


def _been(entry: QueueEntry) -> list[int]:
    """The departments that sent this caller on since he began to wait."""
    rows = QueueEntry.objects.filter(call=entry.call_id, enqueued_at=entry.enqueued_at, state=EntryState.OVERFLOWED)
    return list(rows.values_list("department_id", flat=True))


def _leave(entry: QueueEntry, verdict: Verdict, where: Q | None = None) -> None:
    first = verdict.left[0][1] if verdict.left else verdict.cause
    if first is None:
        raise Lost
    to = EntryState.OVERFLOWED if verdict.left else REJECTED[first]
    if not end_entry(entry, to, actor="system", sources=_WAITING, where=where, cause=first, verdict=verdict):
        raise Lost
    arrival = Arrival(entry.call, "system", entry.cause, entry.enqueued_at, entry.priority)
    add_overflowed(arrival, verdict.left[1:])
    if verdict.department is not None:
        place_again(entry, Department.objects.get(pk=verdict.department), actor="system")
    else:
        tell_nobody_comes(entry, verdict, arrival)


def end_entry(
    entry: QueueEntry,
    to: EntryState,
    *,
    actor: str,
    sources: frozenset[EntryState],
    cause: Cause,
    verdict: Verdict,
    where: Q | None = None,
) -> bool:
    """Out of this department's line; False when somebody was first."""
    rule = Rule.OVERFLOW if verdict.left else verdict.rule
    moved = move_entry(
        entry,
        to,
        actor=actor,
        sources=sources,
        where=where,
        data={"cause": cause.value, "rule": rule.value},
        ended_at=clock.now(),
        refusal=cause,
        rule=rule,
    )
    entry.refresh_from_db()
    return moved


def place_again(entry: QueueEntry, department: Department, *, actor: str) -> QueueEntry:
    """The caller of an entry that has just ended waits in another department, as long as he has waited already.

    His call's row is held. The pending transfer goes along.
    """
    now = clock.now()
    Call.objects.filter(pk=entry.call_id).update(department=department.slug)
    placed = QueueEntry.objects.create(
        call_id=entry.call_id,
        department=department,
        priority=entry.priority,
        enqueued_at=entry.enqueued_at,
        # Who is to be called back has no limit to reach.
        wait_deadline=None if entry.cause == ringing.CAUSE else deadline(department, now),
        cause=entry.cause,
    )
    record_entry(placed, actor, cause="moved")
    _take_transfer_along(entry, placed)
    narration.tell_entry(placed, "moved")
    lifecycle.tell_update(entry.call_id, state=CallState.WAITING.value, reason="moved", department=department.slug)
    news.queue_changed(entry.department)
    news.queue_changed(department)
    rematch([department.pk])
    return placed


def _take_transfer_along(entry: QueueEntry, placed: QueueEntry) -> None:
    transfer = Transfer.objects.filter(entry=entry, state=TransferState.PENDING).first()
    if transfer is None:
        return
    Transfer.objects.filter(pk=transfer.pk).update(entry=placed)
    moved = selectors.transfers().get(pk=transfer.pk)
    left = {**presenters.transfer_outcome(moved), "status": "moved"}
    stays = set(selectors.reachable_usernames(placed.department))
    for username in selectors.reachable_usernames(entry.department):
        if username not in stays:
            publish(agent_stream(username), "transfer_ended", {"transfer": left})
    news.transfer_changed(moved)


def tell_nobody_comes(entry: QueueEntry, verdict: Verdict, arrival: Arrival) -> None:
    """Back to a living AI, which says so; the call is over where there is none."""
    last = entry
    if verdict.left and verdict.refused_by is not None and verdict.cause is not None:
        last = add_ended(arrival, verdict.refused_by, REJECTED[verdict.cause], verdict.cause, verdict.rule)
    tell_refused(last)
    settle_transfer(entry, TransferState.EXPIRED, actor=arrival.actor)
    with_ai = lifecycle.set_state(
        entry.call_id,
        CallState.AI,
        actor=arrival.actor,
        sources=frozenset({CallState.WAITING}),
        where=Q(ai_state__in=[AIState.LIVE, AIState.DISPATCHED]),
        news=presenters.refusal_news(last),
    )
    if not with_ai:
        lifecycle.end_call(entry.call_id, EndReason.NO_AGENT, actor=arrival.actor)
