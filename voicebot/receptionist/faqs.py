"""Finding the frequent question that a text asks. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from voicebot.receptionist.facts import CallFacts, DepartmentFacts, Faq
from voicebot.receptionist.intents import LONGEST
from voicebot.receptionist.lexicon import lexicons
from voicebot.receptionist.normalise import tokens
from voicebot.receptionist.words import similar

CLEAR = 0.75
FAIR = 0.55
ONE_WORD = 0.65


@dataclass(frozen=True, slots=True)
class FaqMatch:
    """A question found; `score` from 0 to 1."""

    score: float
    department: DepartmentFacts
    faq: Faq


def best_faq(facts: CallFacts, text: str) -> FaqMatch | None:
    """The best match above FAIR; the call's own department wins a draw."""
    asked = content_words(text[:LONGEST])
    matches = [
        FaqMatch(score(asked, content_words(wording)), department, faq) for department, faq, wording in _wordings(facts)
    ]
    good = [match for match in matches if match.score >= FAIR]
    return max(good, key=lambda match: (match.score, match.department.slug == facts.department), default=None)


def score(asked: tuple[str, ...], wording: tuple[str, ...]) -> float:
    """How much the two share: the weighted mean of what share of each is found in the other."""
    if not asked or not wording:
        return 0.0
    shared, found = _shared(asked, wording), _shared(wording, asked)
    mean = (shared / len(asked) + 2 * found / len(wording)) / 3
    # "Order pizza" shares its one word with "where is my order", and is another matter.
    return mean * ONE_WORD if shared == 1 < len(asked) else mean


def _shared(words: tuple[str, ...], others: tuple[str, ...]) -> int:
    return sum(any(similar(word, other) for other in others) for word in words)


def content_words(text: str) -> tuple[str, ...]:
    """The words that carry the question; all of them where only small ones are there."""
    filler = frozenset[str]().union(*(item.filler for item in lexicons()))
    words = tokens(text)
    return tuple(dict.fromkeys(word for word in words if word not in filler)) or words


def _wordings(facts: CallFacts) -> Iterable[tuple[DepartmentFacts, Faq, str]]:
    for department in facts.departments:
        for faq in department.faqs:
            for wordings in faq.questions.values():
                for wording in wordings:
                    yield department, faq, wording
