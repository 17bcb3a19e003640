"""A part that failed is left alone for a while, and then asked again."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Generic, TypeVar

import structlog
from livekit.agents import APIStatusError

logger = structlog.get_logger(__name__)

_LONGEST = 5
_REFUSALS = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
)

T = TypeVar("T")


class Rest:
    """Whether a part may be asked. Its rest doubles with each failure in a row, up to five times `seconds`.

    A key that is refused does not become right by asking again: that is the longest rest at once.
    """

    def __init__(self, part: str, name: str, seconds: float, *, now: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self._part = part
        self._first = self._next = seconds
        self._now = now
        self._until = 0.0

    @property
    def over(self) -> bool:
        """Whether it is asked."""
        return self._now() >= self._until

    def begin(self, error: BaseException) -> None:
        """It failed."""
        longest = self._first * _LONGEST
        seconds = longest if refused(error) else self._next
        self._until, self._next = self._now() + seconds, min(longest, seconds * 2)
        logger.warning("provider rests", part=self._part, provider=self.name, seconds=seconds, error=repr(error))

    def end(self) -> None:
        """It did what it was asked for."""
        if self._until:
            logger.info("provider recovered", part=self._part, provider=self.name)
            self._until, self._next = 0.0, self._first


def refused(error: BaseException) -> bool:
    """Whether the service will not have us, however often we ask: a wrong key, a model it has not got."""
    while isinstance(error.__cause__, Exception) and not isinstance(error, APIStatusError):
        error = error.__cause__
    return isinstance(error, APIStatusError) and error.status_code in _REFUSALS


@dataclass(frozen=True, slots=True)
class Link(Generic[T]):
    """One of a chain that stand in for each other; `languages` where it does not speak all of ours."""

    part: T
    rest: Rest
    languages: frozenset[str] | None = None


def awake(chain: tuple[Link[T], ...], language: str = "") -> list[Link[T]]:
    """Those that are asked, in their order; for no language in particular, all of them."""
    return [link for link in chain if link.rest.over and (not language or _speaks(link.languages, language))]


def _speaks(languages: frozenset[str] | None, language: str) -> bool:
    return languages is None or language in languages
