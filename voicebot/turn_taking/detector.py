"""Where a caller speaks: the voice detector, told sooner by the level that he has stopped.

The detector looks back over what it heard and goes on saying "speech" for two to four windows after the last word; the
level has fallen after one (over the built-in voices, and no oftener inside words).
"""

from math import sqrt

import numpy as np
import numpy.typing as npt
from livekit.local_inference import VAD

from voicebot.turn_taking.config import WINDOW, TurnTaking

_RISE = 0.3
_FADE = 0.15
# Root mean square of 16 bits. Under a switched-off microphone, or one whose browser sends nothing in a pause.
_NOTHING = 4.0
# Windows of nothing after which the detector has forgotten what was before.
_FORGOTTEN = 8


class Level:
    """The level of the room and of who speaks in it. Pure: a window's level and probability in."""

    def __init__(self, config: TurnTaking) -> None:
        self._config = config
        self._floor: float | None = None
        self._voice = 0.0

    def has_fallen(self, level: float, probability: float, *, talking: bool) -> bool:
        """Whether a window (root mean square) is silence beside the turn's own voice. Never where it is noisy."""
        floor = level if self._floor is None else self._floor
        # Down at once, up slowly: what is between words is the room.
        self._floor = floor = min(level, floor * (1 + _RISE * WINDOW) + 1.0)
        if not talking:
            # Each turn is compared with itself: a door that slams is no voice.
            self._voice = 0.0
        if probability >= self._config.loud:
            self._voice = max(level, self._voice * (1 - _FADE * WINDOW))
        return talking and floor < self._config.noisy * self._voice and level < self._config.fallen * self._voice


class Detector:
    """Probabilities of speech, window by window."""

    def __init__(self, config: TurnTaking) -> None:
        self._vad = VAD()
        self._level = Level(config)
        self._nothing = 0

    def hear(self, window: npt.NDArray[np.int16], *, talking: bool) -> float:
        """How probable it is that somebody speaks; `talking`: his turn has begun."""
        level = root_mean_square(window)
        self._nothing = self._nothing + 1 if level < _NOTHING else 0
        # A quarter of what a silent call computes in Python would be asking about silence.
        probability = 0.0 if self._nothing > _FORGOTTEN else float(self._vad.predict(window))
        return 0.0 if self._level.has_fallen(level, probability, talking=talking) else probability


def root_mean_square(window: npt.NDArray[np.int16]) -> float:
    """The level of a window that is not empty."""
    sound = window.astype(np.float32)
    return sqrt(float(sound.dot(sound)) / sound.size)
