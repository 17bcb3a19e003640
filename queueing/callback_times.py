"""When a customer can be called back: pure functions on a department's opening hours."""

from datetime import UTC, datetime, timedelta
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


def nearest(hours: Hours, wanted: datetime, now: datetime, *, onward: bool = False) -> datetime | None:
    """The time closest to the wanted one at which a call may be promised; `onward`: not before it.

    None: the department is closed for as long as anything is promised.
    """
    local = now.astimezone(ZoneInfo(hours.zone))
    latest = now + HORIZON
    # What is past, or about to be, is wanted as soon as may be said; what is too far away as late as may be.
    start = min(max(wanted, next_step(local)), latest.replace(second=0, microsecond=0))
    later = next_opening(hours, start)
    if later is not None and later > latest:
        later = None
    earlier = None if onward and later else _last_slot(hours, start, now, later)
    found = [at for at in (earlier, later) if at is not None]
    return min(found, key=lambda at: abs(at - start)).astimezone(ZoneInfo(hours.zone)) if found else None


def _last_slot(hours: Hours, start: datetime, now: datetime, later: datetime | None) -> datetime | None:
    """The last full or half hour before `start` while it is open, if it is nearer than `later`."""
    at = start.astimezone(ZoneInfo(hours.zone))
    at = at.replace(minute=at.minute // 30 * 30, second=0, microsecond=0)
    while at >= now and (later is None or start - at < later - start):
        if is_open(hours, at):
            return at
        at = (at.astimezone(UTC) - SLOT).astimezone(at.tzinfo)
    return None


def next_step(at: datetime) -> datetime:
    """The next full five minutes: nobody is promised 13:07:22."""
    floor = at.replace(minute=at.minute // 5 * 5, second=0, microsecond=0)
    return floor if floor == at else floor + timedelta(minutes=5)


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
