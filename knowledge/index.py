"""The databases' full-text indexes of passages, behind one pair of functions.

Both hold stems that were cut in Python (`wording`), each as one token: PostgreSQL in a GIN index on the passages' own
table, SQLite in an FTS5 table whose rows carry the passages' numbers. That one is kept by services, not by triggers:
Django's migrations make SQLite's tables anew and would lose them. A row without its passage finds nothing.
"""

from collections.abc import Iterable
from typing import Any

from django.db import connection

MOST = 200
"""Passages that are looked at for one question, the database's best first."""

TABLE = "knowledge_passage_index"
_VECTOR = "array_to_tsvector(string_to_array(terms, ' '))"


def create(apps: Any, schema_editor: Any) -> None:
    """For the migration."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"CREATE INDEX {TABLE} ON knowledge_passage USING gin ({_VECTOR})")
    else:
        tokens = "unicode61 remove_diacritics 0 tokenchars '@.+_'"
        schema_editor.execute(f'CREATE VIRTUAL TABLE {TABLE} USING fts5(terms, tokenize="{tokens}")')


def drop(apps: Any, schema_editor: Any) -> None:
    """For the migration taken back."""
    kind = "INDEX" if schema_editor.connection.vendor == "postgresql" else "TABLE"
    schema_editor.execute(f"DROP {kind} {TABLE}")


def put(passages: Iterable[tuple[int, str]]) -> None:
    """Take (number, stems) of new or changed passages in."""
    if connection.vendor == "postgresql":
        return
    rows = list(passages)
    remove(number for number, _ in rows)
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {TABLE} (rowid, terms) VALUES (%s, %s)", rows)  # noqa: S608 -- a constant


def remove(numbers: Iterable[int]) -> None:
    """Forget passages that are gone."""
    if connection.vendor == "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.executemany(f"DELETE FROM {TABLE} WHERE rowid = %s", [(number,) for number in numbers])  # noqa: S608


def find(terms: Iterable[str]) -> list[int]:
    """The numbers of passages with any of the stems, at most MOST."""
    wanted = list(terms)
    if not wanted:
        return []
    postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute(*(_on_postgres(wanted) if postgres else _on_sqlite(wanted)))
        return [int(number) for (number,) in cursor.fetchall()]


def _on_postgres(terms: list[str]) -> tuple[str, list[Any]]:
    # Stems are words, digits and `@.+_`: nothing that could end the quotes.
    query = " | ".join(f"'{term}'" for term in terms)
    sql = f"SELECT id FROM knowledge_passage WHERE {_VECTOR} @@ %s::tsquery ORDER BY ts_rank({_VECTOR}, %s::tsquery) DESC, id"  # noqa: S608, E501
    return f"{sql} LIMIT %s", [query, query, MOST]


def _on_sqlite(terms: list[str]) -> tuple[str, list[Any]]:
    query = " OR ".join(f'"{term}"' for term in terms)
    return f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH %s ORDER BY rank LIMIT %s", [query, MOST]  # noqa: S608
