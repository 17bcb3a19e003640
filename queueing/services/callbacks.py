"""What a caller leaves when nobody comes: stored first, promised second."""

from datetime import timedelta

from calls.models import Call
from calls.services import history
from calls.states import CallState, EndReason
from common import clock
from common.errors import Conflict, Invalid
from common.service import service
from queueing import selectors
from queueing.models import CallbackRequest, Department, Offer, QueueEntry
from queueing.services import narration, news
from queueing.services.entries import back_to_ai, leave_line, settle_transfer
from queueing.services.matching import rematch_agent
from queueing.services.steps import free_agent, lock_waiting_call, move_entry, move_offer
from queueing.states import ENTRY_QUEUED, Activity, EntryState, OfferState, TransferState

# How long after the end of a call its caller may still leave something.
AFTER_END = timedelta(hours=1)


@service
def request_callback(call: Call, *, kind: str, contact: str = "", note: str = "", actor: str) -> CallbackRequest:
    """Store a callback or a message. A callback asked for in the line ends the wait.

    Conflict when an agent has just taken the call, or it ended too long ago; Invalid without a contact.
    """
    call.refresh_from_db()
    if call.ended_at is not None and call.ended_at + AFTER_END < clock.now():
        raise Conflict("This call ended too long ago.", state=call.state)
    contact = contact or call.customer_email
    if kind == CallbackRequest.Kind.CALLBACK and not contact:
        raise Invalid("Somebody to call back needs a number or an address.", fields={"contact": "required"})
    made = CallbackRequest.objects.create(
        call=call,
        kind=kind,
        contact=contact,
        note=note,
        department=Department.objects.filter(slug=call.department).first(),
        created_at=clock.now(),
    )
    history.record(call, f"{kind}.stored", actor, request=made.pk)
    if kind == CallbackRequest.Kind.CALLBACK and call.state == CallState.WAITING:
        entry = step_out(call, EntryState.CALLBACK, actor)
        if entry is not None:
            narration.tell_entry(entry, "callback")
            leave_line(entry, EndReason.CALLBACK, transfer_to=TransferState.CANCELLED, actor=actor)
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


def step_out(call: Call, to: EntryState, actor: str) -> QueueEntry | None:
    """Out of the line; the agent who is asked at this moment is let go, the one who has accepted wins (Conflict)."""
    entry = selectors.open_entry(call.pk)
    if entry is None:
        return None
    taken = Conflict("An agent has just taken your call.", code="already_accepted", state="connecting")
    if not lock_waiting_call(call.pk):
        raise taken
    if not move_entry(entry, to, actor=actor, sources=ENTRY_QUEUED, ended_at=clock.now()):
        raise taken
    for offer in Offer.objects.select_related("agent__user").filter(entry=entry, state=OfferState.PENDING):
        move_offer(offer, OfferState.CANCELLED, call_id=call.pk, actor=actor, reason=to.value)
        news.offer_ended(offer, "cancelled")
        free_agent(offer.agent, actor=actor, call_id=call.pk, sources=frozenset({Activity.OFFERED}))
        rematch_agent(offer.agent)
    return entry
