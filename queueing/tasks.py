"""What runs off the request. Tasks take ids, may run twice, and do nothing for what is gone."""

import structlog
from celery import shared_task
from django.contrib.auth.models import User

from calls.models import Call
from calls.telephony import TelephonyError, telephony
from queueing import targets
from queueing.models import Agent, Supervision
from queueing.models.supervision import supervisor_identity
from queueing.services import sweeps, voices
from queueing.supervising import SUPERVISION_LIVE, SupervisionState

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
    talk = targets.conference(call_id)
    if talk is not None and talk.target_id == agent.pk:
        return
    try:
        telephony().remove(call.room_name, agent.identity)
    except TelephonyError as error:
        # His token dies within minutes, and the room with the call.
        logger.warning("agent not removed", call_id=call_id, agent=agent.username, error=str(error))


_INSIST = {"autoretry_for": (TelephonyError,), "retry_backoff": 1, "retry_backoff_max": 30, "max_retries": 6}


@shared_task(name="queueing.apply_supervision", **_INSIST)
def apply_supervision(call_id: str, user_id: int) -> None:
    """Give a supervisor in a call's room the rights his row gives him now; put him out when he has none."""
    rows = Supervision.objects.filter(call=call_id, supervisor=user_id).select_related("call", "supervisor")
    session = rows.filter(state__in=SUPERVISION_LIVE).first()
    if session is not None:
        publish = session.state == SupervisionState.BARGE
        telephony().permit(session.call.room_name, session.identity, publish=publish, hidden=session.heard_at is None)
        return
    call, user = Call.objects.filter(pk=call_id).first(), User.objects.filter(pk=user_id).first()
    if call is not None and user is not None:
        telephony().remove(call.room_name, supervisor_identity(user))


@shared_task(name="queueing.close_whisper", **_INSIST)
def close_whisper(room: str) -> None:
    """Close the room of a whisper that is over."""
    telephony().delete_room(room)


@shared_task(name="queueing.settle_voices", **_INSIST)
def settle_voices(call_id: str) -> None:
    """Whether the call's agent may speak in its room: LiveKit is made to agree with the database."""
    voices.settle(call_id)


@shared_task(name="queueing.close_consult", **_INSIST)
def close_consult(room: str) -> None:
    """Close the room of a consult that is over."""
    telephony().delete_room(room)
