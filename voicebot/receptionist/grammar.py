"""The phrases the built-in recogniser listens for; each is understood by `rules.respond`. Pure."""

import re
from collections.abc import Iterable
from datetime import datetime, time, timedelta

from queueing.hours import is_open
from voicebot.receptionist.facts import CallbackRules, CallFacts
from voicebot.receptionist.lexicon import lexicon

LANGUAGE = "en"  # the only model there is
_SPEAKABLE = re.compile(r"[a-z][a-z' ]*")
_INTENTS = (
    "person",
    "yes",
    "no",
    "bye",
    "thanks",
    "hello",
    "help",
    "repeat",
    "position",
    "callback",
    "message",
    "identity",
)


def grammar_phrases(facts: CallFacts) -> dict[str, tuple[str, ...]]:
    """Intent → phrases in lower-case English words.

    Departments and frequent questions are under `department:<slug>` and `faq:<slug>:<n>`.
    """
    phrases = {intent: lexicon(LANGUAGE).spoken[intent] for intent in _INTENTS}
    if facts.task == "survey":
        phrases["rating"] = lexicon(LANGUAGE).spoken["rating"]
    if facts.callback is not None:
        phrases["callback_time"] = tuple(_callback_times(facts.callback))
    if any(department.opening and department.opening.week for department in facts.departments):
        phrases["week"] = lexicon(LANGUAGE).spoken["week"]
    for department in facts.departments:
        name = spoken_form(department.label(LANGUAGE))
        patterns = lexicon(LANGUAGE).spoken["department"] if name else ()
        named = (pattern.format(name=name) for pattern in patterns)
        phrases[f"department:{department.slug}"] = (
            *named,
            *lexicon(LANGUAGE).spoken_departments.get(department.slug, ()),
        )
        for number, faq in enumerate(department.faqs):
            phrases[f"faq:{department.slug}:{number}"] = _speakable(faq.questions.get(LANGUAGE, ()))
    return {intent: found for intent, found in phrases.items() if found}


def _callback_times(rules: CallbackRules) -> Iterable[str]:
    """Tomorrow's hours at which the department calls, on the clock of twelve: one phrase each."""
    told = lexicon(LANGUAGE).spoken
    tomorrow = rules.now.date() + timedelta(days=1)
    for hour, name in enumerate(told.get("hours", ()), start=1):
        halves = (time(hour % 12), time(hour % 12 + 12))
        if any(is_open(rules.hours, datetime.combine(tomorrow, at, tzinfo=rules.now.tzinfo)) for at in halves):
            yield from (pattern.format(hour=name) for pattern in told.get("callback_hour", ()))
    yield from told.get("callback_time", ())


def spoken_form(text: str) -> str:
    """Words a pronunciation can be found for, or an empty string."""
    words = " ".join(re.sub(r"[^a-z' ]+", " ", text.lower().replace("’", "'")).split())
    return words if _SPEAKABLE.fullmatch(words) else ""


def _speakable(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(form for text in texts if (form := spoken_form(text))))
