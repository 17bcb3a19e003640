"""A batch recogniser as a livekit-agents STT that says when the caller's turn is over.

Between `AudioRecognition` and the recogniser: what was said so far is recognised in the pause, and the words decide how
long the pause must last. livekit-agents' own adapter recognises each stretch of speech by itself, so that a sentence
with a pause in it is two halves, and waits for the pause to be over before it begins.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import structlog
from livekit import rtc
from livekit.agents import APIConnectOptions, stt, utils
from livekit.agents.language import LanguageCode
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, NotGivenOr
from livekit.agents.utils import AudioBuffer
from livekit.local_inference import VAD_WINDOW_SAMPLES

from voicebot.turn_taking.clock import Step, TurnClock
from voicebot.turn_taking.completeness import is_backchannel
from voicebot.turn_taking.config import WINDOW, TurnTaking
from voicebot.turn_taking.detector import Detector
from voicebot.turn_taking.heard import HeardVAD
from voicebot.turn_taking.precedence import Precedence

logger = structlog.get_logger(__name__)

SAMPLE_RATE = 16_000
_TICK = 5 * WINDOW
Samples = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said: `wait` is how much silence (s) makes it a whole turn; `known` is the recogniser's own result."""

    text: str
    language: str
    wait: float
    known: Any = None


class Ears(Protocol):
    """A recogniser of whole utterances, with its opinion on them."""

    def follow(self, samples: Samples, *, anew: bool) -> None:
        """What a turn is so far, or what has come since: for who can begin before it is over."""
        ...

    async def hear(self, frame: rtc.AudioFrame) -> Heard:
        """All of the turn, what was followed included."""
        ...

    def turn_over(self, heard: Heard, *, speech: float, over_us: bool) -> None:
        """The turn was that; `speech` seconds of it, `over_us`: begun while the AI spoke."""
        ...


