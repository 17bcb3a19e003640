"""Calls on their way from one agent to another, as each of the two, and who is offered one, sees them."""

from datetime import datetime
from typing import Any

from calls.services.participants import present
from calls.states import Role
from queueing import targets
from queueing.models import Agent, Offer, Transfer
from queueing.states import TransferState

Json = dict[str, Any]


def _when(at: datetime | None) -> str | None:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None


def asked_by(offer: Offer, transfer: Transfer | None) -> Json | None:
    """For a call another agent has: its transfer, the kind of it, who asks, and his notes."""
    first = offer.entry.agent if transfer is not None else None
    if transfer is None or first is None:
        return None
    return {
        "id": transfer.public_id,
        "kind": transfer.kind,
        "agent_id": first.username,
        "name": first.name,
        "notes": offer.entry.call.notes,
    }


def concerned_by(transfer: Transfer) -> list[Agent]:
    """The desks that show it: whoever has the caller, and the second agent of a consult."""
    asking, asked = transfer.entry.agent, transfer.target
    talking = transfer.state == TransferState.ACCEPTED
    return [agent for agent in (asking, asked if talking else None) if agent is not None]


def handover(transfer: Transfer, agent: Agent) -> Json:
    """A call on its way from one agent to another, as `agent`, one of the two, sees it."""
    asking, asked = transfer.entry.agent, transfer.target
    mine = asking is not None and asking.pk == agent.pk
    other = asked if mine else asking
    offer = targets.ringing_offer(transfer)
    ringing = transfer.state == TransferState.PENDING
    return {
        "id": transfer.public_id,
        "call_id": transfer.call_id,
        "kind": transfer.kind,
        "role": "asking" if mine else "asked",
        "status": "ringing" if ringing else "talking",
        "conference": transfer.conference_at is not None,
        "agent_id": other.username if other is not None else "",
        "name": other.name if other is not None else "",
        "reason": transfer.reason,
        "expires_at": _when(offer.expires_at) if ringing and offer is not None else None,
    }


def guest(talk: Transfer | None) -> Json | None:
    """The second agent of a conference, while he is in the caller's room, as the caller is told of him."""
    second = talk.target if talk is not None and talk.conference_at is not None else None
    if talk is None or second is None or not present(talk.call, Role.AGENT, identity=second.identity):
        return None
    return {"agent_id": second.username, "name": second.name}


def transfer_target(agent: Agent) -> Json:
    """A colleague as the transfer dialog shows him."""
    return {
        "agent_id": agent.username,
        "name": agent.name,
        "state": targets.standing(agent),
        "departments": sorted(department.slug for department in agent.departments.all()),
    }
