"""Every number of turn-taking, and its reason."""

import re
from dataclasses import dataclass, fields, replace

WINDOW = 0.032
"""Seconds of sound the voice detector judges at once: 512 samples of 16 kHz."""


@dataclass(frozen=True, slots=True)
class TurnTaking:
    """Seconds, of silence where nothing else is said; probabilities are those of the voice detector."""

    # From here on a window is speech; below `quiet` it is silence. Between them it is whatever the last one was.
    loud: float = 0.5
    quiet: float = 0.35
    # A window of less than this share of the turn's own level is silence, whatever the detector says (30 dB down is
    # softer than any sound inside a word) ...
    fallen: float = 0.03
    # ... unless the room is louder than this share of it: then only the detector can tell.
    noisy: float = 0.08
    # Speech that begins a turn, or goes on after a pause: two windows; one alone is a click.
    least_speech: float = 2 * WINDOW
    # Sound from before the first loud window that belongs to it: the detector notices a soft consonant late.
    lead: float = 0.4
    # What was said so far is recognised after this much silence. Inside a word it is rarely that quiet for so long.
    guess: float = 2 * WINDOW
    # A whole sentence: people answer each other after 0.2 s. What is left of it goes into making the reply.
    complete: float = 5 * WINDOW
    # From a pause, and from the end of a turn, its call goes before the others on its processor for so long: a reply
    # takes 0.05 to 0.1 s of it, and what comes after its first sound can wait again.
    first: float = 0.2
    # Words that are a sentence by themselves and the beginning of a longer one: "no" … "no thank you".
    could_go_on: float = 1.0
    # Neither whole nor broken off, as far as can be told: longer than the pauses of 0.6 s that people make.
    unsure: float = 20 * WINDOW
    # Broken off, or not understood: the pauses inside sentences are up to 0.9 s long.
    unfinished: float = 1.1
    # Numbers and spelled words come in groups, with pauses between them.
    listing: float = 1.2
    # After this a turn is taken for over even without a pause: music, or another machine.
    longest_turn: float = 40.0
    # Speech over the AI's own after which it pauses. Whether it stops for good is decided by the words.
    interrupt: float = 2 * WINDOW
    # What is over our speech has stopped after this much silence. Less than makes a turn over, or what is left of the
    # turn's last sound would be taken for an interruption of the reply.
    sound_over: float = 3 * WINDOW
    # From the end of a sound that was no interruption to going on where it stopped: recognising it takes less.
    resume: float = 0.4
    # In the first moments of its own speech the AI's echo may be taken for the caller.
    echo: float = 0.5
    # Speech over the AI of which no word was understood: longer than this it was meant for us.
    meant: float = 1.0


def tuned(config: TurnTaking, changes: str) -> TurnTaking:
    """With changes as `complete=0.2 unsure=0.8`. ValueError says what is expected."""
    known = {field.name for field in fields(TurnTaking)}
    values: dict[str, float] = {}
    for change in changes.split():
        name, _, value = change.partition("=")
        number = float(value) if name in known and _NUMBER.fullmatch(value) else 0.0
        if not 0 < number <= _MOST:
            raise ValueError(f"name=number with a blank between, of {', '.join(sorted(known))}")
        values[name] = number
    return replace(config, **values)


_NUMBER = re.compile(r"\d{1,3}(\.\d{1,4})?", re.ASCII)
_MOST = 120.0

BUILT_IN = TurnTaking()
"""For recognition on this machine."""
PAID = TurnTaking(guess=6 * WINDOW, resume=1.5)
"""For recognition elsewhere: it is paid for, so fewer guesses are made in vain, and takes up to a second."""
