"""A caller without a browser: joins the real room, speaks sentences, hears, reads captions."""

import asyncio
import json
from bisect import bisect_right
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Self

import numpy as np
from livekit import api, rtc

from voicebot.offline.espeak import Samples, Voice
from voicebot.offline.speech import SAMPLE_RATE, resample, samples_of

RATE = 48_000
_LOUD = 300.0
CAPTIONS = "lk.transcription"
CHAT = "lk.chat"


def token(keys: tuple[str, str], room: str, identity: str, role: str) -> str:
    """What the server would sign."""
    return (
        api.AccessToken(*keys)
        .with_identity(identity)
        .with_attributes({"role": role})
        .with_grants(api.VideoGrants(room_join=True, room=room))
        .to_jwt()
    )


@dataclass
class Caller:
    """Use `async with Caller(...)`. Times are the event loop's.

    `piece_ms`: sound is sent and heard in pieces of so many milliseconds. Every listener of a process is told of every
    other one's pieces, so that many callers in one process cost a machine less with longer ones.
    """

    url: str
    keys: tuple[str, str]
    room_name: str
    identity: str
    role: str = "customer"
    piece_ms: int = 10
    room: rtc.Room = field(default_factory=rtc.Room)
    captions: list[tuple[str, str]] = field(default_factory=list)
    caption_times: list[float] = field(default_factory=list)
    heard: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    joined: dict[str, float] = field(default_factory=dict)
    gone: dict[str, float] = field(default_factory=dict)
    spoke_at: float = 0.0
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    _source: rtc.AudioSource | None = None

    async def __aenter__(self) -> Self:
        self.room.on("track_subscribed", self._subscribed)
        self.room.on("participant_connected", lambda who: self.joined.setdefault(who.identity, now()))
        self.room.on("participant_disconnected", lambda who: self.gone.setdefault(who.identity, now()))
        self.room.register_text_stream_handler(CAPTIONS, self._caption)
        await self.room.connect(self.url, token(self.keys, self.room_name, self.identity, self.role))
        for identity in self.room.remote_participants:
            self.joined.setdefault(identity, now())
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._source is not None:
            # It goes on ticking else, as long as the process lives.
            await self._source.aclose()
        await self.room.disconnect()

    async def open_microphone(self) -> None:
        """Publish a track; silence until somebody speaks."""
        self._source = rtc.AudioSource(RATE, 1, queue_size_ms=20_000)
        track = rtc.LocalAudioTrack.create_audio_track("microphone", self._source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        await self.room.local_participant.publish_track(track, options)

    async def speak(self, text: str, voice: Voice | None = None, *, tail: float = 1.0) -> float:
        """Say a sentence; returns when its last sound left, in the loop's time. The first one: `spoke_at`."""
        return await self.play(sentence(text, voice, tail=tail))

    async def play(self, samples: np.ndarray) -> float:
        """Send any sound of 48 kHz, as `speak` does."""
        loud = np.flatnonzero(np.abs(samples) > 200)
        started = now()
        self.spoke_at = started + float(loud[0]) / RATE
        await self._push(samples)
        return started + float(loud[-1]) / RATE

    async def _push(self, samples: np.ndarray) -> None:
        assert self._source is not None
        size = RATE * self.piece_ms // 1000
        for start in range(0, len(samples) - size + 1, size):
            part = samples[start : start + size]
            await self._source.capture_frame(rtc.AudioFrame(part.tobytes(), RATE, 1, size))
        await self._source.wait_for_playout()

    async def type(self, text: str) -> None:
        """A typed message, as the page sends it."""
        await self.room.local_participant.send_text(text, topic=CHAT)

    async def until(self, true: Callable[[], Any], seconds: float = 15.0) -> Any:
        """Wait for a condition; TimeoutError with what was seen else."""
        try:
            async with asyncio.timeout(seconds):
                while not (found := true()):  # noqa: ASYNC110 - conditions of many kinds, none with an event
                    await asyncio.sleep(0.02)
                return found
        except TimeoutError as error:
            raise TimeoutError(f"captions: {self.captions}; present: {list(self.room.remote_participants)}") from error

    def said(self, words: str) -> bool:
        """Whether a caption contains the words."""
        return any(words.lower() in text.lower() for _, text in self.captions)

    def when_said(self, words: str, after: float = 0.0) -> float | None:
        """When a caption with the words was complete, which is when they were spoken."""
        spoken = zip(self.captions, self.caption_times, strict=True)
        return next((at for (_, text), at in spoken if words.lower() in text.lower() and at > after), None)

    def first_sound(self, after: float = 0.0) -> float | None:
        """When something loud was heard first, from anybody."""
        first = (_first_loud(frames, after) for frames in self.heard.values())
        return min((at for at in first if at is not None), default=None)

    def last_sound(self) -> float | None:
        """When something loud was heard last, from anybody."""
        last = (next((at for at, level in reversed(f) if level > _LOUD), None) for f in self.heard.values())
        return max((at for at in last if at is not None), default=None)

    def loud_share(self, start: float, end: float) -> float:
        """Share of the 100 ms slots between two times in which something could be heard."""
        slots = max(1, round((end - start) * 10))
        loud = {
            int((at - start) * 10)
            for frames in self.heard.values()
            for at, level in frames
            if level > _LOUD / 3 and start <= at < end
        }
        return len(loud) / slots

    def loud_seconds(self, start: float) -> float:
        """Seconds since `start` in which something could be heard."""
        length = now() - start
        return self.loud_share(start, start + length) * length

    def _subscribed(self, track: rtc.Track, _: Any, participant: rtc.RemoteParticipant) -> None:
        if track.kind == rtc.TrackKind.KIND_AUDIO:
            task = asyncio.create_task(self._listen(track, participant.identity))
            self._tasks.add(task)

    async def _listen(self, track: rtc.Track, identity: str) -> None:
        frames = self.heard.setdefault(identity, [])
        stream = rtc.AudioStream(track, sample_rate=RATE, num_channels=1, frame_size_ms=self.piece_ms)
        try:
            async for event in stream:
                samples = np.frombuffer(event.frame.data, dtype=np.int16).astype(np.float32)
                frames.append((now(), float(np.sqrt(np.mean(samples**2)))))
        finally:
            # It is told of every other one's sound else, as long as the process lives.
            await stream.aclose()

    def _caption(self, reader: rtc.TextStreamReader, identity: str) -> None:
        async def read() -> None:
            text = await reader.read_all()
            self.captions.append((identity, text))
            self.caption_times.append(now())

        task = asyncio.create_task(read())
        self._tasks.add(task)


def sentence(text: str, voice: Voice | None = None, *, tail: float = 1.0) -> Samples:
    """It as sound of 48 kHz, and so many seconds of silence."""
    samples = resample(samples_of(text, "en", voice), SAMPLE_RATE, RATE)
    return np.concatenate([samples, np.zeros(round(tail * RATE), dtype=np.int16)])


def _first_loud(frames: list[tuple[float, float]], after: float) -> float | None:
    since = bisect_right(frames, after, key=lambda frame: frame[0])
    return next((at for at, level in islice(frames, since, None) if level > _LOUD), None)


def now() -> float:
    """The loop's clock."""
    return asyncio.get_running_loop().time()


async def dispatch(url: str, keys: tuple[str, str], room: str, call_id: str, epoch: int) -> None:
    """What the web side does for a call: the room, and an AI instead of an earlier one."""
    async with api.LiveKitAPI(url, *keys) as livekit:
        await livekit.room.create_room(api.CreateRoomRequest(name=room, empty_timeout=120, departure_timeout=120))
        # A ghost evicted by its successor takes the successor's job with it (livekit-server 1.11): out with it first.
        with suppress(api.TwirpError):
            await livekit.room.remove_participant(api.RoomParticipantIdentity(room=room, identity=f"ai_{call_id}"))
        for stale in await livekit.agent_dispatch.list_dispatch(room):
            await livekit.agent_dispatch.delete_dispatch(stale.id, room)
        metadata = json.dumps({"call_id": call_id, "epoch": epoch})
        await livekit.agent_dispatch.create_dispatch(
            api.CreateAgentDispatchRequest(agent_name="receptionist", room=room, metadata=metadata)
        )
