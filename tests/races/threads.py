"""Threads that start together."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connections

ROUNDS = 3
TIMEOUT_SECONDS = 60


@dataclass
class Outcome:
    """What one side of a race got: a value, or the exception it was told."""

    value: Any = None
    error: Exception | None = None

    @property
    def won(self) -> bool:
        """Whether it went through."""
        return self.error is None and self.value is not False


def at_once(*sides: Callable[[], Any]) -> list[Outcome]:
    """Run all sides at the same instant and wait for them."""
    barrier = threading.Barrier(len(sides))
    outcomes = [Outcome() for _ in sides]

    def run(number: int) -> None:
        try:
            barrier.wait(TIMEOUT_SECONDS)
            outcomes[number].value = sides[number]()
        except Exception as error:  # noqa: BLE001 -- whatever a side is told is the result
            outcomes[number].error = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(sides))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT_SECONDS)
        assert not thread.is_alive(), "a side of the race hangs"
    return outcomes


def winners(outcomes: list[Outcome], *expected: type[Exception]) -> list[int]:
    """The sides that won; the others must have been told one of `expected`."""
    for outcome in outcomes:
        assert outcome.error is None or isinstance(outcome.error, expected), repr(outcome.error)
    return [number for number, outcome in enumerate(outcomes) if outcome.won]
