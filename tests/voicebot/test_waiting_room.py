"""An AI that waits in a room of its own, and the worker that keeps such rooms, with a room and a worker in memory."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from django.conf import settings as configured
from redis import Redis
from redis.exceptions import RedisError

from calls import standby
from calls.standby import EXPECTED, ROOMS, STANDS_SECONDS, Wanted, own_room, waits_key, word_key
from tests.fakes import FakeTelephony
from voicebot import keeping_rooms, waiting_room
from voicebot.keeping_rooms import Rooms
from voicebot.session import Assignment
from voicebot.waiting_room import ROOM_SECONDS, wait_for_call

CALL = "c" * 16
WANTED = Wanted(CALL, 1, own_room(CALL))


@pytest.fixture
def redis() -> Iterator[Redis]:
    client = Redis.from_url(configured.REDIS_URL)
    yield client
    client.flushdb()


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - what is looked at tells nobody when it changes
            await asyncio.sleep(0.01)


class Room:
    """As much of a room as is asked here."""

    def __init__(self) -> None:
        self.listeners: dict[str, Callable[[str], None]] = {}
        self.open = True

    def on(self, event: str, listener: Callable[[str], None]) -> None:
        self.listeners[event] = listener

    def isconnected(self) -> bool:
        return self.open

    def close(self) -> None:
        self.open = False
        self.listeners["disconnected"]("closed")


@asynccontextmanager
async def waiting(redis: Redis) -> AsyncIterator[tuple[Room, "asyncio.Task[Wanted | None]"]]:
    """An AI whose room is known by now."""
    room = Room()
    task = asyncio.create_task(wait_for_call(room, CALL))  # type: ignore[arg-type]
    await until(lambda: redis.lpos(ROOMS, CALL) is not None)
    yield room, task
    async with asyncio.timeout(10):
        await asyncio.wait({task})
    assert redis.lpos(ROOMS, CALL) is None
    assert not redis.exists(waits_key(CALL))


async def test_an_ai_that_waits_is_known_and_takes_its_call(redis: Redis) -> None:
    async with waiting(redis) as (_, task):
        assert 0 < redis.ttl(waits_key(CALL)) <= STANDS_SECONDS
        redis.lpush(word_key(CALL), WANTED.told)
    assert task.result() == WANTED


async def test_an_ai_that_is_not_needed_goes(redis: Redis) -> None:
    async with waiting(redis) as (_, task):
        redis.lpush(word_key(CALL), "")
    assert task.result() is None


async def test_an_ai_whose_room_is_closed_waits_no_more(redis: Redis) -> None:
    async with waiting(redis) as (room, task):
        room.close()
    assert task.result() is None


async def test_a_call_whose_word_is_lost_does_not_keep_its_ai_for_ever(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_room, "_TAKEN_SECONDS", 0)
    async with waiting(redis) as (_, task):
        redis.lpop(ROOMS)
    assert task.result() is None


async def test_an_ai_stays_as_long_as_its_room_may_be_taken(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting_room, "_TAKEN_SECONDS", 0)
    looks: list[str] = []
    original = waiting_room._Waiting._is_over

    async def counted(self: Any) -> bool:
        looks.append("look")
        return await original(self)

    monkeypatch.setattr(waiting_room._Waiting, "_is_over", counted)
    async with waiting(redis) as (_, task):
        await until(lambda: len(looks) == 2)
        assert not task.done()
        redis.lpush(word_key(CALL), WANTED.told)


async def test_an_ai_is_known_again_after_redis_has_lost_everything(redis: Redis) -> None:
    async with waiting(redis) as (_, task):
        redis.flushdb()
        await until(lambda: redis.lpos(ROOMS, CALL) is not None)
        redis.lpush(word_key(CALL), WANTED.told)
    assert task.result() == WANTED


async def test_an_ai_goes_before_livekit_closes_its_room(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    assert waiting_room._LONGEST_SECONDS < ROOM_SECONDS
    monkeypatch.setattr(waiting_room, "_LONGEST_SECONDS", 0)
    async with waiting(redis) as (_, task):
        pass
    assert task.result() is None


# --- the worker's side ---------------------------------------------------------------------------------------------
class Process:
    """One that has a job."""

    def __init__(self, room: str) -> None:
        self.running_job: Any = SimpleNamespace(job=SimpleNamespace(room=SimpleNamespace(name=room)))
        self.closed = False

    async def aclose(self) -> None:
        self.closed = True
        self.running_job = None


class Server:
    """As much of an AgentServer as is asked here: a job is a process, and says that it waits, as the real one does."""

    def __init__(self, redis: Redis, *, warm: int = 9, broken: bool = False) -> None:
        self.jobs: list[tuple[str, Any, str]] = []
        self.processes: list[Process] = []
        self._redis, self._broken = redis, broken
        self._proc_pool = SimpleNamespace(
            processes=self.processes,
            _default_num_idle_processes=9,
            _warmed_proc_queue=SimpleNamespace(qsize=lambda: warm),
        )

    @property
    def active_jobs(self) -> list[Any]:
        return [process.running_job for process in self.processes if process.running_job]

    async def simulate_job(self, room: str, *, room_info: Any, token: str) -> None:
        if self._broken:
            raise RuntimeError("no process left")
        self.jobs.append((room, room_info, token))
        self.processes.append(Process(room))
        call_id = room.removeprefix("callcenter-")
        self._redis.set(waits_key(call_id), 1)
        self._redis.rpush(ROOMS, call_id)


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(keeping_rooms, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(keeping_rooms, "STANDS_SECONDS", 0.05)
    monkeypatch.setattr(keeping_rooms, "_LONGEST_BUSY_SECONDS", 0.0)
    settings.READY_AI_ROOMS, settings.MAX_AI_CALLS, settings.WARM_AI_CALLS = 2, 5, 3


class Counted(Rooms):
    """That counts how often it has looked."""

    looks = 0

    async def _look(self) -> bool:
        self.looks += 1
        return await super()._look()

    async def has_looked(self, times: int) -> None:
        """So often again."""
        wanted = self.looks + times
        await until(lambda: self.looks >= wanted)


@asynccontextmanager
async def keeping(server: Server) -> AsyncIterator[Counted]:
    """Rooms are kept for callers who are expected; after that those who wait have gone home."""
    standby.expect_callers()
    rooms, stop = Counted(server), asyncio.Event()  # type: ignore[arg-type]
    task = asyncio.create_task(rooms.keep(stop))
    yield rooms
    stop.set()
    await asyncio.wait_for(task, 10)


async def test_so_many_rooms_are_kept_as_are_set(redis: Redis, telephony: FakeTelephony) -> None:
    server = Server(redis)
    async with keeping(server) as rooms:
        await until(lambda: redis.llen(ROOMS) == 2)
        await rooms.has_looked(3)
        assert (len(server.jobs), rooms.waiting, rooms.calls) == (2, 2, 0)
    room, info, token = server.jobs[0]
    call_id = json.loads(info.metadata)["call_id"]
    assert room == own_room(call_id)
    assert Assignment.parse(info.metadata) == Assignment(call_id, 0, waiting=True)
    claims = jwt.decode(token, configured.LIVEKIT_API_SECRET, algorithms=["HS256"])
    assert (claims["sub"], claims["video"]["room"]) == (f"ai_{call_id}", room)
    assert [asked[0] for asked in telephony.asked_for("create_room")] == [job[0] for job in server.jobs]


async def test_on_cores_that_are_full_of_calls_nobody_waits(
    redis: Redis, telephony: FakeTelephony, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.MAX_AI_CALLS = 20
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    server = Server(redis)
    server.processes += [Process(f"callcenter-{number}") for number in range(4)]
    async with keeping(server) as rooms:
        await until(lambda: redis.llen(ROOMS) == 1)
        await rooms.has_looked(3)
        assert (rooms.waiting, rooms.calls) == (1, 4)
        server.processes.append(Process("callcenter-4"))
        await until(lambda: rooms.waiting == 0)
        assert (redis.llen(ROOMS), rooms.calls) == (0, 5)


def take(redis: Redis) -> str:
    """A call gets a room, and its AI is told."""
    taken = redis.lpop(ROOMS)
    assert isinstance(taken, bytes)
    redis.delete(waits_key(taken.decode()))
    return taken.decode()


async def test_nobody_waits_where_no_caller_is_expected(redis: Redis, telephony: FakeTelephony) -> None:
    server = Server(redis)
    async with keeping(server) as rooms:
        await until(lambda: redis.llen(ROOMS) == 2)
        await rooms.has_looked(1)
        redis.delete(EXPECTED)
        await until(lambda: rooms.waiting == 0)
        assert server.active_jobs == []
        await rooms.has_looked(3)
        assert (len(server.jobs), redis.llen(ROOMS)) == (2, 0)
        assert sorted(telephony.asked_for("delete_room")) == sorted((job[0],) for job in server.jobs)
        standby.expect_callers()
        await until(lambda: rooms.waiting == 2)


async def test_those_in_rooms_are_among_those_that_stand_by(redis: Redis) -> None:
    server = Server(redis)
    async with keeping(server) as rooms:
        await until(lambda: redis.llen(ROOMS) == 2)
        await rooms.has_looked(2)
        assert server._proc_pool._default_num_idle_processes == 2


async def test_whoever_got_a_call_is_one_and_is_replaced(redis: Redis) -> None:
    server = Server(redis)
    async with keeping(server) as rooms:
        await until(lambda: redis.llen(ROOMS) == 2)
        await rooms.has_looked(1)
        take(redis)
        await until(lambda: len(server.jobs) == 3)
        await until(lambda: (rooms.waiting, rooms.calls) == (2, 1))


async def test_at_the_end_those_who_wait_go_home_and_calls_stay(redis: Redis, telephony: FakeTelephony) -> None:
    server = Server(redis)
    async with keeping(server) as rooms:
        await until(lambda: redis.llen(ROOMS) == 2)
        await rooms.has_looked(1)
        taken = take(redis)
        await until(lambda: rooms.calls == 1 and rooms.waiting == 2)
    assert [job.job.room.name for job in server.active_jobs] == [own_room(taken)]
    assert redis.llen(ROOMS) == 0
    assert (own_room(taken),) not in telephony.asked_for("delete_room")


async def test_without_redis_those_who_wait_go_home_and_no_room_is_closed(
    redis: Redis, telephony: FakeTelephony, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(redis)
    async with keeping(server) as rooms:
        await until(lambda: redis.llen(ROOMS) == 2)
        await rooms.has_looked(2)

        async def away(*_: object) -> int:
            raise RedisError("away")

        monkeypatch.setattr(rooms._redis, "lrem", away)
    assert server.active_jobs == []
    assert telephony.asked_for("delete_room") == []


async def test_a_call_that_got_its_room_at_the_very_end_keeps_its_ai(redis: Redis) -> None:
    server = Server(redis)
    async with keeping(server) as rooms:
        await until(lambda: redis.llen(ROOMS) == 2)
        await rooms.has_looked(1)
        taken = take(redis)
    assert [job.job.room.name for job in server.active_jobs] == [own_room(taken)]


async def test_whoever_waits_is_no_call_though_redis_has_lost_everything(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping_rooms, "STANDS_SECONDS", 60)
    server = Server(redis)
    async with keeping(server) as rooms:
        await until(lambda: redis.llen(ROOMS) == 2)
        await rooms.has_looked(1)
        redis.flushdb()
        standby.expect_callers()
        await rooms.has_looked(3)
        assert (len(server.jobs), rooms.waiting, rooms.calls) == (2, 2, 0)
        for room, *_ in server.jobs:
            redis.rpush(ROOMS, room.removeprefix("callcenter-"))


async def test_a_dead_ai_is_replaced(redis: Redis) -> None:
    server = Server(redis)
    async with keeping(server) as rooms:
        await until(lambda: redis.llen(ROOMS) == 2)
        await rooms.has_looked(1)
        take(redis)
        server.processes.pop(0)
        await until(lambda: (len(server.jobs), rooms.waiting, rooms.calls) == (3, 2, 0))


async def test_calls_leave_no_room_for_those_who_wait(redis: Redis, settings: Any) -> None:
    settings.MAX_AI_CALLS = 1
    server = Server(redis)
    server.processes.append(Process("callcenter-in-hand"))
    async with keeping(server) as rooms:
        await rooms.has_looked(3)
        assert (server.jobs, rooms.calls) == ([], 1)


async def test_the_last_warm_process_is_left_for_a_call(redis: Redis) -> None:
    server = Server(redis, warm=1)
    async with keeping(server) as rooms:
        await rooms.has_looked(3)
        assert server.jobs == []


async def test_an_ai_that_could_not_be_sent_is_not_counted(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping_rooms, "_AWAY_SECONDS", 0.01)
    server = Server(redis, broken=True)
    async with keeping(server) as rooms:
        await rooms.has_looked(3)
        assert (rooms.waiting, rooms.calls) == (0, 0)
