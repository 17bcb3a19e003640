"""Our voice in the room, published as soon as we are in it: livekit-agents' own waits for the caller first."""

import asyncio
from collections.abc import Callable

from livekit import rtc
from livekit.agents.voice.io import AudioOutput
from livekit.agents.voice.room_io import AudioOutputOptions
from livekit.agents.voice.room_io._output import _ParticipantAudioOutput

# From here on Opus codes without a model of a voice, also after a silence: with 0.8 instead of 2.1 % of a processor in
# silence, 1.4 instead of 2.4 in speech. It would take 50,000 by itself; each packet also carries the one before it.
_BITS_PER_SECOND = 72_000


class RoomVoice:
    """Where a session's sound goes. What is said before somebody listens waits for him."""

    def __init__(self, room: rtc.Room) -> None:
        options = AudioOutputOptions()
        options.track_publish_options.audio_encoding.max_bitrate = _BITS_PER_SECOND
        self._output = _ParticipantAudioOutput(
            room,
            sample_rate=options.sample_rate,
            num_channels=options.num_channels,
            track_publish_options=options.track_publish_options,
        )
        self._publishing = asyncio.create_task(self._output.start())

    @property
    def output(self) -> AudioOutput:
        """For the session."""
        return self._output

    def when_heard(self, then: Callable[[], None]) -> None:
        """Call it as soon as somebody in the room has subscribed."""

        def subscribed(future: "asyncio.Future[None]") -> None:
            if not future.cancelled():
                then()

        self._output.subscribed.add_done_callback(subscribed)

    async def aclose(self) -> None:
        """Nothing is heard any more."""
        self._publishing.cancel()
        await self._output.aclose()
