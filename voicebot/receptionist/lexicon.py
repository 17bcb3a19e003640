"""The words the rules understand, read from `lexicon/<language>.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from voicebot.receptionist.normalise import tokens

FOLDER = Path(__file__).parent / "lexicon"
Run = tuple[str, ...]
INTENTS = (
    "yes", "no", "cancel", "bye", "thanks", "hello", "help", "repeat", "position", "callback", "message", "identity",
    "negation", "leave", "open", "question", "remember",
    "recall", "forget_me",
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
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


@cache
def lexicon(language: str) -> Lexicon:
    """The words of a language. Raises FileNotFoundError for one without a file."""
    data = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    person = data["person"]
    return Lexicon(
        language=language,
        intents={name: _runs(data[name]["phrases"]) for name in INTENTS},
        person_nouns=_runs(person["nouns"]),
        exact_nouns=_runs(person["exact_nouns"]),
        person_verbs=_runs(person["verbs"]),
        person_phrases=_runs(person["phrases"]),
        person_stops=_runs(person["stops"]),
        about_you=_runs(person["about_you"]),
        transfer_verbs=_runs(data["transfer"]["verbs"]),
        transfer_asks=_runs(data["transfer"]["ask"]),
        languages=_groups(data["language"]),
        departments=_groups(data["departments"]),
        filler=frozenset(word for run in _runs(data["filler"]["words"]) for word in run),
        loans={word: tokens(meant) for word, meant in data.get("loans", {}).items()},
        moods=_groups(data.get("mood", {})),
        spoken=_texts(data["spoken"]),
        spoken_departments=_texts(data["spoken_departments"]),
        turns=_groups(data.get("turns", {})),
    )


@cache
def lexicons() -> tuple[Lexicon, ...]:
    """Every lexicon: a caller may mix languages, so each text is read with all."""
    return tuple(lexicon(language) for language in known_languages())


@cache
def in_latin(language: str) -> frozenset[str]:
    """Words of a language that are written in Latin letters, as "3ayez" is."""
    return frozenset(word for word in lexicon(language).vocabulary if word.isascii())


def _runs(phrases: list[str]) -> tuple[Run, ...]:
    return tuple(sorted({tokens(phrase) for phrase in phrases}, key=len, reverse=True))


def _texts(table: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(phrases) for name, phrases in table.items()}


def _groups(table: Mapping[str, Any]) -> dict[str, tuple[Run, ...]]:
    return {name: _runs(phrases) for name, phrases in table.items()}
