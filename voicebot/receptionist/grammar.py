"""The phrases the built-in recogniser listens for; each is understood by `rules.respond`. Pure."""

import re
from collections.abc import Iterable

from voicebot.receptionist.facts import CallFacts
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


def spoken_form(text: str) -> str:
    """Words a pronunciation can be found for, or an empty string."""
    words = " ".join(re.sub(r"[^a-z' ]+", " ", text.lower().replace("’", "'")).split())
    return words if _SPEAKABLE.fullmatch(words) else ""


def _speakable(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(form for text in texts if (form := spoken_form(text))))
