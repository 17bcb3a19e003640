"""The worker takes calls itself, from a list in Redis: see `calls.standby`."""

import asyncio
from collections.abc import Callable

import structlog
from django.conf import settings
from livekit import api
from livekit.agents import AgentServer
from livekit.protocol import models
from redis.asyncio import Redis
from redis.exceptions import RedisError

from calls.standby import CALLS, STANDS_SECONDS, WORKERS, Wanted
from calls.states import Role
from calls.telephony import TelephonyError, telephony

logger = structlog.get_logger(__name__)

_WAIT_SECONDS = 1
_FULL_SECONDS = 0.2


async def stand_by(server: AgentServer, free: Callable[[], bool], stop: asyncio.Event) -> None:
    """Take one call after the other while there is room for one. Returns soon after `stop`, with none half taken."""
    queue = _List(Redis.from_url(settings.REDIS_URL))
    starting: set[asyncio.Task[None]] = set()
    try:
        while not stop.is_set():
            wanted = await queue.next() if free() else await _pause(_FULL_SECONDS)
            if wanted is not None:
                task = asyncio.create_task(_start(server, wanted))
                starting.add(task)
                task.add_done_callback(starting.discard)
    finally:
        await asyncio.gather(*starting)
        await queue.redis.aclose()


async def _pause(seconds: float) -> Wanted | None:
    await asyncio.sleep(seconds)
    return None


class _List:
    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self._away = False

    async def next(self) -> Wanted | None:
        """The next call, None when there is none for a second."""
        try:
            await self.redis.set(WORKERS, 1, ex=STANDS_SECONDS)
            found = await self.redis.blpop([CALLS], timeout=_WAIT_SECONDS)
        except RedisError as error:
            if not self._away:
                logger.warning("not standing by, calls come by dispatch", error=repr(error))
            self._away = True
            return await _pause(_WAIT_SECONDS)
        self._away = False
        try:
            return Wanted.parse(found[1]) if found else None
        except ValueError:
            logger.warning("call refused")
            return None


async def _start(server: AgentServer, wanted: Wanted) -> None:
    room = models.Room(name=wanted.room, metadata=wanted.told)
    try:
        await server.simulate_job(wanted.room, room_info=room, token=job_token(wanted.call_id, wanted.room))
    # Whatever it is, the call must not hang on it: the long way is still open.
    except Exception as error:
        logger.exception("call not started", call_id=wanted.call_id, error=repr(error))
        await _dispatch(wanted)


async def _dispatch(wanted: Wanted) -> None:
    metadata = {"call_id": wanted.call_id, "epoch": wanted.epoch}
    try:
        await asyncio.to_thread(telephony().dispatch, wanted.room, metadata)
    except TelephonyError as error:
        # The AI's deadline tries once more.
        logger.warning("dispatch failed", call_id=wanted.call_id, error=str(error))


def job_token(call_id: str, room: str) -> str:
    """What LiveKit gives to a job, under the call's own AI identity."""
    grants = api.VideoGrants(
        room_join=True,
        room=room,
        can_publish=True,
        can_subscribe=True,
        can_publish_data=True,
        can_update_own_metadata=True,
        agent=True,
    )
    return (
        api.AccessToken(settings.LIVEKIT_API_KEY, settings.LIVEKIT_API_SECRET)
        .with_identity(f"ai_{call_id}")
        .with_name("AI")
        .with_kind("agent")
        .with_attributes({"role": Role.AI.value})
        .with_grants(grants)
        .to_jwt()
    )
