"""Routes of a supervisor in a live call, and of the agent he whispers to."""

from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest
from ninja import Router

from calls.access import Allow, Kind, find_call, own_call, principal_of
from common.errors import Forbidden
from queueing import presenters, selectors
from queueing import presenters_supervision as shown
from queueing.schemas import SuperviseBody
from queueing.services import supervision, taking_over
from queueing.supervising import SupervisionState

router = Router(tags=["supervision"])

_SUPERVISOR = Allow(Kind.SUPERVISOR)


def _supervisor(request: HttpRequest) -> User:
    user = principal_of(request).user
    if user is None:
        raise Forbidden("Only a supervisor may do that.")
    return user


@router.post("/calls/{call_id}/supervise", auth=_SUPERVISOR)
def supervise(request: HttpRequest, call_id: str, body: SuperviseBody) -> dict[str, Any]:
    """Listen to a live call, whisper to its agent, speak to everybody, or take it over; the same again stays.

    The session ends 20 s after the last word of it (`/supervise/renew`). `take_over` answers as `accept-transfer`
    does: the supervisor is the call's agent then.
    """
    call, user = find_call(call_id), _supervisor(request)
    if body.mode == "take_over":
        entry = taking_over.take_over(call, supervisor=user)
        return {"mode": body.mode, **presenters.accepted(entry, selectors.require_agent(user))}
    return shown.session(supervision.supervise(call, supervisor=user, to=SupervisionState(body.mode)))


@router.post("/calls/{call_id}/supervise/renew", auth=_SUPERVISOR)
def renew(request: HttpRequest, call_id: str) -> dict[str, Any]:
    """Still there: the session goes on, in the mode it says. 409 `not_supervising` when it is over."""
    return shown.session(supervision.renew(find_call(call_id), supervisor=_supervisor(request)))


@router.post("/calls/{call_id}/supervise/end", auth=_SUPERVISOR)
def leave(request: HttpRequest, call_id: str) -> dict[str, Any]:
    """Go; twice is fine."""
    supervision.leave(find_call(call_id), supervisor=_supervisor(request))
    return {"success": True}


@router.get("/calls/{call_id}/whisper", auth=Allow(Kind.AGENT))
def hear_whisper(request: HttpRequest, call_id: str) -> dict[str, Any]:
    """The call's agent: where a supervisor whispers to him. 409 `not_supervising` when nobody does."""
    principal = principal_of(request)
    call, agent = own_call(principal, call_id), selectors.require_agent(principal.user)
    return shown.whisper_for(supervision.whispering_to(call, agent.user), agent)