class TurnSTT(stt.STT[Any]):
    """`wrapped`: the recogniser behind `ears`, for its name and errors; `speaking`: is the AI at it, paused or not.

    `asked`: whether a question of ours is open, or being said. `vad` tells of each sound what these ears hear.
    """

    def __init__(
        self,
        wrapped: stt.STT[Any],
        ears: Ears,
        config: TurnTaking,
        *,
        speaking: Callable[[], bool],
        asked: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__(capabilities=stt.STTCapabilities(streaming=True, interim_results=True))
        self.ears = ears
        self.config = config
        self.vad = HeardVAD(config)
        self.speaking = speaking
        self.asked = asked
        self._wrapped = wrapped
        wrapped.on("error", self._failed)

    def _failed(self, error: stt.STTError) -> None:
        self.emit("error", error)

    @property
    def model(self) -> str:
        return self._wrapped.model

    @property
    def provider(self) -> str:
        return self._wrapped.provider

    async def _recognize_impl(
        self, buffer: AudioBuffer, *, language: NotGivenOr[str] = NOT_GIVEN, conn_options: APIConnectOptions
    ) -> stt.SpeechEvent:
        return await self._wrapped.recognize(buffer, language=language, conn_options=conn_options)

    def stream(
        self, *, language: NotGivenOr[str] = NOT_GIVEN, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> stt.RecognizeStream:
        return _Stream(self, conn_options)

    async def aclose(self) -> None:
        self._wrapped.off("error", self._failed)
        await self._wrapped.aclose()


class _Stream(stt.RecognizeStream):
    def __init__(self, owner: TurnSTT, conn_options: APIConnectOptions) -> None:
        self._owner = owner
        self._clock = TurnClock(owner.config)
        self._detector = Detector(owner.config)
        self._sound = Sound(round(owner.config.lead * SAMPLE_RATE))
        self._precedence = Precedence(owner.config.first)
        self._over_us = False
        self._followed = 0
        self._guess: asyncio.Task[None] | None = None
        self._heard: Heard | None = None
        self._last = time.monotonic()
        super().__init__(stt=owner, conn_options=conn_options, sample_rate=SAMPLE_RATE)

    async def _metrics_monitor_task(self, event_aiter: Any) -> None:
        async for _ in event_aiter:
            pass

    async def _run(self) -> None:
        muted = asyncio.create_task(self._mind_the_muted())
        try:
            async for item in self._input_ch:
                if isinstance(item, rtc.AudioFrame):
                    self._last = time.monotonic()
                    for window in self._sound.add(np.frombuffer(item.data, dtype=np.int16)):
                        self._hear(self._detector.hear(window, talking=self._clock.talking))
                    self._follow()
        finally:
            self._precedence.give()
            await utils.aio.cancel_and_wait(*(task for task in (muted, self._guess) if task is not None))

    async def _mind_the_muted(self) -> None:
        """Who switches his microphone off sends nothing, not even silence; his turn is over all the same."""
        while True:
            await asyncio.sleep(_TICK)
            if self._clock.talking and time.monotonic() - self._last > 2 * _TICK:
                for _ in range(round(_TICK / WINDOW)):
                    self._hear(0.0)

    def _hear(self, probability: float) -> None:
        self._owner.vad.hear(probability)
        self._step(self._clock.hear(probability))

    def _follow(self) -> None:
        if self._clock.talking and self._guess is None:
            self._owner.ears.follow(self._sound.turn(self._followed), anew=not self._followed)
            self._followed = self._sound.length

    def _step(self, step: Step | None) -> None:
        if step is Step.BEGAN:
            self._over_us = self._owner.speaking()
            self._followed = 0
        elif step is Step.PAUSED:
            self._precedence.take()
            self._guess = asyncio.create_task(self._recognise(self._sound.turn()))
            self._guess.add_done_callback(self._guessed)
        elif step is Step.WENT_ON:
            self._went_on()
        elif step is Step.OVER:
            self._over()
        if not self._clock.talking:
            self._sound.trim()

    def _went_on(self) -> None:
        self._precedence.give()
        if self._guess is not None:
            self._guess.cancel()
        if self._heard is not None and self._heard.text:
            # The reply that was begun is to what is no longer all.
            self._send(stt.SpeechEventType.INTERIM_TRANSCRIPT, f"{self._heard.text} …", self._heard.language)
        self._guess = self._heard = None
        self._followed = 0

    async def _recognise(self, samples: Samples) -> None:
        heard = await self._owner.ears.hear(rtc.AudioFrame(samples.tobytes(), SAMPLE_RATE, 1, len(samples)))
        self._heard = heard
        self._clock.judged(heard.wait)
        if self._clock.is_over:
            self._over()
        elif heard.text and heard.wait <= self._owner.config.complete and not self._ignored(heard):
            # The reply is made while the rest of the pause goes by.
            self._send(stt.SpeechEventType.PREFLIGHT_TRANSCRIPT, heard.text, heard.language)

    def _guessed(self, guess: asyncio.Task[None]) -> None:
        if guess.cancelled() or (error := guess.exception()) is None:
            return
        # What could not be recognised is forgotten; the caller says it again.
        logger.error("turn not recognised", exc_info=error)
        if guess is self._guess:
            self._guess = self._heard = None
            self._clock.reset()

    def _ignored(self, heard: Heard) -> bool:
        """Whether it only tells the AI, in the middle of what it still says, to go on."""
        return self._over_us and self._owner.speaking() and is_backchannel(heard.text, asked=self._owner.asked())

    def _over(self) -> None:
        heard, self._heard, self._guess = self._heard, None, None
        speech, silence = self._clock.speech, self._clock.silence
        self._clock.reset()
        if heard is None:
            return
        self._precedence.take()
        if heard.text and not self._ignored(heard):
            self._send(stt.SpeechEventType.FINAL_TRANSCRIPT, heard.text, heard.language)
        ended = time.time() - silence
        self._event_ch.send_nowait(stt.SpeechEvent(stt.SpeechEventType.END_OF_SPEECH, speech_end_time=ended))
        self._owner.ears.turn_over(heard, speech=speech, over_us=self._over_us)

    def _send(self, kind: stt.SpeechEventType, text: str, language: str) -> None:
        said = stt.SpeechData(language=LanguageCode(language), text=text, confidence=1.0)
        self._event_ch.send_nowait(stt.SpeechEvent(kind, utils.shortuuid(), [said]))


class Sound:
    """What the microphone gave since a moment before the turn began, cut into the detector's windows."""

    def __init__(self, lead: int) -> None:
        self._lead = lead
        self._parts: list[Samples] = []
        self._kept = 0
        self._rest = np.zeros(0, dtype=np.int16)

    def add(self, samples: Samples) -> list[Samples]:
        """Keep the sound; the whole windows there are now."""
        joined = np.concatenate([self._rest, samples])
        whole = len(joined) // VAD_WINDOW_SAMPLES
        windows = [joined[n * VAD_WINDOW_SAMPLES : (n + 1) * VAD_WINDOW_SAMPLES] for n in range(whole)]
        self._rest = joined[whole * VAD_WINDOW_SAMPLES :]
        self._parts += windows
        self._kept += whole * VAD_WINDOW_SAMPLES
        return windows

    @property
    def length(self) -> int:
        """Samples kept, in whole windows."""
        return self._kept

    def turn(self, since: int = 0) -> Samples:
        """Everything kept, or what came after so many samples of it."""
        parts = self._parts[since // VAD_WINDOW_SAMPLES :]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int16)

    def trim(self) -> None:
        """Nobody speaks: only the last moment is kept."""
        while self._parts and self._kept - len(self._parts[0]) >= self._lead:
            self._kept -= len(self._parts.pop(0))
