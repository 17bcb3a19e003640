"""What is shown of the log, and what is not."""

import logging
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client

from callcenter_site.logs import OtherThanHealth

pytestmark = pytest.mark.django_db


class Shown(logging.Handler):
    """Keeps what the console would be given."""

    def __init__(self) -> None:
        super().__init__()
        self.addFilter(OtherThanHealth())
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """One line."""
        self.texts.append(record.getMessage())


@pytest.fixture
def shown() -> Iterator[Shown]:
    """While the test runs."""
    handler = Shown()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def test_a_product_that_starts_does_not_fill_the_log_with_its_own_questions(client: Client, shown: Shown) -> None:
    assert client.get("/api/health").status_code == 503
    assert shown.texts == []


def test_another_failure_is_shown(client: Client, shown: Shown) -> None:
    assert client.get("/api/nothing-there").status_code == 404
    assert any("/api/nothing-there" in text for text in shown.texts)


def test_the_console_is_given_no_more() -> None:
    assert settings.LOGGING["handlers"]["console"]["filters"] == ["other_than_health"]
