"""What the receptionist reads of a call and of the company. Runs in a thread."""

from collections.abc import Iterable
from dataclasses import replace
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import translation

from calls import selectors as call_selectors
from calls.models import Call, CallEvent, TranscriptSegment
from calls.services import ai, tool_uses
from calls.states import CallState, Language, Speaker
from common import clock
from knowledge.selectors import has_articles
from queueing import hours, selectors
from queueing.admission import Cause, Rule
from queueing.models import Department, QueueEntry
from queueing.open_lines import open_lines
from queueing.opening import hours_of
from queueing.services import callbacks
from queueing.services.supervision import supervisor_speaks
from queueing.states import EntryState
from voicebot.gateway.callers import known_caller
from voicebot.providing import voice_provider
from voicebot.receptionist.facts import CallbackRules, CallFacts, DepartmentFacts, Faq, Opening, Question, VoiceChoice
from voicebot.receptionist.ports import (
    CallUnknown,
    Line,
    Pulse,
    QueuePlace,
)

ACTOR = "ai"


def call_of(call_id: str) -> Call:
    call = call_selectors.find_call(call_id)
    if call is None:
        raise CallUnknown(call_id)
    return call


def facts_of(call_id: str) -> CallFacts:
    """What the receptionist knows of a call. CallUnknown."""
    return _with_voice(call_of(call_id))


def usual_facts(language: str) -> CallFacts:
    """The same, by the same statements, for a call there is none of: what a process may prepare itself for."""
    nobody = call_selectors.find_call(_NOBODY) or Call(pk=_NOBODY, language=language)
    return _with_voice(nobody) if open_lines() else company_facts(language)


_NOBODY = "0" * 16


def _with_voice(call: Call) -> CallFacts:
    facts = _facts_of(call)
    department = facts.own_department
    if department is None:
        return replace(facts, voice=voice_provider(), greet_in=_greet_in(call))
    return replace(
        facts, voice=voice_provider(department.voice.provider), greet_in=_greet_in(call, department.welcome_in)
    )


def _facts_of(call: Call) -> CallFacts:
    call_id = str(call.pk)
    position, wait = selectors.place(selectors.open_entry(call_id))
    departments = open_lines()
    refused = selectors.last_refusal(call)
    pattern, region = call_selectors.detail_rules()
    return CallFacts(
        call_id=call_id,
        company=call_selectors.company_name(),
        language=call.language,
        state=CallState(call.state),
        caller_name=call.customer_name,
        contact=call.customer_email,
        department=call.department or None,
        departments=tuple(map(_department, departments)),
        queue_position=position,
        estimated_wait=wait,
        resumed=call.welcomed_at is not None or bool(call.ai_task),
        avatar=call.avatar,
        queue_outcome=_outcome(refused),
        queue_offer=_offer(refused),
        refused_by=refused.department.slug if refused is not None else "",
        notes=tuple((str(key), str(value)) for key, value in call.facts.items()),
        callback=_callback_rules(call, departments),
        task=call.ai_task if call.state == CallState.AI else "",
        question=_question(call_id),
        done=tool_uses.done(call_id),
        articles=has_articles(),
        staff_language=_staff_language(),
        order_pattern=pattern,
        phone_region=region,
        today=clock.now().date(),
        known=known_caller(call),
    )


def _callback_rules(call: Call, departments: Iterable[Department]) -> CallbackRules:
    """`departments` have been read with their hours."""
    own = callbacks.department_for(call)
    hours = hours_of(next((one for one in departments if one.pk == own.pk), own))
    return CallbackRules(hours, clock.now().astimezone(ZoneInfo(hours.zone)))


def _staff_language() -> str:
    with translation.override("en"):
        return str(Language(default_language()).label) if default_language() in Language.values else "English"


def _question(call_id: str) -> Question | None:
    use = tool_uses.open_question(call_id)
    return Question(use.key, use.tool, use.arguments) if use is not None else None


def company_facts(language: str) -> CallFacts:
    """The same without a call."""
    company = call_selectors.company_name()
    return CallFacts("", company, language, departments=department_facts(), voice=voice_provider())


def department_facts() -> tuple[DepartmentFacts, ...]:
    """The departments callers may choose, the default one first, with what they answer."""
    return tuple(map(_department, open_lines()))


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
        opening=opening_of(row),
        voice=VoiceChoice(row.voice_provider, row.voice_speaker, row.voice_name),
        welcome_in=tuple(code for code in row.welcome_languages.split(",") if code in settings.CALL_LANGUAGES),
    )


def opening_of(row: Department) -> Opening | None:
    """Its opening hours as of now; None without any."""
    week = hours_of(row)
    if week.always:
        return None
    now = clock.now().astimezone(ZoneInfo(week.zone))
    return Opening(hours.is_open(week, now), now, hours.next_opening(week, now), week.weekly)


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


def history(call_id: str, limit: int) -> tuple[Line, ...]:
    rows = TranscriptSegment.objects.filter(call_id=call_id).order_by("-at", "-pk")[:limit]
    return tuple(
        Line(str(row.pk), Speaker(row.speaker), row.text, row.language, row.name, row.at, row.key)
        for row in reversed(rows)
    )


def queue_place(call_id: str) -> QueuePlace | None:
    entry = selectors.open_entry(call_id)
    if entry is None:
        return None
    position, wait = selectors.place(entry)
    transfer = selectors.pending_transfers().filter(call_id=call_id).first()
    return QueuePlace(entry.department.slug, position, wait, transfer.public_id if transfer else "")


def heartbeat(call_id: str, epoch: int) -> Pulse:
    alive = ai.renew(call_id, epoch)
    call = call_of(call_id)
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


def _greet_in(call: Call, own: tuple[str, ...] = ()) -> tuple[str, ...]:
    """`own`: the languages its department welcomes in."""
    if call.language_named:
        return ()
    return tuple(item for item in own or settings.WELCOME_LANGUAGES if item != call.language)


def default_language() -> str:
    """The language of who has named none."""
    return str(settings.DEFAULT_LANGUAGE)
