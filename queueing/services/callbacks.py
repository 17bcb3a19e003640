"""What a caller leaves when nobody comes: stored first, promised second."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction

from calls.models import Call
from calls.services import history
from calls.states import CallState, EndReason
from common import clock
from common.errors import Conflict, Invalid
from common.service import service
from queueing import callback_times, of_calls, selectors
from queueing.admission import Rule
from queueing.models import CallbackRequest, Department, Offer, QueueEntry
from queueing.opening import hours_of
from queueing.services import calling_back, narration, news, ringing
from queueing.services.entries import back_to_ai, leave_line, settle_transfer
from queueing.services.matching import rematch_agent
from queueing.services.steps import free_agent, lock_waiting_call, move_entry, move_offer
from queueing.states import (
    CALLBACK_OPEN,
    ENTRY_QUEUED,
    Activity,
    CallbackState,
    EntryState,
    OfferState,
    TransferState,
)

# How long after the end of a call its caller may still leave something.
AFTER_END = timedelta(hours=1)
_BOTH = frozenset(CallbackRequest.Kind.values)
_OFFERED: dict[str, frozenset[str]] = {
    Rule.MESSAGE: frozenset({CallbackRequest.Kind.MESSAGE.value}),
    Rule.CALLBACK: frozenset({CallbackRequest.Kind.CALLBACK.value}),
    Rule.AI_ONLY: frozenset[str](),
}


def request_callback(
    call: Call, *, kind: str, contact: str = "", note: str = "", due_at: datetime | None = None, actor: str
) -> CallbackRequest:
    """Store a callback or a message. A callback asked for in the line ends the wait.

    `due_at`: when to call, in the department's opening hours; left out: as soon as somebody is free, at the place in
    line the caller has. Asked for again, the callback that is open gets the new time and words.
    Conflict when an agent has just taken the call, it ended too long ago, or the department does not offer that
    (`not_offered`); Invalid without a contact, or for a time when nobody calls.
    """
    try:
        return _store(call, kind=kind, contact=contact, note=note, due_at=due_at, actor=actor)
    except IntegrityError:
        # Two at the same instant: the second one changes what the first has stored.
        return _store(call, kind=kind, contact=contact, note=note, due_at=due_at, actor=actor)


@service
def _store(call: Call, *, kind: str, contact: str, note: str, due_at: datetime | None, actor: str) -> CallbackRequest:
    call.refresh_from_db()
    if call.ended_at is not None and call.ended_at + AFTER_END < clock.now():
        raise Conflict("This call ended too long ago.", state=call.state)
    if kind not in offered_kinds(call):
        raise Conflict("The department does not offer that just now.", code="not_offered", state=call.state)
    contact = contact or call.customer_email
    if kind == CallbackRequest.Kind.MESSAGE:
        department = Department.objects.filter(slug=call.department).first()
        return _add(call, actor, kind=kind, contact=contact, note=note, department=department)
    if not contact:
        raise Invalid("Somebody to call back needs a number or an address.", fields={"contact": "required"})
    made = _promise(call, actor, contact=contact, note=note, due_at=due_at)
    if call.state == CallState.WAITING:
        entry = step_out(call, EntryState.CALLBACK, actor)
        if entry is not None:
            narration.tell_entry(entry, "callback")
            leave_line(entry, EndReason.CALLBACK, transfer_to=TransferState.CANCELLED, actor=actor)
    elif call.state == CallState.ENDED:
        transaction.on_commit(partial(calling_back.begin, made.pk), robust=True)
    return made


def put_to_later(call: Call, *, due_at: datetime | None, actor: str) -> CallbackRequest:
    """See `calling_back.put_to_later`; Invalid for a time when nobody calls."""
    request = selectors.callback_of(call)
    if request is not None and due_at is not None:
        _check_time(calling_back.department_of(request), due_at)
    return calling_back.put_to_later(call, due_at=due_at, actor=actor)


def _check_time(department: Department, due_at: datetime) -> None:
    if not callback_times.may_be_chosen(hours_of(department), due_at, clock.now()):
        raise Invalid("Nobody can call back at that time.", fields={"due_at": "outside the opening hours"})


def offered_kinds(call: Call) -> frozenset[str]:
    """What the caller may leave: anything, unless the department that refused him has said what it offers."""
    refusal = selectors.last_refusal(call)
    return _OFFERED.get(refusal.rule, _BOTH) if refusal is not None else _BOTH


def department_for(call: Call) -> Department:
    """Who would call back: where the caller stood in line last, else the call's own."""
    return _department_after(of_calls.last_entry(call.pk), call)


