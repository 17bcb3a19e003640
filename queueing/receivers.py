"""What happens to calls, as far as the line is concerned. Inside the sender's transaction."""

from collections.abc import Iterable
from typing import Any

import structlog

from calls import signals
from calls.models import Call, Participant, TranscriptSegment
from calls.services import lifecycle
from calls.services.transcript import segment_payload
from calls.states import AITask, CallState, EndReason, Role
from common.realtime import agent_stream, publish
from queueing import selectors
from queueing.services import calling_back, entries, media, narration, supervision
from queueing.services.admission import admit
from queueing.services.steps import Lost

logger = structlog.get_logger(__name__)


def connect() -> None:
    """Called once, when the app is ready."""
    signals.call_created.connect(on_call_created, dispatch_uid="queueing")
    signals.ai_unavailable.connect(on_ai_unavailable, dispatch_uid="queueing")
    signals.ai_lost.connect(on_ai_lost, dispatch_uid="queueing")
    signals.call_ended.connect(on_call_ended, dispatch_uid="queueing")
    signals.call_changed.connect(on_call_changed, dispatch_uid="queueing")
    signals.participant_joined.connect(on_participant_joined, dispatch_uid="queueing")
    signals.participant_left.connect(on_participant_left, dispatch_uid="queueing")
    signals.transcript_added.connect(on_transcript_added, dispatch_uid="queueing")


def on_call_created(sender: Any, call: Call, **kwargs: Any) -> None:
    """A call that named no department is the default one's; one that follows another takes its callback's place."""
    if not call.department:
        default = selectors.active_departments()[:1]
        call.department = default[0].slug if default else ""
        Call.objects.filter(pk=call.pk).update(department=call.department)
    if call.callback_of_id is not None:
        calling_back.called_again(call)


def on_ai_unavailable(sender: Any, call: Call, cause: str, **kwargs: Any) -> None:
    """All AIs are busy, or there is none: people answer."""
    _to_people(call, cause)


def on_ai_lost(sender: Any, call: Call, final: bool, **kwargs: Any) -> None:
    """The AI died and no other comes: people answer. Who waits already goes on waiting."""
    if final and call.state == CallState.AI and call.ai_task == AITask.SURVEY:
        # His agent is done with him; for a rating nobody stands in line.
        lifecycle.end_call(call.pk, EndReason.CONTAINED, actor="system")
    elif final and call.state in (CallState.CREATED, CallState.AI):
        _to_people(call, "no_ai")


def _to_people(call: Call, cause: str) -> None:
    department = selectors.department_or_default(call.department)
    sources = frozenset({CallState.CREATED, CallState.AI})
    try:
        admit(call, department, cause=cause, actor="system", sources=sources)
    except Lost:
        logger.info("call has moved on by itself", call_id=call.pk, cause=cause)


def on_call_ended(sender: Any, call: Call, **kwargs: Any) -> None:
    """Entry, offers, transfer and agent follow the call; the transcript says how it ended."""
    narration.tell_end(call)
    supervision.end_for_call(call)
    calling_back.settle(call)
    entries.close_for_ended_call(call)
    calling_back.after_call(call)


def on_call_changed(sender: Any, call_id: str, changes: dict[str, Any], **kwargs: Any) -> None:
    """What the caller is told, the agent who has or is offered the call is told too."""
    _relay(selectors.concerned_usernames(call_id), "call_update", {"call_id": call_id, **changes})
    if changes.get("state") in (CallState.WAITING, CallState.AI):
        supervision.agent_gone(call_id)


def on_transcript_added(sender: Any, segment: TranscriptSegment, **kwargs: Any) -> None:
    """The line also goes to the agent who has or is offered the call, and to the one he consults."""
    readers = selectors.reading_usernames(segment.call_id)
    _relay(readers, "transcript", {"call_id": segment.call_id, **segment_payload(segment)})


def _relay(usernames: Iterable[str], type_: str, payload: dict[str, Any]) -> None:
    for username in usernames:
        publish(agent_stream(username), type_, payload)


def on_participant_joined(sender: Any, call: Call, participant: Participant, **kwargs: Any) -> None:
    """Agents and supervisors only: the caller's comings and goings are the call's own business."""
    if participant.role == Role.AGENT:
        media.agent_joined(call, participant)
    elif participant.role == Role.SUPERVISOR:
        supervision.seen(call, participant)


def on_participant_left(sender: Any, call: Call, participant: Participant, **kwargs: Any) -> None:
    """Agents only: a supervisor's page that is gone stops renewing his session."""
    if participant.role == Role.AGENT:
        media.agent_left(call, participant)
