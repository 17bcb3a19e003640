"""What runs off the request. Tasks take ids, may run twice, and do nothing for what is gone."""

import structlog
from celery import shared_task

from calls.models import Call
from calls.telephony import TelephonyError, telephony
from queueing.models import Agent
from queueing.services import sweeps

logger = structlog.get_logger(__name__)


@shared_task(name="queueing.sweep_deadlines")
def sweep_deadlines() -> None:
    """Each second: offers, connections, lost agents, waits and wrap-ups past their time, and matching."""
    sweeps.sweep()


@shared_task(name="queueing.remove_agent")
def remove_agent(call_id: str, agent_id: int) -> None:
    """Put an agent out of a room that is not his any more; he may have got it back meanwhile."""
    call = Call.objects.filter(pk=call_id).first()
    agent = Agent.objects.select_related("user").filter(pk=agent_id).first()
    if call is None or agent is None or call.agent_id == agent.user_id:
        return
    try:
        telephony().remove(call.room_name, agent.identity)
    except TelephonyError as error:
        # His token dies within minutes, and the room with the call.
        logger.warning("agent not removed", call_id=call_id, agent=agent.username, error=str(error))
