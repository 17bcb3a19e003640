"""Callbacks from their due time to their end: in line, at an agent's, ringing on the customer's page, answered or not.

A promise is kept by a call of its own (`next_call`, linked by `callback_of`), because a call that has ended stays so.
Rows in the order of the package; a callback's row comes right after its call's.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q

from calls.models import Call, Participant
from calls.services import lifecycle
from calls.states import LIVE, CallState, EndReason, Role
from common import clock
from common.errors import Conflict
from common.service import service
from queueing import callback_times, selectors
from queueing.models import CallbackRequest, Department, QueueEntry
from queueing.opening import hours_of
from queueing.services import media, narration, news
from queueing.services.entries import record_entry
from queueing.services.matching import rematch
from queueing.services.ringing import CAUSE, kept_by, move_callback, tell
from queueing.services.steps import Lost
from queueing.services.taking import CALLER_JOIN_SECONDS, CONNECT_SECONDS
from queueing.states import CALLBACK_UNMET, CallbackState, EntryState

Json = dict[str, Any]

_SCHEDULED = frozenset({CallbackState.SCHEDULED})
_RINGING = frozenset({CallbackState.RINGING})


def department_of(request: CallbackRequest) -> Department:
    """Who calls back: the department it was left for, while it takes calls."""
    mine = request.department
    return mine if mine is not None and mine.is_active else selectors.department_or_default(request.call.department)


# --- due ---------------------------------------------------------------------------------------------------------
def begin(request_id: int) -> bool:
    """It is due: a call stands in line for the customer, at his place. False: not now, or somebody was first."""
    try:
        return _begin(request_id)
    except Lost:
        return False


@service
def _begin(request_id: int) -> bool:
    request = CallbackRequest.objects.select_related("call", "department").get(pk=request_id)
    now = clock.now()
    if request.call.state in LIVE or request.due_at is None or request.due_at > now:
        raise Lost
    department = department_of(request)
    opens = callback_times.soonest(hours_of(department), now)
    if opens > now:
        # Put off until it opens again: no attempt, and nobody's fault.
        rows = CallbackRequest.objects.filter(pk=request_id, state=CallbackState.SCHEDULED, due_at=request.due_at)
        if rows.update(due_at=opens):
            tell(request_id)
        return False
    call = _call_for(request, department)
    due = Q(due_at__lte=now)
    # It goes back into the line from ringing too, but with the call it has.
    if not move_callback(request, CallbackState.QUEUED, actor="system", sources=_SCHEDULED, where=due, next_call=call):
        raise Lost
    _stand_in_line(request, call, department)
    return True


def _call_for(request: CallbackRequest, department: Department) -> Call:
    """A call without AI and, until somebody has it, without a caller; the story goes along."""
    first = request.call
    call = lifecycle.create_call(
        name=first.customer_name,
        email=first.customer_email,
        language=first.language,
        department=department.slug,
        video=first.video,
        direct_queue=True,
        wants_ai=False,
        actor="system",
    )
    Call.objects.filter(pk=call.pk).update(
        callback_of=first,
        caller_deadline=None,
        summary=first.summary,
        facts=first.facts,
        mood=first.mood,
        briefing=first.briefing,
    )
    return call


def _stand_in_line(request: CallbackRequest, call: Call, department: Department) -> None:
    if not lifecycle.set_state(
        call.pk, CallState.WAITING, actor="system", sources=frozenset({CallState.CREATED}), department=department.slug
    ):
        raise Lost
    entry = QueueEntry.objects.create(
        call=call,
        department=department,
        priority=request.priority,
        enqueued_at=request.place(clock.now()),
        cause=CAUSE,
        page_gone=request.page_until is None or request.page_until <= clock.now(),
    )
    record_entry(entry, "system")
    narration.tell_entry(entry, "callback_due")
    news.queue_changed(department)
    rematch([department.pk])


def put_off(request_id: int) -> bool:
    """The department has closed while the callback was in line: on when it opens. False: an agent has it."""
    try:
        _put_off(request_id)
    except Lost:
        return False
    return True


@service
def _put_off(request_id: int) -> None:
    request = CallbackRequest.objects.select_related("call", "department").get(pk=request_id)
    opens = callback_times.soonest(hours_of(department_of(request)), clock.now())
    if opens <= clock.now():
        raise Lost
    queued = frozenset({CallbackState.QUEUED})
    if not _take_back(request, queued, EndReason.CALLBACK, actor="system", due_at=opens):
        raise Lost


# --- the customer ------------------------------------------------------------------------------------------------
def answer(call: Call) -> Call:
    """The customer of `call` answers; the call he is in now. Twice: the same. Conflict when nothing rings."""
    request = selectors.callback_of(call)
    if request is not None and request.state == CallbackState.RINGING:
        try:
            _answer(request.pk)
        except Lost:
            no_answer(request.pk)
        request = selectors.callback_of(call)
    if request is None or request.state != CallbackState.ANSWERED or request.next_call is None:
        raise Conflict("Nobody is calling just now.", code="not_ringing", state=request.state if request else "none")
    return Call.objects.get(pk=request.next_call_id)


@service
def _answer(request_id: int) -> None:
    request = CallbackRequest.objects.select_related("next_call").get(pk=request_id)
    now = clock.now()
    until = now + timedelta(seconds=CALLER_JOIN_SECONDS)
    waiting = Call.objects.filter(pk=request.next_call_id, state=CallState.WAITING, agent__isnull=False)
    if not waiting.update(caller_deadline=until):
        raise Lost
    in_time = Q(ring_until__gt=now, next_call=request.next_call_id)
    if not move_callback(request, CallbackState.ANSWERED, actor="caller", where=in_time):
        raise Lost
    call = Call.objects.get(pk=request.next_call_id)
    entry = selectors.open_entry(call.pk)
    if entry is None or entry.agent is None:
        raise Lost
    there = Participant.objects.filter(call=call, identity=entry.agent.identity, role=Role.AGENT, left_at__isnull=True)
    if there.exists():
        media.connect(call, entry, entry.agent)
    else:
        rows = QueueEntry.objects.filter(pk=entry.pk, state=EntryState.CONNECTING)
        rows.update(connect_deadline=now + timedelta(seconds=CONNECT_SECONDS))


def put_to_later(call: Call, *, due_at: datetime | None = None, actor: str) -> CallbackRequest:
    """Not now: at `due_at`, or after the department's pause. It counts as no attempt. Conflict: nothing to put off."""
    request = _unmet(call)
    for _ in range(3):
        if _put_to_later(request.pk, due_at, actor):
            return _last(call)
        request = _unmet(call)
    raise Conflict("The callback changes just now; try again.", state=request.state)


