"""Fixtures of the queue's tests. Services commit for real here, because matching runs after the commit."""

from collections.abc import Iterator

import pytest

from common import clock
from tests.cast import Clock
from tests.queueing.helpers import Browser


@pytest.fixture(autouse=True)
def _commits(transactional_db: None, celery_calls: object) -> None:
    """Real transactions; tasks are recorded."""


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that moves only when told; it starts now, so that leases given before hold."""
    stopped = Clock(clock.now())
    monkeypatch.setattr("common.clock.timezone.now", lambda: stopped.at)
    return stopped


@pytest.fixture
def anyone() -> Browser:
    """Whoever has no credential yet."""
    return Browser()


@pytest.fixture(autouse=True)
def _invariants(_commits: None) -> Iterator[None]:
    """After every scenario the invariants hold."""
    yield
    from tests.invariants import check_invariants

    check_invariants()
