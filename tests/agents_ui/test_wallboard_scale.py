"""The wallboard's snapshot costs as many queries in a large call centre as in a small one."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents_ui import presenters
from queueing.models import Department, QueueEntry
from tests.cast import make_agent, make_call, make_department

pytestmark = pytest.mark.django_db


def queries() -> int:
    cache.clear()
    with CaptureQueriesContext(connection) as seen:
        presenters.wallboard()
    return len(seen)


def grow(times: int) -> None:
    first = Department.objects.count()
    for number in range(first, first + times):
        lines = [make_department(f"line{number}"), make_department(f"other{number}")]
        make_agent(f"agent{number}", *lines)
        QueueEntry.objects.create(call=make_call(state="waiting"), department=lines[0])


def test_a_snapshot_takes_the_same_queries_at_two_sizes() -> None:
    grow(2)
    small = queries()
    grow(6)
    assert queries() == small
    snapshot = presenters.wallboard()
    assert len(snapshot["agents"]) == 8
    assert snapshot["agents"][0]["departments"] == ["line0", "other0"]
