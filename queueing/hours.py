"""Opening hours: pure functions on a department's week, its special days and its time zone.

An interval belongs to the day it opens on and may run past midnight. On a special day only that day's own intervals
count, from midnight to midnight: what began the evening before ends there. No week at all means always open.
Clock changes: a time that does not exist is taken as much later as the clock jumps (RFC 5545, 3.3.5); of a time that
comes twice, the first opens and the second closes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MIDNIGHT = time(0)
# Looking further ahead for an opening helps nobody.
HORIZON_DAYS = 366


@dataclass(frozen=True, slots=True)
class Interval:
    """Open from `opens` until `closes`, local times; not later than `opens` means on the next day."""

    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class Weekly:
    """An interval of every week. `weekday`: 0 is Monday."""

    weekday: int
    interval: Interval


@dataclass(frozen=True, slots=True)
class Special:
    """A date that is unlike its weekday; without an interval it is closed. A date may have several rows."""

    day: date
    interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class Hours:
    """When a department is open. `zone` is an IANA name."""

    weekly: tuple[Weekly, ...] = ()
    special: tuple[Special, ...] = ()
    zone: str = "UTC"

    @property
    def always(self) -> bool:
        """Whether there is no closing at all."""
        return not self.weekly and not self.special


_WHOLE_DAY = Interval(MIDNIGHT, MIDNIGHT)


def is_open(hours: Hours, at: datetime) -> bool:
    """Whether the department is open at the (aware) moment; the closing moment itself is closed."""
    if hours.always:
        return True
    today = at.astimezone(ZoneInfo(hours.zone)).date()
    return any(start <= at < end for start, end in _spans(hours, today - timedelta(days=1), days=2))


def next_opening(hours: Hours, at: datetime) -> datetime | None:
    """`at` itself when open, else the next opening in the department's zone; None: none within a year."""
    zone = ZoneInfo(hours.zone)
    if is_open(hours, at):
        return at
    today = at.astimezone(zone).date()
    starts = (start for start, _ in _spans(hours, today, days=HORIZON_DAYS) if start > at)
    found = next(starts, None)
    return found.astimezone(zone) if found is not None else None


def _spans(hours: Hours, first: date, *, days: int) -> Iterator[tuple[datetime, datetime]]:
    """The open spans that begin on these days, as moments, in the order of their days and openings."""
    for offset in range(days):
        day = first + timedelta(days=offset)
        for interval in _intervals(hours, day):
            start, end = _moments(hours, day, interval)
            if start < end:
                yield start, end


def _intervals(hours: Hours, day: date) -> list[Interval]:
    special = [row.interval for row in hours.special if row.day == day]
    if special:
        # One row that says closed closes the day, whatever else was written down for it.
        return [] if None in special else sorted((row for row in special if row), key=_opening)
    if not hours.weekly:
        return [_WHOLE_DAY]
    return sorted((row.interval for row in hours.weekly if row.weekday == day.weekday()), key=_opening)


def _opening(interval: Interval) -> time:
    return interval.opens


def _moments(hours: Hours, day: date, interval: Interval) -> tuple[datetime, datetime]:
    zone = ZoneInfo(hours.zone)
    start = _moment(day, interval.opens, zone)
    if interval.closes > interval.opens:
        return start, _last_moment(day, interval.closes, zone)
    tomorrow = day + timedelta(days=1)
    cut = any(row.day == tomorrow for row in hours.special)
    return start, _last_moment(tomorrow, MIDNIGHT if cut else interval.closes, zone)


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(ZoneInfo("UTC"))


def _last_moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return max(_moment(day, at.replace(fold=fold), zone) for fold in (0, 1))
