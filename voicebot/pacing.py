"""When each word of a caption is shown: livekit-agents' way, with a cheaper ear for how fast our voice speaks.

Its own takes a spectrum of every second, ten times a second, which is half of what Python does while the AI speaks.
For the pace it matters when the voice speaks and when it pauses; how much it says meanwhile hardly changes.
"""

from typing import Any

import numpy as np
from livekit.agents.voice.room_io import RoomIO
from livekit.agents.voice.transcription._speaking_rate import SpeakingRateDetector, SpeakingRateStream

# Of a full-scale 1.0, as livekit-agents' own.
_SILENCE = 0.005
_BLOCKS = 25


def pace_captions(room_io: RoomIO) -> None:
    """Before anything is said."""
    synchronizer = room_io._tr_synchronizer  # noqa: SLF001 -- there is no option for it
    if synchronizer is not None:
        synchronizer._opts.speaking_rate_detector = SpokenTime()  # noqa: SLF001
        # The segment that is there was made with the other one.
        synchronizer.rotate_segment()


class SpokenTime(SpeakingRateDetector):
    """Its unit of speaking is a second in which something is heard."""

    def stream(self) -> SpeakingRateStream:
        """For one sentence."""
        return _SpokenTimeStream(self, self._opts)


class _SpokenTimeStream(SpeakingRateStream):
    def _compute_speaking_rate(self, audio: "np.ndarray[Any, np.dtype[np.float32]]", sample_rate: int) -> float:
        blocks = audio[: len(audio) // _BLOCKS * _BLOCKS].reshape(_BLOCKS, -1)
        return float(np.mean(np.mean(blocks * blocks, axis=1) > _SILENCE * _SILENCE))
