"""PostgreSQL's times, read as fast as its other values.

Django's loader is psycopg's in Python, a regular expression for each value; a wallboard reads twenty thousand.
"""

from datetime import UTC, datetime
from typing import Any

from django.db.backends.signals import connection_created


def install() -> None:
    """From now on for every new connection."""
    connection_created.connect(_register, dispatch_uid="common.postgres")


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
