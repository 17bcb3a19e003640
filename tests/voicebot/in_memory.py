"""A call without LiveKit: the very objects a real one has, with a microphone and a loudspeaker in memory."""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
from livekit import rtc
from livekit.agents.utils import http_context
from livekit.agents.voice import SpeechHandle
from livekit.agents.voice.io import AudioInput, AudioOutput, AudioOutputCapabilities

from tests.voicebot.receptionist.fakes import FakeGateway
from voicebot.behaviours.limits import mind_the_ears, mind_the_end
from voicebot.behaviours.realtime import mind_the_model
from voicebot.behaviours.silence import mind_the_reply, say_when_not_understood
from voicebot.behaviours.transcript import store_transcript
from voicebot.behaviours.typed import CHAT_TOPIC, TypedTurns
from voicebot.offline.speech import SAMPLE_RATE, cached_samples, resample
from voicebot.providers.config import VoiceConfig
from voicebot.providers.voices import prewarm, voices_for
from voicebot.session import make_session
from voicebot.session_agent import Receptionist
from voicebot.session_call import LiveCall

RATE = 16_000
_FRAME = RATE // 50
_AUDIBLE = 300.0


class Loudspeaker(AudioOutput):
    """Plays everything at once; keeps what was played."""

    def __init__(self) -> None:
        super().__init__(label="memory", capabilities=AudioOutputCapabilities(pause=False))
        self.played: list[np.ndarray] = []
        self.seconds = 0.0
        self._open = 0.0

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if not self._open:
            self.on_playback_started(created_at=0.0)
        self._open += frame.duration
        self._heard(np.frombuffer(frame.data, dtype=np.int16), frame.duration)

    def _heard(self, samples: np.ndarray, seconds: float) -> None:
        self.played.append(samples)
        if len(samples) and float(np.sqrt(np.mean(samples.astype(np.float32) ** 2))) > _AUDIBLE:
            self.seconds += seconds

    def flush(self) -> None:
        super().flush()
        self._finish(interrupted=False)

    def clear_buffer(self) -> None:
        self._finish(interrupted=True)

    def _finish(self, *, interrupted: bool) -> None:
        if self._open:
            position, self._open = self._open, 0.0
            self.on_playback_finished(playback_position=position, interrupted=interrupted)

    @property
    def loudest(self) -> float:
        """Share of full scale, by the loudest tenth of a second or so."""
        levels = [float(np.sqrt(np.mean(part.astype(np.float32) ** 2))) for part in self.played if len(part)]
        return max(levels, default=0.0) / 32768


class Microphone(AudioInput):
    """Silence until somebody speaks."""

    def __init__(self) -> None:
        super().__init__(label="memory")
        self._frames: asyncio.Queue[rtc.AudioFrame] = asyncio.Queue()

    async def __anext__(self) -> rtc.AudioFrame:
        return await self._frames.get()

    def speak(self, text: str) -> None:
        """A sentence in one of the built-in voices, and the pause after it."""
        spoken = resample(cached_samples(text, "en"), SAMPLE_RATE, RATE)
        for start in range(0, len(spoken) + RATE, _FRAME):
            part = np.zeros(_FRAME, dtype=np.int16)
            heard = spoken[start : start + _FRAME]
            part[: len(heard)] = heard
            self._frames.put_nowait(rtc.AudioFrame(part.tobytes(), RATE, 1, _FRAME))


class Room(SimpleNamespace):
    """As much of a room as the behaviours here ask for."""

    def __init__(self, customer: str) -> None:
        super().__init__(remote_participants={customer: object()}, readers={})

    def on(self, *_: Any) -> None:
        """Nothing ever happens in it."""

    def register_text_stream_handler(self, topic: str, handler: Callable[[Any, str], None]) -> None:
        self.readers[topic] = handler


class MemoryCall(LiveCall):
    """What is said beside the session goes to the same loudspeaker."""

    speaker: Loudspeaker
    microphone: Microphone
    asides: list[str]
    built_in: list[str]

    def say_built_in(self, text: str, *, remember: bool = True) -> SpeechHandle:
        self.built_in.append(text)
        return super().say_built_in(text, remember=remember)

    async def say_aside(self, text: str) -> None:
        self.asides.append(text)
        samples = cached_samples(text, self.language)
        self.speaker._heard(samples, len(samples) / SAMPLE_RATE)

    def type(self, text: str) -> None:
        """A typed message, as it comes from the room."""

        async def read_all() -> str:
            return text

        room: Any = self.room
        room.readers[CHAT_TOPIC](SimpleNamespace(read_all=read_all), self.customer_identity)

    def answers(self) -> list[str]:
        """What the AI has said, and the caller was to hear to its end."""
        items = [item for item in self.session.history.items if item.type == "message" and item.role == "assistant"]
        return [item.text_content or "" for item in items]

    def said(self) -> str:
        return " ".join(self.answers())

    async def until(self, true: Callable[[], Any], seconds: float = 10.0) -> None:
        """Within the ten seconds that are promised."""
        try:
            async with asyncio.timeout(seconds):
                while not true():  # noqa: ASYNC110 - conditions of many kinds, none with an event
                    await asyncio.sleep(0.02)
        except TimeoutError as error:
            raise TimeoutError(f"said: {self.said()!r}; heard {self.speaker.seconds:.1f} s") from error


@functools.cache
def _warm(config: VoiceConfig) -> Mapping[str, Any]:
    return prewarm(config)


@asynccontextmanager
async def call_in_memory(config: VoiceConfig, gateway: FakeGateway) -> AsyncIterator[MemoryCall]:
    """A call with all that watches over its replies, in which nobody but the caller has said anything yet."""
    holder: list[LiveCall] = []
    voices = voices_for(config, lambda: holder[0].facts if holder else gateway.call, _warm(config))
    room: Any = Room(f"customer_{gateway.call.call_id}")
    stand_in: Any = gateway
    async with http_context.open():
        call = MemoryCall(1, gateway.call, stand_in, room, voices, make_session(voices))
        holder.append(call)
        call.speaker, call.microphone, call.asides, call.built_in = Loudspeaker(), Microphone(), [], []
        # Nobody's last words are on their way here.
        call.session.options.session_close_transcript_timeout = 0.0
        call.session.output.audio, call.session.input.audio = call.speaker, call.microphone
        typed = TypedTurns(room, call.customer_identity)
        mind_the_model(call, gateway.lines)
        await call.session.start(Receptionist(call, gateway.lines), record=False)
        store_transcript(call)
        mind_the_reply(call)
        say_when_not_understood(call)
        mind_the_ears(call)
        mind_the_end(call)
        typed.begin(call)
        try:
            yield call
        finally:
            await call.session.aclose()
            await call.stop_tasks()
            for part in (voices.stt, voices.llm, voices.tts):
                await part.aclose()
