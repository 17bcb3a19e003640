"""What a supervisor does by hand: gives a waiting caller to an agent, ranks, moves or removes him; sets presences.

Every act is a compare-and-set like the engine's own, and the history names the supervisor.
"""

from django.db.models import Q

from calls.services import history
from common import clock
from common.errors import Conflict, Invalid, NotFound
from common.service import service
from queueing import lookups, selectors
from queueing.admission import Cause, Rule, Verdict
from queueing.models import Agent, Department, QueueEntry
from queueing.services import agents, calling_back, news, ringing, waits
from queueing.services.admission import Arrival
from queueing.services.callbacks import step_out
from queueing.services.matching import rematch
from queueing.services.steps import Lost, lock_waiting_call
from queueing.services.taking import Taking, take
from queueing.states import ENTRY_QUEUED, Activity, EntryState, OfferOrigin, Presence, TransferState

# What a department may have for a caller who waits no more. Its rule for too long a wait, where that says so.
_OFFERS = frozenset({Rule.EITHER, Rule.MESSAGE, Rule.CALLBACK, Rule.AI_ONLY})


def get_entry(entry_id: str) -> QueueEntry:
    """A stay in a line by its public id, or NotFound."""
    known = entry_id.isascii() and entry_id.isdigit() and len(entry_id) < 19
    rows = QueueEntry.objects.select_related("call", "department", "agent__user")
    found = rows.filter(pk=int(entry_id)).first() if known else None
    if found is None:
        raise NotFound("There is no such caller.")
    return found


# --- to an agent -------------------------------------------------------------------------------------------------
def assign(entry: QueueEntry, agent: Agent, *, actor: str) -> QueueEntry:
    """Give the caller to the agent at once, without his accept; whoever is being asked about him is let go.

    The agent must be available at an open desk, and not in a call; his wrap-up ends by it. Given to him already:
    the entry as it is. Invalid outside his departments; Conflict: not in line any more, `agent_busy`,
    `agent_unavailable`.
    """
    if not lookups.serves(agent, entry.department_id):
        raise Invalid("This agent works in other departments.", fields={"agent_id": "not of the caller's department"})
    try:
        return _assign(entry, agent, actor)
    except Lost:
        entry = get_entry(str(entry.pk))
    if entry.agent_id == agent.pk and entry.state in (EntryState.CONNECTING, EntryState.CONNECTED):
        return entry
    raise _why_not(entry, selectors.get_agent(agent.username))


@service
def _assign(entry: QueueEntry, agent: Agent, actor: str) -> QueueEntry:
    there = selectors.leased() & Q(presence=Presence.AVAILABLE)
    return take(Taking(entry, agent, OfferOrigin.BY_HAND, actor, agent_where=there))


def _why_not(entry: QueueEntry, agent: Agent) -> Conflict:
    if entry.state not in ENTRY_QUEUED:
        return _not_in_line(entry)
    if agent.activity in (Activity.ON_CALL, Activity.OFFERED):
        return Conflict(f"{agent.name} has another call.", code="agent_busy", state=agent.activity)
    if agent.lease_until is None or agent.lease_until <= clock.now():
        return Conflict(f"{agent.name} has no desk open.", code="agent_unavailable", state="desk_closed")
    if agent.presence != Presence.AVAILABLE:
        return Conflict(f"{agent.name} is not available.", code="agent_unavailable", state=agent.presence)
    return Conflict("This cannot be done just now; try again.", state=entry.state)


def _not_in_line(entry: QueueEntry) -> Conflict:
    held = entry.state in (EntryState.CONNECTING, EntryState.CONNECTED) and entry.agent is not None
    if held and entry.agent is not None:
        taken_by = entry.agent
        return Conflict(
            f"{taken_by.name} has taken this call.",
            code="already_accepted",
            accepted_by=taken_by.username,
            state=entry.state,
        )
    return Conflict("This caller no longer waits.", state=entry.state)


