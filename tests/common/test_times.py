"""What is read back from the database is the moment that was stored, in UTC."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import connection

from common.models import StreamEvent

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "at",
    [NOON, NOON + timedelta(microseconds=1), NOON + timedelta(milliseconds=120), datetime(1, 1, 2, tzinfo=UTC)],
)
@pytest.mark.parametrize("offset", [0, 330, -210])
def test_a_stored_moment_comes_back_in_utc(db: None, at: datetime, offset: int) -> None:
    written = at.astimezone(timezone(timedelta(minutes=offset))) if at.year > 1 else at
    StreamEvent.objects.create(stream="s", seq=1, type="t", created_at=written)
    found = StreamEvent.objects.get().created_at
    assert found == at
    assert found.tzinfo is UTC


def test_a_session_in_another_zone_changes_no_moment(db: None) -> None:
    StreamEvent.objects.create(stream="s", seq=1, type="t", created_at=NOON)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL TIME ZONE 'Asia/Kolkata'")
    found = StreamEvent.objects.get().created_at
    assert (found, found.tzinfo) == (NOON, UTC)
