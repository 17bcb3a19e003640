"""The built-in voice as a livekit-agents TTS."""

import asyncio
from collections.abc import Callable
from typing import Any

from livekit.agents import APIConnectOptions, APIError, tts, utils
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS

from voicebot.offline import speech
from voicebot.offline.espeak import Samples, SpeechError

_KEPT_CHARACTERS = 400
"""Texts up to this many characters are kept: fixed sentences are shorter, and come again."""


class OfflineTTS(tts.TTS[Any]):
    """eSpeak NG in the language set; one sentence is synthesised in about 5 ms."""

    def __init__(self, *, language: str = "en") -> None:
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=False),
            sample_rate=speech.SAMPLE_RATE,
            num_channels=1,
        )
        self._language = language

    @property
    def model(self) -> str:
        return "espeak-ng"

    @property
    def provider(self) -> str:
        return "offline"

    def set_language(self, language: str) -> None:
        """Speak the next sentence in this language."""
        self._language = language

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        return _Sentence(self, text, self._language, conn_options)


async def spoken(say: Callable[[str, str], Samples], text: str, language: str) -> Samples:
    """What the built-in voice says, made in a thread. A failure is an APIError: of no other does the session hear."""
    try:
        return await asyncio.to_thread(say, text, language)
    except (SpeechError, OSError) as error:
        raise APIError(f"built-in voice: {error}", retryable=False) from error


class _Sentence(tts.ChunkedStream):
    def __init__(self, voice: OfflineTTS, text: str, language: str, conn_options: APIConnectOptions) -> None:
        super().__init__(tts=voice, input_text=text, conn_options=conn_options)
        self._language = language

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(
            request_id=utils.shortuuid(),
            sample_rate=speech.SAMPLE_RATE,
            num_channels=1,
            mime_type="audio/pcm",
        )
        say = speech.cached_samples if len(self._input_text) <= _KEPT_CHARACTERS else speech.samples_of
        samples = await spoken(say, self._input_text, self._language)
        async for part in speech.paced(samples):
            output_emitter.push(part.tobytes())
        output_emitter.flush()
