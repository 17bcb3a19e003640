"""The one door of the voice bot to the rest of the product: services and selectors behind async methods.

Every method runs in a thread of its own with a fresh database connection: a worker's job lives for a whole call, and
a connection kept that long would be dead by then.
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import ParamSpec, TypeVar
from uuid import uuid4
from zoneinfo import ZoneInfo

import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import OperationalError, close_old_connections

from calls import selectors as call_selectors
from calls.models import Call, CallEvent, Feedback, TranscriptSegment
from calls.services import ai, lifecycle, story, sweeps, transcript, turns
from calls.states import AILeft, AIState, CallState, EndReason, Speaker
from calls.telephony import TelephonyError, telephony
from common import clock
from common.errors import ApiError, Conflict
from common.service import service
from queueing import hours, selectors
from queueing.admission import Cause, Rule
from queueing.models import CallbackRequest, Department, QueueEntry, Transfer
from queueing.opening import hours_of
from queueing.services import callbacks, calling_back, transfers
from queueing.services.supervision import supervisor_speaks
from queueing.states import EntryState
from voicebot.providing import text_provider
from voicebot.receptionist.facts import CallFacts, DepartmentFacts, Faq, Opening
from voicebot.receptionist.ports import (
    CallOver,
    CallUnknown,
    GatewayError,
    Line,
    MeasuredTurn,
    Promised,
    Pulse,
    QueueClosed,
    QueuePlace,
    TurnNews,
    Unavailable,
    WrongState,
)

logger = structlog.get_logger(__name__)

TURN_TOPIC = "callcenter.turn"
ACTOR = "ai"
_TAKES_NOBODY = "queue_"
# The AI may end a call only while it is the AI's: never one that a person has.
_AIS_OWN = frozenset({CallState.CREATED, CallState.AI, CallState.WAITING})

P = ParamSpec("P")
R = TypeVar("R")


def _threaded(function: Callable[P, R]) -> Callable[P, Awaitable[R]]:
    """The function in a thread, its errors as the receptionist knows them."""

    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        close_old_connections()
        try:
            return function(*args, **kwargs)
        except (OperationalError, TelephonyError) as error:
            raise Unavailable(repr(error)) from error
        except Conflict as error:
            raise _refusal(error) from error
        except ApiError as error:
            raise GatewayError(error.message) from error
        finally:
            close_old_connections()

    return sync_to_async(run, thread_sensitive=False)


def _refusal(error: Conflict) -> GatewayError:
    if error.code.startswith(_TAKES_NOBODY):
        extra = error.extra
        return QueueClosed(str(extra["department"]), error.code.removeprefix(_TAKES_NOBODY), str(extra["offer"]))
    state = str(error.extra.get("state", "unknown"))
    return CallOver() if state == CallState.ENDED else WrongState(state)


class DjangoGateway:
    """`receptionist.ports.WorkerGateway` on this project's services."""

    async def facts(self, call_id: str) -> CallFacts:
        """See Gateway."""
        return await _threaded(facts_of)(call_id)

    async def history(self, call_id: str, *, limit: int = 40) -> tuple[Line, ...]:
        """See Gateway."""
        return await _threaded(_history)(call_id, limit)

    async def add_line(
        self, call_id: str, *, speaker: Speaker, text: str, language: str, name: str = "", segment: str = ""
    ) -> Line:
        """See Gateway."""
        line = Line(segment or uuid4().hex, speaker, text, language, name)
        return await _threaded(_add_line)(call_id, line)

    async def set_language(self, call_id: str, language: str) -> None:
        """See Gateway."""
        await _threaded(partial(lifecycle.switch_language, actor=ACTOR))(call_id, language)

    async def note_fact(self, call_id: str, key: str, value: str) -> None:
        """See Gateway."""
        if not await _threaded(partial(story.note_fact, actor=ACTOR))(call_id, key, value):
            raise GatewayError("the fact was not kept")

    async def escalate(
        self, call_id: str, *, reason: str, department: str | None = None, summary: str = ""
    ) -> QueuePlace:
        """See Gateway."""
        return await _threaded(_escalate)(call_id, reason, department, summary)

    async def queue_place(self, call_id: str) -> QueuePlace | None:
        """See Gateway."""
        return await _threaded(_queue_place)(call_id)

    async def leave_queue(self, call_id: str) -> None:
        """See Gateway."""
        await _threaded(_leave_queue)(call_id)

    async def store_callback(
        self, call_id: str, *, contact: str, note: str = "", due_at: datetime | None = None
    ) -> Promised:
        """See Gateway."""
        return await _threaded(_store_callback)(call_id, contact, note, due_at)

    async def store_message(self, call_id: str, *, message: str, contact: str = "") -> None:
        """See Gateway."""
        await _threaded(_store_message)(call_id, contact, message)

    async def rate(self, call_id: str, rating: int) -> None:
        """See Gateway."""
        await _threaded(_rate)(call_id, rating)

    async def end_call(self, call_id: str) -> None:
        """See Gateway."""
        await _threaded(_end_call)(call_id)

    async def publish_turn(self, call_id: str, news: TurnNews) -> None:
        """See Gateway."""
        try:
            await _threaded(_publish_turn)(call_id, news)
        except Unavailable as error:
            # The turn is stored and answered; only the AI in the room has not heard of it.
            logger.warning("turn not published", call_id=call_id, error=str(error))

    async def begin(self, call_id: str, epoch: int) -> bool:
        """See WorkerGateway."""
        return await _threaded(ai.begin)(call_id, epoch)

    async def heartbeat(self, call_id: str, epoch: int) -> Pulse:
        """See WorkerGateway."""
        return await _threaded(_heartbeat)(call_id, epoch)

    async def welcomed(self, call_id: str, epoch: int) -> None:
        """See WorkerGateway."""
        await _threaded(ai.welcomed)(call_id, epoch)

    async def left(self, call_id: str, epoch: int, *, reason: AILeft) -> None:
        """See WorkerGateway."""
        await _threaded(partial(ai.left, reason=reason))(call_id, epoch)

    async def add_turn(self, call_id: str, turn: MeasuredTurn) -> None:
        """See WorkerGateway."""
        await _threaded(partial(turns.add_turn, **asdict(turn)))(call_id)

    async def worker_alive(self, name: str, **data: object) -> None:
        """See WorkerGateway."""
        await _threaded(partial(sweeps.heartbeat, "voicebot", name, **data))()


