"""The words the rules understand, read from `lexicon/<language>.toml`."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voicebot.receptionist.files import kept, language_files
from voicebot.receptionist.normalise import tokens

FOLDER = Path(__file__).parent / "lexicon"
Run = tuple[str, ...]
INTENTS = (
    "yes", "no", "cancel", "bye", "thanks", "hello", "help", "repeat", "position", "callback", "message", "identity",
    "negation", "leave", "open", "week", "question", "remember",
    "recall", "forget_me", "staffing", "call_me",
)  # fmt: skip
LEADS = ("order_number", "name")
_NEAR = {"yesterday": -1, "today": 0, "tomorrow": 1}


class LexiconError(ValueError):
    """A lexicon has an expression that is none, or a list of another length."""


@dataclass(frozen=True, slots=True)
class DetailWords:
    """The words details are given in; `leads` are regular expressions by the kind of detail.

    `digits`, `months` and `days`: all the words for each of them, the one that is said first; or none at all.
    """

    leads: Mapping[str, tuple[str, ...]]
    digits: tuple[tuple[str, ...], ...]
    months: tuple[tuple[str, ...], ...]
    days: tuple[tuple[str, ...], ...]
    near: Mapping[str, int]
    double: tuple[str, ...]
    plus: tuple[str, ...]
    at: tuple[str, ...]
    dot: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language's phrases as runs of normalised words."""

    language: str
    intents: Mapping[str, tuple[Run, ...]]
    person_nouns: tuple[Run, ...]
    exact_nouns: tuple[Run, ...]
    person_verbs: tuple[Run, ...]
    person_phrases: tuple[Run, ...]
    person_stops: tuple[Run, ...]
    about_you: tuple[Run, ...]
    transfer_verbs: tuple[Run, ...]
    transfer_asks: tuple[Run, ...]
    languages: Mapping[str, tuple[Run, ...]]
    departments: Mapping[str, tuple[Run, ...]]
    filler: frozenset[str]
    loans: Mapping[str, Run]
    moods: Mapping[str, tuple[Run, ...]]
    spoken: Mapping[str, tuple[str, ...]]
    spoken_departments: Mapping[str, tuple[str, ...]]
    turns: Mapping[str, tuple[Run, ...]]
    claims: Mapping[str, tuple[str, ...]]
    details: "DetailWords"
    secrets: Mapping[str, tuple[str, ...]]

    @property
    def vocabulary(self) -> frozenset[str]:
        """Every word of every phrase."""
        groups = [
            *self.intents.values(),
            self.person_nouns,
            self.person_verbs,
            self.transfer_verbs,
            *self.departments.values(),
        ]
        return self.filler | {word for runs in groups for run in runs for word in run}


def known_languages() -> tuple[str, ...]:
    """Every language there is a lexicon for."""
    return tuple(sorted(language_files(FOLDER, "toml")))


@kept
def lexicon(language: str) -> Lexicon:
    """The words of a language. Raises FileNotFoundError for one without a file."""
    path = language_files(FOLDER, "toml").get(language)
    if path is None:
        raise FileNotFoundError(f"there is no {language}.toml")
    # What a file leaves out, its language has no words for.
    data: Mapping[str, Any] = defaultdict(dict, tomllib.loads(path.read_text(encoding="utf-8")))
    person, transfer = data["person"], data["transfer"]
    return Lexicon(
        language=language,
        intents={name: _runs(data[name].get("phrases", [])) for name in INTENTS},
        person_nouns=_runs(person.get("nouns", [])),
        exact_nouns=_runs(person.get("exact_nouns", [])),
        person_verbs=_runs(person.get("verbs", [])),
        person_phrases=_runs(person.get("phrases", [])),
        person_stops=_runs(person.get("stops", [])),
        about_you=_runs(person.get("about_you", [])),
        transfer_verbs=_runs(transfer.get("verbs", [])),
        transfer_asks=_runs(transfer.get("ask", [])),
        languages=_groups(data["language"]),
        departments=_groups(data["departments"]),
        filler=frozenset(word for run in _runs(data["filler"].get("words", [])) for word in run),
        loans={word: tokens(meant) for word, meant in data["loans"].items()},
        moods=_groups(data["mood"]),
        spoken=_texts(data["spoken"]),
        spoken_departments=_texts(data["spoken_departments"]),
        turns=_groups(data["turns"]),
        claims=_expressions(language, data["claims"]),
        details=_details(language, data["details"]),
        secrets=_expressions(language, data["secrets"]),
    )


def _details(language: str, table: Mapping[str, Any]) -> DetailWords:
    return DetailWords(
        leads=_expressions(language, {kind: table[kind] for kind in LEADS if kind in table}),
        digits=_numbered(language, table, "digits", 10),
        months=_numbered(language, table, "months", 12),
        days=_numbered(language, table, "days", 7),
        near={tokens(word)[0]: days for name, days in _NEAR.items() for word in table.get(name, ())},
        double=tuple(table.get("double", ())),
        plus=tuple(table.get("plus", ())),
        at=tuple(table.get("at", ())),
        dot=tuple(table.get("dot", ())),
    )


def _numbered(language: str, table: Mapping[str, Any], name: str, size: int) -> tuple[tuple[str, ...], ...]:
    words = tuple(tuple(entry.split("|")) for entry in table.get(name, ()))
    if len(words) not in (0, size):
        raise LexiconError(f"{language}.toml: [details] {name}: expected {size}, not {len(words)}")
    return words


def _expressions(language: str, table: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    for name, expressions in table.items():
        for expression in expressions:
            try:
                re.compile(expression)
            except re.error as error:
                raise LexiconError(f"{language}.toml: {name}: {expression!r} is no expression: {error}") from error
    return _texts(table)


def any_of(expressions: Iterable[str]) -> str:
    """One expression for several; one that fits nothing for none."""
    return "|".join(f"(?:{expression})" for expression in expressions) or r"(?!)"


@kept
def lexicons() -> tuple[Lexicon, ...]:
    """Every lexicon: a caller may mix languages, so each text is read with all."""
    return tuple(lexicon(language) for language in known_languages())


@kept
def in_latin(language: str) -> frozenset[str]:
    """Words of a language that are written in Latin letters, as "3ayez" is."""
    return frozenset(word for word in vocabulary(language) if word.isascii())


@kept
def vocabulary(language: str) -> frozenset[str]:
    """Every word the rules know of a language."""
    return lexicon(language).vocabulary


def _runs(phrases: list[str]) -> tuple[Run, ...]:
    return tuple(sorted({tokens(phrase) for phrase in phrases}, key=len, reverse=True))


def _texts(table: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(phrases) for name, phrases in table.items()}


def _groups(table: Mapping[str, Any]) -> dict[str, tuple[Run, ...]]:
    return {name: _runs(phrases) for name, phrases in table.items()}
