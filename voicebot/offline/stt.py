"""The built-in recogniser as a livekit-agents STT: whole utterances, English phrases only."""

import asyncio
import time
from collections.abc import AsyncIterable
from typing import Literal

import numpy as np
from livekit import rtc
from livekit.agents import APIConnectOptions, stt, utils, vad
from livekit.agents.language import LanguageCode
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, NotGivenOr
from livekit.agents.utils import AudioBuffer

from voicebot.offline.recognition import Phrases, Recogniser, Recognition, recogniser

LANGUAGE = "en"
_ONCE = APIConnectOptions(max_retry=0)


class OfflineSTT(stt.STT[Literal["not_understood"]]):
    """Recognises the phrases it was given.

    Speech that is none of them gives no transcript but an event `not_understood` with the
    `Recognition`, so that the session can say so instead of leaving the caller in silence. There is
    no Arabic model: Arabic speech is `not_understood`, English is heard in every call.

    With a `detector` it listens to a stream: it recognises at each short pause already, so that the words are there
    when the pause turns out to be the end. Recognising takes about as long as the detector waits to be sure.
    """

    def __init__(self, phrases: Phrases, *, engine: Recogniser | None = None, detector: vad.VAD | None = None) -> None:
        super().__init__(capabilities=stt.STTCapabilities(streaming=detector is not None, interim_results=False))
        self._engine = engine or recogniser()
        self._phrases = phrases
        self._detector = detector

    @property
    def model(self) -> str:
        return "pocketsphinx"

    @property
    def provider(self) -> str:
        return "offline"

    def set_phrases(self, phrases: Phrases) -> None:
        """Listen for these from the next utterance on."""
        self._phrases = phrases

    def stream(
        self,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> stt.RecognizeStream:
        """Listen; ValueError without a detector."""
        if self._detector is None:
            raise ValueError("whole utterances only: it was given no detector")
        return _Listening(self, self._detector)

    async def _recognize_impl(
        self,
        buffer: AudioBuffer,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions,
    ) -> stt.SpeechEvent:
        return self.told(await self.hear(rtc.combine_audio_frames(buffer)))

    def told(self, heard: Recognition) -> stt.SpeechEvent:
        """What was heard, as livekit-agents wants it; `not_understood` is emitted."""
        if heard.rejected:
            self.emit("not_understood", heard)
        alternatives = (
            [stt.SpeechData(language=LanguageCode(LANGUAGE), text=heard.text, confidence=1.0)] if heard.text else []
        )
        return stt.SpeechEvent(
            type=stt.SpeechEventType.FINAL_TRANSCRIPT,
            request_id=utils.shortuuid(),
            alternatives=alternatives,
        )

    async def hear(self, frame: rtc.AudioFrame) -> Recognition:
        """Recognise, in a thread."""
        samples = np.frombuffer(frame.data, dtype=np.int16)
        if frame.num_channels > 1:
            samples = samples.reshape(-1, frame.num_channels)[:, 0].copy()
        return await asyncio.to_thread(self._engine.recognise, samples, frame.sample_rate, self._phrases)


class _Listening(stt.RecognizeStream):
    """Sentences cut by the detector, as livekit-agents' StreamAdapter does, but recognised before the cut."""

    def __init__(self, ears: OfflineSTT, detector: vad.VAD) -> None:
        super().__init__(stt=ears, conn_options=_ONCE)
        self._ears = ears
        self._detector = detector
        self._frames: list[rtc.AudioFrame] = []
        self._guess: asyncio.Task[Recognition] | None = None

    async def _metrics_monitor_task(self, event_aiter: AsyncIterable[stt.SpeechEvent]) -> None:
        async for _ in event_aiter:
            pass

    async def _run(self) -> None:
        speech = self._detector.stream()
        tasks = [asyncio.create_task(self._forward(speech)), asyncio.create_task(self._listen(speech))]
        try:
            await asyncio.gather(*tasks)
        finally:
            await utils.aio.cancel_and_wait(*tasks)
            await speech.aclose()

    async def _forward(self, speech: vad.VADStream) -> None:
        async for frame in self._input_ch:
            if isinstance(frame, rtc.AudioFrame):
                speech.push_frame(frame)
            else:
                speech.flush()
        speech.end_input()

    async def _listen(self, speech: vad.VADStream) -> None:
        async for event in speech:
            if event.type == vad.VADEventType.START_OF_SPEECH:
                self._frames, self._guess = list(event.frames), None
                self._event_ch.send_nowait(stt.SpeechEvent(stt.SpeechEventType.START_OF_SPEECH))
            elif event.type == vad.VADEventType.INFERENCE_DONE and event.speaking:
                self._follow(event)
            elif event.type == vad.VADEventType.END_OF_SPEECH:
                await self._end(event)

    def _follow(self, event: vad.VADEvent) -> None:
        """One window of a sentence: at the second silent one it is guessed what was said, speech makes that void."""
        self._frames += event.frames
        if not event.raw_accumulated_silence:
            self._guess = None
        elif self._guess is None:
            self._guess = asyncio.create_task(self._ears.hear(rtc.combine_audio_frames(self._frames)))

    async def _end(self, event: vad.VADEvent) -> None:
        ended_at = time.time() - event.silence_duration - event.inference_duration
        over = stt.SpeechEvent(type=stt.SpeechEventType.END_OF_SPEECH, speech_end_time=ended_at)
        self._event_ch.send_nowait(over)
        # Speech of one window has no silent one before its end.
        guess = self._guess or self._ears.hear(rtc.combine_audio_frames(event.frames))
        self._frames, self._guess = [], None
        told = self._ears.told(await guess)
        if told.alternatives:
            told.speech_end_time = ended_at
            self._event_ch.send_nowait(told)
