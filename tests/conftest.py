"""What every test may use: servers, the fake media server, recorded tasks, the known cast (`tests/cast.py`)."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests import flush
from tests.fakes import FakeTelephony
from tools.stack import Running, start_postgres, start_redis
from tools.stack.migrated import copy_migrated

pytest_plugins = ["tests.cast"]

_POSTGRES = pytest.StashKey[Running]()
# Files with minutes of work go out first: the last one to begin would be played alone at the end.
_LONG = ("tests/simulation/test_theory.py", "tests/voicebot/", "tests/api_fuzz/")


def pytest_configure(config: pytest.Config) -> None:
    """One PostgreSQL for the whole run, started by the process that starts the others."""
    flush.install()
    # How long an example takes says how busy the machine is. The same examples each time: a change is judged by what it
    # changes. `--hypothesis-profile=explore` looks for others.
    hypothesis_settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    suite = hypothesis_settings(hypothesis_settings.get_profile("explore"), derandomize=True, database=None)
    hypothesis_settings.register_profile("suite", suite)
    hypothesis_settings.load_profile(config.getoption("--hypothesis-profile") or "suite")
    is_worker = hasattr(config, "workerinput")
    if os.environ.get("TEST_DATABASE") != "postgres" or is_worker:
        return
    address = urlsplit(os.environ["TEST_DATABASE_URL"])
    if address.port and not _is_served(address.port):
        config.stash[_POSTGRES] = start_postgres(Path(settings.VAR_DIR), port=address.port)


def pytest_unconfigure(config: pytest.Config) -> None:
    """What was started is stopped."""
    running = config.stash.get(_POSTGRES, None)
    if running is not None:
        running.stop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, else in the order they are found in."""
    items.sort(key=lambda item: not item.nodeid.startswith(_LONG))


def pytest_collection_finish() -> None:
    """What is loaded by now lives as long as the process: walking it again and again took a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _is_served(port: int) -> bool:
    from tools.stack.ports import answers

    return answers("127.0.0.1", port)


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_modify_db_settings: None) -> bool:
    """On SQLite each process begins with a copy of a migrated database, which goes with its VAR_DIR."""
    database = settings.DATABASES["default"]
    if "sqlite3" not in database["ENGINE"]:
        return False
    copy_migrated(Path(database["TEST"]["NAME"]))
    return True


@pytest.fixture(scope="session", autouse=True)
def redis_server() -> Iterator[str]:
    """A Redis of this process's own, at settings' address."""
    url = settings.CACHES["default"]["LOCATION"]
    with start_redis(Path(settings.VAR_DIR), port=urlsplit(url).port):
        yield url


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Rate limits, cached answers and rates of one test do not reach the next."""
    yield
    from django.core.cache import cache

    cache.clear()


@pytest.fixture(autouse=True)
def telephony() -> Iterator[FakeTelephony]:
    """The media server of this test."""
    from calls.telephony import telephony as port

    port.cache_clear()
    fake = port()
    assert isinstance(fake, FakeTelephony)
    yield fake
    port.cache_clear()


class CeleryCalls(list[tuple[str, tuple[Any, ...]]]):
    """Tasks sent, as (name, arguments), in order."""

    def named(self, name: str) -> list[tuple[Any, ...]]:
        """The arguments of every task of that name."""
        return [arguments for sent, arguments in self if sent == name]


@pytest.fixture
def celery_calls(monkeypatch: pytest.MonkeyPatch) -> CeleryCalls:
    """Records tasks instead of sending them."""
    from celery.app.task import Task

    calls = CeleryCalls()

    def record(task: Any, args: Any = None, kwargs: Any = None, **_options: Any) -> None:
        calls.append((task.name, (*(args or ()), *((kwargs,) if kwargs else ()))))

    monkeypatch.setattr(Task, "apply_async", record)
    return calls


@pytest.fixture
def celery_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs tasks at once, in the sender's thread."""
    from callcenter_site.celery import app

    monkeypatch.setattr(app.conf, "task_always_eager", True)
    monkeypatch.setattr(app.conf, "task_eager_propagates", True)
