"""What a text asks for, read in every language at once. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from voicebot.receptionist.facts import CallFacts, DepartmentFacts
from voicebot.receptionist.lexicon import Lexicon, Run, lexicons
from voicebot.receptionist.normalise import tokens
from voicebot.receptionist.words import find_run, has_run

_REACH = 5  # words between "talk" and "human"
_SHORT = 3  # so few words with "agent" among them ask for one
LONGEST = 1000  # characters that are read: nobody asks for a person in a later one
_CLAUSE = re.compile(r"[,،;؛!?؟\n]+|\.(?=\s|$)")
_POLITE = 2  # words of "please" around a request
_BRIEF = 6  # "yes, that would be very kind" still is a yes


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as words, and as the clauses its punctuation makes, with the questions the rules ask of it."""

    words: tuple[str, ...]
    clauses: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, text: str) -> "Reading":
        text = text[:LONGEST]
        return cls(tokens(text), tuple(clause for part in _CLAUSE.split(text) if (clause := tokens(part))))

    @property
    def empty(self) -> bool:
        return not self.words

    @property
    def brief(self) -> bool:
        return len(self.words) <= _BRIEF

    def says(self, intent: str) -> bool:
        """Whether a phrase of the intent stands in the text."""
        return any(has_run(self.words, item.intents[intent]) for item in lexicons())

    def mainly(self, intent: str, *, slack: int = 2) -> bool:
        """Whether a phrase of the intent is nearly all there is."""
        return any(len(self.words) - len(run) <= slack for run in _present(self.words, intent))

    def only(self, intent: str) -> bool:
        """Whether every word belongs to phrases of the intent."""
        return any(set(self.words) <= {word for run in item.intents[intent] for word in run} for item in lexicons())

    def about(self, intent: str) -> bool:
        """Whether nothing is spoken of but what phrases of the intent are made of."""
        known = {word for item in lexicons() for run in item.intents[intent] for word in run}
        return set(self.words) <= known.union(*(item.filler for item in lexicons()))

    @property
    def yes(self) -> bool:
        return self.brief and self.says("yes") and not self.no

    @property
    def no(self) -> bool:
        return self.brief and self.says("no")

    @property
    def wants_person(self) -> bool:
        """Whether a person is asked for, beyond doubt."""
        return any(_asks_for_person(clause, item) for clause in self.clauses for item in lexicons())

    @property
    def wants_transfer(self) -> bool:
        """Whether a verb of being put through is there."""
        return any(has_run(self.words, item.transfer_verbs, fuzzy=True) for item in lexicons())

    @property
    def wants_some_transfer(self) -> bool:
        """Whether to be put through is all that was asked: where to is open."""
        asks = (run for item in lexicons() for run in item.transfer_asks if find_run(self.words, run) >= 0)
        return any(len(self.words) - len(run) <= _POLITE for run in asks)

    @property
    def wanted_language(self) -> str | None:
        """The language asked for by its name, in a brief text."""
        if not self.brief:
            return None
        return next((name for name, runs in _language_names() if has_run(self.words, runs)), None)


def _present(words: Sequence[str], intent: str) -> list[Run]:
    return [run for item in lexicons() for run in item.intents[intent] if find_run(words, run) >= 0]


def _language_names() -> Iterable[tuple[str, tuple[Run, ...]]]:
    return ((name, runs) for item in lexicons() for name, runs in item.languages.items())


def _asks_for_person(words: Sequence[str], item: Lexicon) -> bool:
    if has_run(words, item.person_phrases) and not has_run(words, item.intents["negation"]):
        return True
    if has_run(words, item.about_you):
        return False
    return any(_person_wanted_at(words, at, item) for at in _nouns_at(words, item))


def _nouns_at(words: Sequence[str], item: Lexicon) -> Iterator[int]:
    exact = (find_run(words, run) for run in item.exact_nouns)
    alike = (find_run(words, run, fuzzy=True) for run in item.person_nouns)
    return (found for found in (*exact, *alike) if found >= 0)


def _person_wanted_at(words: Sequence[str], at: int, item: Lexicon) -> bool:
    before, rest = words[:at], words[at:]
    if _negated(before, item):
        return False
    short = len(words) <= _SHORT and not has_run(words, item.person_stops)
    return short or _verb_before(before, item) or (len(rest) <= _SHORT and _verb_after(rest, item))


def _negated(before: Sequence[str], item: Lexicon) -> bool:
    """Whether the verb that leads to the person is negated: 'not want to talk to a', but not 'no bots, get me a'."""
    small = item.filler | {word for run in item.person_verbs for word in run}
    negations = {run[0] for run in item.intents["negation"] if len(run) == 1}
    if has_run(before, [run for run in item.intents["negation"] if len(run) > 1]):
        return True
    for word in reversed(before):
        if word in negations:
            return True
        if word not in small:
            return False
    return False


def _verb_before(words: Sequence[str], item: Lexicon) -> bool:
    near = words[-_REACH:]
    start = max((find_run(near, run, fuzzy=True) for run in item.person_verbs), default=-1)
    return start >= 0 and not has_run(near[start:], item.person_stops)


def _verb_after(words: Sequence[str], item: Lexicon) -> bool:
    return has_run(words, item.person_verbs)


def named_department(facts: CallFacts, reading: Reading) -> DepartmentFacts | None:
    """The department whose name or word stands in the text; the longest wording wins."""
    best: tuple[int, DepartmentFacts | None] = (0, None)
    for department in facts.departments:
        size = max(
            (len(run) for run in department_runs(department) if find_run(reading.words, run, fuzzy=True) >= 0),
            default=0,
        )
        if size > best[0]:
            best = (size, department)
    return best[1]


def department_runs(department: DepartmentFacts) -> tuple[Run, ...]:
    """Every wording of a department: its names, its own synonyms, the common words of its kind."""
    own = map(_called, (*department.name.values(), *department.synonyms, department.slug.replace("-", " ")))
    common = [run for item in lexicons() for run in item.departments.get(department.slug, ())]
    return tuple(run for run in (*own, *common) if run)


@lru_cache(maxsize=1024)
def _called(text: str) -> Run:
    """The words of what a department calls itself: asked for at every turn."""
    return tokens(text)
