"""Rows whose ids nobody needs, one or many at once, by one statement that is made without the ORM."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import Model

# From so many on PostgreSQL gets them by COPY.
_MANY = 20
# SQLite takes no more in one statement.
_VALUES = 999


def insert(model: type[Model], fields: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Store rows of `fields`: all columns but the id, so `<name>_id` for keys. A dict is stored as JSON; so is a text
    that is JSON already.
    """
    quote = connection.ops.quote_name
    table, columns = quote(model._meta.db_table), ", ".join(quote(field) for field in fields)  # noqa: SLF001 -- any model
    plain = [[_plain(value) for value in row] for row in rows]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and len(plain) >= _MANY:
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as out:
                for row in plain:
                    out.write_row(row)
            return
        of_one = f"({', '.join(['%s'] * len(fields))})"
        at_once = _VALUES // len(fields)
        for n in range(0, len(plain), at_once):
            some = plain[n : n + at_once]
            cursor.execute(
                f"INSERT INTO {table} ({columns}) VALUES {', '.join([of_one] * len(some))}",  # noqa: S608 -- names
                [value for row in some for value in row],
            )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return text_of(value) if isinstance(value, dict) else value


def text_of(value: dict[str, Any]) -> str:
    """JSON, times as RFC 3339 text."""
    return json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder)
