"""The sentences and the system prompt, read from `prompts/<language>.md`."""

import hashlib
import re
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from pathlib import Path

from django.utils import dateformat, translation

from voicebot.receptionist.facts import FALLBACK_LANGUAGE, CallFacts, Opening
from voicebot.receptionist.files import kept, language_files

FOLDER = Path(__file__).parent / "prompts"
_FRONT = re.compile(r"\A---\n(?P<told>.*?)^---\n", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"^name: *(?P<name>[A-Za-z0-9_.-]{1,30}) *$", re.MULTILINE)
_SECTION = re.compile(r"^## +(.+)$", re.MULTILINE)
_NOON, _EVENING = 12, 18
_HEADING = re.compile(r"^### +(.+)$", re.MULTILINE)


class PromptError(ValueError):
    """A prompt file lacks a section or a sentence."""


@dataclass(frozen=True, slots=True)
class PromptBook:
    """One language: the system prompt's text and the fixed sentences by key; `name` is what its front matter says."""

    language: str
    system: str
    sentences: Mapping[str, str]
    name: str = ""

    def slots(self, key: str) -> frozenset[str]:
        """The names in braces of a sentence."""
        return frozenset(name for _, name, _, _ in string.Formatter().parse(self.sentences[key]) if name)


@kept
def languages() -> tuple[str, ...]:
    """Every language there is a prompt file for."""
    return tuple(sorted(prompt_files()))


def prompt_files() -> dict[str, Path]:
    """The file of each language: the installation's own, else the built-in one."""
    return language_files(FOLDER, "md")


@kept
def prompt_version() -> str:
    """What is in use, as calls record it: the first eight letters of a hash over all files, after the set's name."""
    told = hashlib.sha256()
    for language in languages():
        told.update(language.encode() + b"\0" + prompt_files()[language].read_bytes() + b"\0")
    name = book(FALLBACK_LANGUAGE).name
    return f"{name}-{told.hexdigest()[:8]}" if name else told.hexdigest()[:8]


@kept
def book(language: str) -> PromptBook:
    """The sentences of a language; an unknown one answers in English."""
    known = language if language in languages() else FALLBACK_LANGUAGE
    return read_book(known, prompt_files()[known].read_text(encoding="utf-8"))


def read_book(language: str, text: str) -> PromptBook:
    """Parse one prompt file. Raises PromptError."""
    front = _FRONT.match(text)
    named = _NAME.search(front["told"]) if front else None
    if front and not named:
        raise PromptError(f"{language}: the front matter says no name, of letters, digits, dots and dashes")
    sections = _split(_SECTION, text[front.end() :] if front else text)
    if missing := {"System prompt", "Sentences"} - sections.keys():
        raise PromptError(f"{language}: no section {', '.join(sorted(missing))}")
    sentences = {key: " ".join(body.split()) for key, body in _split(_HEADING, sections["Sentences"]).items()}
    if empty := [key for key, body in sentences.items() if not body]:
        raise PromptError(f"{language}: no text for {', '.join(empty)}")
    return PromptBook(language, sections["System prompt"].strip(), sentences, named["name"] if named else "")


def _split(pattern: re.Pattern[str], text: str) -> dict[str, str]:
    parts = pattern.split(text)[1:]
    return {title.strip(): body for title, body in zip(parts[::2], parts[1::2], strict=True)}


def phrase(language: str, key: str, **values: object) -> str:
    """The fixed sentence `key`, filled in. KeyError for an unknown key or a value left out."""
    return sentence(language, key).format(**values)


def sentence(language: str, key: str) -> str:
    """The fixed sentence as it is written; in English where a language has not got it. KeyError for an unknown key."""
    own = book(language).sentences
    return own[key] if key in own else book(FALLBACK_LANGUAGE).sentences[key]


def opening(facts: CallFacts) -> tuple[str, ...]:
    """What the receptionist says first, in order; the disclosure is always part of it."""
    if facts.task:
        return tuple(_handed_back_opening(facts))
    spoken = _resumed_opening(facts) if facts.resumed else _first_opening(facts)
    return tuple(spoken)


def _handed_back_opening(facts: CallFacts) -> Iterable[str]:
    """After the agent: no second welcome, but who speaks now is said."""
    yield phrase(facts.language, "handed_back", company=facts.company)
    yield phrase(facts.language, "survey_ask" if facts.task == "survey" else "anything_else")


def _first_opening(facts: CallFacts) -> Iterable[str]:
    yield phrase(facts.language, "disclosure", company=facts.company)
    if facts.voice == "offline":
        yield phrase(facts.language, _demo_key(facts.language))
    yield welcome(facts)
    for language in facts.greet_in:
        yield phrase(language, "disclosure", company=facts.company)
        yield welcome(replace(facts, language=language))


