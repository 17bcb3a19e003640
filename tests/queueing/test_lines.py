"""Many callers' places are those that each would be told alone."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common import clock
from queueing import lines, selectors
from queueing.models import Agent, Department, QueueEntry
from queueing.services import offers
from tests.cast import make_call
from tests.queueing.helpers import ringing, waiting_call


def waiting(department: Department, *, ago: int, priority: int = 0) -> QueueEntry:
    """A caller in line for so many seconds."""
    entry = waiting_call(department)
    since = clock.now() - timedelta(seconds=ago)
    QueueEntry.objects.filter(pk=entry.pk).update(enqueued_at=since, priority=priority)
    return entry


@pytest.fixture
def callers(alice: Agent, support: Department, sales: Department) -> list[QueueEntry]:
    """Two lines, one of them with priority by waiting; the first caller is past the line."""
    Department.objects.filter(pk=sales.pk).update(priority_per_minute=2, wrap_up_seconds=30)
    past = waiting_call(support)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    return [
        past,
        *(waiting(support, ago=ago, priority=priority) for ago, priority in ((10, 0), (400, 0), (5, 3), (60, 1))),
        *(waiting(sales, ago=ago, priority=priority) for ago, priority in ((300, 0), (10, 5), (20, 9), (90, 2))),
    ]


def test_each_has_the_place_he_would_be_told_alone(callers: list[QueueEntry]) -> None:
    found = lines.places([entry.call_id for entry in callers])
    assert found[callers[0].call_id] == ("support", None)
    for entry in callers[1:]:
        alone = selectors.open_entry(entry.call_id)
        assert alone is not None
        assert found[entry.call_id] == (alone.department.slug, selectors.place(alone))


def test_who_is_in_no_line_has_none(callers: list[QueueEntry]) -> None:
    assert lines.places([make_call().pk]) == {}


def test_many_callers_take_as_many_queries_as_one(callers: list[QueueEntry]) -> None:
    def queries(calls: list[str]) -> int:
        with CaptureQueriesContext(connection) as seen:
            lines.places(calls)
        return len(seen)

    one, more = callers[1].call_id, [entry.call_id for entry in callers[1:5]]
    assert queries(more) == queries([one])
