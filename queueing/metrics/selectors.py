"""Reads the facts of a time in a fixed number of queries, whatever their number, and reckons the figures."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import F, Min, OuterRef, Q, QuerySet, Subquery

from common.prepared import Prepared, Row
from queueing.metrics import sums
from queueing.metrics.facts import Change, Grid, Outcome, Segment, Stay, Time, segments, wrap_ups
from queueing.metrics.figures import (
    AgentFigures,
    Asked,
    Figures,
    Rules,
    agent_figures,
    department_figures,
    summed_figures,
)
from queueing.metrics.service_level import Formula
from queueing.models import Agent, AgentEvent, Department, Membership, Offer, QueueEntry
from queueing.states import Activity, EntryState, OfferState, Presence

# A call of the interval may end after it, and its wrap-up later still; no wrap-up is longer.
_WRAP_UP_AFTER = timedelta(hours=2)
# Not admitted; or no customer was there at all.
_NO_STAY = (EntryState.REJECTED_FULL, EntryState.REJECTED_CLOSED, EntryState.UNANSWERED)
_LOGGED = ("presence", "activity", "desk")


@dataclass(frozen=True)
class DepartmentRow:
    """A department's interval; `start` None: the whole range."""

    department: Department
    start: datetime | None
    figures: Figures


@dataclass(frozen=True)
class AgentRow:
    """An agent's interval; `start` None: the whole range."""

    agent: Agent
    start: datetime | None
    figures: AgentFigures


def rules_of(department: Department) -> Rules:
    """The department's threshold and formula."""
    return Rules(department.service_level_seconds, Formula(department.service_level_formula))


# --- reports -----------------------------------------------------------------------------------------------------
def by_department(departments: Sequence[Department], grid: Grid, *, now: datetime) -> list[DepartmentRow]:
    """Every interval of every department in order, each department's whole range first."""
    log = _Log(grid.start, min(grid.end, now))
    stays = _stays(Q(enqueued_at__gte=grid.start, enqueued_at__lt=grid.end, department__in=departments), log)
    of_department, times, staff = _grouped(stays, "department"), log.times(grid), _staff()
    rows = []
    for department in departments:
        own, agents = of_department[department.pk], staff[department.pk]
        cells: list[tuple[datetime | None, list[Stay], list[Time]]] = [
            (None, own, [Time.of(log.segments(agent)) for agent in agents])
        ]
        cells += [
            (start, part, [times[agent][index] for agent in agents if agent in times])
            for index, (start, part) in enumerate(zip(grid.starts(), grid.sort(own), strict=True))
        ]
        rules = rules_of(department)
        for start, part, staffed in cells:
            rows.append(DepartmentRow(department, start, department_figures(part, staffed, rules=rules, now=now)))
    return rows


def by_agent(agents: Sequence[Agent], grid: Grid, *, now: datetime) -> list[AgentRow]:
    """Every interval in which the agent was there or was asked, each agent's whole range first."""
    log = _Log(grid.start, min(grid.end, now))
    within = Q(enqueued_at__gte=grid.start, enqueued_at__lt=grid.end)
    stays = _grouped(_stays(within & Q(agent__in=agents), log), "agent")
    offers, times = _offers(agents, grid), log.times(grid)
    rows = []
    for agent in agents:
        own, asked, nothing = stays[agent.pk], offers[agent.pk], [Time()] * len(grid)
        everything = [offer for cell in asked.values() for offer in cell]
        rows.append(AgentRow(agent, None, agent_figures(own, everything, Time.of(log.segments(agent.pk)))))
        for index, (start, part) in enumerate(zip(grid.starts(), grid.sort(own), strict=True)):
            time = times.get(agent.pk, nothing)[index]
            if part or asked[index] or time != Time():
                rows.append(AgentRow(agent, start, agent_figures(part, asked[index], time)))
    return rows