def _call(call_id: str) -> Call:
    call = Call.objects.filter(pk=call_id).first()
    if call is None:
        raise CallUnknown(call_id)
    return call


def facts_of(call_id: str) -> CallFacts:
    """What the receptionist knows of a call. CallUnknown."""
    call = _call(call_id)
    position, wait = selectors.place(selectors.open_entry(call_id))
    refused = selectors.last_refusal(call)
    return CallFacts(
        call_id=call_id,
        company=call_selectors.company_name(),
        language=call.language,
        state=CallState(call.state),
        caller_name=call.customer_name,
        contact=call.customer_email,
        department=call.department or None,
        departments=department_facts(),
        queue_position=position,
        estimated_wait=wait,
        resumed=call.welcomed_at is not None or bool(call.ai_task),
        voice=text_provider(),
        queue_outcome=_outcome(refused),
        queue_offer=_offer(refused),
        refused_by=refused.department.slug if refused is not None else "",
        notes=tuple((str(key), str(value)) for key, value in call.facts.items()),
        callback_times=tuple(callbacks.times_for(call)),
        task=call.ai_task if call.state == CallState.AI else "",
    )


def company_facts(language: str) -> CallFacts:
    """The same without a call."""
    return CallFacts("", call_selectors.company_name(), language, departments=department_facts(), voice=text_provider())


def department_facts() -> tuple[DepartmentFacts, ...]:
    """The departments callers may choose, the default one first, with what they answer."""
    rows = Department.objects.filter(is_active=True).order_by("-is_default", "slug")
    rows = rows.prefetch_related("faqs", "opening_hours", "special_days")
    return tuple(_department(row) for row in rows)


def _department(row: Department) -> DepartmentFacts:
    return DepartmentFacts(
        slug=row.slug,
        name={"en": row.name_en, "ar": row.name("ar")},
        description=_texts(row.description_en, row.description_ar),
        ai_first=row.ai_first,
        faqs=tuple(
            Faq(
                questions={"en": _lines(faq.questions_en), "ar": _lines(faq.questions_ar)},
                answer=_texts(faq.answer_en, faq.answer_ar),
            )
            for faq in row.faqs.all()
        ),
        is_default=row.is_default,
        synonyms=_lines(row.synonyms),
        opening=_opening(row),
    )


def _opening(row: Department) -> Opening | None:
    week = hours_of(row)
    if week.always:
        return None
    now = clock.now().astimezone(ZoneInfo(week.zone))
    return Opening(hours.is_open(week, now), now, hours.next_opening(week, now))


def _texts(english: str, arabic: str) -> dict[str, str]:
    return {language: text for language, text in (("en", english), ("ar", arabic)) if text}


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _outcome(refused: QueueEntry | None) -> str:
    """Why the caller is with the AI and not in line, though a person was asked for."""
    return (refused.refusal or Cause.TIMED_OUT.value) if refused is not None else ""


def _offer(refused: QueueEntry | None) -> str:
    return (refused.rule if refused is not None else "") or Rule.EITHER.value


