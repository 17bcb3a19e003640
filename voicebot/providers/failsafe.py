"""Providers that hang, break or stop in the middle, made harmless: each answers within its time, one way or another."""

import asyncio
import time
from typing import Any

import structlog
from livekit.agents import APIConnectOptions, APIError, stt, tts, utils
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, NotGivenOr
from livekit.agents.utils import AudioBuffer

from voicebot.offline import speech

logger = structlog.get_logger(__name__)

# A second attempt helps against a dropped connection, not against a service that hangs: the time is for both.
_TWICE = APIConnectOptions(max_retry=1, retry_interval=0.2)


class FailsafeSTT(stt.STT[Any]):
    """Another recogniser with a limit for a whole sentence.

    A failure is an unrecoverable `error` event and an empty transcript: raised, it would end the stream of the
    session, which from then on would hear nothing, even with the provider back.
    """

    def __init__(self, ears: stt.STT[Any], seconds: float) -> None:
        super().__init__(capabilities=stt.STTCapabilities(streaming=False, interim_results=False))
        self._ears = ears
        self._seconds = seconds

    @property
    def ears(self) -> stt.STT[Any]:
        """The recogniser itself."""
        return self._ears

    @property
    def model(self) -> str:
        return self._ears.model

    @property
    def provider(self) -> str:
        return self._ears.provider

    def update_options(self, *, language: str) -> None:
        """Listen for another language from the next sentence on."""
        ears: Any = self._ears
        ears.update_options(language=language)

    async def _recognize_impl(
        self, buffer: AudioBuffer, *, language: NotGivenOr[str] = NOT_GIVEN, conn_options: APIConnectOptions
    ) -> stt.SpeechEvent:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._ears.recognize(buffer, language=language, conn_options=_TWICE)
        except (APIError, TimeoutError) as error:
            failed = stt.STTError(timestamp=time.time(), label=self._label, error=error, recoverable=False)
            self.emit("error", failed)
            return stt.SpeechEvent(type=stt.SpeechEventType.FINAL_TRANSCRIPT, request_id=utils.shortuuid())

    async def aclose(self) -> None:
        await self._ears.aclose()


class FailsafeTTS(tts.TTS[Any]):
    """Another voice, and the built-in one for every sentence it does not begin or go on with in time."""

    def __init__(
        self,
        voice: tts.TTS[Any],
        language: str,
        *,
        seconds: float,
        rest: float,
        languages: frozenset[str] | None = None,
    ) -> None:
        """`languages` are those the voice speaks, where it does not speak all of ours."""
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=False),
            sample_rate=voice.sample_rate,
            num_channels=voice.num_channels,
        )
        self.voice = voice
        self.language = language
        self._seconds = seconds
        self._rest = rest
        self._languages = languages
        self._rests_until = 0.0

    @property
    def model(self) -> str:
        return self.voice.model

    @property
    def provider(self) -> str:
        return self.voice.provider

    @property
    def works(self) -> bool:
        """Whether the voice is asked at all: not for a while after it failed, nor for a language it has not got."""
        speaks = self._languages is None or self.language in self._languages
        return speaks and time.monotonic() >= self._rests_until

    def set_language(self, language: str) -> None:
        """The language of the built-in voice; the other one reads it from the text."""
        self.language = language

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        return _Sentence(self, text, conn_options)

    def prewarm(self) -> None:
        self.voice.prewarm()

    async def aclose(self) -> None:
        await self.voice.aclose()

    async def say(self, text: str, output: tts.AudioEmitter) -> bool:
        """Have the voice say a sentence; False when it did not, or not to its end."""
        if not self.works:
            return False
        try:
            async with self.voice.synthesize(text, conn_options=_TWICE) as stream:
                while (sound := await asyncio.wait_for(anext(stream, None), self._seconds)) is not None:
                    output.push(bytes(sound.frame.data))
        except (APIError, TimeoutError) as error:
            logger.warning("built-in voice instead", error=repr(error))
            self._rests_until = time.monotonic() + self._rest
            return False
        return True


class _Sentence(tts.ChunkedStream):
    def __init__(self, voice: FailsafeTTS, text: str, conn_options: APIConnectOptions) -> None:
        super().__init__(tts=voice, input_text=text, conn_options=conn_options)
        self._voice = voice

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(
            request_id=utils.shortuuid(),
            sample_rate=self._voice.sample_rate,
            num_channels=self._voice.num_channels,
            mime_type="audio/pcm",
        )
        if not await self._voice.say(self._input_text, output_emitter):
            # From its beginning: half a sentence in one voice and half in another is not understood.
            samples = await asyncio.to_thread(speech.cached_samples, self._input_text, self._voice.language)
            async for part in speech.paced(speech.resample(samples, speech.SAMPLE_RATE, self._voice.sample_rate)):
                output_emitter.push(part.tobytes())
        output_emitter.flush()