def _resumed_opening(facts: CallFacts) -> Iterable[str]:
    yield phrase(facts.language, "disclosure_again", company=facts.company)
    if facts.waiting:
        yield phrase(facts.language, "resumed_waiting")
    else:
        yield phrase(facts.language, "resumed_help")


def _demo_key(language: str) -> str:
    # The built-in recogniser has an English model only.
    return "demo_notice" if language == "en" else "type_only_notice"


def welcome(facts: CallFacts) -> str:
    """The welcome: with what is known of a caller who has proved who he is, else by the name the caller gave."""
    if facts.known is not None and facts.known.calls and facts.known.name:
        topic = facts.known.topics.get(facts.language, "")
        key = "welcome_back_about" if topic else "welcome_back"
        return phrase(facts.language, key, name=facts.known.name, topic=topic)
    if facts.caller_name:
        return phrase(facts.language, "welcome_named", name=facts.caller_name)
    return phrase(facts.language, "welcome")


def wait_words(language: str, seconds: int | None) -> str:
    """An estimated wait as a person says it, in whole minutes."""
    if seconds is None:
        return phrase(language, "wait_unknown")
    minutes = round(max(seconds, 0) / 60)
    if minutes == 0:
        return phrase(language, "wait_short")
    return phrase(language, _minutes_key(minutes), count=minutes)


def _minutes_key(minutes: int) -> str:
    # Arabic counts 1, 2, 3-10 and the rest in four different forms; other languages repeat theirs.
    if minutes <= 2:
        return "minutes_one" if minutes == 1 else "minutes_two"
    return "minutes_few" if minutes % 100 in range(3, 11) else "minutes_many"


def either(language: str, names: Iterable[str]) -> str:
    """'sales, billing or support', in the language's way."""
    *others, last = list(names) or [""]
    if not others:
        return last
    first = reduce(lambda done, name: phrase(language, "list_more", first=done, last=name), others)
    return phrase(language, "list_or", first=first, last=last)


def phrased_list(language: str, items: Iterable[str]) -> str:
    """'one, two, three', in the language's way."""
    first, *others = list(items)
    return reduce(lambda done, item: phrase(language, "list_more", first=done, last=item), others, first)


def department_names(facts: CallFacts, language: str) -> str:
    """The departments as a spoken choice."""
    return either(language, [item.label(language) for item in facts.departments])


def waiting_sentence(language: str, position: int | None, estimated_wait: int | None) -> str:
    """Where the caller stands; without a position an agent is being connected."""
    if position is None:
        return phrase(language, "being_connected")
    key = "waiting_first" if position == 1 else "waiting_position"
    return phrase(language, key, position=position, wait=wait_words(language, estimated_wait))


def refusal_sentence(facts: CallFacts, department: str, cause: str, offer: str) -> str:
    """Why the caller cannot wait for a department, and what he can do instead."""
    found = facts.department_named(department)
    label = found.label(facts.language) if found else department or facts.company
    opening = found.opening if found and cause == "closed" else None
    if opening and not opening.is_open:
        told = phrase(facts.language, "sorry", news=opening_sentence(facts.language, label, opening))
    else:
        told = phrase(facts.language, f"refused_{cause}", department=label)
    return f"{told} {phrase(facts.language, f'offer_{offer}')}"


def improved_sentence(language: str, position: int, estimated_wait: int | None) -> str:
    """The news that the caller moved up."""
    key = "position_improved_first" if position == 1 else "position_improved"
    return phrase(language, key, position=position, wait=wait_words(language, estimated_wait))


def moment_words(language: str, at: datetime, now: datetime) -> str:
    """A coming moment as a person says it: today, tomorrow or by its date, and the time by the clock."""
    days = (at.date() - now.date()).days
    time = clock_words(language, at)
    if days <= 1:
        return phrase(language, "moment_tomorrow" if days else "moment_today", time=time)
    with translation.override(language):
        return phrase(language, "moment_date", date=dateformat.format(at, "l j F"), time=time)


def clock_words(language: str, at: datetime) -> str:
    """A time by the clock of twelve, with its part of the day."""
    part = "clock_am" if at.hour < _NOON else "clock_pm" if at.hour < _EVENING else "clock_evening"
    return phrase(language, part, time=_clock(at))


def _clock(at: datetime) -> str:
    hour = at.hour % _NOON or _NOON
    return f"{hour}:{at.minute:02}" if at.minute else str(hour)


def opening_sentence(language: str, department: str, opening: Opening) -> str:
    """Whether a department is open, and when it opens."""
    if opening.is_open:
        return phrase(language, "open_now", department=department)
    if opening.opens is None:
        return phrase(language, "closed_now", department=department)
    when = moment_words(language, opening.opens, opening.at)
    return phrase(language, "closed_until", department=department, when=when)
