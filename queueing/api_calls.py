"""Routes of callers, and of an agent about his call."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja import Router

from calls import standby
from calls.access import Allow, Kind, Principal, call_for, find_call, own_call, principal_of
from calls.identity import Identity, read_customer_token
from calls.models import Call
from calls.selectors import live_call_in_room
from calls.services import lifecycle
from calls.services.lifecycle import RoomInUse
from calls.services.starting import start_call
from common.errors import Conflict, Forbidden
from queueing import presenters, selectors
from queueing.models import Agent
from queueing.schemas import HoldBody, JoinBody, MessageBody, NotesBody, TokenBody
from queueing.services import agents, entries, notes, pages

router = Router(tags=["calls"])


@router.get("/departments", auth=Allow(Kind.PUBLIC, Kind.CALLER, Kind.AGENT, Kind.KEY))
def list_departments(request: HttpRequest) -> dict[str, Any]:
    """Departments a caller may choose, the default one first."""
    standby.expect_callers()
    return {"items": selectors.department_choices()}


@router.post("/room/token", auth=Allow(Kind.PUBLIC, Kind.CALLER, Kind.KEY))
def room_token(request: HttpRequest, body: TokenBody) -> dict[str, Any]:
    """Start a call, claim one that a dispatch made, or come back to one's own.

    `customer_token`: the integrator's server vouches for who the caller is; a bad one is refused, never ignored.
    """
    if body.department:
        selectors.department_for(body.department)
    identity = read_customer_token(body.customer_token) if body.customer_token else None
    call = _own_live_call(principal_of(request), body) or _claimed_call(body)
    if call is not None and identity is not None:
        lifecycle.verify_caller(call.pk, identity)
        call.refresh_from_db()
    call = call or _new_call(principal_of(request), body, identity)
    return {
        "token": presenters.caller_token(call),
        "room_name": call.room_name,
        "url": settings.LIVEKIT_PUBLIC_URL,
        "user_name": call.display_name,
        "call_id": call.pk,
        "call_secret": call.secret,
        "identity": call.caller_identity,
    }


def _own_live_call(principal: Principal, body: TokenBody) -> Call | None:
    """The live call whose caller asks, for its own room or for none by name."""
    if principal.kind is not Kind.CALLER:
        return None
    call = find_call(principal.call_id)
    if not call.is_live or body.room_name not in (None, call.room_name):
        return None
    if not presenters.caller_may_enter(call):
        raise Conflict("Your place in the line is kept; the room opens when an agent takes the call.", state=call.state)
    return call


def _claimed_call(body: TokenBody) -> Call | None:
    """The call a dispatch made for this room; RoomInUse when somebody has it."""
    call = live_call_in_room(body.room_name) if body.room_name else None
    if call is None:
        return None
    if call.claimed or not lifecycle.claim(
        call.pk,
        name=body.user_name or "",
        email=body.email or "",
        video=body.video,
        department=body.department or "",
    ):
        raise RoomInUse("A live call has that room.", state=call.state)
    if body.language:
        lifecycle.choose_language(call.pk, body.language, actor="caller")
    call.refresh_from_db()
    return call


def _new_call(principal: Principal, body: TokenBody, identity: Identity | None) -> Call:
    return start_call(
        room_name=body.room_name,
        name=body.user_name or "",
        email=body.email or "",
        language=body.language or "",
        department=body.department or "",
        video=body.video,
        avatar=body.avatar,
        callback_of=_earlier_call(principal),
        identity=identity,
    )


def _earlier_call(principal: Principal) -> Call | None:
    """The call whose caller asks for a new one; nothing else, a name or a number least of all, says who he is."""
    return find_call(principal.call_id) if principal.kind is Kind.CALLER else None


@router.post("/queue/join", auth=Allow(Kind.PUBLIC, Kind.CALLER, Kind.KEY))
def join_queue(request: HttpRequest, body: JoinBody) -> dict[str, Any]:
    """Straight to people. The room and its token come when an agent takes the call.

    `queue_status` is `closed`, `full` or `unstaffed` where the department takes nobody: the call is over then, and
    a message or a callback may be left with its secret.
    """
    entry = entries.join_queue(
        email=body.email,
        department=selectors.department_for(body.department),
        label=body.room_name,
        name=body.user_name or "",
        language=body.language or "",
        video=body.video,
        callback_of=_earlier_call(principal_of(request)),
        identity=read_customer_token(body.customer_token) if body.customer_token else None,
    )
    position, wait = selectors.place(selectors.open_entry(entry.call_id))
    return {
        "access_token": "",
        "room_name": body.room_name,
        "queue_status": "waiting" if position is not None else entry.refusal or entry.call.state,
        "queue_position": position,
        "estimated_wait_time": wait,
        "call_id": entry.call_id,
        "call_secret": entry.call.secret,
    }


@router.get("/calls/{call_id}", auth=Allow(Kind.CALLER, Kind.AGENT, Kind.KEY))
def get_call(request: HttpRequest, call_id: str) -> dict[str, Any]:
    """How the call stands, with the asker's own token where there is one."""
    principal = principal_of(request)
    call = call_for(principal, call_id)
    by_caller = principal.kind is Kind.CALLER
    if by_caller:
        lifecycle.touch_caller(call.pk, present_seconds=entries.ASKED_SECONDS)
        pages.touch([call.pk])
    return presenters.call_state(call, for_agent=selectors.agent_for_user(principal.user), for_caller=by_caller)


# --- the agent's call --------------------------------------------------------------------------------------------
def _agent_and_call(request: HttpRequest, call_id: str) -> tuple[Agent, Call]:
    principal = principal_of(request)
    call = own_call(principal, call_id)
    agent = selectors.agent_for_user(principal.user)
    if agent is None:
        raise Forbidden("Only this call's agent may do that.")
    return agent, call


@router.post("/calls/{call_id}/notes", auth=Allow(Kind.AGENT))
def save_notes(request: HttpRequest, call_id: str, body: NotesBody) -> dict[str, Any]:
    """Keep what the agent wrote; also after the call, and by an agent who lost it."""
    principal = principal_of(request)
    notes.save_notes(
        find_call(call_id),
        agent=selectors.require_agent(principal.user),
        notes=body.notes,
        disposition=body.disposition,
    )
    return {"success": True}


@router.post("/calls/{call_id}/hold", auth=Allow(Kind.AGENT))
def hold(request: HttpRequest, call_id: str, body: HoldBody) -> dict[str, Any]:
    """Put the caller on hold or take him off; twice is fine."""
    agent, call = _agent_and_call(request, call_id)
    agents.set_hold(agent, call.pk, on=body.on)
    return {"success": True, "on_hold": body.on}


@router.post("/calls/{call_id}/messages", auth=Allow(Kind.AGENT))
def send_message(request: HttpRequest, call_id: str, body: MessageBody) -> dict[str, Any]:
    """A typed line of the agent; both sides see it in the transcript."""
    agent, call = _agent_and_call(request, call_id)
    return presenters.segment(notes.say(call, agent=agent, text=body.text))
