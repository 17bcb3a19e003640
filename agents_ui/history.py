"""The history page: figures of one department by interval, as a table and a small picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.dateparse import parse_date

from common import clock
from common.errors import Invalid
from queueing.metrics import asking, presenters, selectors
from queueing.metrics.asking import Interval
from queueing.metrics.facts import Grid
from queueing.metrics.figures import Figures
from queueing.models import Department

Json = dict[str, Any]

_DAYS = timedelta(days=31)
# The picture's size in its own units; CSS gives the real one.
WIDTH, HEIGHT = 960, 160


@dataclass(frozen=True)
class Asked:
    """What the page was asked for; `is_wrong`: it could not be read, and today is shown."""

    department: Department | None
    interval: Interval
    grid: Grid
    is_wrong: bool


def asked(query: QueryDict, departments: Sequence[Department]) -> Asked:
    """Read the form's fields: `department`, `interval`, `day` (UTC); the first department's today by default."""
    now = clock.now()
    slug = query.get("department", "")
    department = next((d for d in departments if d.slug == slug), departments[0] if departments else None)
    wrong = bool(slug) and (department is None or department.slug != slug)
    try:
        interval = Interval(query.get("interval") or Interval.HALF)
        return Asked(department, interval, _grid(interval, query.get("day", ""), now), wrong)
    except (ValueError, OverflowError, Invalid):
        return Asked(department, Interval.HALF, _grid(Interval.HALF, "", now), is_wrong=True)


def _grid(interval: Interval, day: str, now: datetime) -> Grid:
    date = parse_date(day) if day else now.astimezone(UTC).date()
    if date is None:
        raise ValueError("no date")
    midnight = datetime(date.year, date.month, date.day, tzinfo=UTC)
    end = midnight + timedelta(days=1)
    return asking.grid_of(interval, end - _DAYS if interval is Interval.DAY else midnight, end, now=now)


def history(asked: Asked) -> Json:
    """What the template shows: rows, the whole range, the picture's bars, addresses of the files."""
    if asked.department is None:
        return {"rows": [], "chart": None, "total": None}
    rows = selectors.by_department([asked.department], asked.grid, now=clock.now())
    total, parts = rows[0], [row for row in rows[1:] if row.start is not None and row.start <= clock.now()]
    return {
        "rows": [{"start": row.start, "cells": _cells(row.figures)} for row in parts if row.figures.counts.offered],
        "total": _cells(total.figures),
        "chart": chart([row.figures for row in rows[1:]]) if total.figures.counts.offered else None,
        "csv": _file("departments", asked, department=asked.department.slug),
        "csv_agents": _file("agents", asked),
    }


def _file(name: str, asked: Asked, **values: str) -> str:
    start, end = presenters.when(asked.grid.start), presenters.when(asked.grid.end)
    return f"/api/metrics/{name}.csv?" + urlencode({"interval": asked.interval, "start": start, "end": end, **values})


def _cells(figures: Figures) -> list[str]:
    counts = figures.counts
    numbers = (counts.offered, counts.answered, counts.abandoned, counts.abandoned_short, counts.left)
    return [
        *map(str, numbers),
        _percent(figures.service_level), _length(figures.asa), _length(figures.aht),
        _percent(figures.abandonment), _percent(figures.occupancy), _length(figures.longest_wait),
    ]  # fmt: skip


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value * 100:.0f} %"


def _length(seconds: float | None) -> str:
    """`m:ss`, from an hour on `h:mm:ss`."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def chart(cells: Sequence[Figures]) -> Json:
    """Bars of answered with abandoned on top, in the units of the picture; the tallest fills it."""
    most = max((figures.counts.answered + figures.counts.abandoned for figures in cells), default=0) or 1
    step, bars = WIDTH / max(1, len(cells)), []
    for number, figures in enumerate(cells):
        answered, abandoned = (n * HEIGHT / most for n in (figures.counts.answered, figures.counts.abandoned))
        place = {"x": f"{number * step:.1f}", "width": f"{step * 0.8:.1f}"}
        for kind, height, below in (("answered", answered, 0.0), ("abandoned", abandoned, answered)):
            if height:
                bars.append({**place, "kind": kind, "y": f"{HEIGHT - below - height:.1f}", "height": f"{height:.1f}"})
    return {"bars": bars, "width": WIDTH, "height": HEIGHT, "most": most}
