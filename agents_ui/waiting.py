"""The wallboard's list of waiting callers, for who may act on them by hand."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from common import clock
from queueing import matching
from queueing.models import Department, QueueEntry, Transfer
from queueing.services.ringing import CAUSE
from queueing.states import ENTRY_QUEUED

Json = dict[str, Any]

# A department: what is beyond comes up as these are served. It bounds what a message carries.
MOST = 50
REASON_SHOWN = 160

_FACTS = (
    *("pk", "department_id", "call_id", "department__slug", "priority", "enqueued_at", "cause", "page_gone"),
    *("agent__user__username", "call__customer_name", "call__customer_email", "call__language"),
)


def waiting() -> list[Json]:
    """Callers in line or being offered, the first MOST of each department with their places. Three queries."""
    queued = QueueEntry.objects.filter(state__in=ENTRY_QUEUED).order_by("department__slug", "pk").values(*_FACTS)
    places = _places(queued)
    # The last request's words, as the agents read them.
    reasons = dict(Transfer.objects.filter(entry__state__in=ENTRY_QUEUED).order_by("pk").values_list("entry", "reason"))
    return [
        {
            "entry_id": str(row["pk"]),
            "call_id": row["call_id"],
            "department": row["department__slug"],
            "position": places[row["pk"]],
            "customer": row["call__customer_name"] or row["call__customer_email"],
            "language": row["call__language"],
            "reason": reasons.get(row["pk"], "")[:REASON_SHOWN],
            "since": row["enqueued_at"].isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "priority": row["priority"],
            "agent_id": row["agent__user__username"],
            "callback": row["cause"] == CAUSE,
            "page_open": not row["page_gone"],
        }
        for row in queued
        if row["pk"] in places
    ]


def _places(queued: Iterable[Mapping[str, Any]]) -> dict[int, int]:
    """Entry → place, by the rank that the plan goes by."""
    paces = dict(Department.objects.values_list("pk", "priority_per_minute"))
    lines: dict[int, list[matching.Waiting]] = defaultdict(list)
    for row in queued:
        entry = matching.Waiting(row["pk"], row["department_id"], row["priority"], row["enqueued_at"])
        lines[entry.department].append(entry)
    now = clock.now()
    places: dict[int, int] = {}
    for department, line in lines.items():
        rules = matching.Rules(points_per_minute=paces.get(department, 0))
        line.sort(key=lambda one: matching.rank(one, rules, now))
        places |= {one.id: place for place, one in enumerate(line[:MOST], start=1)}
    return places
