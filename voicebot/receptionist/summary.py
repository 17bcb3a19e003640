"""The story an agent reads before accepting, made without a language model. Pure."""

from collections.abc import Sequence

from voicebot.receptionist.chat import Message
from voicebot.receptionist.facts import CallFacts
from voicebot.receptionist.intents import Reading

_LINES = 4
_LENGTH = 120


def summarise(facts: CallFacts, history: Sequence[Message], reason: str) -> str:
    """Up to four telling lines of the caller in his words, and what was noted. At most about 700 characters."""
    own = [message.text for message in history if message.role == "user" and _tells(message.text)]
    quotes = [f"“{_short(text)}”" for text in dict.fromkeys((*own, reason)) if text.strip()][-_LINES:]
    notes = [f"{key}: {_short(value)}" for key, value in facts.notes[-_LINES:]]
    return " · ".join((*quotes, *notes))


def _tells(text: str) -> bool:
    reading = Reading.of(text)
    return not (
        reading.empty or reading.only("yes") or reading.only("no") or reading.only("hello") or reading.only("thanks")
    )


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _LENGTH else plain[: _LENGTH - 1] + "…"
