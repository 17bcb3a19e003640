"""The built-in voice for everyone: samples, PCM bytes and sound files. No livekit import."""

import asyncio
import functools
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import soxr

from voicebot.offline.espeak import SAMPLE_RATE, VOICES, Samples, Voice, engine
from voicebot.receptionist.spoken import speak

__all__ = ["SAMPLE_RATE", "Voice", "cached_samples", "paced", "samples_of", "synthesise", "write_wav"]

_CACHED_SENTENCES = 64
_PART_SECONDS = 0.1
_PARTS_AT_ONCE = 3


def samples_of(text: str, language: str, voice: Voice | None = None) -> Samples:
    """`text` as int16 mono at 22,050 Hz, figures as words; a language without a voice is read by the English one."""
    return engine().speak(speak(text, language), voice or VOICES.get(language, VOICES["en"]))


@functools.lru_cache(maxsize=_CACHED_SENTENCES)
def cached_samples(text: str, language: str) -> Samples:
    """As `samples_of`, kept: for the fixed sentences every call begins or ends with."""
    samples = samples_of(text, language)
    samples.flags.writeable = False
    return samples


async def paced(samples: Samples) -> AsyncIterator[Samples]:
    """The samples in parts of 100 ms: the first ones at once, the rest at three times the speed of speech.

    livekit-agents measures the speaking rate of whatever it is given in one go, on the event loop: a whole sentence
    at once would hold up its own first sound by a tenth of a second.
    """
    size = round(SAMPLE_RATE * _PART_SECONDS)
    for number, start in enumerate(range(0, len(samples), size)):
        if number >= _PARTS_AT_ONCE:
            await asyncio.sleep(_PART_SECONDS / 3)
        yield samples[start : start + size]


def synthesise(text: str, language: str) -> tuple[bytes, int]:
    """`text` as s16le mono PCM, and its sample rate."""
    return samples_of(text, language).tobytes(), SAMPLE_RATE


def write_wav(
    path: str | Path,
    text: str,
    language: str = "en",
    *,
    rate: int = 48_000,
    lead_silence: float = 0.0,
    tail_silence: float = 0.0,
    voice: Voice | None = None,
) -> Path:
    """Write `text` as a 16-bit mono sound file of `rate` Hz; silences in seconds."""
    spoken = resample(samples_of(text, language, voice), SAMPLE_RATE, rate)
    parts = (_silence(lead_silence, rate), spoken, _silence(tail_silence, rate))
    with wave.open(str(path), "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(rate)
        target.writeframes(np.concatenate(parts).tobytes())
    return Path(path)


def resample(samples: Samples, source: int, target: int) -> Samples:
    """int16 mono from one sample rate to another."""
    if source == target:
        return samples
    return np.asarray(soxr.resample(samples, source, target), dtype=np.int16)


def _silence(seconds: float, rate: int) -> Samples:
    return np.zeros(round(seconds * rate), dtype=np.int16)
