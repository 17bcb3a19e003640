"""An agent hands his call on to a department: the caller waits there, an AI keeps him company, the agent is done."""

from django.db import transaction
from django.db.models import Q

from calls.models import Call
from calls.services import ai, lifecycle
from calls.states import CallState
from common import clock
from common.errors import Conflict
from common.service import service
from queueing import selectors
from queueing.models import Agent, Department, QueueEntry, Transfer
from queueing.services import narration, news
from queueing.services.admission import find_line
from queueing.services.agents import back_to_idle, begin_wrap_up
from queueing.services.entries import put_out, stand_in_line
from queueing.services.steps import Lost, move_entry
from queueing.services.transfers import add_transfer
from queueing.states import Activity, EntryState, TransferState

REASON = "transferred"


def hand_on(call: Call, *, agent: Agent, department: str, reason: str) -> Transfer:
    """Give the caller to the line of `department`. Asked again: the same transfer.

    Invalid for an unknown department; Conflict `wrong_state` when the call is not this agent's or not connected yet,
    `queue_closed`, `queue_full` or `queue_unstaffed` when the department takes nobody: the agent keeps the call.
    """
    wanted = selectors.department_for(department)
    try:
        return _hand_on(call.pk, agent, wanted, reason)
    except Lost:
        call.refresh_from_db()
    again = Transfer.objects.filter(call=call, state=TransferState.PENDING, requested_by=agent.username)
    found = again.select_related("call", "entry__department", "accepted_by__user").first()
    if found is None:
        raise Conflict("This call is not yours to hand on now.", state=call.state)
    return found


@service
def _hand_on(call_id: str, agent: Agent, department: Department, reason: str) -> Transfer:
    # The call's row first, as everywhere.
    if not Call.objects.filter(pk=call_id, state=CallState.AGENT, agent=agent.user_id).update(state=CallState.AGENT):
        raise Lost
    department = find_line(Call.objects.get(pk=call_id), department)
    held = selectors.open_entry(call_id)
    if held is None or not _done(held, agent):
        raise Lost
    # After the entry: the agent, who no longer holds it, is not told that his caller waits.
    if not lifecycle.set_state(
        call_id,
        CallState.WAITING,
        actor=agent.username,
        sources=frozenset({CallState.AGENT}),
        news={"reason": REASON},
        agent=None,
        agent_joined_at=None,
        on_hold=False,
        department=department.slug,
    ):
        raise Lost
    call = Call.objects.get(pk=call_id)
    entry = stand_in_line(call, department, cause=REASON, actor=agent.username)
    narration.tell_entry(entry, "handed_on", agent=agent)
    made = add_transfer(entry, reason, agent.username)
    _let_go(agent, held, call)
    transaction.on_commit(lambda: ai.redispatch(call_id, actor="system"), robust=True)
    return made


def _done(held: QueueEntry, agent: Agent) -> bool:
    now = clock.now()
    connected = frozenset({EntryState.CONNECTED})
    mine = Q(agent=agent)
    return move_entry(
        held,
        EntryState.DONE,
        actor=agent.username,
        sources=connected,
        where=mine,
        data={"cause": REASON},
        ended_at=now,
        agent_lost_at=None,
        agent_lost_deadline=None,
    )


def _let_go(agent: Agent, held: QueueEntry, call: Call) -> None:
    """To wrap-up by the rules of the department he took the call in, and out of the room."""
    news.to_agent(agent.username, "call_ended", call, reason=REASON)
    if held.department.wrap_up_seconds:
        begin_wrap_up(agent, held.department, call, actor=agent.username)
    else:
        back_to_idle(agent, actor=agent.username, sources=frozenset({Activity.ON_CALL}), call_id=call.pk)
    put_out(call, agent)
    news.queue_changed(held.department)
