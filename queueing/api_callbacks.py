"""Routes of callbacks and messages: left by callers, answered and put off by them."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja import Router

from calls.access import Allow, Kind, call_for, principal_of
from calls.models import Call
from common import clock
from queueing import callback_times, presenters, selectors
from queueing.opening import hours_of
from queueing.schemas import CallbackBody, LaterBody
from queueing.services import callbacks, calling_back

router = Router(tags=["calls"])

_CALLER = Allow(Kind.CALLER)


@router.post("/calls/{call_id}/callback", auth=_CALLER)
def request_callback(request: HttpRequest, call_id: str, body: CallbackBody) -> dict[str, Any]:
    """Leave a message, or ask to be called back; in the line that ends the wait."""
    call = _own(request, call_id)
    made = callbacks.request_callback(
        call, kind=body.kind, contact=body.contact, note=body.note, due_at=body.due_at, actor="caller"
    )
    call.refresh_from_db()
    return {
        "success": True,
        "id": str(made.pk),
        "state": call.state,
        "reason": call.end_reason or None,
        "callback": presenters.callback(selectors.callback_of(call)),
    }


@router.get("/calls/{call_id}/callback", auth=_CALLER)
def get_callback(request: HttpRequest, call_id: str) -> dict[str, Any]:
    """The last callback asked for, what may be left (`offered`), and times to choose from."""
    call = _own(request, call_id)
    department = callbacks.department_for(call)
    now = clock.now()
    hours = hours_of(department)
    return {
        "callback": presenters.callback(selectors.callback_of(call)),
        "offered": sorted(callbacks.offered_kinds(call)),
        "department": department.slug,
        "soonest": callback_times.soonest(hours, now),
        "slots": callback_times.slots(hours, now),
    }


@router.post("/calls/{call_id}/callback/answer", auth=_CALLER)
def answer_callback(request: HttpRequest, call_id: str) -> dict[str, Any]:
    """Answer while it rings: the new call, its secret and its room. Twice is fine."""
    call = calling_back.answer(_own(request, call_id))
    return {
        "token": presenters.caller_token(call),
        "room_name": call.room_name,
        "url": settings.LIVEKIT_PUBLIC_URL,
        "user_name": call.display_name,
        "call_id": call.pk,
        "call_secret": call.secret,
        "identity": call.caller_identity,
        "language": call.language,
        "email": call.customer_email,
    }


@router.post("/calls/{call_id}/callback/later", auth=_CALLER)
def put_callback_off(request: HttpRequest, call_id: str, body: LaterBody) -> dict[str, Any]:
    """Not now, or not then: at `due_at`, or after a while. What rings stops; it counts as no attempt."""
    call = _own(request, call_id)
    later = callbacks.put_to_later(call, due_at=body.due_at, actor="caller")
    return {"success": True, "callback": presenters.callback(later)}


@router.post("/calls/{call_id}/callback/cancel", auth=_CALLER)
def cancel_callback(request: HttpRequest, call_id: str) -> dict[str, Any]:
    """No callback any more. Twice is fine."""
    call = _own(request, call_id)
    calling_back.cancel(call, actor="caller")
    return {"success": True, "callback": presenters.callback(selectors.callback_of(call))}


def _own(request: HttpRequest, call_id: str) -> Call:
    return call_for(principal_of(request), call_id)
