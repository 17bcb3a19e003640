"""Fixtures of the desk's tests. Services commit for real here, because matching and hints come after the commit."""

import pytest

from common import clock
from tests.agents_ui.helpers import SocketOpener
from tests.cast import Clock


@pytest.fixture(autouse=True)
def _commits(transactional_db: None, celery_calls: object) -> None:
    """Real transactions; tasks are recorded."""


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that moves only when told, beginning in the middle of a day."""
    stopped = Clock(clock.now().replace(hour=12, minute=0, second=0, microsecond=0))
    monkeypatch.setattr("common.clock.timezone.now", lambda: stopped.at)
    return stopped


@pytest.fixture
def sockets() -> SocketOpener:
    """Opens WebSockets of the application."""
    return SocketOpener()
