"""Callers on their way into a line: let in, sent on, or told why not and what can be done instead.

What the departments say is decided in `queueing.admission`; here it is done. Rows in the order of the package.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from calls.models import Call
from calls.services import history, lifecycle
from calls.states import AIState, CallState, EndReason
from common import clock
from common.errors import Conflict
from common.service import service
from queueing import presenters, selectors
from queueing.admission import Cause, Rule, Standing, Verdict, route
from queueing.models import Department, QueueEntry
from queueing.services import narration
from queueing.services.entries import enqueue
from queueing.services.steps import Lost
from queueing.standing import lock_line, standing_of
from queueing.states import EntryState

REJECTED = {
    Cause.CLOSED: EntryState.REJECTED_CLOSED,
    Cause.FULL: EntryState.REJECTED_FULL,
    Cause.UNSTAFFED: EntryState.REJECTED_CLOSED,
    Cause.TIMED_OUT: EntryState.TIMED_OUT,
    Cause.REMOVED: EntryState.REMOVED,
}
_WITH_AI = (AIState.LIVE, AIState.DISPATCHED)


@dataclass(frozen=True)
class Arrival:
    """What an entry is made from; a caller who comes from another line keeps his clock and his priority."""

    call: Call
    actor: str
    cause: str
    enqueued_at: datetime
    priority: int = 0


def look(department_id: int) -> Standing:
    """A department now, its line held still where it is limited."""
    department = Department.objects.get(pk=department_id)
    lock_line(department)
    return standing_of(department)


@service
def admit(
    call: Call, department: Department, *, cause: str, actor: str, sources: frozenset[CallState], priority: int = 0
) -> QueueEntry:
    """Into the line of the department, or where it sends its callers on; the entry.

    Refused, the entry has ended (`refusal`, `rule`): the call stays with its AI, and ends where there is none. Lost
    when the call is not in one of `sources` any more.
    """
    # The call's row first, as everywhere: from here on nobody else moves it.
    if not Call.objects.filter(pk=call.pk, state__in=sources).update(agent=None):
        raise Lost
    verdict = route(department.pk, look)
    arrival = _arrival(call, actor, cause, priority)
    add_overflowed(arrival, verdict.left)
    if verdict.department is None:
        return _refuse(arrival, verdict)
    entry = enqueue(
        call,
        Department.objects.get(pk=verdict.department),
        cause=cause,
        actor=actor,
        sources=sources,
        priority=arrival.priority,
        enqueued_at=arrival.enqueued_at,
    )
    if verdict.left:
        narration.tell_entry(entry, "moved")
    return entry


def _arrival(call: Call, actor: str, cause: str, priority: int) -> Arrival:
    """Now, or at the place of the callback that the caller waited for before he called again."""
    now = clock.now()
    kept = selectors.kept_place(call)
    if kept is None:
        return Arrival(call, actor, cause, now, priority)
    return Arrival(call, actor, cause, kept.place(now), max(priority, kept.priority))


def find_line(call: Call, department: Department) -> Department:
    """Where a caller whom an agent hands on would wait; Conflict `queue_<cause>` where nobody takes him.

    Inside the unit of work that moves him, after the call's row.
    """
    verdict = route(department.pk, look)
    if verdict.department is None:
        raise Conflict(
            "That department takes nobody just now.",
            code=f"queue_{verdict.cause}",
            state=call.state,
            department=department.slug,
            offer=verdict.rule.value,
        )
    return Department.objects.get(pk=verdict.department)


def add_overflowed(arrival: Arrival, left: Iterable[tuple[int, Cause]]) -> None:
    """One entry for each department that sent the caller on."""
    for department_id, cause in left:
        add_ended(arrival, department_id, EntryState.OVERFLOWED, cause, Rule.OVERFLOW)


def add_ended(arrival: Arrival, department_id: int, state: EntryState, cause: Cause, rule: Rule) -> QueueEntry:
    """An entry that was over before it began."""
    entry = QueueEntry.objects.create(
        call=arrival.call,
        department_id=department_id,
        state=state,
        priority=arrival.priority,
        enqueued_at=arrival.enqueued_at,
        ended_at=clock.now(),
        cause=arrival.cause,
        refusal=cause,
        rule=rule,
    )
    history.record(
        entry.call_id,
        f"entry.{state.value}",
        arrival.actor,
        entry=entry.pk,
        department=entry.department.slug,
        cause=cause.value,
        rule=rule.value,
    )
    return entry


def _refuse(arrival: Arrival, verdict: Verdict) -> QueueEntry:
    """Told by the AI and the page; without an AI there is nobody to go on with."""
    if verdict.refused_by is None or verdict.cause is None:
        raise ValueError("this verdict refuses nobody")
    entry = add_ended(arrival, verdict.refused_by, REJECTED[verdict.cause], verdict.cause, verdict.rule)
    tell_refused(entry)
    call = Call.objects.get(pk=entry.call_id)
    if call.ai_state in _WITH_AI:
        lifecycle.tell_update(call.pk, state=call.state, **presenters.refusal_news(entry))
    else:
        lifecycle.end_call(call.pk, EndReason.NO_AGENT, actor=arrival.actor)
    arrival.call.refresh_from_db()
    return entry


def tell_refused(entry: QueueEntry) -> None:
    """The transcript's line."""
    narration.tell_entry(entry, f"refused_{entry.refusal}")
