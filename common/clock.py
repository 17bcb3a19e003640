"""The one clock. Services ask it, tests stop it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.utils import timezone


class _Clock:
    """What time it is, for the whole process."""

    stopped_at: datetime | None = None


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _Clock.stopped_at or timezone.now()


@contextmanager
def frozen(at: datetime) -> Iterator[None]:
    """Stop the clock of the process, all its threads included, at `at`."""
    before, _Clock.stopped_at = _Clock.stopped_at, at
    try:
        yield
    finally:
        _Clock.stopped_at = before
