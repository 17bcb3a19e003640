"""What Tavus' media service does: joins the call's room, shows a picture, and says what the receptionist sends it.

A stand-in on livekit-agents' own side for avatars (`livekit.agents.voice.avatar`): the picture is one colour while it
speaks and another while it does not.
"""

import asyncio
from collections.abc import AsyncIterator

import jwt
from livekit import rtc
from livekit.agents.voice.avatar import (
    AudioSegmentEnd,
    AvatarOptions,
    AvatarRunner,
    DataStreamAudioReceiver,
    VideoGenerator,
)

_WIDTH, _HEIGHT, _PER_SECOND = 160, 160, 10
_SPEAKS, _RESTS = bytes((240, 180, 60, 255)), bytes((40, 90, 160, 255))
_RATE = 24_000  # what the plugin sends


class Face:
    """Use `join` and `leave` on one loop."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url, token
        self._room = rtc.Room()
        self._mouth = _Mouth()
        self._runner: AvatarRunner | None = None

    async def join(self) -> None:
        """Into the room, with a picture at once, on behalf of the AI that the token names."""
        told = jwt.decode(self._token, options={"verify_signature": False})
        await self._room.connect(self._url, self._token)
        sender = told["attributes"]["lk.publish_on_behalf"]
        self._runner = AvatarRunner(
            self._room,
            audio_recv=DataStreamAudioReceiver(self._room, sender_identity=sender),
            video_gen=self._mouth,
            options=AvatarOptions(_WIDTH, _HEIGHT, _PER_SECOND, _RATE, 1),
        )
        await self._runner.start()

    async def fall_silent(self) -> None:
        """As a service that hangs: it is there, and neither speaks nor says that it does not."""
        self._mouth.hangs = True
        self._mouth.clear_buffer()

    async def leave(self) -> None:
        """As a service that has died: without a word."""
        await self._room.disconnect()
        if self._runner is not None:
            await self._runner.aclose()


class _Mouth(VideoGenerator):
    """The sound as it came, in pieces of one picture's length."""

    hangs = False

    def __init__(self) -> None:
        self._coming: asyncio.Queue[rtc.AudioFrame | AudioSegmentEnd] = asyncio.Queue()

    async def push_audio(self, frame: rtc.AudioFrame | AudioSegmentEnd) -> None:
        if not self.hangs:
            self._coming.put_nowait(frame)

    def clear_buffer(self) -> None:
        while not self._coming.empty():
            self._coming.get_nowait()

    async def __aiter__(self) -> AsyncIterator[rtc.VideoFrame | rtc.AudioFrame | AudioSegmentEnd]:
        while True:
            if self._coming.empty():
                # The runner takes as many as are shown in a second.
                yield _picture(_RESTS)
                continue
            frame = self._coming.get_nowait()
            if isinstance(frame, rtc.AudioFrame):
                yield _picture(_SPEAKS)
            yield frame


def _picture(colour: bytes) -> rtc.VideoFrame:
    return rtc.VideoFrame(_WIDTH, _HEIGHT, rtc.VideoBufferType.RGBA, colour * (_WIDTH * _HEIGHT))
