"""What PostgreSQL does better than Django asks of it: its times, and statements that it plans once a connection.

Django's loader of times is psycopg's in Python, a regular expression for each value; a wallboard reads twenty thousand.
Planning a statement that joins three tables takes the server a millisecond, answering it a tenth of one.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.backends.signals import connection_created


def install() -> None:
    """From now on for every new connection."""
    connection_created.connect(_register, dispatch_uid="common.postgres")


def planned_once() -> Any:
    """A cursor whose statements the server keeps, by their text, unless `DATABASE_PREPARED` says that it may not.

    Values are of one type each time.
    """
    from django.db.backends.postgresql.base import ServerBindingCursor

    # As `connection.cursor()` does, but for the kind of cursor.
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with connection.wrap_database_errors:
        return connection._prepare_cursor(ServerBindingCursor(connection.connection))  # type: ignore[attr-defined, call-arg] # noqa: SLF001


@contextmanager
def meanwhile() -> Iterator[None]:
    """Statements of the block are sent at once and waited for when they are read: the server works, and so do we.

    What is asked later is answered later; elsewhere than at PostgreSQL it is a block like any other.
    """
    connection.ensure_connection()
    if connection.vendor != "postgresql":
        yield
        return
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


def with_constants(text: str, values: Sequence[Any], is_given: Callable[[Any], bool]) -> tuple[str, list[Any]]:
    """The statement with all values in it but those that are given each time: a partial index is for a constant."""
    from django.db.backends.postgresql.psycopg_any import mogrify

    left = [value for value in values if is_given(value)]
    told = iter("%s" if is_given(value) else mogrify("%s", [value], connection).replace("%", "%%") for value in values)
    return re.sub(r"%[%s]", lambda found: next(told) if found[0] == "%s" else found[0], text), left


def number(value: int) -> int:
    """As psycopg tells it to the server always, and not only when it is a great one."""
    from psycopg.types.numeric import Int8

    return Int8(value)


def _register(connection: Any, **_: Any) -> None:
    # A loader is for one zone; Django puts its own back for a cursor of any other.
    if connection.vendor == "postgresql" and connection.timezone == UTC:
        connection.connection.adapters.register_loader("timestamptz", _loader())


def _loader() -> type:
    from django.db.backends.postgresql.psycopg_any import BaseTzLoader

    class Times(BaseTzLoader):  # type: ignore[misc]
        """Aware times in UTC."""

        timezone = UTC

        def load(self, data: Any) -> datetime:
            try:
                found = datetime.fromisoformat(bytes(data).decode("ascii"))
            except ValueError:
                # Before our era, infinite: psycopg says what is wrong with it.
                return super().load(data)  # type: ignore[no-any-return]
            return found if found.tzinfo is UTC else found.astimezone(UTC)

    return Times
