"""The sums the database makes are those the formulas make of the same rows."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db.models import Q

from queueing.metrics import selectors
from queueing.metrics.facts import Outcome, Segment, Time
from queueing.metrics.figures import department_figures
from queueing.metrics.selectors import Board, rules_of
from queueing.models import Agent, AgentEvent, Department, Offer, QueueEntry
from queueing.states import ENTRY_QUEUED, Activity, EntryState, OfferState, Presence
from tests.cast import make_agent, make_call, make_department

MIDNIGHT = datetime(2026, 11, 21, tzinfo=UTC)
HALF = timedelta(minutes=30)
SECOND = timedelta(seconds=1)
# What the log says of each kind; the last is nothing that counts.
LOG = {
    "presence": Presence.values,
    "activity": [*Activity.values, Activity.WRAPPING_UP, Activity.ON_CALL],
    "desk": ["open", "closed"],
    "note": ["open", "away", "on_call"],
}


@pytest.fixture(autouse=True)
def _commits(db: None) -> None:
    """Rows alone: nothing is done that is told after a commit."""


@pytest.fixture(autouse=True)
def _invariants() -> None:
    """No engine would write these rows."""


class House:
    """Departments, agents, calls and logs as no engine would write them, around `now`."""

    def __init__(self, seed: str, now: datetime) -> None:
        self.random, self.now = Random(seed), now
        self.lines = [make_department(f"line{n}", service_level_seconds=self.some(0, 20, 900)) for n in range(4)]
        self.agents = [make_agent(f"agent{n}", *self.random.sample(self.lines, n % 3)) for n in range(9)]
        for agent in self.agents:
            agent.presence, agent.activity = self.some(*Presence.values), self.some(*Activity.values)
            agent.save()
        self.calls = [make_call() for _ in range(60)]
        entries = QueueEntry.objects.bulk_create(self.entry(n) for n in range(100))
        Offer.objects.bulk_create(self.offer(self.some(*entries)) for _ in range(150))
        # The last of them are silent.
        AgentEvent.objects.bulk_create(self.event(self.some(*self.agents[:-2])) for _ in range(300))

    def some(self, *values: Any) -> Any:
        """One of them."""
        return self.random.choice(values)

    def moment(self, most: int = 5000) -> datetime:
        """Near one of the moments at which something begins or ends to count, or at it, or after the present."""
        edge: datetime = self.some(MIDNIGHT, self.now - HALF, self.now, min(MIDNIGHT, self.now - HALF))
        side: int = self.some(0, 1, -1)
        part = timedelta(microseconds=self.some(0, 0, 1, 250_000, 999_999))
        return edge + side * self.random.randrange(most) * SECOND + part

    def entry(self, number: int) -> QueueEntry:
        """One stay; the first are calls of their own, others came back."""
        begun = self.moment()
        state = self.some(EntryState.WAITING, *EntryState.values) if number < 25 else self.some(*ENDED)
        over = state in ENDED
        return QueueEntry(
            call=self.calls[number] if number < 25 else self.some(*self.calls[25:]),
            department=self.some(*self.lines),
            state=state if state not in TAKEN else EntryState.DONE,
            enqueued_at=begun,
            agent=self.some(None, *self.agents) if over else None,
            answered_at=self.later(begun) if self.some(0, 1) else None,
            connected_at=self.later(begun) if self.some(0, 1) else None,
            ended_at=self.later(begun) if over or state in TAKEN else None,
            short_abandon=self.some(True, False),
            cause=self.some("escalated", "direct", "callback"),
        )

    def later(self, at: datetime) -> datetime:
        """A while after, or at once, or by another clock's fault before."""
        return at + timedelta(microseconds=self.some(-5, 0, 20_000_000, self.random.randrange(2_000_000_000)))

    def offer(self, entry: QueueEntry) -> Offer:
        """One that came to something, or to nothing."""
        answered = self.some(None, self.later(entry.enqueued_at))
        state = self.some(OfferState.CONNECTED, OfferState.DECLINED, OfferState.SETUP_FAILED)
        return Offer(entry=entry, agent=self.some(*self.agents), state=state, answered_at=answered)

    def event(self, agent: Agent) -> AgentEvent:
        """A line of his log, about one of the calls or none."""
        kind = self.some("activity", *LOG)
        call = self.some("", *(call.pk for call in self.calls))
        return AgentEvent(
            agent=agent, at=self.moment(), kind=kind, value=self.some(*LOG[kind]), actor="x", call_id_ref=call
        )


ENDED = [
    *(EntryState.DONE, EntryState.DONE, EntryState.ABANDONED, EntryState.TIMED_OUT, EntryState.UNANSWERED),
    *(EntryState.REJECTED_FULL, EntryState.CALLBACK, EntryState.OVERFLOWED),
]
TAKEN = [EntryState.CONNECTING, EntryState.CONNECTED]


def by_formulas(department: Department, now: datetime) -> Board:
    """Its board, reckoned in Python from all the rows."""
    since = now - HALF
    start = min(MIDNIGHT, since)
    log = selectors._Log(start, now)
    asked = Q(enqueued_at__gte=start) | Q(state__in=ENTRY_QUEUED)
    own = [stay for stay in selectors._stays(asked, log) if stay.department == department.pk]
    recent = [stay for stay in own if stay.enqueued_at >= since or stay.outcome is Outcome.WAITING]
    day = [stay for stay in own if stay.enqueued_at >= MIDNIGHT]

    def spent(cut: datetime) -> list[Time]:
        agents = selectors._staff()[department.pk]
        return [Time.of(piece for one in log.segments(agent) for piece in from_then(one, cut)) for agent in agents]

    rules = rules_of(department)
    return Board(
        department_figures(recent, spent(since), rules=rules, now=now),
        department_figures(day, spent(MIDNIGHT), rules=rules, now=now),
    )


def from_then(segment: Segment, cut: datetime) -> list[Segment]:
    """What of it lies after the cut."""
    return [segment._replace(start=max(cut, segment.start))] if segment.end > cut else []


@pytest.mark.parametrize("after_midnight", [timedelta(hours=5), timedelta(minutes=10), HALF], ids=str)
def test_the_boards_of_any_house_are_what_the_formulas_make_of_its_rows(after_midnight: timedelta) -> None:
    now = MIDNIGHT + after_midnight
    house = House(f"a house at {now}", now)
    found = selectors.boards(house.lines, midnight=MIDNIGHT, recent=HALF, now=now)()
    assert found == {line.pk: by_formulas(line, now) for line in house.lines}
    assert any(board.recent.counts.offered and board.recent.occupancy for board in found.values())
