"""The wallboard's list of calls in which somebody is talked with, for who may supervise them."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from calls.models import Call
from calls.states import LIVE, CallState
from common.prepared import Prepared, Row
from queueing.models import Transfer
from queueing.presenters_supervision import for_wallboard
from queueing.services.supervision import live_sessions
from queueing.targets import all_consults

Json = dict[str, Any]

# A wall shows no more; who wants another call finds it by its department when some have ended.
MOST = 200


class _Talk(NamedTuple):
    """What is read of a call, and of its agent."""

    pk: str
    customer_name: str
    customer_email: str
    language: str
    department: str
    state: str
    on_hold: bool
    created_at: datetime
    display_name: str | None
    first_name: str | None
    last_name: str | None
    username: str | None

    @property
    def agent(self) -> str | None:
        """What its agent is called; the AI's calls have none."""
        if self.state != CallState.AGENT or self.display_name is None:
            return None
        return self.display_name or f"{self.first_name} {self.last_name}".strip() or self.username


def _talks() -> QuerySet[Call, Row]:
    talking = Q(state__in=[CallState.AI, CallState.AGENT])
    supervised = Q(state__in=LIVE, pk__in=live_sessions().order_by().values("call"))
    rows = Call.objects.filter(talking | supervised).order_by("created_at", "pk")
    own, agents = _Talk._fields[:-4], ("agent__agent__display_name", *(f"agent__{n}" for n in _Talk._fields[-3:]))
    return rows.values_list(*own, *agents)[:MOST]


_TALKS = Prepared(_talks)


def conversations() -> list[Json]:
    """Calls with the AI or an agent, and those somebody supervises, the longest first. Three queries.

    `second`: the agent who is asked about the call, `{"name", "with_customer"}`; None where there is none.
    """
    present, consults = for_wallboard(), all_consults()
    return [
        {
            "call_id": call.pk,
            "customer": call.customer_name or call.customer_email,
            "language": call.language,
            "department": call.department,
            "state": call.state,
            "agent": call.agent,
            "second": _second(consults.get(call.pk)),
            "on_hold": call.on_hold,
            "since": call.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "supervision": present.get(call.pk, []),
        }
        for call in map(_Talk._make, _TALKS())
    ]


def _second(consult: Transfer | None) -> Json | None:
    if consult is None or consult.target is None:
        return None
    return {"name": consult.target.name, "with_customer": consult.conference_at is not None}
