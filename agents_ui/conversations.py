"""The wallboard's list of calls in which somebody is talked with, for who may supervise them."""

from typing import Any

from django.db.models import Q

from agents_ui import selectors
from calls.models import Call
from calls.states import LIVE, CallState
from queueing.presenters_supervision import for_wallboard
from queueing.services.supervision import live_sessions

Json = dict[str, Any]

# A wall shows no more; who wants another call finds it by its department when some have ended.
MOST = 200


def conversations() -> list[Json]:
    """Calls with the AI or an agent, and those somebody supervises, the longest first."""
    talking = Q(state__in=[CallState.AI, CallState.AGENT])
    supervised = Q(state__in=LIVE, pk__in=live_sessions().order_by().values("call"))
    calls = list(Call.objects.filter(talking | supervised).order_by("created_at", "pk")[:MOST])
    agents, present = selectors.agent_names(calls), for_wallboard(calls)
    return [
        {
            "call_id": call.pk,
            "customer": call.customer_name or call.customer_email,
            "language": call.language,
            "department": call.department,
            "state": call.state,
            "agent": agents.get(call.agent_id or 0) if call.state == CallState.AGENT else None,
            "on_hold": call.on_hold,
            "since": call.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "supervision": present.get(call.pk, []),
        }
        for call in calls
    ]