@dataclass(frozen=True)
class Board:
    """What a wallboard shows of a department: the last minutes, and the day."""

    recent: Figures
    today: Figures


def boards(
    departments: Sequence[Department], *, midnight: datetime, recent: timedelta, now: datetime
) -> Callable[[], dict[int, Board]]:
    """By department, asked for at once and told when called: see `postgres.meanwhile`.

    `recent` counts everybody who came in that time or still waits, however long already.
    """
    since = now - recent
    start = min(midnight, since)
    stays = sums.stays(start=start, since=since, midnight=midnight, now=now, until=now + _WRAP_UP_AFTER)
    spent = sums.times(start=start, cut=max(midnight, since), end=now)

    def by_department() -> dict[int, Board]:
        parts: dict[int, list[sums.Part]] = defaultdict(list)
        for part in stays():
            parts[part.department].append(part)
        times = spent()
        return {
            one.pk: _board(rules_of(one), parts[one.pk], times.get(one.pk, (Time(), Time())), is_late=since >= midnight)
            for one in departments
        }

    return by_department


def _board(rules: Rules, parts: Sequence[sums.Part], times: tuple[Time, Time], *, is_late: bool) -> Board:
    """`times` before and after the later of midnight and the beginning of the last minutes; `is_late`: the latter."""
    early, late = times
    lately, all_day = ([late], [early, late]) if is_late else ([early, late], [late])
    return Board(
        summed_figures([part.tally for part in parts if part.is_recent], lately, rules=rules),
        summed_figures([part.tally for part in parts if part.is_of_today], all_day, rules=rules),
    )


def _changes(start: datetime, end: datetime) -> QuerySet[AgentEvent, Row]:
    rows = AgentEvent.objects.filter(at__gte=start, at__lt=end, kind__in=_LOGGED)
    return rows.order_by("at", "id").values_list("agent", "at", "kind", "value", "call_id_ref")


_CHANGES = Prepared(_changes)


# --- facts -------------------------------------------------------------------------------------------------------
class _Log:
    """The agents' logs from `start` on: two queries."""

    def __init__(self, start: datetime, end: datetime) -> None:
        self.start, self.end = start, max(start, end)
        self.agents = _states_at(start)
        self.changes: dict[int, list[Change]] = defaultdict(list)
        for row in _CHANGES(start=start, end=self.end + _WRAP_UP_AFTER):
            self.changes[row[0]].append(Change._make(row))

    def segments(self, agent: int) -> Iterable[Segment]:
        """The agent's time from the log's start to its end."""
        presence, activity, desk = self.agents.get(agent, (Presence.OFFLINE, Activity.IDLE, True))
        return segments(
            agent,
            presence=presence,
            activity=activity,
            desk=desk,
            changes=self.changes.get(agent, ()),
            start=self.start,
            end=self.end,
        )

    def times(self, grid: Grid) -> dict[int, list[Time]]:
        """Each agent's time by interval."""
        return {agent: [Time.of(cell) for cell in grid.spread(self.segments(agent))] for agent in self.agents}

    def wrap_ups(self) -> dict[tuple[int, str], float | None]:
        """See `facts.wrap_ups`."""
        return {key: value for own in self.changes.values() for key, value in wrap_ups(own).items()}


