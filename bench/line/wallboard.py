"""(e) A snapshot of the wallboard with a day behind it, its figures reckoned anew each time."""

import time
from datetime import timedelta
from importlib import import_module

from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents_ui import presenters
from bench.host import left_alone
from bench.line import people
from bench.numbers import Row, percentile
from calls.models import Call
from calls.states import CallState, EndReason
from common import clock
from queueing.models import Agent, AgentEvent, Department, Offer, QueueEntry
from queueing.states import Activity, EntryState, OfferState

SAMPLES, PART = 60, 10
Spent = tuple[float, float]
DEPARTMENTS, AGENTS, WAITING, DONE_TODAY = 50, 500, 1_000, 2_000


def measure() -> list[Row]:
    """As a wallboard opens: with figures kept for five seconds at most, and without."""
    # The collector of garbage as the web process has it.
    import_module("callcenter_site.asgi")
    few = _scene(5, 50, 100, 200)
    many = _scene(DEPARTMENTS, AGENTS, WAITING, DONE_TODAY)
    reckoned, kept = [], []
    for _ in range(SAMPLES // PART):
        first, second = left_alone(_part)
        reckoned += first
        kept += second
    return [
        _row("(e) wallboard snapshot", [clock for clock, _ in reckoned]),
        _row("(e) … figures kept from before", [clock for clock, _ in kept]),
        Row("(e) … our processor time", "s", [ours for _, ours in reckoned], target="p50 ≤ 45 ms"),
        Row("(e) … the same, figures kept", "s", [ours for _, ours in kept], target="p50 ≤ 35 ms"),
        Row("(e) … queries", "", [float(many)], [float(few)], target="constant", within=many == few),
    ]


def _part() -> tuple[list[Spent], list[Spent]]:
    """Some snapshots with figures reckoned anew, and as many with figures kept, in turn."""
    reckoned, kept = [], []
    for _ in range(PART):
        cache.clear()
        reckoned.append(_timed())
        kept.append(_timed())
    return reckoned, kept


def _row(name: str, samples: list[float]) -> Row:
    return Row(name, "s", samples, target="p95 ≤ 100 ms", within=percentile(samples, 0.95) <= 0.1)


def _timed() -> Spent:
    """By the clock, and our own processor time: the database's is not in it."""
    begun, spent = time.perf_counter(), time.process_time()
    presenters.wallboard()
    return time.perf_counter() - begun, time.process_time() - spent


def _scene(departments: int, agents: int, waiting: int, done: int) -> int:
    """The call centre of that size; how many queries its snapshot takes."""
    people.empty()
    cache.clear()
    lines = people.departments(departments)
    staff = people.agents(agents, lines, each=2)
    people.callers(waiting, lines)
    _day(lines, staff, done)
    people.analyse()
    with CaptureQueriesContext(connection) as seen:
        presenters.wallboard()
    return len(seen)


def _day(lines: list[Department], staff: list[Agent], done: int) -> None:
    """Calls answered and over since a while, with the agents' log."""
    now = clock.now()
    calls = Call.objects.bulk_create(
        Call(
            room_name=f"done-{n}",
            state=CallState.ENDED,
            end_reason=EndReason.CUSTOMER_HANGUP,
            ended_at=now - timedelta(seconds=n),
        )
        for n in range(done)
    )
    entries = QueueEntry.objects.bulk_create(
        _done(call, lines[n % len(lines)], staff[n % len(staff)], n) for n, call in enumerate(calls)
    )
    Offer.objects.bulk_create(
        Offer(entry=entry, agent=entry.agent, state=OfferState.CONNECTED, answered_at=entry.answered_at)
        for entry in entries
    )
    AgentEvent.objects.bulk_create(
        AgentEvent(
            agent=entry.agent, at=at or now, kind="activity", value=value, actor="system", call_id_ref=entry.call_id
        )
        for entry in reversed(entries)
        for at, value in (
            (entry.answered_at, Activity.ON_CALL),
            (entry.ended_at, Activity.WRAPPING_UP),
            (entry.ended_at, Activity.IDLE),
        )
    )


def _done(call: Call, department: Department, agent: Agent, seconds_ago: int) -> QueueEntry:
    ended = clock.now() - timedelta(seconds=seconds_ago)
    return QueueEntry(
        call=call,
        department=department,
        agent=agent,
        state=EntryState.DONE,
        enqueued_at=ended - timedelta(seconds=200),
        answered_at=ended - timedelta(seconds=190),
        connected_at=ended - timedelta(seconds=189),
        ended_at=ended,
    )
