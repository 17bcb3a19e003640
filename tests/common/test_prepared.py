"""A prepared query answers what the ORM's own would, whatever its parameters."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from common import prepared
from common.models import StreamEvent
from common.prepared import Changed, Prepared
from queueing.models import Agent

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def chosen(seqs: list[int], since: datetime, least: int, kind: str, newest: bool) -> QuerySet[StreamEvent, Any]:
    rows = StreamEvent.objects.filter(seq__in=seqs, created_at__gte=since, seq__gt=least, type=kind)
    return rows.order_by("-seq" if newest else "seq").values_list("seq", "payload", "created_at")


def told(seqs: list[int], now: datetime) -> Changed:
    return StreamEvent.objects.filter(seq__in=seqs, created_at__lt=now), {"type": "told", "created_at": now}


@pytest.fixture
def many(db: None) -> None:
    StreamEvent.objects.bulk_create(
        StreamEvent(stream="s", seq=n, type="odd" if n % 2 else "even", payload={"n": n}, created_at=NOON + n * STEP)
        for n in range(60)
    )


STEP = timedelta(seconds=1)


@pytest.mark.parametrize("seqs", [[3], [5, 3, 59], [7, 7, 2], list(range(50))])
@pytest.mark.parametrize(("after", "least"), [(0, 0), (4, 0), (0, 5)])
@pytest.mark.parametrize("shape", [{"kind": "odd", "newest": True}, {"kind": "even", "newest": False}])
def test_rows_are_the_same_with_the_statement_made_before(
    many: None, seqs: list[int], after: int, least: int, shape: dict[str, Any]
) -> None:
    ask = Prepared(chosen)
    for kind in ("odd", "even"):
        ask(seqs=[1] * len(seqs), since=NOON - STEP, least=-1, kind=kind, newest=True)
    given: dict[str, Any] = {"seqs": seqs, "since": NOON + after * STEP, "least": least, **shape}
    assert ask(**given) == list(chosen(**given))


def test_an_empty_collection_finds_nothing_and_asks_nobody(many: None) -> None:
    with CaptureQueriesContext(connection) as seen:
        assert Prepared(chosen)(seqs=[], since=NOON, least=0, kind="odd", newest=True) == []
    assert len(seen) == 0


@pytest.mark.parametrize("seqs", [[4], [9, 8], list(range(30))])
def test_an_update_changes_its_rows_and_answers_with_them(many: None, seqs: list[int]) -> None:
    tell = Prepared(told)
    tell(seqs=[0] * len(seqs), now=NOON)
    now = NOON + timedelta(hours=1, microseconds=7)
    found = {row.seq: row for row in (prepared.instance(StreamEvent, row) for row in tell(seqs=seqs, now=now))}
    stored = StreamEvent.objects.filter(type="told").in_bulk(field_name="pk")
    assert sorted(found) == sorted(seqs)
    assert all(vars(row) | {"_state": None} == vars(stored[row.pk]) | {"_state": None} for row in found.values())
    assert {row.created_at for row in stored.values()} == {now}


def test_a_parameter_that_does_not_reach_the_statement_is_refused(many: None) -> None:
    def later(least: int) -> QuerySet[StreamEvent, Any]:
        return StreamEvent.objects.filter(seq__gt=7 if least else 0).values_list("seq")

    with pytest.raises(ValueError, match="does not reach the statement"):
        Prepared(later)(least=3)


def test_a_column_left_out_of_an_instance_is_read_when_it_is_asked_for(many: None) -> None:
    pk = StreamEvent.objects.get(seq=5).pk
    row = prepared.instance(StreamEvent, ("s", pk), ("stream", "id"))
    assert (row.stream, row.pk, row.payload) == ("s", pk, {"n": 5})


def test_instances_come_with_what_is_selected_along_with_them(db: None) -> None:
    users = [User.objects.create(username=name, first_name=name.title()) for name in ("alice", "bob")]
    Agent.objects.bulk_create(Agent(user=user, languages=["ar", user.username]) for user in users)
    ask = Prepared(named)
    assert ask(name="nobody") == []
    for user in users:
        (found,) = ask(name=user.username)
        (plain,) = named(user.username)
        assert vars(found) | {"_state": None} == vars(plain) | {"_state": None}
        with CaptureQueriesContext(connection) as seen:
            assert (found.name, found.user.pk, found.languages) == (user.first_name, user.pk, ["ar", user.username])
        assert len(seen) == 0


def named(name: str) -> QuerySet[Agent]:
    return Agent.objects.select_related("user").filter(user__username=name)
