"""Rows stored without the ORM are read back as if it had stored them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from common import bulk
from common.models import StreamEvent

NOON = datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC)
FIELDS = ("stream", "seq", "type", "payload", "created_at")


# One statement, several, and on PostgreSQL a COPY.
@pytest.mark.parametrize("many", [1, 19, 450])
@pytest.mark.parametrize("payload", [{}, {"name": 'وصل "now"\n\t\\ 100 %s', "n": None, "deep": [{"at": 1.5}]}])
def test_rows_come_back_as_they_went_in(db: None, many: int, payload: dict[str, Any]) -> None:
    bulk.insert(StreamEvent, FIELDS, [("s", n, "t\t%", payload, NOON) for n in range(many)])
    found = list(StreamEvent.objects.order_by("pk"))
    assert [row.seq for row in found] == list(range(many))
    assert {(row.type, row.created_at) for row in found} == {("t\t%", NOON)}
    assert all(row.payload == payload for row in found)


@pytest.mark.parametrize("many", [1, 19, 450])
def test_instances_are_created_with_the_ids_they_then_have(db: None, many: int) -> None:
    rows = [StreamEvent(stream="s", seq=n, type="t", payload={"n": n}, created_at=NOON) for n in range(many)]
    bulk.create(rows, "seq")
    StreamEvent.objects.create(stream="s", seq=many, type="t", created_at=NOON)
    assert {row.seq: row.pk for row in StreamEvent.objects.filter(seq__lt=many)} == {row.seq: row.pk for row in rows}
    assert StreamEvent.objects.get(seq=many - 1).payload == {"n": many - 1}


def test_a_text_that_is_json_is_stored_as_what_it_says(db: None) -> None:
    bulk.insert(StreamEvent, FIELDS, [("s", 1, "t", bulk.text_of({"at": NOON}), NOON)])
    assert StreamEvent.objects.get(payload__at="2026-03-01T12:00:00.000Z").seq == 1
