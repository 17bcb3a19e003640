"""The agents' briefing from what is stored of a call. In the transaction that asks for a person."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from calls.models import Call, ToolUse, TranscriptSegment
from calls.services import story
from calls.states import Mood, ToolOutcome
from queueing.models import QueueEntry
from queueing.states import ENTRY_REFUSED, EntryState
from voicebot.gateway.reading import ACTOR, default_language, facts_of, history
from voicebot.receptionist.briefing import MODEL, Briefing, Tried, brief
from voicebot.receptionist.conversation import messages_of
from voicebot.receptionist.language import written_in

_LINES = 40
_KINDS = {"request_callback": "callback", "take_message": "message"}


def on_person_wanted(sender: Any, call: Call, actor: str, **kwargs: Any) -> None:
    """Whoever asked: the caller's button, or a program. What the AI asks for it has briefed itself."""
    if actor != ACTOR and not call.direct_queue:
        brief_call(call)


def brief_call(call: Call, *, summary: str = "", mood: str = "") -> Briefing:
    """Store the rules' briefing, with a model's summary and mood where it has given them."""
    made = _by_rules(call)
    if summary:
        made = replace(made, summary={written_in(summary, default_language()): summary}, by=MODEL)
    if mood in Mood.values:
        made = replace(made, mood=Mood(mood))
    told = made.summary.get(default_language()) or next(iter(made.summary.values()))
    story.brief(call.pk, summary=told, mood=made.mood.value, briefing=made.stored())
    return made


def lacks_an_answer(call: Call) -> bool:
    """Whether something was tried that the stored briefing does not tell of."""
    told = call.briefing or {}
    return bool(told) and any(item not in told["tried"] for item in _by_rules(call).stored()["tried"])


def _by_rules(call: Call) -> Briefing:
    return brief(facts_of(call.pk), messages_of(history(call.pk, _LINES)), before(call))


def before(call: Call) -> Iterable[Tried]:
    """What rows say: the articles cited, the departments that took nobody, what was stored for the caller."""
    for sources in TranscriptSegment.objects.filter(call=call).exclude(sources=[]).values_list("sources", flat=True):
        for source in sources:
            yield Tried("answer", str(source.get("title", "")))
    for entry in QueueEntry.objects.select_related("department").filter(
        call=call, state__in=(*ENTRY_REFUSED, EntryState.OVERFLOWED)
    ):
        yield Tried("department", entry.department.slug, entry.refusal or EntryState.TIMED_OUT.value)
    for use in ToolUse.objects.filter(call=call, outcome=ToolOutcome.DONE):
        if (kind := _KINDS.get(use.tool)) is not None:
            yield Tried(kind)


def by_model(call_id: str) -> bool:
    """Whether a model has briefed already."""
    told = Call.objects.filter(pk=call_id).values_list("briefing", flat=True).first()
    return (told or {}).get("by") == MODEL
