"""The worker's side of the list of calls, with a worker that only writes down what it is given."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from django.conf import settings
from redis import Redis

from calls.standby import CALLS, WORKERS, Wanted
from tests.fakes import FakeTelephony
from voicebot.session import Assignment
from voicebot.standing_by import stand_by

WANTED = Wanted("a" * 16, 3, "callcenter-1")


@pytest.fixture
def redis() -> Iterator[Redis]:
    client = Redis.from_url(settings.REDIS_URL)
    yield client
    client.delete(CALLS, WORKERS)


class Server:
    """As much of an AgentServer as is asked here."""

    def __init__(self, *, broken: bool = False) -> None:
        self.jobs: list[tuple[str, Any, str]] = []
        self._broken = broken

    async def simulate_job(self, room: str, *, room_info: Any, token: str) -> None:
        if self._broken:
            raise RuntimeError("no process left")
        self.jobs.append((room, room_info, token))


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - what is looked at tells nobody when it changes
            await asyncio.sleep(0.01)


async def standing(server: Any, done: Callable[[], object], *, free: Callable[[], bool] = lambda: True) -> None:
    """Stand by until it is done, then stop."""
    stop = asyncio.Event()
    task = asyncio.create_task(stand_by(server, free, stop))
    await until(done)
    stop.set()
    await asyncio.wait_for(task, 10)


async def test_a_call_becomes_a_job_of_this_worker_under_the_calls_own_identity(redis: Redis) -> None:
    server = Server()
    redis.lpush(CALLS, WANTED.told)
    await standing(server, lambda: server.jobs)
    [(room, info, token)] = server.jobs
    claims = jwt.decode(token, settings.LIVEKIT_API_SECRET, algorithms=["HS256"])
    assert (room, claims["sub"], claims["kind"]) == (WANTED.room, f"ai_{WANTED.call_id}", "agent")
    assert claims["attributes"] == {"role": "ai"}
    assert claims["video"]["room"] == WANTED.room
    assert Assignment.parse(info.metadata) == Assignment(WANTED.call_id, WANTED.epoch)


async def test_whoever_stands_by_says_so(redis: Redis) -> None:
    await standing(Server(), lambda: redis.exists(WORKERS))
    assert 0 < redis.ttl(WORKERS) <= 3


async def test_a_full_worker_leaves_the_call_to_others(redis: Redis) -> None:
    server, looks = Server(), iter(range(2))
    redis.lpush(CALLS, WANTED.told)
    await standing(server, lambda: next(looks, None) is None, free=lambda: False)
    assert server.jobs == []
    assert redis.llen(CALLS) == 1


async def test_a_call_that_cannot_be_started_goes_the_long_way(redis: Redis, telephony: FakeTelephony) -> None:
    redis.lpush(CALLS, WANTED.told)
    await standing(Server(broken=True), lambda: telephony.asked_for("dispatch"))
    metadata = {"call_id": WANTED.call_id, "epoch": WANTED.epoch}
    assert telephony.asked_for("dispatch") == [(WANTED.room, metadata)]


async def test_what_is_no_call_is_passed_over(redis: Redis) -> None:
    server = Server()
    redis.lpush(CALLS, WANTED.told, "nonsense")
    await standing(server, lambda: server.jobs)
    assert len(server.jobs) == 1
