"""Routes of transfers and offers."""

from typing import Annotated, Any

from django.db.models import Q
from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from calls.access import Allow, Kind, Principal, call_for, find_call, principal_of
from calls.models import Call
from calls.selectors import last_call_in_room
from calls.states import AITask
from common.errors import Invalid, NotFound
from queueing import presenters, presenters_handover, selectors, targets
from queueing.models import Agent
from queueing.schemas import AcceptTransferBody, DeclineBody, HandOnBody, TransferBody
from queueing.services import consulting, handing_back, handing_on, handing_over, offers, transfers
from queueing.states import TransferKind, TransferState

router = Router(tags=["queue"])


@router.post("/create-transfer", auth=Allow(Kind.CALLER, Kind.KEY))
def create_transfer(request: HttpRequest, body: TransferBody) -> dict[str, Any]:
    """Ask for a person. A pending request is handed back as it is."""
    principal = principal_of(request)
    made = transfers.create_transfer(
        _call_in_room(principal, body.room_name),
        reason=body.reason,
        department=body.department,
        priority=body.priority,
        actor=principal.actor,
    )
    return presenters.transfer_created(made)


def _call_in_room(principal: Principal, room_name: str) -> Call:
    if principal.kind is Kind.CALLER:
        own = call_for(principal, principal.call_id)
        if room_name in (own.room_name, own.room_label):
            return own
    call = last_call_in_room(room_name)
    if call is None:
        raise NotFound("There is no call in that room.")
    return call_for(principal, call.pk)


@router.get("/queues", auth=Allow(Kind.AGENT, Kind.KEY, scopes=("calls", "agents")))
def list_queues(request: HttpRequest) -> dict[str, Any]:
    """Every active department as it stands: `waiting`, `longest_wait` in seconds, agents `staffed` and `free`."""
    departments = selectors.active_departments()
    lines, staff = selectors.department_stats(departments), selectors.staffing()
    return {"items": [{"department": d.slug, **lines[d.slug], **staff[d.pk]} for d in departments]}


@router.post("/calls/{call_id}/transfer", auth=Allow(Kind.AGENT))
def hand_on(request: HttpRequest, call_id: str, body: HandOnBody) -> dict[str, Any]:
    """The agent gives his call to a department and is done with it, or asks another agent to take it.

    `consult`: he talks with that agent, or with a free one of the department, while the caller hears music.
    `target` `ai`: the AI goes on with the caller, to help and say goodbye (`mode` `finish`) or to ask for a rating.
    """
    agent, call, reason = selectors.require_agent(principal_of(request).user), find_call(call_id), body.reason or ""
    if body.target is not None:
        back = handing_back.hand_back(call, agent=agent, task=AITask(body.mode))
        return {"success": True, "call_id": back.pk, "state": back.state, "mode": body.mode}
    if body.agent is not None:
        kind = TransferKind.CONSULT if body.consult else TransferKind.BLIND
        made = handing_over.hand_over(call, agent=agent, to=_colleague(body.agent), reason=reason, kind=kind)
    elif body.consult:
        department = selectors.department_for(body.department)
        made = handing_over.consult_department(call, agent=agent, department=department, reason=reason)
    else:
        made = handing_on.hand_on(call, agent=agent, department=body.department or "", reason=reason)
    return presenters.transfer_created(made)


def _colleague(username: str) -> Agent:
    try:
        return selectors.get_agent(username)
    except NotFound as error:
        raise Invalid("There is no such agent.", fields={"agent": "unknown"}) from error


@router.get("/transfer-targets", auth=Allow(Kind.AGENT))
def list_targets(request: HttpRequest) -> dict[str, Any]:
    """The agent's colleagues and how each stands; only who is `available` can be asked."""
    agent = selectors.require_agent(principal_of(request).user)
    return {"items": [presenters_handover.transfer_target(colleague) for colleague in targets.colleagues(agent)]}


