"""Finding the frequent question that a text asks. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from voicebot.receptionist.facts import CallFacts, DepartmentFacts, Faq
from voicebot.receptionist.files import kept
from voicebot.receptionist.intents import LONGEST
from voicebot.receptionist.lexicon import lexicons
from voicebot.receptionist.normalise import tokens
from voicebot.receptionist.words import similar

CLEAR = 0.75
FAIR = 0.55
ONE_WORD = 0.65
_LAST = 8  # clauses of a story that may hold its question
Alike = Mapping[str, frozenset[str]]
_CLAUSE = re.compile(r"[,،;؛!?؟\n]+|\.(?=\s|$)|\b(?:so|but|and)\b")


@dataclass(frozen=True, slots=True)
class FaqMatch:
    """A question found; `score` from 0 to 1."""

    score: float
    department: DepartmentFacts
    faq: Faq


def best_faq(facts: CallFacts, text: str) -> FaqMatch | None:
    """The best match above FAIR; the call's own department wins a draw."""
    found = _best(facts, text)
    clauses = _CLAUSE.split(text[:LONGEST])[-_LAST:]
    if found is not None or len(clauses) == 1:
        return found
    # A question at the end of a story: only one that is clear by itself.
    parts = [match for part in clauses if (match := _best(facts, part)) and match.score >= CLEAR]
    return max(parts, key=lambda match: match.score, default=None)


def _best(facts: CallFacts, text: str) -> FaqMatch | None:
    asked = content_words(_meant(text[:LONGEST]))
    wordings = [(department, faq, _wording(wording)) for department, faq, wording in _wordings(facts)]
    alike = _alike(asked, frozenset(word for *_, wording in wordings for word in wording))
    matches = [FaqMatch(score(asked, wording, alike), department, faq) for department, faq, wording in wordings]
    good = [match for match in matches if match.score >= FAIR]
    return max(good, key=lambda match: (match.score, match.department.slug == facts.department), default=None)


def _alike(asked: tuple[str, ...], known: frozenset[str]) -> Alike:
    """Each word asked with those it may be: compared once, however many questions it is looked for in."""
    return {word: frozenset(other for other in known if similar(word, other)) for word in asked}


def _meant(text: str) -> str:
    """The text with its loanwords in their own language, where it is written in that."""
    words = tokens(text)
    for item in lexicons():
        if item.loans and not all(word.isascii() for word in words):
            words = tuple(part for word in words for part in item.loans.get(word, (word,)))
    return " ".join(words)


def score(asked: tuple[str, ...], wording: tuple[str, ...], alike: Alike) -> float:
    """How much the two share: the weighted mean of what share of each is found in the other."""
    if not asked or not wording:
        return 0.0
    shared = sum(not alike[word].isdisjoint(wording) for word in asked)
    if not shared:
        return 0.0
    found = sum(any(word in alike[own] for own in asked) for word in wording)
    mean = (shared / len(asked) + 2 * found / len(wording)) / 3
    # "Order pizza" shares its one word with "where is my order", and is another matter.
    return mean * ONE_WORD if shared == 1 < len(asked) else mean


@lru_cache(maxsize=4096)
def _wording(text: str) -> tuple[str, ...]:
    """The same of a question as it stands in the articles: asked for at every turn."""
    return content_words(text)


def content_words(text: str) -> tuple[str, ...]:
    """The words that carry the question; all of them where only small ones are there."""
    words = tokens(text)
    return tuple(dict.fromkeys(word for word in words if word not in _filler())) or words


@kept
def _filler() -> frozenset[str]:
    return frozenset[str]().union(*(item.filler for item in lexicons()))


def _wordings(facts: CallFacts) -> Iterable[tuple[DepartmentFacts, Faq, str]]:
    for department in facts.departments:
        for faq in department.faqs:
            for wordings in faq.questions.values():
                for wording in wordings:
                    yield department, faq, wording