@service
def _put_to_later(request_id: int, chosen: datetime | None, actor: str) -> bool:
    request = CallbackRequest.objects.select_related("call", "department").get(pk=request_id)
    if request.state not in CALLBACK_UNMET:
        # Answered since it was looked at: he is on the line.
        return False
    changes = due_changes(request, chosen)
    if request.state == CallbackState.SCHEDULED:
        rows = CallbackRequest.objects.filter(pk=request.pk, state=CallbackState.SCHEDULED)
        if rows.update(**changes):
            tell(request.pk)
            return True
        return False
    sources = frozenset({CallbackState(request.state)})
    return _take_back(request, sources, EndReason.CALLBACK, actor=actor, **changes)


def due_changes(request: CallbackRequest, chosen: datetime | None) -> Json:
    """The columns of another time: one the customer chose, or the department's next attempt."""
    now = clock.now()
    department = department_of(request)
    if chosen is not None:
        return {"due_at": chosen, "chosen_time": True, "enqueued_at": chosen}
    later = now + timedelta(seconds=department.callback_retry_seconds)
    return {"due_at": callback_times.soonest(hours_of(department), later), "chosen_time": False}


def cancel(call: Call, *, actor: str) -> CallbackRequest:
    """No callback any more. Cancelled before: fine. Conflict when he is on the line already."""
    for _ in range(3):
        request = selectors.callback_of(call)
        if request is not None and request.state == CallbackState.CANCELLED:
            return request
        if withdraw(_unmet(call).pk, actor=actor):
            return _last(call)
    raise Conflict("The callback changes just now; try again.", state=_unmet(call).state)


@service
def withdraw(request_id: int, *, actor: str) -> bool:
    """Nobody calls any more. False: the customer is on the line, or it is over."""
    request = CallbackRequest.objects.get(pk=request_id)
    if request.state not in CALLBACK_UNMET:
        return False
    sources = frozenset({CallbackState(request.state)})
    to = CallbackState.CANCELLED
    return _take_back(request, sources, EndReason.CALLBACK, actor=actor, to=to, handled_at=clock.now())


