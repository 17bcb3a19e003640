"""The AI of a call: sent for, watched, fenced, replaced.

LiveKit does not re-dispatch a crashed worker, and a killed one stays listed for a while; so the job renews a lease
in the database, and whoever comes back under an older epoch is turned away.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F

from calls import signals
from calls.models import Call, CallEvent
from calls.services.history import record
from calls.services.lifecycle import set_state, tell_update
from calls.states import AI, LIVE, AILeft, AIState, CallState
from common import clock
from common.service import service
from common.transitions import move

MAX_ATTEMPTS = 2
# Jobs that come and die, each in its turn: whatever kills them is in the call, and kills the next one, too.
MOST_LOST = 3


@service
def dispatch(call: Call, *, actor: str) -> bool:
    """Send for an AI under the next epoch; the task runs after commit."""
    from calls.tasks import dispatch_ai

    moved = move(
        Call.objects.filter(pk=call.pk, state__in=LIVE, ai_epoch=call.ai_epoch),
        AI,
        AIState.DISPATCHED,
        record=lambda: record(call, "ai.dispatched", actor, epoch=call.ai_epoch + 1),
        ai_epoch=F("ai_epoch") + 1,
        ai_attempts=F("ai_attempts") + 1,
        ai_deadline=clock.now() + timedelta(seconds=settings.AI_JOIN_SECONDS),
    )
    if moved:
        call.refresh_from_db()
        epoch = call.ai_epoch
        transaction.on_commit(lambda: dispatch_ai.delay(call.pk, epoch), robust=True)
    return moved


def redispatch(call_id: str, *, actor: str) -> bool:
    """Bring an AI (back) to keep the caller company; False when one is live or the call is over."""
    call = Call.objects.get(pk=call_id)
    if call.ai_state in (AIState.DISPATCHED, AIState.LIVE):
        return False
    Call.objects.filter(pk=call_id, ai_state=call.ai_state).update(ai_attempts=0)
    return dispatch(call, actor=actor)


@service
def begin(call_id: str, epoch: int, *, prompt_version: str = "") -> bool:
    """The job of `epoch` is in the room: the lease starts. False: fenced or over, it must leave.

    `prompt_version`: what it speaks by; a later AI's is the one that is kept.
    """
    moved = move(
        Call.objects.filter(pk=call_id, ai_epoch=epoch, state__in=LIVE),
        AI,
        AIState.LIVE,
        sources=frozenset({AIState.DISPATCHED}),
        record=lambda: record(call_id, "ai.live", "ai", epoch=epoch),
        prompt_version=prompt_version,
        ai_attempts=0,
        ai_deadline=_lease(),
    )
    if moved:
        Call.objects.filter(pk=call_id, answered_at__isnull=True).update(answered_at=clock.now())
        news = {"ai": AIState.LIVE.value}
        if not set_state(call_id, CallState.AI, actor="ai", sources=frozenset({CallState.CREATED}), news=news):
            tell_update(call_id, **news)
    return moved


@service
def renew(call_id: str, epoch: int) -> bool:
    """Renew the lease; False: fenced or over, the job must leave."""
    rows = Call.objects.filter(pk=call_id, ai_epoch=epoch, ai_state=AIState.LIVE, state__in=LIVE)
    return rows.update(ai_deadline=_lease()) == 1


def _lease() -> datetime:
    return clock.now() + timedelta(seconds=settings.AI_LEASE_SECONDS)


@service
def welcomed(call_id: str, epoch: int) -> None:
    """The welcome has begun; from here on only the caller changes the language."""
    Call.objects.filter(pk=call_id, ai_epoch=epoch, welcomed_at__isnull=True).update(welcomed_at=clock.now())


@service
def left(call_id: str, epoch: int, *, reason: AILeft) -> bool:
    """The job of `epoch` leaves. HANDED_OVER or ENDED is as it should be; FAILED brings another."""
    moved = move(
        Call.objects.filter(pk=call_id, ai_epoch=epoch),
        AI,
        AIState.GONE,
        record=lambda: record(call_id, "ai.left", "ai", epoch=epoch, reason=reason.value),
        ai_deadline=None,
    )
    if moved and reason == AILeft.FAILED:
        replace_lost(call_id, epoch)
    return moved


@service
def replace_lost(call_id: str, epoch: int) -> None:
    """An AI did not come, or died: send once more, then leave the caller to people."""
    call = Call.objects.filter(pk=call_id, ai_epoch=epoch, state__in=LIVE).first()
    # With a person on the line nobody misses it.
    if call is None or call.state == CallState.AGENT:
        return
    lost = CallEvent.objects.filter(call=call, kind="ai.lost").count() + 1
    final = call.ai_attempts >= MAX_ATTEMPTS or lost >= MOST_LOST
    record(call, "ai.lost", "system", epoch=epoch, final=final)
    # A killed worker's participant stays in the room for a while: only this tells the page to play hold music.
    tell_update(call.pk, ai="lost")
    if not final:
        dispatch(call, actor="system")
    signals.ai_lost.send(Call, call=call, final=final)


@service
def lapse(call_id: str, epoch: int) -> bool:
    """The deadline of `epoch` has passed: count its AI as lost."""
    moved = move(
        Call.objects.filter(pk=call_id, ai_epoch=epoch, ai_deadline__lte=clock.now(), state__in=LIVE),
        AI,
        AIState.GONE,
        record=lambda: record(call_id, "ai.lapsed", "system", epoch=epoch),
        ai_deadline=None,
    )
    if moved:
        replace_lost(call_id, epoch)
    return moved
