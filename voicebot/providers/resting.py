"""A part that failed is left alone for a while, and then asked again."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Generic, TypeVar

import structlog
from aiohttp import WSServerHandshakeError
from livekit.agents import APIError, APIStatusError

logger = structlog.get_logger(__name__)

_LONGEST = 5
_REFUSALS = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class News:
    """A part rests for so many seconds; for none: it is back."""

    part: str
    provider: str
    seconds: float
    error: str = ""


class Board:
    """What the processes of all calls have found out; each has one of these. Times are of this process's clock."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[News], None]] = []
        self._until: dict[tuple[str, str], float] = {}

    def learn(self, news: News) -> None:
        """Another call's news."""
        self._until[news.part, news.provider] = time.monotonic() + news.seconds

    def until(self, part: str, provider: str) -> float:
        """When somebody else's news of it is over, on the clock of `time.monotonic`."""
        return self._until.get((part, provider), 0.0)

    def tell(self, news: News) -> None:
        """Our own news."""
        self._until.pop((news.part, news.provider), None)
        for listener in self.listeners:
            listener(news)


BOARD = Board()


class Rest:
    """Whether a part may be asked. Its rest doubles with each failure in a row, up to five times `seconds`.

    A key that is refused does not become right by asking again: that is the longest rest at once.
    """

    def __init__(
        self,
        part: str,
        name: str,
        seconds: float,
        *,
        now: Callable[[], float] = time.monotonic,
        board: Board = BOARD,
    ) -> None:
        self.name = name
        self._part = part
        self._first = self._next = seconds
        self._now = now
        self._board = board
        self._until = 0.0

    @property
    def over(self) -> bool:
        """Whether it is asked."""
        return self._now() >= max(self._until, self._elsewhere)

    @property
    def _elsewhere(self) -> float:
        return self._board.until(self._part, self.name)

    def begin(self, error: BaseException) -> None:
        """It failed."""
        longest = self._first * _LONGEST
        seconds = longest if refused(error) else self._next
        self._until, self._next = self._now() + seconds, min(longest, seconds * 2)
        why = described(error)
        logger.warning("provider rests", part=self._part, provider=self.name, seconds=seconds, error=why)
        self._board.tell(News(self._part, self.name, seconds, why))

    def end(self) -> None:
        """It did what it was asked for."""
        if self._until or self._elsewhere:
            logger.info("provider recovered", part=self._part, provider=self.name)
            self._until, self._next = 0.0, self._first
            self._board.tell(News(self._part, self.name, 0.0))


class Implausible(APIError):
    """What came with every sign of success, and is no answer; the message has nothing of what was said."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=False)


def described(error: BaseException) -> str:
    """The kinds of an error and its causes, and its status. Not its words: plugins put the caller's sentence there."""
    if isinstance(error, Implausible):
        return error.message
    status = f" {error.status_code}" if isinstance(error, APIStatusError) else ""
    cause = f" ← {described(error.__cause__)}" if error.__cause__ is not None else ""
    return type(error).__name__ + status + cause


def refused(error: BaseException) -> bool:
    """Whether the service will not have us, however often we ask: a wrong key, a model it has not got."""
    while isinstance(error.__cause__, Exception) and not isinstance(error, APIStatusError):
        error = error.__cause__
    # A realtime model refuses the WebSocket itself.
    status = error.status if isinstance(error, WSServerHandshakeError) else getattr(error, "status_code", 0)
    return status in _REFUSALS


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
