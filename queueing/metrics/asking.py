"""What is asked for: which range, in which intervals, of whom."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from common.errors import Invalid
from queueing.metrics.facts import Grid
from queueing.models import Agent, Department


class Interval(StrEnum):
    """Lengths of an interval: minutes, or a day (UTC)."""

    QUARTER = "15"
    HALF = "30"
    HOUR = "60"
    DAY = "day"


_STEPS = {
    Interval.QUARTER: timedelta(minutes=15),
    Interval.HALF: timedelta(minutes=30),
    Interval.HOUR: timedelta(hours=1),
    Interval.DAY: timedelta(days=1),
}
# The facts of a range are read at once.
_LONGEST = {
    Interval.QUARTER: timedelta(days=7),
    Interval.HALF: timedelta(days=14),
    Interval.HOUR: timedelta(days=31),
    Interval.DAY: timedelta(days=92),
}


def grid_of(interval: Interval, start: datetime | None, end: datetime | None, *, now: datetime) -> Grid:
    """The intervals from `start` (default: midnight UTC before `end`) to `end` (default: now), whole ones; Invalid."""
    try:
        until = end or now
        since = start or (until - timedelta(microseconds=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        if until <= since:
            raise Invalid("The range ends before it begins.", fields={"end": "must be after start"})
        grid = Grid.around(since, until, _STEPS[interval])
    except OverflowError as error:
        raise Invalid("The range lies outside the calendar.", fields={"start": "out of range"}) from error
    longest = _LONGEST[interval]
    if grid.end - grid.start > longest:
        raise Invalid("The range is too long for the interval.", fields={"start": f"at most {longest.days} days"})
    return grid


def departments(slug: str | None) -> Sequence[Department]:
    """All departments, retired ones too, or the one named; Invalid."""
    found = [d for d in Department.objects.all() if slug is None or d.slug == slug]
    if slug is not None and not found:
        raise Invalid("There is no such department.", fields={"department": "unknown"})
    return found


def agents(username: str | None) -> Sequence[Agent]:
    """All agents, retired ones too, or the one named; Invalid."""
    found = [a for a in Agent.objects.select_related("user") if username is None or a.username == username]
    if username is not None and not found:
        raise Invalid("There is no such agent.", fields={"agent": "unknown"})
    return found
