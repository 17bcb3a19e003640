"""When a customer can be called back: pure functions on a department's opening hours."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from queueing.hours import Hours, is_open, next_opening

# What is offered to choose from; any other minute of the opening hours may be asked for.
SLOT = timedelta(minutes=30)
SLOTS = 24
# Nobody is promised a call beyond it.
HORIZON = timedelta(days=14)


def soonest(hours: Hours, at: datetime) -> datetime:
    """`at` where the department is open, else its next opening; where it never opens, a day later we look again."""
    return next_opening(hours, at) or at + timedelta(days=1)


def may_be_chosen(hours: Hours, due: datetime, now: datetime) -> bool:
    """Whether the department promises a call at `due`."""
    return now <= due <= now + HORIZON and is_open(hours, due)


def slots(hours: Hours, now: datetime) -> list[datetime]:
    """The next times to choose from, in the department's zone: full and half hours while it is open."""
    found: list[datetime] = []
    at = _next_slot(now.astimezone(ZoneInfo(hours.zone)))
    while len(found) < SLOTS:
        opens = next_opening(hours, at)
        if opens is None or opens > now + HORIZON:
            break
        if opens > at:
            # The opening itself, then on from the next half hour.
            found.append(opens)
            at = _next_slot(opens)
        else:
            found.append(at)
            at += SLOT
    return found


def _next_slot(at: datetime) -> datetime:
    floor = at.replace(minute=at.minute // 30 * 30, second=0, microsecond=0)
    return floor + SLOT
