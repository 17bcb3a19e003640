"""What a call's page shows: plain values for the template, read in a fixed number of queries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from calls.models import Call, TranscriptSegment, Turn
from calls.states import NOTED, Mood
from common.admin import clock_time
from queueing.models import Agent, CallbackRequest, DeclineReason, Department, Disposition, Offer, QueueEntry, Transfer
from queueing.states import OfferState
from queueing.timeline import Names, timeline


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the conversation. `opens` where another speaker begins."""

    speaker: str
    who: str
    text: str
    language: str
    at: datetime
    offset: str
    opens: bool
    sources: list[dict[str, str]]


def call_page(call: Call) -> dict[str, Any]:
    """The template's values."""
    names = call_names()
    return {
        "title": gettext("Call %(reference)s") % {"reference": call.reference},
        "subtitle": None,
        "call": call,
        "facts": _facts(call),
        "mood_name": Mood(call.mood).label if call.mood in Mood.values else call.mood,
        "duration": clock_time(call.duration()),
        **_completion(call),
        "department_name": names.of("department", call.department),
        "disposition_name": names.of("disposition", call.disposition),
        "agent_name": _agent(call),
        "feedback": getattr(call, "feedback", None),
        "moments": _moments(call, names),
        "conversation": _conversation(call),
        "turns": _turns(call),
        "tool_uses": _tool_uses(call),
        "entries": _entries(call, names),
        "transfers": _transfers(call),
        "callbacks": CallbackRequest.objects.filter(call=call).select_related("handled_by", "department"),
        "participants": call.participants.order_by("joined_at", "id"),
        "others": _others(call),
    }


def _facts(call: Call) -> list[tuple[str, str]]:
    """What the AI noted, its keys as words."""
    facts = call.facts if isinstance(call.facts, dict) else {}
    return [(str(key).replace("_", " "), str(value)) for key, value in facts.items()]


_LEFT_TO_DO = {
    "callback": _("Call back"),
    "message": _("Read the message"),
    "nobody_came": _("Nobody came: get in touch"),
    NOTED: _("Noted by the AI"),
}


def _completion(call: Call) -> dict[str, Any]:
    """Recap in the reader's language, and what is left to do."""
    told = call.completion or {}
    recaps = told.get("recap", {})
    todo = told.get("follow_up", ())
    return {
        "recap": recaps.get(get_language() or "en") or next(iter(recaps.values()), ""),
        "follow_up": [(_LEFT_TO_DO.get(item["kind"], item["kind"]), item.get("text", "")) for item in todo],
    }


def call_names() -> Names:
    """All of them: a call centre has tens, and one query each is less than one per row."""
    language = get_language() or "en"
    return Names(
        agents={row.username: row.name for row in Agent.objects.select_related("user")},
        departments={row.slug: row.name(language) for row in Department.objects.all()},
        dispositions={row.slug: row.name(language) for row in Disposition.objects.all()},
        decline_reasons={row.slug: row.name(language) for row in DeclineReason.objects.all()},
    )


def _agent(call: Call) -> str:
    if call.agent is None:
        return ""
    agent = getattr(call.agent, "agent", None)
    return str(agent.name if agent else call.agent.get_full_name() or call.agent.get_username())


def _moments(call: Call, names: Names) -> list[dict[str, Any]]:
    moments = timeline(call, call.events.all(), names)
    return [{"moment": moment, "offset": clock_time(moment.at_second)} for moment in moments]


def _conversation(call: Call) -> list[Line]:
    lines: list[Line] = []
    before: TranscriptSegment | None = None
    for segment in call.transcript.all():
        opens = before is None or (before.speaker, before.name) != (segment.speaker, segment.name)
        lines.append(
            Line(
                speaker=segment.speaker,
                who=segment.name or str(segment.get_speaker_display()),
                text=segment.text,
                language=segment.language,
                at=segment.at,
                offset=_offset(call, segment.at),
                opens=opens,
                sources=segment.sources,
            )
        )
        before = segment
    return lines


# A bar this long takes the whole width, as does a longer one; the SVG's units are milliseconds.
_WIDEST_MS = 3000
_STAGES = {
    "end_of_turn": _("end of turn"),
    "stt": _("speech to text"),
    "llm": _("model"),
    "tts": _("text to speech"),
    "reply": _("reply"),
}


def _turns(call: Call) -> dict[str, Any] | None:
    """How quickly the AI answered each turn, as bars; None without any."""
    rows = list(call.turns.all())
    if not rows:
        return None
    stages = [stage for stage in _STAGES if any(getattr(row, f"{stage}_ms") is not None for row in rows)]
    return {
        "stages": [(stage, _STAGES[stage]) for stage in stages],
        "widest": _WIDEST_MS,
        "rows": [{"turn": row, "offset": _offset(call, row.at), "bars": _bars(row, stages)} for row in rows],
    }


def _bars(turn: Turn, stages: list[str]) -> list[tuple[str, int | None, int]]:
    """(stage, milliseconds, length of its bar), for each stage the table has."""
    times = [(stage, getattr(turn, f"{stage}_ms")) for stage in stages]
    return [(stage, ms, min(ms or 0, _WIDEST_MS)) for stage, ms in times]


def _tool_uses(call: Call) -> list[dict[str, Any]]:
    """What the AI did with its tools, tools and arguments as words."""
    return [
        {
            "use": use,
            "tool": use.tool.replace("_", " "),
            "offset": _offset(call, use.at),
            "arguments": [(str(name).replace("_", " "), str(value)) for name, value in use.arguments.items()],
        }
        for use in call.tool_uses.all()
    ]


def _offset(call: Call, at: datetime) -> str:
    return clock_time(max(0, int((at - call.created_at).total_seconds())))


def _entries(call: Call, names: Names) -> list[dict[str, Any]]:
    """The call's stays in queues, each with its offers."""
    offers: dict[int, list[Offer]] = {}
    for offer in Offer.objects.filter(entry__call=call).select_related("agent__user"):
        offers.setdefault(offer.entry_id, []).append(offer)
    rows = QueueEntry.objects.filter(call=call).select_related("department", "agent__user")
    language = get_language() or "en"
    return [
        {
            "entry": row,
            "department": row.department.name(language),
            "waited": clock_time(row.waited()),
            "talked": clock_time(_seconds(row.connected_at, row.ended_at)),
            "offers": [_offer(offer, names) for offer in offers.get(row.pk, [])],
        }
        for row in rows
    ]


def _offer(offer: Offer, names: Names) -> dict[str, Any]:
    declined = offer.state == OfferState.DECLINED
    why = names.of("decline_reason", offer.reason) if declined else offer.reason
    return {"offer": offer, "rang": clock_time(_rang(offer)), "why": why}


def _rang(offer: Offer) -> int | None:
    """Seconds from the offer to its answer or end."""
    return _seconds(offer.created_at, offer.answered_at or offer.ended_at)


def _seconds(begin: datetime | None, end: datetime | None) -> int | None:
    return max(0, int((end - begin).total_seconds())) if begin and end else None


def _transfers(call: Call) -> Any:
    return Transfer.objects.filter(call=call).select_related("entry__department", "accepted_by__user")


def _others(call: Call) -> dict[str, Any] | None:
    """Where the same customer's other calls are."""
    if call.customer_id is None:
        return None
    count = Call.objects.filter(customer_id=call.customer_id).exclude(pk=call.pk).count()
    url = f"{reverse('admin:calls_call_changelist')}?customer__id__exact={call.customer_id}"
    return {"count": count, "url": url}
