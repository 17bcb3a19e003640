"""A participant by the rtc library that notices when it first hears somebody, and may hum."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable

import numpy as np
from livekit import rtc

RATE = 48_000
_FRAME = RATE // 100
# Root mean square of 16-bit samples: speech and the tone are a hundred times louder, comfort noise quieter.
AUDIBLE = 100.0
PATIENCE = 30.0


class Ears:
    """Joins a room; `heard(identity prefix)` is the moment (monotonic) the first sound of such a participant came."""

    def __init__(self) -> None:
        self.room = rtc.Room()
        self._first: dict[str, float] = {}
        self._changed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._source = rtc.AudioSource(RATE, 1, queue_size_ms=100)
        self._loud = False
        self.room.on("track_subscribed", self._subscribed)

    async def join(self, url: str, token: str, *, microphone: bool = False) -> None:
        """Connect; with a microphone, publish it at once (silence until `hum`)."""
        await self.room.connect(url, token)
        if microphone:
            track = rtc.LocalAudioTrack.create_audio_track("microphone", self._source)
            options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=False)
            await self.room.local_participant.publish_track(track, options)
            self._spawn(self._play())

    def hum(self) -> None:
        """From now on the microphone hears a tone."""
        self._loud = True

    async def heard(self, prefix: str) -> float:
        """When the first sound of a participant whose identity begins so was received; TimeoutError."""

        def found() -> float | None:
            return next((at for identity, at in self._first.items() if identity.startswith(prefix)), None)

        async with asyncio.timeout(PATIENCE):
            while (at := found()) is None:
                self._changed.clear()
                await self._changed.wait()
        return at

    async def leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self.room.disconnect()

    def _spawn(self, work: object) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _subscribed(self, track: rtc.Track, _publication: object, participant: rtc.RemoteParticipant) -> None:
        if track.kind == rtc.TrackKind.KIND_AUDIO:
            self._spawn(self._listen(track, participant.identity))

    async def _listen(self, track: rtc.Track, identity: str) -> None:
        # Opus packets are as long. Every listener of a process is told of every other one's pieces.
        stream = rtc.AudioStream(track, sample_rate=RATE, num_channels=1, frame_size_ms=20)
        try:
            async for event in stream:
                samples = np.frombuffer(event.frame.data, dtype=np.int16).astype(np.float64)
                if math.sqrt(float(np.mean(samples**2))) > AUDIBLE:
                    self._first.setdefault(identity, time.monotonic())
                    self._changed.set()
                    return
        finally:
            await stream.aclose()

    async def _play(self) -> None:
        tone = (6000 * np.sin(2 * np.pi * 440 * np.arange(_FRAME) / RATE)).astype(np.int16).tobytes()
        quiet = bytes(2 * _FRAME)
        while True:
            await self._source.capture_frame(rtc.AudioFrame(tone if self._loud else quiet, RATE, 1, _FRAME))


async def eventually(look: Callable[[], bool], what: str) -> None:
    """Until it is so; TimeoutError."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not look():  # noqa: ASYNC110 - what is looked at tells nobody when it changes
                await asyncio.sleep(0.1)
    except TimeoutError as error:
        raise TimeoutError(what) from error
