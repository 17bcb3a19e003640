"""The built-in recogniser as a livekit-agents STT: whole utterances, English phrases only."""

import asyncio
from typing import Literal

import numpy as np
from livekit import rtc
from livekit.agents import APIConnectOptions, stt, utils
from livekit.agents.language import LanguageCode
from livekit.agents.types import NOT_GIVEN, NotGivenOr
from livekit.agents.utils import AudioBuffer

from voicebot.offline.recognition import LANGUAGE, Phrases, Recogniser, Recognition, recogniser


class OfflineSTT(stt.STT[Literal["not_understood"]]):
    """Recognises the phrases it was given.

    Speech that is none of them gives no transcript but an event `not_understood` with the
    `Recognition`, so that the session can say so instead of leaving the caller in silence. There is
    no Arabic model: Arabic speech is `not_understood`, English is heard in every call.
    """

    def __init__(self, phrases: Phrases, *, engine: Recogniser | None = None) -> None:
        super().__init__(capabilities=stt.STTCapabilities(streaming=False, interim_results=False))
        self._engine = engine or recogniser()
        self._phrases = phrases

    @property
    def model(self) -> str:
        return "pocketsphinx"

    @property
    def provider(self) -> str:
        return "offline"

    @property
    def phrases(self) -> Phrases:
        """What it listens for."""
        return self._phrases

    def set_phrases(self, phrases: Phrases) -> None:
        """Listen for these from the next utterance on."""
        self._phrases = phrases

    async def rehearse(self) -> None:
        """Hear a first sentence now: see `Recogniser.rehearse`."""
        await asyncio.to_thread(self._engine.rehearse, self._phrases)

    async def _recognize_impl(
        self,
        buffer: AudioBuffer,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions,
    ) -> stt.SpeechEvent:
        heard = await self.hear(rtc.combine_audio_frames(buffer))
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
        """What was said, known or not; tells nobody."""
        samples = np.frombuffer(frame.data, dtype=np.int16)
        if frame.num_channels > 1:
            samples = samples.reshape(-1, frame.num_channels)[:, 0].copy()
        return await asyncio.to_thread(self._engine.recognise, samples, frame.sample_rate, self._phrases)
