"""What of a caller's words tells the next person something. Pure."""

from collections.abc import Sequence

from voicebot.receptionist.intents import Reading


def telling_lines(own: Sequence[str]) -> list[str]:
    """What the caller said that is more than a courtesy, each once."""
    return list(dict.fromkeys(text for text in own if text.strip() and _tells(text)))


def _tells(text: str) -> bool:
    reading = Reading.of(text)
    return not (
        reading.empty or reading.only("yes") or reading.only("no") or reading.only("hello") or reading.only("thanks")
    )
