"""What a provider gave with every sign of success, looked at: it may be an error page, or another kind of file."""

import re

import numpy as np
import numpy.typing as npt
from livekit.agents import stt

from voicebot.providers.resting import Implausible

# Bytes that are no sound have an even spread over all levels, or, as text, one level far from zero. The loudest
# speech is under a third of full scale over 0.2 s, and a sample of it is close to the one before.
_LOUD = 0.4 * 32768
_OFF_CENTRE = 0.25 * 32768
_ALIKE = 0.3
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufffd]")
# Nobody speaks faster than 30 characters a second; a short sound has a little more to it.
_CHARACTERS_PER_SECOND = 40
_CHARACTERS_AT_LEAST = 80


def is_noise(samples: npt.NDArray[np.int16]) -> bool:
    """Whether this can be no speech: to be played to nobody."""
    if len(samples) < 2:
        return False
    levels = samples.astype(np.float32)
    middle = float(levels.mean())
    if float(np.sqrt(np.mean(levels**2))) < _LOUD:
        return False
    around = levels - middle
    power = float(np.mean(around**2)) or 1.0
    return abs(middle) > _OFF_CENTRE or float(np.mean(around[1:] * around[:-1])) / power < _ALIKE


def checked(event: stt.SpeechEvent, seconds: float) -> stt.SpeechEvent:
    """The event when its words may have been said in `seconds`. Implausible."""
    longest = _CHARACTERS_AT_LEAST + _CHARACTERS_PER_SECOND * seconds
    for said in event.alternatives:
        text: object = said.text
        if not isinstance(text, str) or len(text) > longest or _CONTROL.search(text):
            raise Implausible("what it heard is no text that anybody said")
    return event