def _last(call: Call) -> CallbackRequest:
    found = selectors.callback_of(call)
    if found is None:
        raise Conflict("There is no callback.", code="no_callback", state="none")
    return found


def _unmet(call: Call) -> CallbackRequest:
    request = _last(call)
    if request.state not in CALLBACK_UNMET:
        raise Conflict("There is no callback to change.", code="no_callback", state=request.state)
    return request


# --- nobody answered ---------------------------------------------------------------------------------------------
def no_answer(request_id: int) -> bool:
    """It has rung long enough: the agent is free, the attempt counts. False: answered, or decided otherwise."""
    try:
        _no_answer(request_id)
    except Lost:
        return False
    return True


@service
def _no_answer(request_id: int) -> None:
    request = CallbackRequest.objects.select_related("call", "department").get(pk=request_id)
    if not _take_back(
        request,
        _RINGING,
        EndReason.NO_ANSWER,
        actor="system",
        where=Q(ring_until__lte=clock.now()),
        **_after_attempt(request),
    ):
        raise Lost


def _after_attempt(request: CallbackRequest) -> Json:
    """What follows an attempt in vain: the next one, or none any more."""
    attempts = request.attempts + 1
    if attempts >= department_of(request).callback_attempts:
        return {"to": CallbackState.FAILED, "attempts": attempts}
    return {"attempts": attempts, **due_changes(request, None)}


def settle(call: Call) -> None:
    """A call has ended, and its row is ours: what does that mean for the promise it kept?"""
    request = kept_by(call.pk)
    if request is None:
        return
    sources = frozenset({CallbackState(request.state)})
    if request.state == CallbackState.QUEUED:
        # Taken out of the line by somebody; the request stays to be seen to.
        move_callback(request, CallbackState.CANCELLED, actor="system", sources=sources)
    elif request.state == CallbackState.ANSWERED and call.answered_at and call.caller_joined_at:
        move_callback(request, CallbackState.DONE, actor="system", sources=sources, handled_at=clock.now())
    else:
        _again(request, sources, actor="system", **_after_attempt(request))


def _take_back(
    request: CallbackRequest,
    sources: frozenset[CallbackState],
    reason: EndReason,
    *,
    actor: str,
    where: Q | None = None,
    **changes: Any,
) -> bool:
    """Out of `sources`, and the call that kept the promise ends; False when it has moved on. The call's row first."""
    call_id = request.next_call_id
    if call_id is not None and not Call.objects.filter(pk=call_id, state=CallState.WAITING).update(
        state=CallState.WAITING
    ):
        return False
    same = Q(next_call=call_id) if call_id is not None else Q(next_call__isnull=True)
    if not _again(request, sources, actor=actor, where=same & where if where else same, **changes):
        return False
    if call_id is not None:
        lifecycle.end_call(call_id, reason, actor=actor)
    return True


def after_call(call: Call) -> None:
    """A call has ended: what was left in it may be due at once. The sweep would find it a moment later."""
    due = CallbackRequest.objects.filter(call=call, state=CallbackState.SCHEDULED, due_at__lte=clock.now())
    for pk in due.values_list("pk", flat=True):
        transaction.on_commit(partial(begin, pk), robust=True)


def _again(
    request: CallbackRequest,
    sources: frozenset[CallbackState],
    *,
    actor: str,
    where: Q | None = None,
    to: CallbackState = CallbackState.SCHEDULED,
    **changes: Any,
) -> bool:
    if to is CallbackState.SCHEDULED:
        changes["next_call"] = None
    return move_callback(request, to, actor=actor, sources=sources, where=where, **changes)


# --- the customer calls again ------------------------------------------------------------------------------------
def called_again(new: Call) -> None:
    """The caller of an earlier call, known by its secret, has made a new one: it takes the place of the callback.

    Inside the unit of work that makes it. A promise that is being kept at this moment stays.
    """
    for _ in range(3):
        request = CallbackRequest.objects.filter(call=new.callback_of_id, state__in=CALLBACK_UNMET).first()
        if request is None:
            return
        sources = frozenset({CallbackState(request.state)})
        to = CallbackState.CALLED_AGAIN
        handled = clock.now()
        if _take_back(
            request, sources, EndReason.CALLED_AGAIN, actor="caller", to=to, next_call=new, handled_at=handled
        ):
            return
