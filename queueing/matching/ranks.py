"""Rank in line: priority, raised with waiting if the department says so, then time, then id.

`before` is the same order as a condition on rows, so that a position is what the plan goes by.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Q

from queueing.matching.rows import Rules, Waiting

Rank = tuple[int, datetime, int]

# Priorities are compared in whole millionths of a sixtieth of a point, because times have microseconds: no rounding
# makes two equal that the database tells apart.
_POINT = 60_000_000
_TICK = timedelta(microseconds=1)


def rank(entry: Waiting, rules: Rules, now: datetime) -> Rank:
    """Sorts first whoever is first in line."""
    gained = rules.points_per_minute * ((now - entry.enqueued_at) // _TICK)
    return (-(entry.priority * _POINT + gained), entry.enqueued_at, entry.id)


def before(entry: Waiting, points_per_minute: int, priorities: Collection[int]) -> Q:
    """Entries of the same department that rank before `entry`, whose priorities are among `priorities`.

    Both gain at the same pace, so the time drops out: a point more is worth a minute's waiting by the pace.
    """
    found = Q(priority=entry.priority, enqueued_at__lt=entry.enqueued_at) | Q(
        priority=entry.priority, enqueued_at=entry.enqueued_at, pk__lt=entry.id
    )
    if not points_per_minute:
        return found | Q(priority__gt=entry.priority)
    for priority in {*priorities} - {entry.priority}:
        lead = (priority - entry.priority) * _POINT
        if lead > 0:
            # Came before x, where x has whole microseconds: the same as before x rounded up.
            limit = entry.enqueued_at - (-lead // points_per_minute) * _TICK
            found |= Q(priority=priority, enqueued_at__lt=limit)
        else:
            # Equal in points, who came earlier is first.
            found |= Q(priority=priority, enqueued_at__lte=entry.enqueued_at + (lead // points_per_minute) * _TICK)
    return found
