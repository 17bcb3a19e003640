"""Routes of figures: JSON for programs, CSV for spreadsheets."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from calls import turn_figures
from calls.access import Allow, Kind
from calls.schemas import Moment
from common import clock
from queueing.metrics import asking, presenters, selectors
from queueing.metrics.asking import Interval
from queueing.metrics.facts import Grid
from queueing.metrics.sheet import sheet

router = Router(tags=["metrics"])

Json = dict[str, Any]

_READ = Allow(Kind.SUPERVISOR, Kind.KEY, scopes=("metrics",))
_DEPARTMENT_COLUMNS = (
    *("start", "department", "offered", "answered", "answered_in_time", "abandoned", "abandoned_short"),
    *("left_otherwise", "waiting", "called_back", "service_level", "average_speed_of_answer", "average_handling_time"),
    *("abandonment_rate", "occupancy", "longest_wait"),
)
_AGENT_COLUMNS = (
    *("start", "agent_id", "name", "offers", "declined", "missed", "answered", "talk_seconds", "wrap_up_seconds"),
    *("average_handling_time", "occupancy", "available_seconds", "away_seconds", "busy_seconds"),
)


@router.get("/metrics/departments", auth=_READ)
def department_metrics(
    request: HttpRequest,
    interval: Interval = Interval.HALF,
    start: Moment | None = None,
    end: Moment | None = None,
    department: str | None = None,
) -> Json:
    """Figures of departments by interval, `totals` over the whole range. Without a range: today (UTC) until now."""
    now = clock.now()
    grid = asking.grid_of(interval, start, end, now=now)
    rows = selectors.by_department(asking.departments(department), grid, now=now)
    return _report(interval, grid, [(row.start is None, presenters.department_row(row)) for row in rows])


@router.get("/metrics/departments.csv", auth=_READ)
def department_metrics_csv(
    request: HttpRequest,
    interval: Interval = Interval.HALF,
    start: Moment | None = None,
    end: Moment | None = None,
    department: str | None = None,
) -> HttpResponse:
    """The intervals of the same as CSV: UTF-8, no cell a formula."""
    now = clock.now()
    grid = asking.grid_of(interval, start, end, now=now)
    rows = selectors.by_department(asking.departments(department), grid, now=now)
    told = [presenters.department_row(row) for row in rows if row.start is not None]
    return _download("departments", grid, sheet(_DEPARTMENT_COLUMNS, told))


@router.get("/metrics/agents", auth=_READ)
def agent_metrics(
    request: HttpRequest,
    interval: Interval = Interval.HALF,
    start: Moment | None = None,
    end: Moment | None = None,
    agent: str | None = None,
) -> Json:
    """Figures of agents, only intervals in which they were there, `totals` over the whole range."""
    now = clock.now()
    grid = asking.grid_of(interval, start, end, now=now)
    rows = selectors.by_agent(asking.agents(agent), grid, now=now)
    return _report(interval, grid, [(row.start is None, presenters.agent_row(row)) for row in rows])


@router.get("/metrics/agents.csv", auth=_READ)
def agent_metrics_csv(
    request: HttpRequest,
    interval: Interval = Interval.HALF,
    start: Moment | None = None,
    end: Moment | None = None,
    agent: str | None = None,
) -> HttpResponse:
    """The intervals of the same as CSV: UTF-8, no cell a formula."""
    now = clock.now()
    grid = asking.grid_of(interval, start, end, now=now)
    rows = selectors.by_agent(asking.agents(agent), grid, now=now)
    told = [{**presenters.agent_row(row), "name": row.agent.name} for row in rows if row.start is not None]
    return _download("agents", grid, sheet(_AGENT_COLUMNS, told))


@router.get("/metrics/turns", auth=_READ)
def turn_metrics(request: HttpRequest, start: Moment | None = None, end: Moment | None = None) -> Json:
    """How quickly the AI answered, by provider, language and channel. Without a range: today (UTC) until now."""
    grid = asking.grid_of(Interval.DAY, start, end, now=clock.now())
    since, until = start or grid.start, end or grid.end
    return {
        "start": presenters.when(since),
        "end": presenters.when(until),
        "items": turn_figures.by_kind(since, until),
    }


def _report(interval: Interval, grid: Grid, rows: list[tuple[bool, Json]]) -> Json:
    return {
        "interval": interval.value,
        "start": presenters.when(grid.start),
        "end": presenters.when(grid.end),
        "totals": [row for whole, row in rows if whole],
        "items": [row for whole, row in rows if not whole],
    }


def _download(name: str, grid: Grid, text: str) -> HttpResponse:
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    file = f"{name}-{grid.start:%Y%m%d-%H%M}-{grid.end:%Y%m%d-%H%M}.csv"
    response["Content-Disposition"] = f'attachment; filename="{file}"'
    return response
