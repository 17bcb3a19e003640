"""How departments stand at this moment, as their rows say."""

from django.db.models import Count, F, Q

from common import clock
from queueing import selectors
from queueing.admission import Cause, Rule, Standing, obstacle
from queueing.hours import is_open
from queueing.models import Agent, Department, QueueEntry
from queueing.opening import hours_of
from queueing.states import ENTRY_QUEUED, Activity, EntryState, Presence


def standing_of(department: Department) -> Standing:
    """The department now. What none of its rules asks about is not looked up."""
    rules = {
        Cause.CLOSED: Rule(department.when_closed),
        Cause.FULL: Rule(department.when_full),
        Cause.UNSTAFFED: Rule(department.when_unstaffed),
        Cause.TIMED_OUT: Rule(department.when_timed_out),
    }
    return Standing(
        id=department.pk,
        rules=rules,
        is_active=department.is_active,
        is_open=is_open(hours_of(department), clock.now()),
        is_staffed=rules[Cause.UNSTAFFED] is Rule.KEEP or is_staffed(department.pk),
        waiting=_waiting(department.pk) if department.max_waiting else 0,
        max_waiting=department.max_waiting,
        overflow_to=_overflow_to(department),
    )


def is_staffed(department_id: int) -> bool:
    """Whether anybody works there: logged in with an open desk (a pause counts), or busy with a call."""
    at_desk = selectors.leased() & ~Q(presence=Presence.OFFLINE)
    busy = Q(is_active=True, activity__in=[Activity.ON_CALL, Activity.WRAPPING_UP])
    return Agent.objects.filter(at_desk | busy, departments=department_id).exists()


def stranded_entries(limit: int) -> list[int]:
    """Waiting entries whose department cannot serve them any more and says something other than to wait."""
    # A callback of a closed department is put off, not sent elsewhere.
    waiting = QueueEntry.objects.filter(state=EntryState.WAITING).exclude(cause="callback")
    rows = Department.objects.filter(pk__in=waiting.values("department"))
    rows = rows.prefetch_related("opening_hours", "special_days")
    stuck = [row.pk for row in rows if obstacle(standing_of(row), newcomer=False)]
    return list(waiting.filter(department__in=stuck).values_list("pk", flat=True)[:limit]) if stuck else []


def closed_departments() -> list[int]:
    """Those in whose line a callback waits though they are closed now."""
    lines = QueueEntry.objects.filter(state=EntryState.WAITING, cause="callback").values("department")
    rows = Department.objects.filter(pk__in=lines).prefetch_related("opening_hours", "special_days")
    return [row.pk for row in rows if not is_open(hours_of(row), clock.now())]


def lock_line(department: Department) -> None:
    """Take the department's row where its line is limited: those who come at once are counted one by one."""
    if department.max_waiting:
        Department.objects.filter(pk=department.pk).update(max_waiting=F("max_waiting"))


def _waiting(department_id: int) -> int:
    rows = QueueEntry.objects.filter(department=department_id, state__in=ENTRY_QUEUED)
    return int(rows.aggregate(count=Count("pk"))["count"])


def _overflow_to(department: Department) -> int | None:
    if department.overflow_to_id is not None or department.is_active:
        return department.overflow_to_id
    # Callers of a department that was switched off are the default one's.
    rows = Department.objects.filter(is_active=True).order_by("-is_default", "slug")
    return rows.values_list("pk", flat=True).first()
