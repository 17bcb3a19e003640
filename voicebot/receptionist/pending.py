"""What the receptionist has asked and not been answered, read from its own fixed sentences. Pure.

Nothing is kept between turns: a re-dispatched AI, or the HTTP endpoint, sees the same question as the one who asked it.
"""

import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from voicebot.receptionist.chat import Message
from voicebot.receptionist.files import kept
from voicebot.receptionist.normalise import normalise
from voicebot.receptionist.prompts import languages, sentence

QUESTIONS = (
    "ask_department", "confirm_person", "offer_person", "confirm_department", "offer_either", "offer_message",
    "offer_callback", "ask_message_or_callback", "ask_contact", "ask_contact_typed", "contact_unclear",
    "confirm_callback", "ask_message", "ask_message_typed", "confirm_end", "closing_settled", "confirm_leave",
    "anything_else", "welcome_thanks", "detail_again", "detail_unclear", "survey_ask", "survey_again",
    "confirm_callback_at", "confirm_callback_nearest", "ask_callback_time",
)  # fmt: skip
NOT_UNDERSTOOD = ("did_not_understand", "did_not_understand_again", "did_not_understand_waiting")
ANNOUNCEMENTS = (
    "position_improved", "position_improved_first", "still_waiting", "silence_1", "silence_2", "still_there", "hold_on",
    "disclosure_again", "resumed_waiting", "resumed_help",
)  # fmt: skip
_LEAST_LEAD = 12  # characters of a sentence that still tell it when the rest was interrupted


@dataclass(frozen=True, slots=True)
class Pending:
    """An open question by its key, with the words it was filled in with."""

    key: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


def pending(history: Sequence[Message]) -> Pending:
    """The question the last line of the receptionist asked; `key` is empty when it asked none."""
    for line in lines_since_caller(history):
        if found := _last_question(line):
            return found
        if not said_any(line, ANNOUNCEMENTS):
            break
    return Pending()


def lines_since_caller(history: Sequence[Message]) -> Iterator[str]:
    """The receptionist's lines after the caller's last, newest first; only lines with words."""
    for message in reversed(history):
        if message.role == "user":
            return
        if message.role == "assistant" and message.text.strip():
            yield message.text


def failures(history: Sequence[Message]) -> int:
    """How many times in a row the receptionist has just said that it did not understand."""
    lines = [message.text for message in history if message.role == "assistant" and message.text.strip()]
    count = 0
    for line in reversed(lines):
        if not said_any(line, NOT_UNDERSTOOD):
            break
        count += 1
    return count


def said_any(line: str, keys: Sequence[str]) -> bool:
    """Whether any of the fixed sentences stands in the line, in any language."""
    text = normalise(line)
    return any(_pattern(language, key).search(text) for language in languages() for key in keys)


def _last_question(line: str) -> Pending | None:
    text = normalise(line)
    found = [
        (match.start(), key, match)
        for language in languages()
        for key in QUESTIONS
        if (match := _pattern(language, key).search(text) or _cut_short(language, key, text))
    ]
    if not found:
        return None
    _, key, match = max(found, key=lambda item: item[0])
    return Pending(key, {name: value.strip() for name, value in match.groupdict().items() if value})


def _cut_short(language: str, key: str, text: str) -> re.Match[str] | None:
    """A match of the question's beginning, where the caller spoke into it."""
    lead = _lead(language, key)
    return re.search(re.escape(lead), text) if len(lead) >= _LEAST_LEAD else None


@kept
def _lead(language: str, key: str) -> str:
    literal = next(iter(string.Formatter().parse(sentence(language, key))))[0]
    return normalise(literal)


@kept
def _pattern(language: str, key: str) -> re.Pattern[str]:
    parts: list[str] = []
    for literal, name, _, _ in string.Formatter().parse(sentence(language, key)):
        parts.append(re.escape(normalise(literal)))
        if name:
            parts.append(f"(?P<{name}>.+?)")
    parts = [part for part in parts if part]
    # A value that ends the sentence goes to the end of the line: a name may be of several words.
    return re.compile(
        r"\s*".join(parts).removesuffix("?)") + ")" if parts[-1].endswith("?)") else r"\s*".join(parts) + r"(?!\w)"
    )
