"""Fixed sentences of a paid voice, made once and kept: the welcome must not wait for a provider."""

import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import structlog
from livekit import rtc
from livekit.agents import APIError, tts

from voicebot.receptionist.spoken import speak

logger = structlog.get_logger(__name__)

_MOST_FILES = 500
_FRAME_SECONDS = 0.1


class SoundCache:
    """Raw s16le mono at the voice's own sample rate, one file a sentence; `voice` names provider, model and voice."""

    def __init__(self, folder: Path, voice: str) -> None:
        self._folder = folder
        self._voice = voice

    def _path(self, text: str, language: str) -> Path:
        name = hashlib.sha256(f"{self._voice}\0{language}\0{text}".encode()).hexdigest()
        return self._folder / f"{name}.pcm"

    def frames(self, text: str, language: str, sample_rate: int) -> AsyncIterator[rtc.AudioFrame] | None:
        """The kept sound, None where there is none yet."""
        try:
            pcm = self._path(text, language).read_bytes()
        except FileNotFoundError:
            return None
        return _cut(pcm, sample_rate)

    async def make(self, text: str, language: str, voice: tts.TTS[Any]) -> None:
        """Have the sentence spoken and keep it, for the next call. A voice that fails now is asked again then."""
        path = self._path(text, language)
        if path.exists() or len(list(self._folder.glob("*.pcm"))) >= _MOST_FILES:
            return
        try:
            frame = await voice.synthesize(speak(text, language)).collect()
        except APIError as error:
            logger.warning("sentence not kept", error=repr(error))
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        # Whole or not at all: other processes read here.
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_bytes(bytes(frame.data))
        draft.replace(path)


async def _cut(pcm: bytes, sample_rate: int) -> AsyncIterator[rtc.AudioFrame]:
    size = round(sample_rate * _FRAME_SECONDS) * 2
    for start in range(0, len(pcm), size):
        part = pcm[start : start + size]
        yield rtc.AudioFrame(part, sample_rate, 1, len(part) // 2)
