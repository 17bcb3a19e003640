"""Who is in a call besides its agent: for the agent, for the supervisor himself, and for wallboards."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from calls.states import Role
from calls.telephony import telephony
from common.prepared import Prepared, Row
from queueing.models import Agent, Supervision
from queueing.supervising import SUPERVISION_LIVE, SupervisionState

Json = dict[str, Any]


def _when(at: datetime | None) -> str | None:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None


def for_agent(call_id: str) -> list[Json]:
    """Supervisors the agent is told of: all but concealed listeners. `[{"name", "mode", "since"}]`"""
    shown = [row for row in _LIVE(call=call_id) if not is_concealed(row)]
    return [{"name": row.name, "mode": row.state, "since": _when(row.changed_at)} for row in shown]


def _live(call: str) -> QuerySet[Supervision]:
    rows = Supervision.objects.filter(call=call, state__in=SUPERVISION_LIVE).select_related("supervisor")
    return rows.order_by("started_at", "id")


_LIVE = Prepared(_live)


def is_concealed(session: Supervision) -> bool:
    """Whether the agent is not told; who speaks is heard, so there is nothing to conceal."""
    return session.concealed and session.state == SupervisionState.LISTEN


def session(row: Supervision) -> Json:
    """Answer of supervise: where to listen, and while whispering where to speak. Tokens are signed anew each time."""
    return {
        "call_id": row.call_id,
        "mode": row.state,
        "concealed": row.concealed,
        "url": settings.LIVEKIT_PUBLIC_URL,
        "room_name": row.call.room_name,
        "identity": row.identity,
        "token": _room_token(row),
        "whisper": _whisper(row),
        "lease_until": _when(row.lease_until),
    }


def _room_token(row: Supervision) -> str:
    """Only a listener's, whom nobody in the room sees, until he speaks to everybody."""
    barging = row.state == SupervisionState.BARGE
    return telephony().token(
        identity=row.identity,
        name=row.name,
        room=row.call.room_name,
        role=Role.SUPERVISOR,
        hidden=not barging,
        publish=barging,
    )


def _whisper(row: Supervision) -> Json | None:
    if row.state != SupervisionState.WHISPER:
        return None
    token = telephony().token(identity=row.identity, name=row.name, room=row.whisper_room, role=Role.SUPERVISOR)
    return {"room_name": row.whisper_room, "token": token}


def whisper_for(row: Supervision, agent: Agent) -> Json:
    """Where the agent hears the whisper. He only listens there: what he says goes to his customer."""
    token = telephony().token(
        identity=agent.identity, name=agent.name, room=row.whisper_room, role=Role.AGENT, publish=False
    )
    return {"url": settings.LIVEKIT_PUBLIC_URL, "room_name": row.whisper_room, "token": token, "name": row.name}


def for_wallboard() -> dict[str, list[Json]]:
    """By call: who is in it, as supervisors see one another."""
    found: dict[str, list[Json]] = {}
    for call, mode, username, first, last in _EVERYBODY():
        who = {"supervisor": username, "name": f"{first} {last}".strip() or username, "mode": mode}
        found.setdefault(call, []).append(who)
    return found


def _everybody() -> QuerySet[Supervision, Row]:
    rows = Supervision.objects.filter(state__in=SUPERVISION_LIVE).order_by("started_at", "id")
    names = ("username", "first_name", "last_name")
    return rows.values_list("call", "state", *(f"supervisor__{name}" for name in names))


_EVERYBODY = Prepared(_everybody)
