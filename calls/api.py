"""HTTP routes that need no queue."""

from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from ninja import Router
from pydantic import Field

from calls import selectors
from calls.access import Allow, Kind, call_for, own_call, principal_of
from calls.health import checks
from calls.models import Call
from calls.schemas import DispatchBody, Empty, FeedbackBody, Moment
from calls.services import lifecycle, participants, transcript
from calls.states import CallState
from calls.telephony import BadSignature, telephony
from common import clock
from common.errors import Conflict, Unauthenticated

SERVICE = "call-center-api"

router = Router(tags=["calls"])
health_router = Router(tags=["health"])


@health_router.get("/health")
def health(request: HttpRequest) -> dict[str, str]:
    """This process answers. No dependency is touched."""
    return {"status": "ok", "service": SERVICE}


@health_router.get("/api/health")
def api_health(request: HttpRequest) -> JsonResponse:
    """Every dependency by name; 503 when one fails."""
    found = checks()
    healthy = all(value == "ok" for value in found.values())
    body = {
        "status": "healthy" if healthy else "degraded",
        "service": SERVICE,
        "version": settings.VERSION,
        "checks": found,
    }
    return JsonResponse(body, status=200 if healthy else 503)


@router.post("/dispatch-agent", auth=Allow(Kind.PUBLIC, Kind.CALLER, Kind.KEY))
def dispatch_agent(request: HttpRequest, body: DispatchBody) -> dict[str, Any]:
    """Send the receptionist into a room; the call is made where the room is unknown."""
    call = selectors.last_call_in_room(body.room_name)
    created = call is None
    if call is None:
        call = _make_dispatched_call(body)
    elif call.state not in (CallState.CREATED, CallState.AI):
        raise Conflict("The call is past the AI.", state=call.state)
    elif body.language is not None:
        lifecycle.choose_language(call.pk, body.language, actor="caller")
    answer = {
        "success": True,
        "message": "Agent dispatch initiated",
        "job_id": call.ai_job_id,
        "room_name": call.room_name,
        "timestamp": clock.now(),
    }
    return answer | ({"call_id": call.pk, "call_secret": call.secret} if created else {})


def _make_dispatched_call(body: DispatchBody) -> Call:
    return lifecycle.create_call(
        room_name=body.room_name,
        name=body.user_name,
        language=body.language or "ar",
        language_named=body.language is not None,
        claimed=False,
    )


@router.get("/calls", auth=Allow(Kind.KEY, Kind.SUPERVISOR))
def list_calls(
    request: HttpRequest,
    state: CallState | None = None,
    limit: Annotated[int, Field(ge=1, le=200)] = 50,
    before: Moment | None = None,
    prompt_version: Annotated[str, Field(max_length=40)] = "",
) -> dict[str, Any]:
    """Calls, newest first."""
    calls = selectors.list_calls(state=state, limit=limit, before=before, prompt_version=prompt_version)
    return {"items": [selectors.call_summary(call) for call in calls]}


@router.get("/calls/{call_id}/transcript", auth=Allow(Kind.CALLER, Kind.AGENT, Kind.KEY))
def get_transcript(request: HttpRequest, call_id: str) -> dict[str, Any]:
    """What was said, oldest first."""
    return {"items": selectors.transcript_of(call_for(principal_of(request), call_id))}


@router.post("/calls/{call_id}/hangup", auth=Allow(Kind.CALLER, Kind.AGENT))
def hang_up(request: HttpRequest, call_id: str, body: Empty | None = None) -> dict[str, Any]:
    """End the call. Twice is fine."""
    principal = principal_of(request)
    call = own_call(principal, call_id)
    call = lifecycle.hang_up(call.pk, by_agent=principal.kind is not Kind.CALLER, actor=principal.actor)
    return {"success": True, "call_id": call.pk, "state": call.state, "reason": call.end_reason}


@router.post("/calls/{call_id}/feedback", auth=Allow(Kind.CALLER))
def give_feedback(request: HttpRequest, call_id: str, body: FeedbackBody) -> dict[str, Any]:
    """Rate the call, once."""
    call = call_for(principal_of(request), call_id)
    transcript.give_feedback(call, rating=body.rating, nps=body.nps, comment=body.comment)
    return {"success": True}


@router.post("/livekit/webhook", include_in_schema=False, throttle=[])
def livekit_webhook(request: HttpRequest) -> dict[str, Any]:
    """LiveKit's reports. The raw body is verified; a repeated event id changes nothing."""
    try:
        news = telephony().read_webhook(request.body, request.headers.get("Authorization", ""))
    except BadSignature as error:
        raise Unauthenticated("The signature is missing or wrong.") from error
    return {"success": participants.take_webhook(news)}
