"""Empties the database after a test that really commits, without Django's own ceremony.

Django's flush makes all permissions and groups anew each time, which costs more than most tests do. Here what the
migration made stays, and only rows are deleted.
"""

from functools import cache
from typing import Any

from django.db import connections, transaction
from django.test import TransactionTestCase

_MADE_BY_MIGRATION = frozenset(
    {
        *("django_migrations", "django_content_type", "auth_permission", "auth_group", "auth_group_permissions"),
        "queueing_standardright",
    }
)


def install() -> None:
    """Use this flush for every test that commits."""
    TransactionTestCase._fixture_teardown = _forget_rows  # type: ignore[attr-defined]


def _forget_rows(_: Any) -> None:
    connection = connections["default"]
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Foreign keys are triggers there; a replica does not run them.
            cursor.execute("SET LOCAL session_replication_role = replica")
        else:
            cursor.execute("PRAGMA defer_foreign_keys = ON")
        for table in _tables():
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")


@cache
def _tables() -> tuple[str, ...]:
    names = connections["default"].introspection.django_table_names(only_existing=True, include_views=False)
    return tuple(sorted(set(names) - _MADE_BY_MIGRATION))