def _untold(refused: QueueEntry | None) -> int:
    """The refusal's number, 0 where the AI asked for the line itself and has told the caller."""
    if refused is None:
        return 0
    rows = CallEvent.objects.filter(call=refused.call_id, kind=f"entry.{refused.state}").order_by("-pk")
    return 0 if rows.values_list("actor", flat=True).first() == ACTOR else refused.pk


def _history(call_id: str, limit: int) -> tuple[Line, ...]:
    rows = TranscriptSegment.objects.filter(call_id=call_id).order_by("-at", "-pk")[:limit]
    return tuple(
        Line(str(row.pk), Speaker(row.speaker), row.text, row.language, row.name, row.at) for row in reversed(rows)
    )


def _add_line(call_id: str, line: Line) -> Line:
    transcript.add_segment(
        call_id,
        key=line.id,
        speaker=line.speaker,
        text=line.text,
        name=line.name,
        language=line.language,
    )
    return line


def _escalate(call_id: str, reason: str, department: str | None, summary: str) -> QueuePlace:
    asked = _keep_summary_and_ask(_call(call_id), reason, department, summary)
    if isinstance(asked, QueueEntry):
        raise QueueClosed(asked.department.slug, asked.refusal, asked.rule)
    found = _queue_place(call_id)
    if found is None:
        raise WrongState(_call(call_id).state)
    return found


@service
def _keep_summary_and_ask(call: Call, reason: str, department: str | None, summary: str) -> Transfer | QueueEntry:
    # First the story: agents read it in the very message that tells them of the transfer.
    story.summarise(call.pk, summary)
    return transfers.request_person(call, reason=reason, department=department, actor=ACTOR)


def _queue_place(call_id: str) -> QueuePlace | None:
    entry = selectors.open_entry(call_id)
    if entry is None:
        return None
    position, wait = selectors.place(entry)
    transfer = selectors.pending_transfers().filter(call_id=call_id).first()
    return QueuePlace(entry.department.slug, position, wait, transfer.public_id if transfer else "")


def _leave_queue(call_id: str) -> None:
    callbacks.give_up_waiting(_call(call_id), actor=ACTOR)


def _store_callback(call_id: str, contact: str, note: str, due_at: datetime | None) -> Promised:
    kind = CallbackRequest.Kind.CALLBACK.value
    made = callbacks.request_callback(_call(call_id), kind=kind, contact=contact, note=note, due_at=due_at, actor=ACTOR)
    zone = ZoneInfo(calling_back.department_of(made).time_zone)
    now = clock.now().astimezone(zone)
    return Promised((made.due_at or now).astimezone(zone), now, made.chosen_time)


def _store_message(call_id: str, contact: str, message: str) -> None:
    kind = CallbackRequest.Kind.MESSAGE.value
    callbacks.request_callback(_call(call_id), kind=kind, contact=contact, note=message, actor=ACTOR)


def _rate(call_id: str, rating: int) -> None:
    call = _call(call_id)
    if not Feedback.objects.filter(call=call).exists():
        transcript.give_feedback(call, rating=rating, nps=None, comment="")


def _end_call(call_id: str) -> None:
    lifecycle.end_call(call_id, _end_reason(call_id), actor=ACTOR, sources=_AIS_OWN)


def _end_reason(call_id: str) -> EndReason:
    """What the AI's goodbye means: a callback promised, nobody found, or all done."""
    if CallbackRequest.objects.filter(call_id=call_id, kind=CallbackRequest.Kind.CALLBACK).exists():
        return EndReason.CALLBACK
    refused = selectors.last_refusal(_call(call_id))
    return EndReason.NO_AGENT if refused is not None and refused.rule != Rule.AI_ONLY else EndReason.CONTAINED


def _publish_turn(call_id: str, news: TurnNews) -> None:
    call = _call(call_id)
    if call.ai_state == AIState.LIVE:
        telephony().send_data(call.room_name, TURN_TOPIC, news.payload(call_id))


def _heartbeat(call_id: str, epoch: int) -> Pulse:
    alive = ai.renew(call_id, epoch)
    call = _call(call_id)
    entry = selectors.open_entry(call_id)
    position, wait = selectors.place(entry)
    refused = selectors.last_refusal(call)
    return Pulse(
        alive=alive,
        state=CallState(call.state),
        language=call.language,
        department=call.department,
        queue_position=position,
        estimated_wait=wait,
        agent_name=entry.agent.name if entry is not None and entry.agent is not None else "",
        accepted=entry is not None and entry.state in (EntryState.CONNECTING, EntryState.CONNECTED),
        queue_outcome=_outcome(refused),
        queue_offer=_offer(refused),
        queue_refusal=_untold(refused),
        refused_by=refused.department.slug if refused is not None else "",
        announce_seconds=entry.department.announce_seconds if entry is not None else 0,
        supervisor_speaks=supervisor_speaks(call),
    )


def default_language() -> str:
    """The language of who has named none."""
    return str(settings.DEFAULT_LANGUAGE)