def _department_after(last: QueueEntry | None, call: Call) -> Department:
    return last.department if last is not None else selectors.department_or_default(call.department)


def times_for(call: Call) -> list[datetime]:
    """The times at which the caller may be called back, in the department's zone."""
    return callback_times.slots(hours_of(department_for(call)), clock.now())


def _promise(call: Call, actor: str, *, contact: str, note: str, due_at: datetime | None) -> CallbackRequest:
    last = of_calls.last_entry(call.pk)
    department = _department_after(last, call)
    now = clock.now()
    hours = hours_of(department)
    if due_at is not None:
        _check_time(department, due_at)
    words = {"contact": contact, "note": note}
    since = last.enqueued_at if last is not None else now
    times = {
        "due_at": due_at or callback_times.soonest(hours, now),
        "chosen_time": due_at is not None,
        "enqueued_at": due_at or since,
        "priority": last.priority if last is not None else 0,
    }
    again = CallbackRequest.objects.filter(call=call, state=CallbackState.SCHEDULED)
    if again.update(**words, **times):
        found = again.get()
        ringing.tell(found.pk)
        return found
    kept = CallbackRequest.objects.filter(call=call, state__in=CALLBACK_OPEN).first()
    if kept is not None:
        raise Conflict("You are being called back at this moment.", code="callback_due", state=kept.state)
    kind = CallbackRequest.Kind.CALLBACK
    return _add(call, actor, kind=kind, department=department, state=CallbackState.SCHEDULED, **words, **times)


def _add(call: Call, actor: str, *, kind: str, **values: Any) -> CallbackRequest:
    made = CallbackRequest.objects.create(call=call, kind=kind, created_at=clock.now(), **values)
    history.record(call, f"{kind}.stored", actor, request=made.pk)
    if made.state == CallbackState.SCHEDULED:
        ringing.tell(made.pk)
    return made


@service
def give_up_waiting(call: Call, *, actor: str) -> None:
    """The caller needs no person any more and goes on with the AI. Conflict: not in line, just taken, or no AI."""
    entry = step_out(call, EntryState.WITHDRAWN, actor)
    if entry is None:
        raise Conflict("This call is not in line.", state=call.state)
    settle_transfer(entry, TransferState.CANCELLED, actor=actor)
    narration.tell_entry(entry, "withdrawn")
    if not back_to_ai(call.pk, "withdrawn", actor=actor):
        raise Conflict("There is no AI to go back to.", state=CallState.WAITING.value)


def step_out(
    call: Call, to: EntryState, actor: str, *, data: dict[str, Any] | None = None, **changes: Any
) -> QueueEntry | None:
    """Out of the line; the agent who is asked at this moment is let go, the one who has accepted wins (Conflict).

    `data` joins the history row, `changes` the entry.
    """
    entry = selectors.open_entry(call.pk)
    if entry is None:
        return None
    taken = Conflict("An agent has just taken your call.", code="already_accepted", state="connecting")
    if not lock_waiting_call(call.pk):
        raise taken
    if not move_entry(entry, to, actor=actor, sources=ENTRY_QUEUED, data=data, ended_at=clock.now(), **changes):
        raise taken
    offers = Offer.objects.select_related("agent__user").filter(entry=entry, state=OfferState.PENDING)
    for offer in offers.order_by("agent_id"):
        move_offer(offer, OfferState.CANCELLED, call_id=call.pk, actor=actor, reason=to.value)
        news.offer_ended(offer, "cancelled")
        free_agent(offer.agent, actor=actor, call_id=call.pk, sources=frozenset({Activity.OFFERED}))
        rematch_agent(offer.agent)
    return entry
