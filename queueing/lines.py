"""The places of many callers at once: as many statements for five hundred as for one."""

from collections import defaultdict
from collections.abc import Collection

from django.db.models import Count, F

from common import clock
from queueing import ewt, matching, selectors
from queueing.models import Agent, Department, QueueEntry
from queueing.states import ENTRY_OPEN, ENTRY_QUEUED, Presence

# Position and estimated wait in seconds, None outside the line.
Place = tuple[int, int] | None


def places(calls: Collection[str]) -> dict[str, tuple[str, Place]]:
    """By call with an open entry: its department's slug, and its place as `selectors.place` has it."""
    rows = QueueEntry.objects.filter(call__in=calls, state__in=ENTRY_OPEN)
    entries = list(rows.values_list("call_id", "pk", "department_id", "department__slug", "state"))
    queued = {department for _, _, department, _, state in entries if state in ENTRY_QUEUED}
    departments = list(Department.objects.filter(pk__in=queued)) if queued else []
    ranks, waits = _ranks(departments), _Waits(departments)
    return {
        # Out of the line between the two looks: the next one will say.
        call: (slug, (ranks[pk], waits.of(department, ranks[pk])) if state in ENTRY_QUEUED and pk in ranks else None)
        for call, pk, department, slug, state in entries
    }


def _ranks(departments: Collection[Department]) -> dict[int, int]:
    """By entry in the departments' lines, its rank, 1 being next."""
    rows = QueueEntry.objects.filter(department__in=departments, state__in=ENTRY_QUEUED).order_by()
    lines: dict[int, list[matching.Waiting]] = defaultdict(list)
    for row in rows.values_list("pk", "department", "priority", "enqueued_at") if departments else ():
        lines[row[1]].append(matching.Waiting(*row))
    now = clock.now()
    found: dict[int, int] = {}
    for department in departments:
        rules = matching.Rules(points_per_minute=department.priority_per_minute)
        line = sorted(lines[department.pk], key=lambda one: matching.rank(one, rules, now))
        found |= {one.id: rank for rank, one in enumerate(line, start=1)}
    return found


class _Waits:
    """The estimate for any place of the departments."""

    def __init__(self, departments: Collection[Department]) -> None:
        there = Agent.objects.filter(selectors.leased(), presence=Presence.AVAILABLE, departments__in=departments)
        rows = there.values_list(F("departments")).annotate(count=Count("pk", distinct=True)).order_by()
        self._staffed = dict(rows) if departments else {}
        self._wrap_up = {department.pk: department.wrap_up_seconds for department in departments}
        self._handling = {department.pk: selectors.mean_handling(department.pk) for department in departments}

    def of(self, department: int, rank: int) -> int:
        """Seconds; `selectors.place` reckons the same."""
        staffed, wrap_up = self._staffed.get(department, 0), self._wrap_up[department]
        return ewt.estimate(rank, staffed, self._handling[department], wrap_up=wrap_up)
