"""What a caller leaves when nobody comes: stored first, promised second."""

from datetime import timedelta

from calls.models import Call
from calls.services import history
from calls.states import CallState, EndReason
from common import clock
from common.errors import Conflict, Invalid
from common.service import service
from queueing import selectors
from queueing.models import CallbackRequest, Department, Offer
from queueing.services import news
from queueing.services.entries import leave_line
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
        _leave_line(call, actor)
    return made


def _leave_line(call: Call, actor: str) -> None:
    """Out of the line; the agent who is asked at this moment is let go, the one who has accepted wins."""
    entry = selectors.open_entry(call.pk)
    if entry is None:
        return
    taken = Conflict("An agent has just taken your call.", code="already_accepted", state="connecting")
    if not lock_waiting_call(call.pk):
        raise taken
    now = clock.now()
    if not move_entry(entry, EntryState.CALLBACK, actor=actor, sources=ENTRY_QUEUED, ended_at=now):
        raise taken
    for offer in Offer.objects.select_related("agent__user").filter(entry=entry, state=OfferState.PENDING):
        move_offer(offer, OfferState.CANCELLED, call_id=call.pk, actor=actor, reason="callback")
        news.offer_ended(offer, "cancelled")
        free_agent(offer.agent, actor=actor, call_id=call.pk, sources=frozenset({Activity.OFFERED}))
        rematch_agent(offer.agent)
    leave_line(entry, EndReason.CALLBACK, transfer_to=TransferState.CANCELLED, actor=actor)
