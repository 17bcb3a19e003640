"""The words the rules understand, read from `lexicon/<language>.toml`."""

import tomllib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voicebot.receptionist.files import kept, language_files
from voicebot.receptionist.normalise import tokens

FOLDER = Path(__file__).parent / "lexicon"
Run = tuple[str, ...]
INTENTS = (
    "yes", "no", "cancel", "bye", "thanks", "hello", "help", "repeat", "position", "callback", "message", "identity",
    "negation", "leave", "open", "question", "remember",
    "recall", "forget_me", "staffing", "call_me",
)  # fmt: skip


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
    )


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


def _texts(table: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(phrases) for name, phrases in table.items()}


def _groups(table: Mapping[str, Any]) -> dict[str, tuple[Run, ...]]:
    return {name: _runs(phrases) for name, phrases in table.items()}
