"""What the receptionist does through the services. Runs in a thread."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from calls.models import Call, Feedback
from calls.services import lifecycle, tool_uses, transcript
from calls.states import AIState, CallState, EndReason, Speaker, ToolOutcome
from calls.telephony import telephony
from common import clock
from common.service import service
from queueing import selectors
from queueing.admission import Rule
from queueing.models import CallbackRequest, QueueEntry, Transfer
from queueing.services import callbacks, calling_back, news, transfers
from queueing.states import TransferState
from voicebot.gateway import briefing
from voicebot.gateway.reading import ACTOR, call_of, queue_place
from voicebot.receptionist.ports import (
    Line,
    Promised,
    QueueClosed,
    QueuePlace,
    StoredUse,
    TurnNews,
    WrongState,
)

TURN_TOPIC = "callcenter.turn"
# The AI may end a call only while it is the AI's: never one that a person has.
_AIS_OWN = frozenset({CallState.CREATED, CallState.AI, CallState.WAITING})


def add_line(call_id: str, line: Line) -> Line:
    transcript.add_segment(
        call_id,
        key=line.id,
        speaker=line.speaker,
        text=line.text,
        name=line.name,
        language=line.language,
        sources=[asdict(source) for source in line.sources],
    )
    if line.speaker == Speaker.AI:
        _tell_of_a_late_answer(call_id)
    return line


def _tell_of_a_late_answer(call_id: str) -> None:
    """What was being said when a person was asked for is stored after the agents were told what has been tried."""
    call = Call.objects.filter(pk=call_id, state=CallState.WAITING).first()
    if call is not None and briefing.lacks_an_answer(call):
        model = briefing.by_model(call_id)
        rebrief(call_id, summary=call.summary if model else "", mood=call.mood if model else "")


def escalate(call_id: str, reason: str, department: str | None, summary: str, mood: str) -> QueuePlace:
    asked = _brief_and_ask(call_of(call_id), reason, department, summary, mood)
    if isinstance(asked, QueueEntry):
        raise QueueClosed(asked.department.slug, asked.refusal, asked.rule)
    found = queue_place(call_id)
    if found is None:
        raise WrongState(call_of(call_id).state)
    return found


@service
def _brief_and_ask(call: Call, reason: str, department: str | None, summary: str, mood: str) -> Transfer | QueueEntry:
    # First the story: agents read it in the very message that tells them of the transfer.
    briefing.brief_call(call, summary=summary, mood=mood)
    return transfers.request_person(call, reason=reason, department=department, actor=ACTOR)


@service
def rebrief(call_id: str, *, summary: str, mood: str) -> None:
    pending = selectors.transfers().filter(call_id=call_id, state=TransferState.PENDING).first()
    briefing.brief_call(call_of(call_id), summary=summary, mood=mood)
    if pending is not None:
        news.transfer_changed(selectors.transfers().get(pk=pending.pk))


def leave_queue(call_id: str) -> None:
    callbacks.give_up_waiting(call_of(call_id), actor=ACTOR)


def store_callback(call_id: str, contact: str, note: str, due_at: datetime | None) -> Promised:
    kind = CallbackRequest.Kind.CALLBACK.value
    made = callbacks.request_callback(
        call_of(call_id), kind=kind, contact=contact, note=note, due_at=due_at, actor=ACTOR
    )
    zone = ZoneInfo(calling_back.department_of(made).time_zone)
    now = clock.now().astimezone(zone)
    return Promised((made.due_at or now).astimezone(zone), now, made.chosen_time)


def store_message(call_id: str, contact: str, message: str) -> None:
    kind = CallbackRequest.Kind.MESSAGE.value
    callbacks.request_callback(call_of(call_id), kind=kind, contact=contact, note=message, actor=ACTOR)


def rate(call_id: str, rating: int) -> None:
    call = call_of(call_id)
    if not Feedback.objects.filter(call=call).exists():
        transcript.give_feedback(call, rating=rating, nps=None, comment="")


def end_call(call_id: str) -> None:
    lifecycle.end_call(call_id, _end_reason(call_id), actor=ACTOR, sources=_AIS_OWN)


def _end_reason(call_id: str) -> EndReason:
    """What the AI's goodbye means: a callback promised, nobody found, or all done."""
    if CallbackRequest.objects.filter(call_id=call_id, kind=CallbackRequest.Kind.CALLBACK).exists():
        return EndReason.CALLBACK
    refused = selectors.last_refusal(call_of(call_id))
    return EndReason.NO_AGENT if refused is not None and refused.rule != Rule.AI_ONLY else EndReason.CONTAINED


def publish_turn(call_id: str, news: TurnNews) -> None:
    call = call_of(call_id)
    if call.ai_state == AIState.LIVE:
        telephony().send_data(call.room_name, TURN_TOPIC, news.payload(call_id))


def begin_use(
    call_id: str, *, key: str, turn: str, tool: str, arguments: dict[str, str], cap: int | None
) -> StoredUse | None:
    use, new = tool_uses.begin_use(call_id, key=key, turn=turn, tool=tool, arguments=arguments, cap=cap)
    return StoredUse(key, ToolOutcome(use.outcome), use.result, new) if use is not None else None


def settle_use(call_id: str, key: str, outcome: ToolOutcome, result: dict[str, Any]) -> None:
    tool_uses.settle_use(tool_uses.get_use(call_id, key), outcome, result, actor=ACTOR)


def answer_use(call_id: str, key: str, outcome: ToolOutcome) -> bool:
    return tool_uses.answer_question(tool_uses.get_use(call_id, key), outcome, actor="caller")
