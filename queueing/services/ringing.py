"""A callback's single transitions, and what they mean while an agent takes the call. Inside the caller's unit of work.

Rows in the order of the package, the callback's right after its calls.
"""

from datetime import timedelta
from typing import Any

from django.db.models import Q

from calls.models import Call
from calls.services import history, lifecycle
from calls.states import CallState
from common import clock
from common.realtime import call_stream, publish
from common.transitions import move
from queueing import presenters
from queueing.models import CallbackRequest, QueueEntry
from queueing.services.steps import Lost
from queueing.states import CALLBACK, CALLBACK_LIVE, CallbackState, EntryState

# The cause of the entry of a call that keeps a promise.
CAUSE = "callback"


def move_callback(
    request: CallbackRequest,
    to: CallbackState,
    *,
    actor: str,
    sources: frozenset[CallbackState] | None = None,
    where: Q | None = None,
    **changes: Any,
) -> bool:
    """Move a callback and tell the customer's page and the agent; False when somebody was first."""
    changes.setdefault("ring_until", None)
    moved = move(
        CallbackRequest.objects.filter(pk=request.pk),
        CALLBACK,
        to,
        sources=sources,
        where=where,
        record=lambda: history.record(request.call_id, f"callback.{to.value}", actor, request=request.pk),
        **changes,
    )
    if moved:
        tell(request.pk)
    return moved


def tell(request_id: int) -> None:
    """How the callback stands now: on the stream of the call it was asked for in, and to the agent who has it."""
    request = CallbackRequest.objects.select_related("department", "next_call").get(pk=request_id)
    state = presenters.callback(request)
    publish(call_stream(request.call_id), "callback", {"callback": state})
    if request.next_call is not None and request.next_call.is_live and request.state in CALLBACK_LIVE:
        lifecycle.tell_update(request.next_call.pk, callback=state)


def kept_by(call_id: str) -> CallbackRequest | None:
    """The unmet or answered promise that the call keeps."""
    rows = CallbackRequest.objects.select_related("department", "call")
    return rows.filter(next_call=call_id, state__in=CALLBACK_LIVE).first()


def ring(entry: QueueEntry, *, actor: str) -> None:
    """An agent has taken the call: the customer's page rings. Answered before: he waits on the line already."""
    request = kept_by(entry.call_id)
    if request is None or request.state == CallbackState.ANSWERED:
        return
    until = clock.now() + timedelta(seconds=entry.department.callback_ring_seconds)
    if not move_callback(
        request, CallbackState.RINGING, actor=actor, sources=frozenset({CallbackState.QUEUED}), ring_until=until
    ):
        raise Lost
    # It is the ringing that ends, not the caller's grace.
    Call.objects.filter(pk=entry.call_id).update(caller_deadline=None)


def stop(entry: QueueEntry) -> None:
    """The agent did not arrive: the next one is asked, and the page rings again then."""
    request = kept_by(entry.call_id)
    if request is not None and request.state == CallbackState.RINGING:
        move_callback(request, CallbackState.QUEUED, actor="system", sources=frozenset({CallbackState.RINGING}))


def agent_waits(call: Call, entry: QueueEntry) -> bool:
    """Whether the agent who has just come waits for the customer's answer, which from here on has its own deadline.

    The call's row is taken first: the answer, which asks for the agent, comes before this or after it.
    """
    waiting = CallState.WAITING
    if entry.cause != CAUSE or not Call.objects.filter(pk=call.pk, state=waiting).update(state=waiting):
        return False
    request = kept_by(call.pk)
    if request is None or request.state != CallbackState.RINGING:
        return False
    QueueEntry.objects.filter(pk=entry.pk, state=EntryState.CONNECTING).update(connect_deadline=None)
    return True
