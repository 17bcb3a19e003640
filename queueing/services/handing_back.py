"""An agent gives his caller back to the AI: to finish, or to ask for a rating. He is done with the call."""

from calls.models import Call
from calls.services import ai, lifecycle
from calls.states import AITask, CallState
from common.errors import Conflict
from common.service import service
from queueing import targets
from queueing.models import Agent
from queueing.services import narration
from queueing.services.giving import finish, hold_call, let_go
from queueing.services.steps import Lost

HANDED_BACK = "handed_back"
_WHY = {"ai_full": "All assistants are busy just now.", "no_ai": "There is no assistant to be had just now."}


def hand_back(call: Call, *, agent: Agent, task: AITask) -> Call:
    """The AI goes on with the caller where the transcript stops. Asked again: the same.

    Conflict: `ai_full` or `no_ai` (the call stays with the agent), `transfer_open`, `wrong_state` when the call is not
    this agent's or not connected yet.
    """
    try:
        _hand_back(call.pk, agent, task)
    except Lost:
        call.refresh_from_db()
        if call.state != CallState.AI or call.ai_task != task or not _had_it(call, agent):
            raise Conflict("This call is not yours to hand back now.", state=call.state) from None
    return Call.objects.get(pk=call.pk)


def _had_it(call: Call, agent: Agent) -> bool:
    last = call.entries.order_by("-pk").first()
    return last is not None and last.agent_id == agent.pk


@service
def _hand_back(call_id: str, agent: Agent, task: AITask) -> None:
    held = hold_call(call_id, agent)
    if targets.open_handover(held) is not None:
        raise Conflict("A colleague is asked to take this call.", code="transfer_open", state=CallState.AGENT.value)
    cause = lifecycle.why_no_ai(held.call)
    if cause:
        raise Conflict(_WHY[cause], code=cause, state=CallState.AGENT.value)
    finish(held, agent, actor=agent.username, cause=HANDED_BACK)
    moved = lifecycle.set_state(
        call_id,
        CallState.AI,
        actor=agent.username,
        sources=frozenset({CallState.AGENT}),
        news={"reason": HANDED_BACK},
        agent=None,
        agent_joined_at=None,
        on_hold=False,
        ai_task=task,
        ai_attempts=0,
    )
    if not moved:
        raise Lost
    call = Call.objects.get(pk=call_id)
    narration.tell_entry(held, HANDED_BACK, agent=agent, turn=call.ai_epoch)
    # Under the next epoch, whatever became of the one before: an AI that is just leaving is not this one.
    ai.dispatch(call, actor=agent.username)
    let_go(agent, held, call, reason=HANDED_BACK)
