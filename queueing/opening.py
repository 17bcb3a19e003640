"""Departments' opening hours as their rows say them."""

from queueing.hours import Hours, Interval, Special, Weekly
from queueing.models import Department, OpeningHours, SpecialDay


def hours_of(department: Department) -> Hours:
    """The department's hours; no query where `opening_hours` and `special_days` are prefetched."""
    return Hours(
        weekly=tuple(_weekly(row) for row in department.opening_hours.all()),
        special=tuple(_special(row) for row in department.special_days.all()),
        zone=department.time_zone,
    )


def _weekly(row: OpeningHours) -> Weekly:
    return Weekly(row.weekday, Interval(row.opens, row.closes))


def _special(row: SpecialDay) -> Special:
    if row.opens is None or row.closes is None:
        return Special(row.day)
    return Special(row.day, Interval(row.opens, row.closes))
