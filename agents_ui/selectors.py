"""Reads only the desk and the wallboard need."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from calls.models import Call, CallEvent
from calls.states import LIVE
from common import clock
from common.prepared import Prepared, Row
from queueing.models import Agent, AgentEvent, AwayReason, DeclineReason, Department, Disposition, QueueEntry
from queueing.services import giving
from queueing.states import ENTRY_QUEUED, Activity

PAST_CALLS = 10


def start_of_day() -> datetime:
    """Midnight of today in the system's time zone."""
    return timezone.localtime(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)


def average_handling(agent: Agent, *, since: datetime) -> int:
    """Mean seconds from accept to the end of wrap-up over the calls wholly done since `since`; 0 without any."""
    return handling_by_agent([agent.pk], since=since)[agent.pk]


def handling_by_agent(agents: Collection[int], *, since: datetime) -> dict[int, int]:
    """The same by agent."""
    rows = AgentEvent.objects.filter(agent__in=agents, kind="activity", at__gte=since)
    logs: dict[int, list[tuple[str, datetime]]] = {pk: [] for pk in agents}
    for agent, value, at in rows.values_list("agent", "value", "at"):
        logs[agent].append((value, at))
    return {agent: _mean_handling(log) for agent, log in logs.items()}


def _mean_handling(log: Iterable[tuple[str, datetime]]) -> int:
    spent, calls, started = timedelta(), 0, None
    for value, at in log:
        # A call taken out of a wrap-up ends that wrap-up.
        if started is not None and value != Activity.WRAPPING_UP:
            spent, calls, started = spent + (at - started), calls + 1, None
        if value == Activity.ON_CALL:
            started = at
    return int(spent.total_seconds() / calls) if calls else 0


def held_entry(agent: Agent, call: Call) -> QueueEntry | None:
    """The agent's last stay with the call."""
    rows = QueueEntry.objects.select_related("call", "department", "agent__user")
    return rows.filter(call=call, agent=agent).order_by("-pk").first()


def why_gone(entry: QueueEntry) -> str:
    """Why a call that lives on is not the agent's any more: what his entry ended with."""
    rows = (
        CallEvent.objects.filter(call=entry.call_id, kind="entry.done").order_by("-pk").values_list("data", flat=True)
    )
    return next((str(data["cause"]) for data in rows if data.get("entry") == entry.pk), giving.REASON)


def past_calls(call: Call) -> list[Call]:
    """Earlier calls of the same proved customer, or under the same email, newest first.

    The email is a claim of the caller's, not a proof.
    """
    same = Q()
    if call.customer_id is not None:
        same |= Q(customer=call.customer_id)
    if call.subject:
        same |= Q(subject=call.subject)
    if not same:
        return []
    rows = Call.objects.filter(same, created_at__lt=call.created_at).exclude(pk=call.pk)
    return list(rows.select_related("agent")[:PAST_CALLS])


def agent_names(calls: Iterable[Call]) -> dict[int, str]:
    """What the calls' agents are called, by user."""
    users = {call.agent_id for call in calls if call.agent_id is not None}
    return {agent.user_id: agent.name for agent in Agent.objects.select_related("user").filter(user__in=users)}


def disposition_names(language: str) -> dict[str, str]:
    """Names of all outcomes by slug, retired ones included: past calls carry them."""
    return {d.slug: d.name(language) for d in Disposition.objects.all()}


def active_dispositions() -> list[str]:
    """Slugs an agent may choose from, in order."""
    return list(Disposition.objects.filter(is_active=True).values_list("slug", flat=True))


def away_reasons(language: str) -> list[dict[str, str]]:
    """What an agent may be away for, in order: `[{"value", "label"}]`."""
    return [{"value": row.slug, "label": row.name(language)} for row in AwayReason.objects.filter(is_active=True)]


def away_reason_names(language: str) -> dict[str, str]:
    """Names of all reasons by slug, retired ones included: somebody may be away for one."""
    return {row.slug: row.name(language) for row in AwayReason.objects.all()}


def decline_reasons(language: str) -> list[dict[str, str]]:
    """What an agent may say when he declines, in order: `[{"value", "label"}]`."""
    return [{"value": row.slug, "label": row.name(language)} for row in DeclineReason.objects.filter(is_active=True)]


def department_names(language: str) -> dict[str, str]:
    """Names of all departments by slug."""
    return {department.slug: department.name(language) for department in Department.objects.all()}


# --- the wallboard: looked at every second, so its statements are made once --------------------------------------
class DepartmentRow(NamedTuple):
    """A department as the wallboard shows it."""

    pk: int
    slug: str
    is_active: bool
    priority_per_minute: int
    service_level_seconds: int
    alarm_waiting: int
    alarm_wait_seconds: int
    alarm_service_level: int


def department_rows() -> list[DepartmentRow]:
    """All departments by slug."""
    return [DepartmentRow._make(row) for row in _DEPARTMENTS()]


def live_calls() -> dict[str, int]:
    """How many calls are with the AI, waiting, and with an agent."""
    counted: dict[str, int] = dict(_CALLS())
    return {state: counted.get(state, 0) for state in ("ai", "waiting", "agent")}


def activity_since() -> dict[int, datetime]:
    """When each agent last changed what he does or chose, by agent; None for one who never did."""
    return dict(_CHANGED())


def oldest_waiting() -> dict[int, tuple[int, datetime]]:
    """By department: how many callers wait, and since when the first of them."""
    return {department: (number, since) for department, number, since in _LINES()}


def _departments() -> QuerySet[Department, Row]:
    return Department.objects.values_list(*DepartmentRow._fields)


def _calls() -> QuerySet[Call, Row]:
    return Call.objects.filter(state__in=LIVE).values_list("state").annotate(count=Count("pk")).order_by()


def _changed() -> QuerySet[Agent, Row]:
    # One look into the index for each agent; to group the log would be to read all of it.
    own = AgentEvent.objects.filter(agent=OuterRef("pk"), kind__in=["activity", "presence"])
    last = own.order_by("-at", "-id").values("at")[:1]
    return Agent.objects.order_by().values_list("pk", Subquery(last))


def _lines() -> QuerySet[QueueEntry, Row]:
    # Nobody is on the line who is to be called back.
    rows = QueueEntry.objects.filter(state__in=ENTRY_QUEUED).exclude(cause="callback").values_list("department")
    return rows.annotate(waiting=Count("pk"), since=Min("enqueued_at")).order_by()


_DEPARTMENTS, _CALLS, _CHANGED, _LINES = map(Prepared, (_departments, _calls, _changed, _lines))
