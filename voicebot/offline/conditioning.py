"""A voice made ready for the recogniser while it speaks. Pure."""

import numpy as np
import numpy.typing as npt

from voicebot.offline.espeak import Samples

SAMPLE_RATE = 16_000
_FRAMES_PER_SECOND = 100
_MIN_SECONDS = 0.12
_PADDING = round(0.15 * SAMPLE_RATE)
# Sound by which a voice's level is known; a moment of a room's noise may come before it. Until then nothing is
# searched: with 0.6 s two words were nearly all left at their end, and no phrase more was right.
_LEVEL = round(0.35 * SAMPLE_RATE)
# The model was trained on rooms, and a codec's digital silence derails it: with a faint floor of
# noise it got 26 of 26 phrases right, without it 13.
_NOISE_RMS = 20.0
# Who goes on louder than he began has as much again, and more.
_PEAK = 12_000.0
_MIN_PEAK = 60
_AUDIBLE = 0.02
_MAX_GAIN = 30.0
_LOUD = 0.1
_NONE: Samples = np.zeros(0, dtype=np.int16)


class Conditioner:
    """`add` each piece, `end` it: what to search, the same however it is cut into pieces. Nothing where nothing is
    to be heard. It begins a moment before the voice, evened out in level, on a floor of faint noise."""

    def __init__(self) -> None:
        self._waiting = _NONE
        self._gain = 0.0
        # The same noise each time: one sentence is always heard the same way.
        self._noise = np.random.default_rng(0)

    def add(self, samples: Samples) -> Samples:
        """What can be searched now."""
        if self._gain:
            return self._made(samples)
        self._waiting = np.concatenate([self._waiting, samples])
        begun = _begun(self._waiting)
        if begun is None or len(self._waiting) < begun + _LEVEL:
            return _NONE
        return self._begin(begun)

    def end(self) -> Samples:
        """The rest of it, and silence."""
        begun = _begun(self._waiting)
        if not self._gain and (begun is None or len(self._waiting) < _MIN_SECONDS * SAMPLE_RATE):
            return _NONE
        first = _NONE if begun is None else self._begin(begun)
        return np.concatenate([first, self._made(np.zeros(_PADDING, dtype=np.int16))])

    def _begin(self, begun: int) -> Samples:
        waiting, self._waiting = self._waiting, _NONE
        size = np.abs(waiting[begun:].astype(np.int32))
        peak = int(size[:_LEVEL].max())
        self._gain = min(_MAX_GAIN, _PEAK / peak)
        voice = begun + int(np.argmax(size > _AUDIBLE * peak))
        return self._made(np.concatenate([np.zeros(_PADDING, dtype=np.int16), waiting[voice:]]))

    def _made(self, samples: Samples) -> Samples:
        noise = self._noise.normal(0.0, _NOISE_RMS, len(samples))
        return np.clip(samples * self._gain + noise, -32_768, 32_767).astype(np.int16)


def trimmed(samples: Samples) -> Samples:
    """Without silence around it. It is none of the voice's, and shifts what the voice is compared by."""
    size = np.abs(samples.astype(np.int32))
    voiced = np.flatnonzero(size > _AUDIBLE * size.max(initial=0))
    return samples[voiced[0] : voiced[-1] + 1] if len(voiced) else samples


def loud_frames(audio: Samples) -> npt.NDArray[np.bool_]:
    """Per 10 ms: is it loud enough to be a voice (against the loudest frame)?"""
    size = SAMPLE_RATE // _FRAMES_PER_SECOND
    frames = audio[: len(audio) // size * size].astype(np.float32).reshape(-1, size)
    energy = np.sqrt((frames**2).mean(axis=1))
    return np.asarray(energy > _LOUD * energy.max(), dtype=np.bool_)


def _begun(samples: Samples) -> int | None:
    """Where anything is to be heard first."""
    heard = np.flatnonzero(np.abs(samples.astype(np.int32)) >= _MIN_PEAK)
    return int(heard[0]) if len(heard) else None