# --- in the line -------------------------------------------------------------------------------------------------
@service
def set_priority(entry: QueueEntry, priority: int, *, actor: str) -> QueueEntry:
    """Rank the caller anew; the time he has waited stays. The same twice is fine. Conflict: not in line any more."""
    rows = QueueEntry.objects.filter(pk=entry.pk, state__in=ENTRY_QUEUED)
    if rows.exclude(priority=priority).update(priority=priority):
        history.record(entry.call_id, "queue.priority", actor, entry=entry.pk, priority=priority)
        pending = selectors.transfers().filter(entry=entry, state=TransferState.PENDING).first()
        if pending is not None:
            news.transfer_changed(pending)
        news.queue_changed(entry.department)
        rematch([entry.department_id])
    fresh = get_entry(str(entry.pk))
    if fresh.state not in ENTRY_QUEUED:
        raise _not_in_line(fresh)
    return fresh


def move(entry: QueueEntry, department: Department, *, actor: str) -> QueueEntry:
    """Into another department's line with the time he has waited: the entry there (or where that sends him on).

    Conflict: not in line any more, or `queue_<cause>` when nobody is taken there: he keeps his place.
    """
    try:
        return _move(entry, department, actor)
    except Lost:
        raise _not_in_line(get_entry(str(entry.pk))) from None


@service
def _move(entry: QueueEntry, department: Department, actor: str) -> QueueEntry:
    _still_in_line(entry)
    return waits.move_to(entry.call, department, actor=actor)


def remove(entry: QueueEntry, reason: str, *, actor: str) -> QueueEntry:
    """Out of the line: the caller is told, and offered what the department has for who has waited too long.

    With a living AI he goes on with it; without one the call ends `no_agent`, and its page takes a message or a
    callback. A callback in line is cancelled. Conflict: not in line any more.
    """
    act = _cancel if entry.cause == ringing.CAUSE else _remove
    try:
        return act(entry, reason, actor)
    except Lost:
        raise _not_in_line(get_entry(str(entry.pk))) from None


@service
def _remove(entry: QueueEntry, reason: str, actor: str) -> QueueEntry:
    _still_in_line(entry)
    rule = Rule(entry.department.when_timed_out)
    rule = rule if rule in _OFFERS else Rule.EITHER
    _step_out(entry, actor, rule, reason)
    entry = get_entry(str(entry.pk))
    verdict = Verdict(None, (), entry.department_id, Cause.REMOVED, rule)
    arrival = Arrival(entry.call, actor, entry.cause, entry.enqueued_at, entry.priority)
    waits.tell_nobody_comes(entry, verdict, arrival)
    return entry


@service
def _cancel(entry: QueueEntry, reason: str, actor: str) -> QueueEntry:
    """Nobody is called back: the customer is not on the line, his page says so."""
    _still_in_line(entry)
    request = ringing.kept_by(entry.call_id)
    if request is None or not calling_back.withdraw(request.pk, actor=actor):
        raise Lost
    history.record(entry.call_id, "queue.cancelled", actor, entry=entry.pk, reason=reason)
    return get_entry(str(entry.pk))


def _step_out(entry: QueueEntry, actor: str, rule: Rule, reason: str) -> None:
    data = {"cause": Cause.REMOVED.value, "rule": rule.value, "reason": reason}
    try:
        out = step_out(entry.call, EntryState.REMOVED, actor, data=data, refusal=Cause.REMOVED, rule=rule)
    except Conflict as error:
        raise Lost from error
    if out is None or out.pk != entry.pk:
        raise Lost


def _still_in_line(entry: QueueEntry) -> None:
    """The call's open entry is this one, its call's row held; Lost."""
    if not lock_waiting_call(entry.call_id):
        raise Lost
    current = selectors.open_entry(entry.call_id)
    if current is None or current.pk != entry.pk or current.state not in ENTRY_QUEUED:
        raise Lost


# --- agents ------------------------------------------------------------------------------------------------------
def set_presence(agent: Agent, status: Presence, *, reason: str = "", actor: str) -> Agent:
    """What a supervisor says of an agent; his desk tells him who did it. A call in progress goes on.

    Made available he is offered what waits, like anybody who is free: that he is there, only he can say. Conflict
    `desk_closed` when no desk of his is open.
    """
    if status is not Presence.AVAILABLE:
        return agents.set_presence(agent, status, reason=reason, actor=actor)
    if agent.lease_until is None or agent.lease_until <= clock.now():
        raise Conflict(f"{agent.name} has no desk open.", code="desk_closed", state=agent.presence)
    agents.make_available(agent, actor)
    return selectors.get_agent(agent.username)
