"""The hold tune: made here, so there is no licence to think of. Quiet, slow, without an edge."""

import functools

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 48_000
_BEAT_SECONDS = 0.75
_LEVEL = 0.16
# I – vi – IV – V in C, one bar of four beats each: (bass, chord as MIDI numbers).
_BARS = ((48, (60, 64, 67, 72)), (45, (57, 60, 64, 69)), (53, (57, 60, 65, 69)), (55, (59, 62, 67, 71)))
_MELODY = (76, None, 79, 76, 72, None, 74, 76, 77, None, 76, 72, 74, None, 71, None)

Wave = npt.NDArray[np.float32]


@functools.cache
def hold_tune() -> npt.NDArray[np.int16]:
    """Twelve seconds that loop without a seam: int16 mono at 48 kHz."""
    beats = len(_MELODY)
    # One tail past the end is folded back onto the beginning: that is what makes the loop seamless.
    track = np.zeros(_samples(beats + 4), dtype=np.float32)
    for bar, (bass, chord) in enumerate(_BARS):
        _add(track, bar * 4, _note(bass, beats=4, decay=1.2) * 0.5)
        for step, pitch in enumerate(chord):
            _add(track, bar * 4 + step, _note(pitch, beats=3, decay=1.6) * 0.35)
    for beat, pitch_or_rest in enumerate(_MELODY):
        if pitch_or_rest is not None:
            _add(track, beat, _note(pitch_or_rest, beats=2, decay=2.2) * 0.3)
    length = _samples(beats)
    loop = track[:length].copy()
    loop[: len(track) - length] += track[length:]
    return np.asarray(loop / np.abs(loop).max() * _LEVEL * 32_767, dtype=np.int16)


def _samples(beats: float) -> int:
    return round(beats * _BEAT_SECONDS * SAMPLE_RATE)


def _note(midi: int, *, beats: float, decay: float) -> Wave:
    """A soft, bell-like tone: a sine with a little octave, slow attack, exponential decay."""
    time = np.arange(_samples(beats), dtype=np.float32) / SAMPLE_RATE
    frequency = 440.0 * 2 ** ((midi - 69) / 12)
    tone = np.sin(2 * np.pi * frequency * time) + 0.2 * np.sin(4 * np.pi * frequency * time)
    attack = np.minimum(time / 0.04, 1.0)
    release = np.minimum((time[-1] - time) / 0.1, 1.0)
    return np.asarray(tone * attack * release * np.exp(-decay * time), dtype=np.float32)


def _add(track: Wave, beat: float, note: Wave) -> None:
    start = _samples(beat)
    track[start : start + len(note)] += note[: len(track) - start]
