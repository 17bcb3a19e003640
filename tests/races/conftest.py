"""Races are played with real threads, each on its own connection; `TEST_DATABASE=postgres` plays them there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is a race."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.race)


@pytest.fixture(autouse=True)
def _commits(transactional_db: None, celery_calls: object) -> Iterator[None]:
    """Real transactions; tasks are recorded; the invariants hold afterwards."""
    yield
    from tests.invariants import check_invariants

    check_invariants()
