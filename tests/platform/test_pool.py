"""Connections to PostgreSQL that a process lends to its threads."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import OperationalError
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.utils import ConnectionHandler
from pytest_django import DjangoDbBlocker

from callcenter_site import env
from tools.stack import find_free_port, start_postgres

MOST = 2


@pytest.fixture
def port() -> int:
    return find_free_port()


@pytest.fixture
def pooled(port: int, tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[ConnectionHandler]:
    """A database of its own, not started yet."""
    handler = ConnectionHandler({"default": env.database(f"postgres://postgres@127.0.0.1:{port}/postgres", MOST)})
    with django_db_blocker.unblock():
        yield handler
    connection = handler["default"]
    assert isinstance(connection, DatabaseWrapper)
    connection.close_pool()


def _served_by(handler: ConnectionHandler) -> int:
    """The server's process that answers a request with a thread of its own."""

    def request() -> int:
        connection = handler["default"]
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                return int(cursor.fetchone()[0])
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as executor:
        return executor.submit(request).result()


def test_requests_share_connections_and_find_a_database_that_is_back(
    pooled: ConnectionHandler, port: int, tmp_path: Path
) -> None:
    first = start_postgres(tmp_path, port=port)
    try:
        served = {_served_by(pooled) for _ in range(8)}
    finally:
        first.stop()
    assert len(served) <= MOST
    with pytest.raises(OperationalError):
        _served_by(pooled)
    second = start_postgres(tmp_path, port=port)
    try:
        assert _served_by(pooled) not in served
    finally:
        second.stop()


def test_a_process_that_keeps_none_opens_one_for_each_request(
    tmp_path: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    server = start_postgres(tmp_path)
    try:
        with django_db_blocker.unblock():
            handler = ConnectionHandler({"default": env.database(server.url)})
            assert len({_served_by(handler) for _ in range(2)}) == 2
    finally:
        server.stop()
