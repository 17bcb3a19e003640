"""An AI waits in a room of its own, which becomes the room of the next call: see `calls.standby`.

Joining takes longer than all else an AI does before it is heard. Done before there is a call, nobody waits for it.
"""

import asyncio
from contextlib import suppress

import structlog
from django.conf import settings
from livekit import rtc
from redis.asyncio import Redis
from redis.exceptions import RedisError

from calls.standby import ROOMS, STANDS_SECONDS, Wanted, waits_key, word_key

logger = structlog.get_logger(__name__)

ROOM_SECONDS = 3600
"""LiveKit closes a room so long after it was made, where nobody but an AI has come."""
_LONGEST_SECONDS = ROOM_SECONDS - 300
_WORD_SECONDS = 1
# Off the list, with no word: the call was not made, or the word was lost.
_TAKEN_SECONDS = 15
_AWAY_SECONDS = 1


async def wait_for_call(room: rtc.Room, call_id: str) -> Wanted | None:
    """The call that this room becomes. None when it becomes none: not needed, or the room is closed."""
    closed = asyncio.Event()
    room.on("disconnected", lambda _: closed.set())
    waiting = _Waiting(Redis.from_url(settings.REDIS_URL), call_id)
    word = asyncio.create_task(waiting.word())
    gone = asyncio.create_task(closed.wait())
    try:
        await asyncio.wait({word, gone}, return_when=asyncio.FIRST_COMPLETED)
        return word.result() if word.done() and room.isconnected() else None
    finally:
        word.cancel()
        gone.cancel()
        await waiting.end()


class _Waiting:
    def __init__(self, redis: Redis, call_id: str) -> None:
        self._redis, self._call_id = redis, call_id
        self._now = asyncio.get_running_loop().time
        self._since = self._listed_at = self._now()

    async def word(self) -> Wanted | None:
        """Be known until there is one, or it is time to go."""
        while True:
            try:
                # At first, and when Redis has lost all it knew.
                if not await self._redis.set(waits_key(self._call_id), 1, ex=STANDS_SECONDS, get=True):
                    await self._redis.rpush(ROOMS, self._call_id)
                found = await self._redis.blpop([word_key(self._call_id)], timeout=_WORD_SECONDS)
                if found:
                    return self._read(found[1])
                if await self._is_over():
                    return None
            except RedisError as error:
                logger.info("nobody is told who waits", error=repr(error))
                await asyncio.sleep(_AWAY_SECONDS)

    def _read(self, told: str | bytes) -> Wanted | None:
        try:
            return Wanted.parse(told)
        except ValueError:
            return None

    async def _is_over(self) -> bool:
        """Taken long ago and never told, or off the list after so long a time that the room will be closed."""
        if await self._redis.lpos(ROOMS, self._call_id) is None:
            return self._now() - self._listed_at > _TAKEN_SECONDS
        self._listed_at = self._now()
        # Whoever has it off the list by now has a call for it.
        old = self._now() - self._since > _LONGEST_SECONDS
        return old and bool(await self._redis.lrem(ROOMS, 0, self._call_id))

    async def end(self) -> None:
        """Told, or gone: known no more."""
        with suppress(RedisError):
            await self._redis.delete(waits_key(self._call_id))
            await self._redis.lrem(ROOMS, 0, self._call_id)
        await self._redis.aclose()
