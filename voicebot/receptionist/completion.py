"""What became of a call, by rules, once it has ended: was it settled, what was said, what is left to do. Pure."""

from collections.abc import Sequence

from calls.states import Resolution
from voicebot.receptionist.chat import Message
from voicebot.receptionist.intents import Reading
from voicebot.receptionist.pending import pending

_ANYTHING_ELSE = ("anything_else", "welcome_thanks")
_SETTLED = "closing_settled"


def resolution_of(lines: Sequence[Message]) -> Resolution:
    """By what the caller answered last: no to "anything else?" settles it, and so does a yes to "was it settled?"."""
    found = Resolution.UNKNOWN
    for at, line in enumerate(lines):
        if line.role == "user":
            found = _answered(pending(lines[:at]).key, Reading.of(line.text)) or found
    return found


def _answered(question: str, reading: Reading) -> Resolution | None:
    if question in _ANYTHING_ELSE and reading.no and not reading.wants_person:
        return Resolution.RESOLVED
    if question == _SETTLED and (reading.yes or reading.no):
        return Resolution.RESOLVED if reading.yes else Resolution.UNRESOLVED
    return None
