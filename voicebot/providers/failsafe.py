"""Providers that hang, break or stop in the middle, made harmless: each answers within its time, one way or another.

Each is a chain. livekit-agents' own `FallbackAdapter`s were looked at (1.8): they count an empty answer or a page of
HTML as a success, let one byte a second go on for ever, keep silent when a voice stops in the middle of a sentence,
ask the failed part again in the background with the caller's own words, and put a second VAD before the ears.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from livekit import rtc
from livekit.agents import APIConnectionError, APIConnectOptions, stt, tts, utils
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, NotGivenOr
from livekit.agents.utils import AudioBuffer

from voicebot.offline import speech
from voicebot.offline.recognition import LANGUAGE
from voicebot.offline.stt import OfflineSTT
from voicebot.offline.tts import spoken
from voicebot.patience import Patience
from voicebot.providers.plausible import checked, is_noise
from voicebot.providers.resting import Implausible, Link, Rest, awake

# A second attempt helps against a dropped connection, not against a service that hangs: the time is for both.
_TWICE = APIConnectOptions(max_retry=1, retry_interval=0.2)


class FailsafeSTT(stt.STT[Any]):
    """Other recognisers, one after the other, with a limit for a whole sentence.

    A failure of all is an unrecoverable `error` event and an empty transcript: raised, it would end the stream of the
    session, which from then on would hear nothing, even with the provider back.
    """

    def __init__(self, ears: stt.STT[Any], seconds: float, *, rest: float = Patience().spare_ears) -> None:
        super().__init__(capabilities=stt.STTCapabilities(streaming=False, interim_results=False))
        self._seconds = seconds
        self._rest = rest
        self._language = ""
        self._chain: tuple[Link[stt.STT[Any]], ...] = (self._link(ears),)

    def _link(self, ears: stt.STT[Any]) -> Link[stt.STT[Any]]:
        languages = frozenset({LANGUAGE}) if isinstance(ears, OfflineSTT) else None
        return Link(ears, Rest("stt", f"{ears.provider}/{ears.model}", self._rest), languages)

    def fall_back_on(self, others: Sequence[stt.STT[Any]]) -> None:
        """Ask these when the first does not answer, in their order."""
        ears = (other.ears if isinstance(other, FailsafeSTT) else other for other in others)
        self._chain += tuple(map(self._link, ears))

    @property
    def ears(self) -> stt.STT[Any]:
        """The first recogniser itself."""
        return self._chain[0].part

    @property
    def model(self) -> str:
        return self.ears.model

    @property
    def provider(self) -> str:
        return self.ears.provider

    def update_options(self, *, language: str) -> None:
        """Listen for another language from the next sentence on."""
        self._language = language
        for link in self._chain:
            ears: Any = link.part
            if hasattr(ears, "update_options"):
                ears.update_options(language=language)

    async def _recognize_impl(
        self, buffer: AudioBuffer, *, language: NotGivenOr[str] = NOT_GIVEN, conn_options: APIConnectOptions
    ) -> stt.SpeechEvent:
        asked = awake(self._chain, self._language)
        error: Exception = APIConnectionError("every recogniser rests")
        for link in asked:
            try:
                async with asyncio.timeout(self._seconds / len(asked)):
                    event = await link.part.recognize(buffer, language=language, conn_options=_TWICE)
                checked(event, rtc.combine_audio_frames(buffer).duration)
            # Whatever a plugin raises at what a server sent: the caller has spoken and is owed an answer.
            except Exception as failed:  # noqa: BLE001
                link.rest.begin(failed)
                error = failed
            else:
                link.rest.end()
                return event
        self.emit("error", stt.STTError(timestamp=time.time(), label=self._label, error=error, recoverable=False))
        return stt.SpeechEvent(type=stt.SpeechEventType.FINAL_TRANSCRIPT, request_id=utils.shortuuid())

    async def aclose(self) -> None:
        for link in self._chain:
            await link.part.aclose()


class FailsafeTTS(tts.TTS[Any]):
    """Other voices, and the built-in one for every sentence none of them begins or goes on with in time."""

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
        self.language = language
        self._seconds = seconds
        first = Link(voice, Rest("tts", f"{voice.provider}/{voice.model}", rest), languages)
        self._chain: tuple[Link[tts.TTS[Any]], ...] = (first,)

    def fall_back_on(self, others: Sequence["FailsafeTTS"]) -> None:
        """Have these speak, in their order, before the built-in voice does."""
        self._chain += tuple(link for other in others for link in other._chain)  # noqa: SLF001

    @property
    def voice(self) -> tts.TTS[Any]:
        """The first voice itself."""
        return self._chain[0].part

    @property
    def model(self) -> str:
        return self.voice.model

    @property
    def provider(self) -> str:
        return self.voice.provider

    @property
    def works(self) -> bool:
        """Whether the first voice is asked: not for a while after it failed, nor for a language it has not got."""
        return bool(awake(self._chain[:1], self.language))

    def set_language(self, language: str) -> None:
        """The language of the built-in voice; the other ones read it from the text."""
        self.language = language

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        return _Sentence(self, text, conn_options)

    def prewarm(self) -> None:
        self.voice.prewarm()

    async def aclose(self) -> None:
        for link in self._chain:
            await link.part.aclose()

    async def say(self, text: str, output: tts.AudioEmitter) -> bool:
        """Have a voice say a sentence; False when none did, or not to its end."""
        for link in awake(self._chain, self.language):
            try:
                await self._say_with(link.part, text, output)
            # Whatever a plugin raises at what a server sent: there is another voice.
            except Exception as error:  # noqa: BLE001
                link.rest.begin(error)
            else:
                link.rest.end()
                return True
        return False

    async def _say_with(self, voice: tts.TTS[Any], text: str, output: tts.AudioEmitter) -> None:
        """Raises TimeoutError as soon as the sound is later than `seconds` behind its being heard."""
        convert = _Converter(voice, self)
        due = asyncio.get_running_loop().time() + self._seconds
        async with asyncio.timeout_at(due) as limit, voice.synthesize(text, conn_options=_TWICE) as stream:
            async for sound in stream:
                if is_noise(np.frombuffer(sound.frame.data, dtype=np.int16)):
                    raise Implausible("what it sent is no speech")
                due += sound.frame.duration
                limit.reschedule(due)
                convert.push(sound.frame, output)
        convert.flush(output)


class _Converter:
    """Sound of one voice at the rate of another."""

    def __init__(self, source: tts.TTS[Any], target: tts.TTS[Any]) -> None:
        same = source.sample_rate == target.sample_rate
        self._resampler = None if same else rtc.AudioResampler(source.sample_rate, target.sample_rate)

    def push(self, frame: rtc.AudioFrame, output: tts.AudioEmitter) -> None:
        for part in [frame] if self._resampler is None else self._resampler.push(frame):
            output.push(bytes(part.data))

    def flush(self, output: tts.AudioEmitter) -> None:
        for part in [] if self._resampler is None else self._resampler.flush():
            output.push(bytes(part.data))


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
            samples = await spoken(speech.cached_samples, self._input_text, self._voice.language)
            async for part in speech.paced(speech.resample(samples, speech.SAMPLE_RATE, self._voice.sample_rate)):
                output_emitter.push(part.tobytes())
        output_emitter.flush()
