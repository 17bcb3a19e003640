"""What deadlines demand. Every function may run twice at once, late, or not at all for a while."""

from datetime import timedelta

import structlog

from calls.models import Call, Heartbeat, IdempotentAnswer, WebhookDelivery
from calls.services import ai, participants
from calls.services.lifecycle import end_call
from calls.states import LIVE, CallState, EndReason
from calls.telephony import Telephony
from common import clock
from common.models import StreamEvent

logger = structlog.get_logger(__name__)

BATCH = 200
EVENTS_KEPT = timedelta(days=2)
ANSWERS_KEPT = timedelta(hours=24)
DELIVERIES_KEPT = timedelta(days=7)


def lapse_callers() -> int:
    """End the calls whose caller never came, or did not come back in time."""
    due = Call.objects.filter(state__in=LIVE, caller_deadline__lte=clock.now())[:BATCH]
    return sum(_lapse_caller(call) for call in due)


def _lapse_caller(call: Call) -> bool:
    state = CallState(call.state)
    talking = state in (CallState.AI, CallState.AGENT) and call.caller_joined_at is not None
    reason = EndReason.CALLER_LOST if talking else EndReason.ABANDONED
    return end_call(call.pk, reason, actor="system", sources=frozenset({state}), overdue=True)


def lapse_ais() -> int:
    """Replace the AIs that did not come or stopped renewing their lease."""
    due = Call.objects.filter(state__in=LIVE, ai_deadline__lte=clock.now()).values_list("pk", "ai_epoch")[:BATCH]
    return sum(ai.lapse(pk, epoch) for pk, epoch in due)


def reconcile_rooms(port: Telephony) -> int:
    """Ask LiveKit who is really there, for every live call that may have a room."""
    calls = list(Call.objects.filter(state__in=LIVE).order_by("created_at"))
    existing = set(port.rooms([call.room_name for call in calls])) if calls else set()
    for call in calls:
        seen = port.participants(call.room_name) if call.room_name in existing else []
        participants.reconcile(call, seen)
    return len(calls)


def forget_old_rows() -> None:
    """Delete what is kept only for a while."""
    now = clock.now()
    StreamEvent.objects.filter(created_at__lt=now - EVENTS_KEPT).delete()
    IdempotentAnswer.objects.filter(created_at__lt=now - ANSWERS_KEPT).delete()
    WebhookDelivery.objects.filter(received_at__lt=now - DELIVERIES_KEPT).delete()
    Heartbeat.objects.filter(seen_at__lt=now - timedelta(hours=1)).delete()


def heartbeat(kind: str, name: str, **data: object) -> None:
    """A process says that it lives."""
    Heartbeat.objects.update_or_create(kind=kind, name=name, defaults={"seen_at": clock.now(), "data": data})
