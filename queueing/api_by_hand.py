"""Routes by which supervisors act on the line and on agents. For people signed in as such, not for API keys."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from calls.access import Allow, Kind, principal_of
from common.errors import Invalid, NotFound
from queueing import presenters, selectors
from queueing.models import Agent, QueueEntry
from queueing.schemas import AssignBody, MoveBody, PresenceBody, PriorityBody, RemoveBody
from queueing.services import by_hand
from queueing.states import Presence

router = Router(tags=["supervision"])

_SUPERVISOR = Allow(Kind.SUPERVISOR)


def _answer(entry: QueueEntry) -> dict[str, Any]:
    return {"success": True, "entry": presenters.stay(entry)}


@router.post("/queue/entries/{entry_id}/assign", auth=_SUPERVISOR)
def assign(request: HttpRequest, entry_id: str, body: AssignBody) -> dict[str, Any]:
    """Give a waiting caller to an agent, at once and without his accept."""
    entry, agent = by_hand.get_entry(entry_id), _agent(body.agent_id)
    return _answer(by_hand.assign(entry, agent, actor=principal_of(request).actor))


def _agent(agent_id: str) -> Agent:
    try:
        return selectors.get_agent(agent_id)
    except NotFound as error:
        raise Invalid("There is no such agent.", fields={"agent_id": "unknown"}) from error


@router.post("/queue/entries/{entry_id}/priority", auth=_SUPERVISOR)
def set_priority(request: HttpRequest, entry_id: str, body: PriorityBody) -> dict[str, Any]:
    """Rank a waiting caller anew."""
    entry = by_hand.get_entry(entry_id)
    return _answer(by_hand.set_priority(entry, body.priority, actor=principal_of(request).actor))


@router.post("/queue/entries/{entry_id}/move", auth=_SUPERVISOR)
def move(request: HttpRequest, entry_id: str, body: MoveBody) -> dict[str, Any]:
    """Into another department's line, with the time waited so far; the answer is his stay there."""
    entry, department = by_hand.get_entry(entry_id), selectors.department_for(body.department)
    return _answer(by_hand.move(entry, department, actor=principal_of(request).actor))


@router.post("/queue/entries/{entry_id}/remove", auth=_SUPERVISOR)
def remove(request: HttpRequest, entry_id: str, body: RemoveBody) -> dict[str, Any]:
    """Out of the line; the caller is told, and offered what the department has for him instead (`offer`)."""
    entry = by_hand.get_entry(entry_id)
    return _answer(by_hand.remove(entry, body.reason, actor=principal_of(request).actor))


@router.post("/agents/{agent_id}/presence", auth=_SUPERVISOR)
def set_presence(request: HttpRequest, agent_id: str, body: PresenceBody) -> dict[str, Any]:
    """Set an agent's presence for him; his desk tells who did. Made available, he is offered what waits."""
    agent = by_hand.set_presence(
        selectors.get_agent(agent_id), Presence(body.status), reason=body.reason, actor=principal_of(request).actor
    )
    return {"success": True, **presenters.agent_public(agent)}