def _states_at(at: datetime) -> dict[int, tuple[str, str, bool]]:
    """Presence, activity and open desk of each agent at `at`, by his log; one whose log says nothing is as he is now.

    Of desks nothing was logged once: who has no such row counts as there.
    """

    def logged(kind: str) -> Any:
        return AgentEvent.objects.filter(agent=OuterRef("pk"), kind=kind)

    def before(kind: str) -> Subquery:
        return Subquery(logged(kind).filter(at__lt=at).order_by("-at", "-id").values("value")[:1])

    def later(kind: str) -> Any:
        return logged(kind).filter(at__gte=at)

    def after(kind: str) -> Subquery:
        return Subquery(later(kind).values("pk")[:1])

    rows = Agent.objects.annotate(
        presence_was=before("presence"), activity_was=before("activity"),
        presence_changed=after("presence"), activity_changed=after("activity"),
        desk_was=before("desk"), desk_next=Subquery(later("desk").order_by("at", "id").values("value")[:1]),
    )  # fmt: skip
    found = rows.order_by().values(
        *("pk", "presence", "presence_was", "presence_changed", "activity", "activity_was", "activity_changed"),
        *("desk_was", "desk_next"),
    )
    return {
        row["pk"]: (
            row["presence_was"] or (Presence.OFFLINE if row["presence_changed"] else row["presence"]),
            row["activity_was"] or (Activity.IDLE if row["activity_changed"] else row["activity"]),
            row["desk_was"] == "open" if row["desk_was"] else row["desk_next"] != "open",
        )
        for row in found
    }


def _stays(where: Q, log: _Log) -> list[Stay]:
    """The stays that fit, in one query; callers who were not admitted made none."""
    wraps = log.wrap_ups()
    return [_stay(_Row._make(row), wraps) for row in _entries(where)]


def _entries(where: Q) -> QuerySet[QueueEntry, Row]:
    reached = Min("offers__answered_at", filter=Q(offers__state=OfferState.CONNECTED))
    rows = QueueEntry.objects.filter(where).exclude(state__in=_NO_STAY).annotate(reached=reached)
    return rows.order_by("enqueued_at", "id").values_list(*_Row._fields)


class _Row(NamedTuple):
    """What is read of an entry."""

    department: int
    agent: int | None
    call: str
    state: str
    short_abandon: bool
    cause: str
    enqueued_at: datetime
    answered_at: datetime | None
    connected_at: datetime | None
    ended_at: datetime | None
    reached: datetime | None


def _stay(row: _Row, wraps: dict[tuple[int, str], float | None]) -> Stay:
    connected, ended = row.connected_at, row.ended_at
    return Stay(
        department=row.department,
        enqueued_at=row.enqueued_at,
        outcome=_outcome(row),
        answered_at=row.reached or (row.answered_at if ended is None or connected else None),
        ended_at=ended,
        short=row.short_abandon,
        agent=row.agent,
        talk_seconds=(ended - connected).total_seconds() if connected and ended else None,
        wrap_up_seconds=wraps.get((row.agent, row.call), 0.0) if row.agent is not None else 0.0,
        callback=row.cause == "callback",
    )


def _outcome(row: _Row) -> Outcome:
    if row.reached or row.connected_at:
        return Outcome.ANSWERED
    if row.ended_at is None:
        return Outcome.WAITING
    return Outcome.ABANDONED if row.state == EntryState.ABANDONED else Outcome.LEFT


def _grouped(stays: Iterable[Stay], by: str) -> dict[int | None, list[Stay]]:
    found: dict[int | None, list[Stay]] = defaultdict(list)
    for stay in stays:
        found[getattr(stay, by)].append(stay)
    return found


def _staff() -> dict[int, list[int]]:
    """The agents of each department, as it is staffed now."""
    found: dict[int, list[int]] = defaultdict(list)
    for department, agent in Membership.objects.order_by("agent").values_list("department", "agent"):
        found[department].append(agent)
    return found


def _offers(agents: Sequence[Agent], grid: Grid) -> dict[int, dict[int, list[Asked]]]:
    """The offers made to each agent, by interval."""
    found: dict[int, dict[int, list[Asked]]] = defaultdict(lambda: defaultdict(list))
    rows = Offer.objects.filter(agent__in=agents, created_at__gte=grid.start, created_at__lt=grid.end)
    facts = rows.order_by(F("created_at"), "id").values_list("agent", "created_at", "state", "reason")
    for agent, created, state, reason in facts:
        found[agent][grid.index(created)].append((state, reason))
    return found
