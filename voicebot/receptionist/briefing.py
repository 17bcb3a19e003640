"""The story an agent reads before accepting, made by rules: two sentences, the mood, what was tried. Pure."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from calls.states import Mood
from voicebot.receptionist.chat import Message
from voicebot.receptionist.facts import CallFacts
from voicebot.receptionist.faqs import best_faq
from voicebot.receptionist.moods import mood_of
from voicebot.receptionist.prompts import languages, phrase, phrased_list
from voicebot.receptionist.summary import telling_lines

RULES, MODEL = "rules", "model"
_QUOTES = 2
_LENGTH = 160
_TRIED = 8


@dataclass(frozen=True, slots=True)
class Tried:
    """One thing that was tried. `kind`: "answer" (`text`: the question answered), "department" (`text`: its slug,
    `outcome`: why it took nobody), "looked_up" (`text`: the words looked for), "callback" or "message"."""

    kind: str
    text: str = ""
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Briefing:
    """`summary` by language: the rules' in each language there is, a model's in one. `by`: RULES or MODEL."""

    summary: Mapping[str, str]
    mood: Mood
    tried: tuple[Tried, ...] = field(default=())
    by: str = RULES

    def stored(self) -> dict[str, Any]:
        """As the call keeps it, and the desk is told it."""
        return {"summary": dict(self.summary), "tried": [asdict(item) for item in self.tried], "by": self.by}


def brief(facts: CallFacts, lines: Sequence[Message], before: Iterable[Tried] = (), *, recap: bool = False) -> Briefing:
    """From the conversation so far; `before`: what rows say was tried, in their order. `recap`: looking back."""
    own = [message.text for message in lines if message.role == "user"]
    tried = tuple(dict.fromkeys((*_answered(facts, lines), *before)))[-_TRIED:]
    kind = "recap" if recap else "brief"
    summary = {language: _summary(facts, language, own, tried, kind=kind) for language in languages()}
    return Briefing(summary, mood_of(own), tried)


def _answered(facts: CallFacts, lines: Sequence[Message]) -> Iterable[Tried]:
    """The frequent questions that were asked, and answered with something."""
    for line, following in itertools.pairwise(lines):
        if line.role == "user" and following.role == "assistant" and (match := best_faq(facts, line.text)):
            wordings = match.faq.questions.get(facts.language) or next(iter(match.faq.questions.values()), ())
            yield Tried("answer", next(iter(wordings), line.text[:_LENGTH]))


def _summary(facts: CallFacts, language: str, own: Sequence[str], tried: Sequence[Tried], *, kind: str) -> str:
    """Two sentences: what it is about, in the caller's own words, and what was tried."""
    quotes = telling_lines(own)[-_QUOTES:]
    about = (
        phrase(language, f"{kind}_about", quotes=" … ".join(f"“{_apart(text)}”" for text in quotes))
        if quotes
        else phrase(language, f"{kind}_about_nothing")
    )
    words = [_words(facts, language, item) for item in tried]
    done = (
        phrase(language, f"{kind}_tried", tried=phrased_list(language, words))
        if words
        else phrase(language, f"{kind}_untried")
    )
    return f"{about} {done}"


def _words(facts: CallFacts, language: str, item: Tried) -> str:
    if item.kind == "department":
        found = facts.department_named(item.text)
        return phrase(language, "brief_department", department=found.label(language) if found else item.text)
    return phrase(language, f"brief_{item.kind}", **({"text": _apart(item.text)} if item.text else {}))


def _apart(text: str) -> str:
    """A quote between marks that keep its direction to itself: in an English sentence it may be Arabic."""
    return f"\u2068{_short(text)}\u2069"


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _LENGTH else plain[: _LENGTH - 1] + "…"
