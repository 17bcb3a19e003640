"""A supervisor takes a call over: from the AI, from an agent, out of the line. Then he is its agent like any other."""

from django.contrib.auth.models import User
from django.db import IntegrityError
from django.db.models import Q

from calls.models import Call
from calls.services import lifecycle
from calls.states import CallState
from common import clock
from common.errors import Conflict
from common.service import service
from queueing import selectors
from queueing.models import Agent, Department, QueueEntry
from queueing.services import narration, news, supervision
from queueing.services.after_call import back_to_idle, begin_wrap_up
from queueing.services.dropping import drop_handover, put_out
from queueing.services.entries import TAKEN_OVER, deadline, record_entry
from queueing.services.steps import Lost, move_entry
from queueing.services.taking import Taking, take, why_lost
from queueing.states import ENTRY_QUEUED, Activity, EntryState, OfferOrigin
from queueing.supervising import SupervisionEnd, SupervisionState


def take_over(call: Call, *, supervisor: User) -> QueueEntry:
    """Make the call the supervisor's own. Asked again: the same entry.

    Conflict: `not_an_agent`, `agent_busy`, `wrong_state`, `already_accepted` when another was first.
    """
    agent = selectors.agent_for_user(supervisor)
    if agent is None:
        raise Conflict("Only who is set up as an agent can take a call over.", code="not_an_agent", state=call.state)
    supervision.leave_others(call, supervisor)
    try:
        return _take_over(call.pk, agent)
    except (Lost, IntegrityError):
        call.refresh_from_db()
    entry = selectors.open_entry(call.pk)
    if (
        entry is not None
        and entry.agent_id == agent.pk
        and entry.state in (EntryState.CONNECTING, EntryState.CONNECTED)
    ):
        return entry
    raise _why(call, entry, agent)


def _why(call: Call, entry: QueueEntry | None, agent: Agent) -> Conflict:
    """What to tell who could not: his own business first, then the call's."""
    activity = Agent.objects.values_list("activity", flat=True).get(pk=agent.pk)
    if activity == Activity.OFFERED:
        return Conflict("Another call is ringing: answer that one first.", code="agent_busy", state=activity)
    if activity == Activity.ON_CALL:
        return Conflict("You are in another call.", code="agent_busy", state=activity)
    if entry is not None and call.state == CallState.WAITING:
        return why_lost(entry, agent)
    return Conflict("This call cannot be taken over now.", state=call.state)


@service
def _take_over(call_id: str, agent: Agent) -> QueueEntry:
    call = supervision.lock_call(call_id)
    held = selectors.open_entry(call_id)
    former: Agent | None = None
    if call.state == CallState.AI:
        entry = _out_of(call, CallState.AI, agent, None)
    elif call.state == CallState.WAITING and held is not None and held.state in ENTRY_QUEUED:
        entry = held
    elif call.state == CallState.AGENT and held is not None and held.agent is not None and held.agent_id != agent.pk:
        former = held.agent
        _done(held, agent)
        drop_handover(held)
        entry = _out_of(call, CallState.AGENT, agent, held)
    else:
        raise Lost
    # Agents' rows in the order of their keys, as everywhere.
    if former is not None and held is not None and former.pk < agent.pk:
        _let_go(former, held, call, agent)
    taken = take(Taking(entry, agent, OfferOrigin.TAKEN_OVER, actor=agent.username))
    if former is not None and held is not None and former.pk > agent.pk:
        _let_go(former, held, call, agent)
    narration.tell_entry(taken, "taken_over", agent=agent)
    _close_session(call, agent.user)
    return taken


def _out_of(call: Call, state: CallState, agent: Agent, held: QueueEntry | None) -> QueueEntry:
    """The call waits, for the moment of this transaction, at the head of no line but its own."""
    if not lifecycle.set_state(
        call.pk,
        CallState.WAITING,
        actor=agent.username,
        sources=frozenset({state}),
        where=Q(agent_id=held.agent.user_id) if held is not None and held.agent is not None else None,
        news={"reason": TAKEN_OVER},
        agent=None,
        agent_joined_at=None,
        on_hold=False,
    ):
        raise Lost
    department = held.department if held is not None else selectors.department_or_default(call.department)
    return _entry(call, department, agent, held.priority if held is not None else 0)


def _entry(call: Call, department: Department, agent: Agent, priority: int) -> QueueEntry:
    now = clock.now()
    entry = QueueEntry.objects.create(
        call=call,
        department=department,
        priority=priority,
        enqueued_at=now,
        wait_deadline=deadline(department, now),
        cause=TAKEN_OVER,
    )
    record_entry(entry, agent.username)
    if call.department != department.slug:
        Call.objects.filter(pk=call.pk).update(department=department.slug)
    return entry


def _done(held: QueueEntry, agent: Agent) -> None:
    if not move_entry(
        held,
        EntryState.DONE,
        actor=agent.username,
        sources=frozenset({EntryState.CONNECTED}),
        where=Q(agent=held.agent_id),
        data={"cause": TAKEN_OVER},
        ended_at=clock.now(),
        agent_lost_at=None,
        agent_lost_deadline=None,
    ):
        raise Lost


def _let_go(former: Agent, held: QueueEntry, call: Call, agent: Agent) -> None:
    """To wrap-up by the rules of the department he took the call in, and out of the room."""
    news.to_agent(former.username, "call_ended", call, reason=TAKEN_OVER)
    if held.department.wrap_up_seconds:
        begin_wrap_up(former, held.department, call, actor=agent.username)
    else:
        back_to_idle(former, actor=agent.username, call_id=call.pk)
    put_out(call, former)


def _close_session(call: Call, supervisor: User) -> None:
    """The row that says so: of the session that leads to it, or of its own."""
    session = supervision.live_sessions().filter(call=call, supervisor=supervisor).first()
    if session is None:
        session = supervision.begin(call, supervisor)
    supervision.finish(session, SupervisionState.TAKEN_OVER, SupervisionEnd.TOOK_OVER, actor=supervisor.get_username())
