"""The built-in recogniser as a livekit-agents STT: whole utterances, English phrases only."""

import asyncio
from typing import Literal

import numpy as np
from livekit import rtc
from livekit.agents import APIConnectOptions, stt, utils
from livekit.agents.language import LanguageCode
from livekit.agents.types import NOT_GIVEN, NotGivenOr
from livekit.agents.utils import AudioBuffer

from voicebot.offline.conditioning import SAMPLE_RATE
from voicebot.offline.espeak import Samples
from voicebot.offline.phrases import Phrases
from voicebot.offline.recognition import LANGUAGE, Recogniser, Recognition, Utterance, recogniser


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
        self._said: Utterance | None = None
        self._followed = 0

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

    def follow(self, samples: Samples, *, anew: bool) -> None:
        """What is being said, int16 of 16 kHz: its beginning, or what came since. `hear` has less to do then."""
        if anew:
            # A grammar takes longer to build than a piece of sound lasts.
            known = self._engine.knows(self._phrases)
            self._said, self._followed = Utterance(self._engine, self._phrases) if known else None, 0
        if self._said is not None:
            self._said.add(samples)
            self._followed += len(samples)

    async def hear(self, frame: rtc.AudioFrame, *, followed: bool = False) -> Recognition:
        """What was said, known or not; tells nobody. `followed`: the frame begins with what was."""
        samples = np.frombuffer(frame.data, dtype=np.int16)
        if frame.num_channels > 1:
            samples = samples.reshape(-1, frame.num_channels)[:, 0].copy()
        said, self._said = self._said if followed else None, None
        if said is None or said.phrases != self._phrases or frame.sample_rate != SAMPLE_RATE:
            return await asyncio.to_thread(self._engine.recognise, samples, frame.sample_rate, self._phrases)
        found = said.end(samples[self._followed :])
        return await asyncio.to_thread(said.again) if found.rejected else found
