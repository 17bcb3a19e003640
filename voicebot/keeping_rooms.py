"""The worker keeps so many AIs waiting in rooms of their own, while callers are expected: see `waiting_room`."""

import asyncio
import json
import os
import time
from contextlib import suppress

import structlog
from django.conf import settings
from livekit.agents import AgentServer
from livekit.agents.ipc.job_executor import JobExecutor
from livekit.agents.ipc.proc_pool import ProcPool
from livekit.agents.utils.hw.cpu import get_cpu_monitor
from livekit.protocol import models
from redis.asyncio import Redis
from redis.exceptions import RedisError

from calls.standby import EXPECTED, ROOMS, STANDS_SECONDS, own_room, waits_key
from calls.telephony import TelephonyError, telephony
from common.ids import random_id
from voicebot.standing_by import job_token
from voicebot.waiting_room import ROOM_SECONDS

logger = structlog.get_logger(__name__)

_LOOK_SECONDS = 0.5
_BUSY = 0.6
_LONGEST_BUSY_SECONDS = 10.0
# So long an AI may be on its way to its room.
_ARRIVAL_SECONDS = 30.0
_AWAY_SECONDS = 5.0
_LAST_ARRIVAL_SECONDS = 3.0
# An AI that waits takes a quarter of what a call takes: where a core has so many calls, that is theirs.
_CALLS_A_CORE = 5


class Rooms:
    """The rooms of one worker. `waiting` of its jobs are no calls yet."""

    def __init__(self, server: AgentServer) -> None:
        self._server = server
        self._redis = Redis.from_url(settings.REDIS_URL, decode_responses=True)
        # By the id of the call to be: when its AI was sent, or was last known to wait.
        self._sent: dict[str, float] = {}
        self._arrived: set[str] = set()
        self._calm_since = 0.0

    @property
    def waiting(self) -> int:
        """How many jobs wait, or are on their way to do so."""
        return len(self._sent)

    @property
    def calls(self) -> int:
        """How many jobs are calls."""
        return max(0, len(self._server.active_jobs) - self.waiting)

    async def keep(self, stop: asyncio.Event) -> None:
        """Until `stop`; then those who wait are sent home, and only calls are left."""
        try:
            while not stop.is_set():
                pause = _LOOK_SECONDS if await self._looked() else _AWAY_SECONDS
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), pause)
        finally:
            await self._send_home()
            await self._redis.aclose()

    async def _looked(self) -> bool:
        try:
            return await self._look()
        except (RedisError, TelephonyError) as error:
            # Nobody could be told of a call there, or be there.
            logger.info("no rooms are kept", error=repr(error))
        # Whatever it is: the worker takes calls without.
        except Exception as error:
            logger.exception("no rooms are kept", error=repr(error))
        return False

    async def _look(self) -> bool:
        await self._count()
        expected = bool(await self._redis.exists(EXPECTED))
        wanted = max(0, min(settings.READY_AI_ROOMS, self._free)) if expected else 0
        if self.waiting > wanted:
            await asyncio.gather(*(self._end(call_id) for call_id in list(self._arrived)[wanted:]))
        elif self.waiting < wanted and self._spare() and await self._is_calm():
            await self._send()
        return True

    @property
    def _free(self) -> int:
        """How many calls more this worker and its cores may take."""
        return min(settings.MAX_AI_CALLS, _CALLS_A_CORE * len(os.sched_getaffinity(0))) - self.calls

    async def _is_calm(self) -> bool:
        """A call that begins, and many of them longer, need all the processors there are."""
        if time.monotonic() - self._calm_since > _LONGEST_BUSY_SECONDS:
            return True
        return await asyncio.to_thread(get_cpu_monitor().cpu_percent, _LOOK_SECONDS) <= _BUSY

    def _spare(self) -> bool:
        """Whether a warm process is there, and one more, so that a call of a room with another name has one."""
        pool = self._pool
        return pool is not None and pool._warmed_proc_queue.qsize() > 1  # noqa: SLF001 -- the pool alone knows

    def _share_processes(self) -> None:
        """Those in rooms are among those that stand by; one at least is in no room."""
        if (pool := self._pool) is not None:
            # A worker may ask for fewer of these, and never for more.
            warm = settings.WARM_AI_CALLS
            pool._default_num_idle_processes = max(min(2, warm), warm - self.waiting)  # noqa: SLF001

    @property
    def _pool(self) -> ProcPool | None:
        return getattr(self._server, "_proc_pool", None)

    async def _count(self) -> None:
        """Forget those who have got a call, or are gone."""
        self._share_processes()
        if not self._sent:
            return
        now, jobs = time.monotonic(), {job.job.room.name for job in self._server.active_jobs}
        known = await self._redis.mget([waits_key(call_id) for call_id in self._sent])
        for call_id, waits in zip(list(self._sent), known, strict=True):
            if waits:
                self._sent[call_id] = now
                self._arrived.add(call_id)
                continue
            # Not at once: Redis may have lost all it knew, and whoever waits says so again.
            patience = STANDS_SECONDS if call_id in self._arrived else _ARRIVAL_SECONDS
            if now - self._sent[call_id] > patience or (call_id in self._arrived and own_room(call_id) not in jobs):
                self._forget(call_id)
                self._calm_since = now

    def _forget(self, call_id: str) -> None:
        self._sent.pop(call_id, None)
        self._arrived.discard(call_id)

    async def _send(self) -> None:
        call_id = random_id()
        room = own_room(call_id)
        try:
            await asyncio.to_thread(telephony().create_room, room, stays=ROOM_SECONDS)
            self._sent[call_id] = time.monotonic()
            info = models.Room(name=room, metadata=json.dumps({"call_id": call_id, "waiting": True}))
            await self._server.simulate_job(room, room_info=info, token=job_token(call_id, room))
        except BaseException:
            self._forget(call_id)
            raise

    async def _send_home(self) -> None:
        """Whoever is on the list, when he comes there; who is not any more has a call."""
        on_their_way_until = time.monotonic() + _LAST_ARRIVAL_SECONDS
        while self._sent:
            late = time.monotonic() > on_their_way_until
            ends = (self._end(call_id, late=late) for call_id in list(self._sent))
            for error in await asyncio.gather(*ends, return_exceptions=True):
                if error is not None:
                    logger.warning("not sent home", error=repr(error))
            if self._sent:
                await asyncio.sleep(_LOOK_SECONDS)

    async def _end(self, call_id: str, *, late: bool = False) -> None:
        waited = known = False
        with suppress(RedisError):
            waited = bool(await self._redis.lrem(ROOMS, 0, call_id))
            known = True
        # Without Redis nobody is given that room any more; who was before gets another AI.
        taken = known and not waited and call_id in self._arrived
        process = self._process_of(own_room(call_id))
        if known and process is not None and not (waited or taken or late):
            return
        self._forget(call_id)
        if process is not None and not taken:
            await process.aclose()
        if waited:
            # Nobody's. LiveKit would keep it for the rest of the hour.
            with suppress(TelephonyError):
                await asyncio.to_thread(telephony().delete_room, own_room(call_id))

    def _process_of(self, room: str) -> JobExecutor | None:
        jobs = [(one, one.running_job) for one in (self._pool.processes if self._pool is not None else [])]
        return next((one for one, job in jobs if job is not None and job.job.room.name == room), None)
