"""A prepared query answers what the ORM's own would, whatever its parameters."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import F, QuerySet, Value
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


on_postgres = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="only PostgreSQL keeps plans")


@on_postgres
@pytest.mark.parametrize("all_seqs", [[[3], [70_000], [2**40]], [[3, 4], [5, 70_000], [1, 2**40, 3]]])
def test_the_server_plans_a_statement_once_whatever_the_size_of_the_numbers(
    many: None, all_seqs: list[list[int]]
) -> None:
    ask = Prepared(chosen)
    for seqs in all_seqs:
        ask(seqs=seqs, since=NOON, least=-1, kind="odd", newest=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement, generic_plans + custom_plans FROM pg_prepared_statements")
        kept = [asked for text, asked in cursor.fetchall() if "common_streamevent" in text]
    # The first time it is asked as any other.
    assert kept == [2]


@on_postgres
def test_what_a_rollback_forgets_is_planned_anew(many: None) -> None:
    ask = Prepared(told)
    for hour in range(4):
        with transaction.atomic():
            assert [row[2] for row in ask(seqs=[4], now=NOON + timedelta(hours=hour + 1))] == [4]
            transaction.set_rollback(hour % 2 == 1)
    assert StreamEvent.objects.get(type="told").created_at == NOON + timedelta(hours=3)


def later_than(now: datetime) -> QuerySet[StreamEvent, Any]:
    rows = StreamEvent.objects.filter(created_at__gt=now, payload__n__gt=57).exclude(type="100%s")
    return rows.annotate(share=Value("5 % of 'it'"), odd=F("seq") % 2).values_list("seq", "share", "odd")


def test_constants_stay_what_they_are(many: None) -> None:
    ask = Prepared(later_than)
    for _ in range(3):
        assert sorted(ask(now=NOON)) == [(58, "5 % of 'it'", 0), (59, "5 % of 'it'", 1)]
