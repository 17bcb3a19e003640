"""The wallboard's figures: reckoned from the day's facts, so not anew for every socket and every tick."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.core.cache import cache
from django.db.models import QuerySet
from redis.exceptions import RedisError

from agents_ui.selectors import DepartmentRow, start_of_day
from common import clock
from common.prepared import Prepared, Row
from queueing.metrics import presenters, selectors
from queueing.models import Department, Offer
from queueing.states import OfferState

logger = structlog.get_logger(__name__)

Json = dict[str, Any]

RECENT = timedelta(minutes=30)
KEPT_SECONDS = 5
DECLINE_SHOWN = timedelta(minutes=5)
_KEY = "wallboard:figures"
Figures = Callable[[], dict[int, Json]]


def wallboard_figures() -> Figures:
    """By department `{"recent", "today"}`, at most KEPT_SECONDS old. Without Redis they are reckoned each time.

    Asked for at once, told when called: see `postgres.meanwhile`.
    """
    try:
        kept = cache.get(_KEY)
    except RedisError as error:
        logger.warning("figures not kept", error=repr(error))
        return reckon()
    if kept is not None:
        return lambda: kept
    asked = reckon()

    def told() -> dict[int, Json]:
        found = asked()
        try:
            cache.set(_KEY, found, KEPT_SECONDS)
        except RedisError as error:
            logger.warning("figures not kept", error=repr(error))
        return found

    return told


def reckon() -> Figures:
    """The same as of now. "recent" is the last half hour with everybody who still waits."""
    rows = Department.objects.filter(is_active=True)
    departments = list(rows.only("service_level_seconds", "service_level_formula"))
    boards = selectors.boards(departments, midnight=start_of_day(), recent=RECENT, now=clock.now())
    return lambda: {
        pk: {
            "recent": presenters.figures_payload(board.recent),
            "today": presenters.figures_payload(board.today),
        }
        for pk, board in boards().items()
    }


def alarms(department: Department | DepartmentRow) -> Json:
    """From when on each alarm is raised: callers, seconds, a ratio; null for never."""
    return {
        "waiting": department.alarm_waiting or None,
        "longest_wait": department.alarm_wait_seconds or None,
        "service_level": department.alarm_service_level / 100 if department.alarm_service_level else None,
    }


def declined_until() -> dict[int, datetime]:
    """Until when an agent is shown as having declined: for the pause his department sets after it."""
    now = clock.now()
    found: dict[int, datetime] = {}
    for agent, ended, pause in _DECLINED(after=now - DECLINE_SHOWN):
        until = ended + min(timedelta(seconds=pause), DECLINE_SHOWN)
        if until > now:
            found[agent] = max(until, found.get(agent, until))
    return found


def _declined(after: datetime) -> QuerySet[Offer, Row]:
    rows = Offer.objects.filter(state=OfferState.DECLINED, ended_at__gt=after).order_by()
    return rows.values_list("agent", "ended_at", "entry__department__decline_cooldown_seconds")


_DECLINED = Prepared(_declined)
