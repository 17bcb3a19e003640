"""The voice worker, except that a call leaks memory from the moment somebody in its room says so by data."""

import asyncio
import sys

from livekit import rtc
from livekit.agents import JobContext

from voicebot import worker

LEAK = "tests.leak"
_PIECE = 8_000_000
# 80 MB a second, and an end to it: the machine has other tests to play.
_EVERY, _PIECES = 0.1, 100
_entrypoint = worker.entrypoint
_held: list[bytes] = []


async def leaky(ctx: JobContext) -> None:
    """A call, and its leak."""

    def told(packet: rtc.DataPacket) -> None:
        if packet.topic == LEAK:
            ctx.proc.userdata["leak"] = asyncio.create_task(_leak())

    ctx.room.on("data_received", told)
    await _entrypoint(ctx)


async def _leak() -> None:
    for _ in range(_PIECES):
        # Written to, so that it is really there.
        _held.append(b"x" * _PIECE)
        await asyncio.sleep(_EVERY)


if __name__ == "__main__":
    # By its module's own name, for the call's process to find it.
    from tests.voicebot.leaking_worker import leaky as by_name

    worker.entrypoint = by_name
    sys.exit(worker.main(["start"]))
