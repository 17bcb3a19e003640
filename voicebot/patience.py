"""How long a caller is left without an answer, by himself, by us or by a provider: every number, and its reason."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Limits:
    """How long the AI goes on with a call that leads nowhere: then a person, and if it goes on so, goodbye."""

    # With the AI, the time in line not counted. Nobody has so much to say to a machine; something else is the matter.
    # `AI_CALL_MINUTES` sets it. Back with the AI, because nobody came, a tenth of it is left.
    minutes: float = 60.0
    # The caller's. A talk with a purpose has a few dozen.
    turns: int = 150
    # So often the same in the last `window` answers, or in the caller's last words (three of them at least, for "yes"
    # is said often): hold music, an announcement, another bot, or somebody who is not understood.
    same: int = 4
    window: int = 8
    # Speech of so many seconds that no words come of, so often: the caller is told how else to reach us; twice that,
    # a person. A cough is shorter.
    unheard_seconds: float = 1.0
    unheard: int = 2


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. What a caller may notice adds up to less than the ten that are promised."""

    # A caller who says nothing. Looking for a number takes most people less than the first; after the last the line
    # is somebody's who has walked away. `SILENCE_SECONDS` sets these three.
    ask: float = 20.0
    ask_again: float = 50.0
    end: float = 300.0
    # A turn without a reply: people begin to say "hello?" after four seconds, and to hang up before ten.
    hold_on: float = 4.0
    rescue: float = 8.0
    # Recognising a sentence, a second attempt included: a good service takes one or two.
    listening: float = 5.0
    # From one piece of a model's answer to the next, the first included. With the next it stays below `rescue`: when
    # both fail in one turn, the caller still gets the rules' answer in the built-in voice.
    thinking: float = 5.0
    # From one piece of a sentence's sound to the next; it comes on top of the model's time.
    speaking: float = 2.5
    # So long a voice that failed is left alone: each sentence would begin with a pause otherwise. Longer than the next
    # two, because a voice that comes and goes is strange to listen to.
    spare_voice: float = 60.0
    # The same of a model, in whose place the built-in rules answer, and of a recogniser.
    spare_mind: float = 15.0
    spare_ears: float = 15.0
    limits: Limits = field(default_factory=Limits)


def patience_from(settings: Any) -> Patience:
    """As Django's settings say."""
    ask, ask_again, end = settings.SILENCE_SECONDS
    return Patience(ask=ask, ask_again=ask_again, end=end, limits=Limits(minutes=settings.AI_CALL_MINUTES))
