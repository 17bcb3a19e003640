"""Rows stored by one statement, one or many at once, that is made without the ORM."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import Model

from common.prepared import columns

# From so many on PostgreSQL gets them by COPY.
_MANY = 20
# SQLite takes no more in one statement.
_VALUES = 999


def insert(model: type[Model], fields: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Store rows of `fields`, whose ids nobody needs: all columns but the id, so `<name>_id` for keys.

    A dict is stored as JSON; so is a text that is JSON already.
    """
    if _is_copied(rows):
        _copy(model, fields, rows)
    else:
        _insert(model, fields, rows)


def _is_copied(rows: Sequence[Any]) -> bool:
    return connection.vendor == "postgresql" and len(rows) >= _MANY


def _copy(model: type[Model], fields: Sequence[str], rows: Iterable[Iterable[Any]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {_into(model, fields)} FROM STDIN") as out:
        for row in rows:
            out.write_row([text_of(value) if isinstance(value, dict) else value for value in row])


def create(rows: Sequence[Model], key: str) -> None:
    """Store instances and give them their ids; no two of them have the same `key`, by which they are told apart."""
    model = type(rows[0])
    fields = [name for name in columns(model) if name != "id"]
    values = attrgetter(*fields)
    if _is_copied(rows):
        for row, pk in zip(rows, _numbers(model, len(rows)), strict=True):
            row.pk = pk
        _copy(model, [*fields, "id"], ((*values(row), row.pk) for row in rows))
        return
    ids = _insert(model, fields, [values(row) for row in rows], returning=(key, "id"))
    for row in rows:
        row.pk = ids[getattr(row, key)]


def _numbers(model: type[Model], many: int) -> list[int]:
    """Ids that nobody else is given."""
    with connection.cursor() as cursor:
        table = model._meta.db_table  # noqa: SLF001 -- any model
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, many])
        return [number for (number,) in cursor.fetchall()]


def _insert(
    model: type[Model], fields: Sequence[str], rows: Sequence[Sequence[Any]], *, returning: Sequence[str] = ()
) -> dict[Any, Any]:
    of_one = f"({', '.join(['%s'] * len(fields))})"
    told = f" RETURNING {', '.join(returning)}" if returning else ""
    at_once = _VALUES // len(fields)
    found: dict[Any, Any] = {}
    with connection.cursor() as cursor:
        for n in range(0, len(rows), at_once):
            some = rows[n : n + at_once]
            cursor.execute(
                f"INSERT INTO {_into(model, fields)} VALUES {', '.join([of_one] * len(some))}{told}",  # noqa: S608 -- names
                _plain(value for row in some for value in row),
            )
            found.update(cursor.fetchall() if returning else ())
    return found


def _into(model: type[Model], fields: Sequence[str]) -> str:
    quote = connection.ops.quote_name
    return f"{quote(model._meta.db_table)} ({', '.join(quote(field) for field in fields)})"  # noqa: SLF001 -- any model


def _plain(values: Iterable[Any]) -> list[Any]:
    adapted = connection.ops.adapt_datetimefield_value
    return [
        adapted(value) if isinstance(value, datetime) else text_of(value) if isinstance(value, dict) else value
        for value in values
    ]


def text_of(value: dict[str, Any]) -> str:
    """JSON, times as RFC 3339 text."""
    return _JSON.encode(value)


_JSON = DjangoJSONEncoder(ensure_ascii=False)
