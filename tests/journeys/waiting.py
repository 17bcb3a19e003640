"""Waiting for what must come, with a limit that only says when to give up."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 30.0


def until(look: Callable[[], T], what: str, *, seconds: float = PATIENCE, every: float = 0.1) -> T:
    """Asks again until the answer is true and hands it back; AssertionError saying `what` never came."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(every)
