"""An agent hands his call on to a department: the caller waits there, an AI keeps him company, the agent is done."""

from django.db import transaction

from calls.models import Call
from calls.services import ai, lifecycle
from calls.states import CallState
from common.errors import Conflict
from common.service import service
from queueing import selectors, targets
from queueing.models import Agent, Department, Transfer
from queueing.services import narration
from queueing.services.admission import find_line
from queueing.services.entries import stand_in_line
from queueing.services.giving import REASON, finish, hold_call, let_go
from queueing.services.steps import Lost
from queueing.services.transfers import add_transfer
from queueing.states import TransferState


def hand_on(call: Call, *, agent: Agent, department: str, reason: str) -> Transfer:
    """Give the caller to the line of `department`. Asked again: the same transfer.

    Invalid for an unknown department; Conflict `wrong_state` when the call is not this agent's or not connected yet,
    `queue_closed`, `queue_full` or `queue_unstaffed` when the department takes nobody, `transfer_open` while another
    agent is asked to take it: the agent keeps the call.
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
    held = hold_call(call_id, agent)
    if targets.open_handover(held) is not None:
        raise Conflict("A colleague is asked to take this call.", code="transfer_open", state=CallState.AGENT.value)
    department = find_line(Call.objects.get(pk=call_id), department)
    finish(held, agent, actor=agent.username)
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
    let_go(agent, held, call)
    transaction.on_commit(lambda: ai.redispatch(call_id, actor="system"), robust=True)
    return made