@router.post("/transfers/{transfer_id}/cancel", auth=Allow(Kind.AGENT))
def take_back(request: HttpRequest, transfer_id: str) -> dict[str, Any]:
    """The agent who asked another to take his call has thought better of it; a consult ends."""
    agent = selectors.require_agent(principal_of(request).user)
    return presenters.transfer_created(handing_over.take_back(transfer_id, agent=agent))


@router.post("/transfers/{transfer_id}/join", auth=Allow(Kind.AGENT))
def join_consult(request: HttpRequest, transfer_id: str) -> dict[str, Any]:
    """A token for the room of a consult, for either agent. The first one's voice has left the caller's room by then.

    In a conference: for the caller's room, for the second agent alone.
    """
    agent = selectors.require_agent(principal_of(request).user)
    return presenters.consult_access(consulting.enter(transfer_id, agent=agent), agent)


@router.post("/transfers/{transfer_id}/conference", auth=Allow(Kind.AGENT))
def begin_conference(request: HttpRequest, transfer_id: str) -> dict[str, Any]:
    """The first agent of a consult brings the second to the caller: all three talk. Asked again: the same."""
    agent = selectors.require_agent(principal_of(request).user)
    return presenters.transfer_created(consulting.begin_conference(transfer_id, agent=agent))


@router.post("/transfers/{transfer_id}/complete", auth=Allow(Kind.AGENT))
def complete_consult(request: HttpRequest, transfer_id: str) -> dict[str, Any]:
    """The first agent gives the caller to the second, and is done."""
    agent = selectors.require_agent(principal_of(request).user)
    return presenters.transfer_created(consulting.complete(transfer_id, agent=agent))


@router.post("/transfers/{transfer_id}/leave", auth=Allow(Kind.AGENT))
def leave_consult(request: HttpRequest, transfer_id: str) -> dict[str, Any]:
    """The second agent leaves the consult; the caller is the first one's again."""
    agent = selectors.require_agent(principal_of(request).user)
    return presenters.transfer_created(consulting.leave(transfer_id, agent=agent))


@router.get("/transfers", auth=Allow(Kind.AGENT, Kind.KEY, scopes=("calls", "agents")))
def list_transfers(
    request: HttpRequest, status: TransferState | None = None, limit: Annotated[int, Field(ge=1, le=500)] = 100
) -> dict[str, Any]:
    """Transfers, oldest first: an agent's are those of his departments."""
    principal = principal_of(request)
    rows = selectors.transfers() if status is None else selectors.transfers().filter(state=status)
    agent = selectors.agent_for_user(principal.user)
    if agent is not None and not principal.is_supervisor:
        his = Q(target=agent) | Q(requested_by=agent.username, target__isnull=False)
        rows = rows.filter(Q(entry__department__in=agent.departments.all(), target__isnull=True) | his)
    return {"items": [presenters.transfer_payload(transfer) for transfer in rows[:limit]]}


@router.post("/accept-transfer", auth=Allow(Kind.AGENT))
def accept_transfer(request: HttpRequest, body: AcceptTransferBody) -> dict[str, Any]:
    """Take a transferred call."""
    agent = selectors.require_agent(principal_of(request).user)
    entry = transfers.accept_transfer(body.transfer_id, agent=agent)
    return presenters.accepted(entry, agent, display=body.agent_name or "")


@router.post("/offers/{offer_id}/accept", auth=Allow(Kind.AGENT))
def accept_offer(request: HttpRequest, offer_id: str) -> dict[str, Any]:
    """Take an offered call."""
    agent = selectors.require_agent(principal_of(request).user)
    return presenters.accepted(offers.accept_offer(offer_id, agent=agent), agent)


@router.post("/offers/{offer_id}/decline", auth=Allow(Kind.AGENT))
def decline_offer(request: HttpRequest, offer_id: str, body: DeclineBody | None = None) -> dict[str, Any]:
    """Pass an offered call on."""
    agent = selectors.require_agent(principal_of(request).user)
    offer = offers.decline_offer(offer_id, agent=agent, reason=body.reason if body else "")
    return {"success": True, "offer_id": str(offer.pk), "state": offer.state}
