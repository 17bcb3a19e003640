"""The raw facts that figures are made of. Pure: whoever reads them passes the time in."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import NamedTuple

from queueing.states import Activity, Presence

_BUSY = frozenset({Activity.ON_CALL, Activity.WRAPPING_UP})
MICROSECONDS = 1_000_000
_TICK = timedelta(microseconds=1)


class Outcome(Enum):
    """What has become of a stay, as far as figures go."""

    WAITING = "waiting"
    ANSWERED = "answered"
    ABANDONED = "abandoned"
    LEFT = "left"
    """Ended the wait otherwise: nobody came in time, another department, a callback, taken out of the line."""


@dataclass(frozen=True, slots=True)
class Stay:
    """One call's stay in a department.

    `answered_at` is the accept of the first agent who then reached the caller: who was lost by his agent and waits
    again has been answered all the same, once. `talk_seconds` holds music and all; it and `wrap_up_seconds` are None
    while they last.
    """

    department: int
    enqueued_at: datetime
    outcome: Outcome
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    short: bool = False
    agent: int | None = None
    talk_seconds: float | None = None
    wrap_up_seconds: float | None = 0.0
    callback: bool = False
    """The customer was called back: he had no wait on the line, and nothing to abandon."""

    def waited(self, now: datetime) -> int:
        """Microseconds until answered, left or `now`."""
        until = self.answered_at or self.ended_at or now
        return max(0, (until - self.enqueued_at) // _TICK)

    def handled(self) -> float | None:
        """Seconds of talk, hold and wrap-up; None before all of it is over."""
        if self.outcome is not Outcome.ANSWERED or self.talk_seconds is None or self.wrap_up_seconds is None:
            return None
        return self.talk_seconds + self.wrap_up_seconds


class Tally(NamedTuple):
    """Stays that are alike, and what they sum up to: whole microseconds, in which sums do not depend on an order."""

    outcome: Outcome
    in_time: bool
    short: bool
    callback: bool
    number: int
    waited: int
    longest: int
    done: int
    """How many of them are wholly done; `handled` is the talk, hold and wrap-up of those."""
    handled: int

    @staticmethod
    def of(stay: Stay, *, threshold: float, now: datetime) -> "Tally":
        """One stay; `threshold` in seconds is still in time."""
        waited, handled = stay.waited(now), stay.handled()
        return Tally(
            stay.outcome,
            waited <= threshold * MICROSECONDS,
            stay.short,
            stay.callback,
            1,
            waited,
            waited,
            handled is not None,
            round((handled or 0.0) * MICROSECONDS),
        )


# There are many of these two, and a tuple is made in a third of the time.
class Change(NamedTuple):
    """One row of an agent's log: `kind` is `presence`, `activity` or `desk` (`open`, `closed`)."""

    agent: int
    at: datetime
    kind: str
    value: str
    call_id: str = ""


class Segment(NamedTuple):
    """A time in which nothing about an agent changed. `desk`: one of his was open, as far as is known."""

    agent: int
    start: datetime
    end: datetime
    presence: str
    activity: str
    desk: bool = True

    @property
    def length(self) -> timedelta:
        """Its length."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Time:
    """What an agent's time went into, in seconds.

    `busy`: talking or wrapping up. `free`: available at an open desk and not busy, an offer ringing or not.
    `away`: away, not busy.
    """

    busy: float = 0.0
    free: float = 0.0
    away: float = 0.0

    @staticmethod
    def of(found: Iterable[Segment]) -> "Time":
        """The time of one agent's segments."""
        busy = free = away = timedelta()
        for segment in found:
            if segment.activity in _BUSY:
                busy += segment.length
            elif segment.presence == Presence.AVAILABLE:
                # Whose laptop is shut can be given nobody, whatever he chose.
                free += segment.length if segment.desk else timedelta()
            elif segment.presence == Presence.AWAY:
                away += segment.length
        return Time(busy.total_seconds(), free.total_seconds(), away.total_seconds())

    def __add__(self, other: "Time") -> "Time":
        return Time(self.busy + other.busy, self.free + other.free, self.away + other.away)


def segments(
    agent: int,
    *,
    presence: str,
    activity: str,
    changes: Iterable[Change],
    start: datetime,
    end: datetime,
    desk: bool = True,
) -> Iterator[Segment]:
    """An agent's time from `start` to `end`, given his state at `start` and his changes since, in order."""
    since = start
    for change in changes:
        if change.at >= end:
            break
        if change.at > since:
            yield Segment(agent, since, change.at, presence, activity, desk)
            since = change.at
        if change.kind == "presence":
            presence = change.value
        elif change.kind == "activity":
            activity = change.value
        elif change.kind == "desk":
            desk = change.value == "open"
    if end > since:
        yield Segment(agent, since, end, presence, activity, desk)


def wrap_ups(changes: Iterable[Change]) -> dict[tuple[int, str], float | None]:
    """Seconds of wrap-up by agent and call, None for one that lasts; `changes` are one agent's, in order."""
    found: dict[tuple[int, str], float | None] = {}
    running: Change | None = None
    for change in changes:
        if change.kind != "activity":
            continue
        if running is not None:
            key = running.agent, running.call_id
            found[key] = (found[key] or 0.0) + (change.at - running.at).total_seconds()
        running = change if change.value == Activity.WRAPPING_UP else None
        if running is not None:
            found.setdefault((running.agent, running.call_id), 0.0)
    if running is not None:
        found[running.agent, running.call_id] = None
    return found


@dataclass(frozen=True)
class Grid:
    """Intervals of one length from `start` (inclusive) to `end` (exclusive), counted from midnight UTC."""

    start: datetime
    end: datetime
    step: timedelta

    @staticmethod
    def around(start: datetime, end: datetime, step: timedelta) -> "Grid":
        """The whole intervals that `start` and `end` lie in; OverflowError at the end of the calendar."""
        first = _floor(start, step)
        last = _floor(end, step)
        return Grid(first, last if last == end else last + step, step)

    def __len__(self) -> int:
        return (self.end - self.start) // self.step

    def starts(self) -> list[datetime]:
        """When each interval begins."""
        return [self.start + n * self.step for n in range(len(self))]

    def index(self, at: datetime) -> int:
        """Which interval `at` lies in."""
        return (at - self.start) // self.step

    def spread(self, found: Iterable[Segment]) -> list[list[Segment]]:
        """The segments by interval, cut where one ends."""
        cells: list[list[Segment]] = [[] for _ in range(len(self))]
        for segment in found:
            for index in range(self.index(segment.start), len(self)):
                begin = self.start + index * self.step
                if begin >= segment.end:
                    break
                start, end = max(begin, segment.start), min(begin + self.step, segment.end)
                cells[index].append(segment._replace(start=start, end=end))
        return cells

    def sort(self, stays: Sequence[Stay]) -> list[list[Stay]]:
        """The stays by the interval in which the caller entered the line; others are left out."""
        cells: list[list[Stay]] = [[] for _ in range(len(self))]
        for stay in stays:
            if self.start <= stay.enqueued_at < self.end:
                cells[self.index(stay.enqueued_at)].append(stay)
        return cells


def _floor(at: datetime, step: timedelta) -> datetime:
    at = at.astimezone(UTC)
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + ((at - midnight) // step) * step
