"""eSpeak NG by ctypes: text in, 16-bit mono samples at 22,050 Hz out.

The C library keeps its state in globals, so there is one engine per process and one lock around
it; a sentence takes about 5 ms, so waiting for the lock is cheaper than a pool of processes.
"""

import ctypes
import functools
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import espeakng_loader
import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 22_050
Samples = npt.NDArray[np.int16]

_AUDIO_OUTPUT_SYNCHRONOUS = 2
_CHARS_UTF8 = 1
_PARAM_RATE, _PARAM_VOLUME, _PARAM_PITCH, _PARAM_RANGE, _PARAM_WORDGAP = 1, 2, 3, 4, 7
_PHONEMES_IPA = 0x02
_CHUNK_MS = 200

_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class SpeechError(RuntimeError):
    """The engine could not be started, or has no such voice."""


@dataclass(frozen=True)
class Voice:
    """One way of speaking; `name` is eSpeak's, `rate` words a minute, the rest 0–100."""

    name: str
    rate: int = 165
    pitch: int = 50
    pitch_range: int = 60
    volume: int = 90
    word_gap: int = 0


# Slower than eSpeak's 175: callers hear it once, over a phone's loudspeaker.
VOICES: Mapping[str, Voice] = {
    "en": Voice("en-us+f3", rate=168, pitch=46, pitch_range=62),
    "ar": Voice("ar+f3", rate=150, pitch=46, pitch_range=55, word_gap=1),
}


class Engine:
    """The one engine of a process; `engine()` gives it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._chunks: list[Samples] = []
        self._voice: Voice | None = None
        self._lib: Any = ctypes.CDLL(espeakng_loader.get_library_path())
        self._lib.espeak_TextToPhonemes.restype = ctypes.c_char_p
        rate = self._lib.espeak_Initialize(
            _AUDIO_OUTPUT_SYNCHRONOUS, _CHUNK_MS, espeakng_loader.get_data_path().encode(), 0
        )
        if rate != SAMPLE_RATE:
            raise SpeechError(f"eSpeak NG started with {rate} Hz, expected {SAMPLE_RATE}")
        # Kept on self: the C side holds only a bare pointer to it.
        self._callback = _CALLBACK(self._on_samples)
        self._lib.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, voice: Voice) -> Samples:
        """The samples of `text`; empty text gives none."""
        if not text.strip():
            return np.zeros(0, dtype=np.int16)
        encoded = text.replace("\0", " ").encode()
        with self._lock:
            self._select(voice)
            self._chunks = []
            code = self._lib.espeak_Synth(encoded, len(encoded) + 1, 0, 0, 0, _CHARS_UTF8, None, None)
            if code != 0:
                raise SpeechError(f"eSpeak NG answered {code}")
            chunks, self._chunks = self._chunks, []
        return np.concatenate(chunks) if chunks else np.zeros(0, dtype=np.int16)

    def phonemes(self, word: str, voice: Voice) -> str:
        """The word in IPA, as eSpeak would say it."""
        buffer = ctypes.c_char_p(word.encode())
        with self._lock:
            self._select(voice)
            ipa = self._lib.espeak_TextToPhonemes(ctypes.byref(buffer), _CHARS_UTF8, _PHONEMES_IPA)
        return (ipa or b"").decode().strip()

    def _select(self, voice: Voice) -> None:
        if voice == self._voice:
            return
        if self._lib.espeak_SetVoiceByName(voice.name.encode()) != 0:
            raise SpeechError(f"eSpeak NG has no voice {voice.name!r}")
        for parameter, value in (
            (_PARAM_RATE, voice.rate),
            (_PARAM_VOLUME, voice.volume),
            (_PARAM_PITCH, voice.pitch),
            (_PARAM_RANGE, voice.pitch_range),
            (_PARAM_WORDGAP, voice.word_gap),
        ):
            self._lib.espeak_SetParameter(parameter, value, 0)
        self._voice = voice

    def _on_samples(self, samples: Any, count: int, _events: Any) -> int:
        if samples and count > 0:
            self._chunks.append(np.ctypeslib.as_array(samples, shape=(count,)).copy())
        return 0


_STARTING = threading.Lock()


def engine() -> Engine:
    """This process's engine, started at the first use (about 10 ms)."""
    # `cache` alone lets two threads start two; the C library is one, and calls back into whichever is gone by then.
    with _STARTING:
        return _engine()


@functools.cache
def _engine() -> Engine:
    return Engine()
