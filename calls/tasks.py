"""What runs off the request. Tasks take ids, may run twice, and do nothing for a call that is gone."""

import os
import socket

import structlog
from celery import shared_task

from calls import standby
from calls.models import Call
from calls.services import ai, sweeps
from calls.states import LIVE, AILeft, AIState
from calls.telephony import Telephony, TelephonyError, telephony

logger = structlog.get_logger(__name__)


@shared_task(name="calls.dispatch_ai")
def dispatch_ai(call_id: str, epoch: int) -> None:
    """Make the room and ask for the receptionist. A failure is left to the AI's deadline, which tries once more."""
    call = Call.objects.filter(pk=call_id, ai_epoch=epoch, ai_state=AIState.DISPATCHED, state__in=LIVE).first()
    if call is None:
        return
    wanted = standby.Wanted(call.pk, epoch, call.room_name)
    if standby.offer_to_waiting(wanted):
        return
    try:
        dispatch_id = _send_ai(telephony(), call, wanted)
    except TelephonyError as error:
        logger.warning("dispatch failed", call_id=call_id, epoch=epoch, error=str(error))
        ai.left(call_id, epoch, reason=AILeft.FAILED)
        return
    Call.objects.filter(pk=call_id, ai_epoch=epoch).update(ai_dispatch_id=dispatch_id)


def _send_ai(port: Telephony, call: Call, wanted: standby.Wanted) -> str:
    """To the room, and the id of the dispatch; empty where a worker has taken the call by itself. TelephonyError."""
    # The dispatch alone would make the room with the default timeouts.
    port.create_room(call.room_name)
    if wanted.epoch > 1 or call.ai_dispatch_id or standby.waits(call.pk):
        # A ghost evicted by the newcomer would have LiveKit end the newcomer's job, which it finds by identity.
        port.remove(call.room_name, call.ai_identity)
    if call.ai_dispatch_id:
        port.cancel_dispatch(call.room_name, call.ai_dispatch_id)
    if standby.offer(wanted):
        return ""
    return port.dispatch(call.room_name, {"call_id": wanted.call_id, "epoch": wanted.epoch})


@shared_task(name="calls.ensure_room")
def ensure_room(call_id: str) -> None:
    """Make the room of a call that no AI was sent to. LiveKit makes it with its defaults where this fails."""
    call = Call.objects.filter(pk=call_id, state__in=LIVE).first()
    if call is not None:
        telephony().create_room(call.room_name)


@shared_task(name="calls.nudge_ai")
def nudge_ai(call_id: str) -> None:
    """Tell the call's AI to look at the database now; where this is lost it looks by itself within a second."""
    call = Call.objects.filter(pk=call_id, ai_state=AIState.LIVE, state__in=LIVE).first()
    if call is not None:
        telephony().send_data(call.room_name, "callcenter.news", {"call_id": call.pk})


@shared_task(
    name="calls.close_room", autoretry_for=(TelephonyError,), retry_backoff=1, retry_backoff_max=30, max_retries=6
)
def close_room(call_id: str) -> None:
    """Close the room of an ended call and take back its dispatch."""
    call = Call.objects.filter(pk=call_id).exclude(state__in=LIVE).first()
    if call is None or Call.objects.filter(room_name=call.room_name, state__in=LIVE).exists():
        return
    port = telephony()
    if call.ai_dispatch_id:
        port.cancel_dispatch(call.room_name, call.ai_dispatch_id)
    port.delete_room(call.room_name)


@shared_task(name="calls.sweep_deadlines")
def sweep_deadlines() -> None:
    """Each second: callers and AIs past their deadline."""
    sweeps.lapse_callers()
    sweeps.lapse_ais()


@shared_task(name="calls.sweep_rooms")
def sweep_rooms() -> None:
    """Every ten seconds: what LiveKit really has."""
    try:
        sweeps.reconcile_rooms(telephony())
    except TelephonyError as error:
        logger.warning("rooms not reconciled", error=str(error))


@shared_task(name="calls.sweep_heartbeat")
def sweep_heartbeat() -> None:
    """Tell that tasks run."""
    sweeps.heartbeat("celery", f"{socket.gethostname()}:{os.getpid()}")


@shared_task(name="calls.sweep_old_rows")
def sweep_old_rows() -> None:
    """Each hour: delete what is kept only for a while."""
    sweeps.forget_old_rows()
