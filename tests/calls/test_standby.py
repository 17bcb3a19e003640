"""Calls offered to the workers on the list in Redis, a real one."""

import threading
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import override_settings
from redis import Redis

from calls import standby, tasks
from calls.standby import CALLS, WORKERS, Wanted
from tests.cast import make_call
from tests.fakes import FakeTelephony
from tools.stack import find_free_port

WANTED = Wanted("a" * 16, 3, "callcenter-1")


@pytest.fixture
def redis() -> Iterator[Redis]:
    client = Redis.from_url(settings.REDIS_URL)
    yield client
    client.delete(CALLS, WORKERS)


class Worker(threading.Thread):
    """Takes one call."""

    def __init__(self, redis: Redis) -> None:
        super().__init__(daemon=True)
        self.taken: Wanted | None = None
        self._redis = redis
        redis.set(WORKERS, 1)
        self.start()

    def run(self) -> None:
        found = self._redis.blpop([CALLS], timeout=10)
        assert found is not None
        self.taken = Wanted.parse(found[1])


def test_a_worker_that_stands_by_takes_the_call(redis: Redis) -> None:
    worker = Worker(redis)
    assert standby.offer(WANTED)
    worker.join(10)
    assert worker.taken == WANTED
    assert redis.llen(CALLS) == 0


def test_with_nobody_standing_by_the_list_stays_empty(redis: Redis) -> None:
    assert not standby.offer(WANTED)
    assert redis.llen(CALLS) == 0


def test_what_no_worker_takes_at_once_is_taken_back(redis: Redis) -> None:
    redis.set(WORKERS, 1)
    assert not standby.offer(WANTED)
    assert redis.llen(CALLS) == 0


def test_without_redis_nobody_takes_it() -> None:
    with override_settings(REDIS_URL=f"redis://127.0.0.1:{find_free_port()}/0"):
        assert not standby.offer(WANTED)


@pytest.mark.parametrize("told", ["", "[]", '{"call_id": "x"}', '{"call_id": "x", "epoch": "y", "room": "z"}'])
def test_what_is_no_call_of_ours_is_refused(told: str) -> None:
    with pytest.raises(ValueError, match="no call of ours"):
        Wanted.parse(told)


@pytest.mark.django_db
@pytest.mark.usefixtures("support", "celery_calls")
def test_a_call_that_a_worker_has_taken_is_not_dispatched(redis: Redis, telephony: FakeTelephony) -> None:
    call = make_call(state="created", ai_state="dispatched", ai_epoch=1)
    worker = Worker(redis)
    tasks.dispatch_ai(call.pk, 1)
    worker.join(10)
    assert worker.taken == Wanted(call.pk, 1, call.room_name)
    assert [name for name, *_ in telephony.asked] == ["create_room"]


@pytest.mark.django_db
@pytest.mark.usefixtures("support", "celery_calls")
def test_a_call_that_no_worker_takes_is_dispatched(redis: Redis, telephony: FakeTelephony) -> None:
    call = make_call(state="created", ai_state="dispatched", ai_epoch=1)
    redis.set(WORKERS, 1)
    tasks.dispatch_ai(call.pk, 1)
    assert [name for name, *_ in telephony.asked] == ["create_room", "dispatch"]
