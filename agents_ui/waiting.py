"""The wallboard's list of waiting callers, for who may act on them by hand."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, NamedTuple

from django.db.models import QuerySet

from common import clock
from common.prepared import Prepared, Row
from queueing import matching
from queueing.models import QueueEntry, Transfer
from queueing.services.ringing import CAUSE
from queueing.states import ENTRY_QUEUED

Json = dict[str, Any]

# A department: what is beyond comes up as these are served. It bounds what a message carries.
MOST = 50
REASON_SHOWN = 160


def _queued() -> QuerySet[QueueEntry, Row]:
    rows = QueueEntry.objects.filter(state__in=ENTRY_QUEUED).order_by("department_id", "-priority", "enqueued_at", "pk")
    return rows.values_list(
        *("pk", "department_id", "call_id", "department__slug", "priority", "enqueued_at", "cause", "page_gone"),
        *("agent__user__username", "call__customer_name", "call__customer_email", "call__language"),
    )


class Queued(NamedTuple):
    """An entry in line or being offered."""

    pk: int
    department: int
    call: str
    slug: str
    priority: int
    enqueued_at: datetime
    cause: str
    page_gone: bool
    agent: str | None
    name: str
    email: str
    language: str


def _asked() -> QuerySet[Transfer, Row]:
    rows = Transfer.objects.filter(entry__state__in=ENTRY_QUEUED).order_by("pk")
    return rows.values_list("entry", "reason")


_QUEUED, _ASKED = Prepared(_queued), Prepared(_asked)


class Line(NamedTuple):
    """What is read of all who wait: each of them, and the words of his last request as the agents read them."""

    queued: list[Queued]
    reasons: Mapping[int, str]


def read_line() -> Line:
    """As of now, in two queries."""
    return Line([Queued._make(row) for row in _QUEUED()], dict(_ASKED()))


def waiting(line: Line, paces: Mapping[int, int]) -> list[Json]:
    """Callers in line or being offered, the first MOST of each department with their places.

    `paces`: a department's points gained by a minute's waiting.
    """
    shown = [
        (row, place)
        for department, own in groupby(line.queued, key=attrgetter("department"))
        for place, row in enumerate(islice(_ranked(own, paces.get(department, 0)), MOST), start=1)
    ]
    shown.sort(key=lambda one: (one[0].slug, one[0].pk))
    return [
        {
            "entry_id": str(row.pk),
            "call_id": row.call,
            "department": row.slug,
            "position": place,
            "customer": row.name or row.email,
            "language": row.language,
            "reason": line.reasons.get(row.pk, "")[:REASON_SHOWN],
            "since": row.enqueued_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "priority": row.priority,
            "agent_id": row.agent,
            "callback": row.cause == CAUSE,
            "page_open": not row.page_gone,
        }
        for row, place in shown
    ]


def _ranked(line: Iterable[Queued], points_per_minute: int) -> Iterable[Queued]:
    """A department's line by the rank that the plan goes by; without points it is read in that order."""
    if not points_per_minute:
        return line
    rules, now = matching.Rules(points_per_minute=points_per_minute), clock.now()

    def waiting_one(row: Queued) -> matching.Waiting:
        return matching.Waiting(row.pk, row.department, row.priority, row.enqueued_at)

    return sorted(line, key=lambda row: matching.rank(waiting_one(row), rules, now))
