"""Calls offered to the workers on the list in Redis, a real one."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from redis import Redis

from calls import standby, tasks
from calls.services.sweeps import heartbeat
from calls.standby import (
    CALLS,
    EXPECTED,
    EXPECTED_SECONDS,
    ROOMS,
    STANDS_SECONDS,
    WORKERS,
    Wanted,
    own_room,
    waits_key,
    word_key,
)
from tests.cast import make_call
from tests.fakes import FakeTelephony
from tools.stack import find_free_port

WANTED = Wanted("a" * 16, 3, "callcenter-1")
CALL_TO_BE = "b" * 16


@pytest.fixture
def redis() -> Iterator[Redis]:
    client = Redis.from_url(settings.REDIS_URL)
    yield client
    client.delete(CALLS, WORKERS, ROOMS, EXPECTED, waits_key(CALL_TO_BE), word_key(CALL_TO_BE))


class Worker(threading.Thread):
    """Takes one call, from the list or as the AI that waits for it."""

    def __init__(self, redis: Redis, *, list_of_calls: str = CALLS, known_by: str = WORKERS) -> None:
        super().__init__(daemon=True)
        self.taken: Wanted | None = None
        self._redis, self._list = redis, list_of_calls
        redis.set(known_by, 1)
        self.start()

    def run(self) -> None:
        found = self._redis.blpop([self._list], timeout=10)
        assert found is not None
        self.taken = Wanted.parse(found[1])


def waits(redis: Redis, call_id: str) -> None:
    """An AI in the room of that call to be."""
    redis.set(waits_key(call_id), 1)
    redis.rpush(ROOMS, call_id)


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


def test_the_ai_that_has_waited_longest_gets_the_next_call(redis: Redis) -> None:
    waits(redis, CALL_TO_BE)
    waits(redis, "later")
    with standby.waiting_room(asked=True) as call_id:
        assert call_id == CALL_TO_BE
    assert redis.lrange(ROOMS, 0, -1) == [b"later"]
    redis.delete(waits_key("later"))


def test_a_room_that_nobody_asks_for_stays_where_it_is(redis: Redis) -> None:
    waits(redis, CALL_TO_BE)
    with standby.waiting_room(asked=False) as call_id:
        assert call_id is None
    assert redis.llen(ROOMS) == 1


def test_a_room_whose_ai_is_dead_is_passed_over(redis: Redis) -> None:
    redis.rpush(ROOMS, "dead")
    waits(redis, CALL_TO_BE)
    with standby.waiting_room(asked=True) as call_id:
        assert call_id == CALL_TO_BE
    with standby.waiting_room(asked=True) as call_id:
        assert call_id is None


def test_where_the_call_is_not_made_the_ai_is_sent_away(redis: Redis) -> None:
    waits(redis, CALL_TO_BE)
    with pytest.raises(KeyError), standby.waiting_room(asked=True):
        raise KeyError
    assert redis.lrange(word_key(CALL_TO_BE), 0, -1) == [b""]
    assert 0 < redis.ttl(word_key(CALL_TO_BE)) <= STANDS_SECONDS


def test_nobody_is_sent_away_who_is_not_there(redis: Redis) -> None:
    standby.send_away(CALL_TO_BE)
    assert not redis.exists(word_key(CALL_TO_BE))


def test_without_redis_there_is_no_room() -> None:
    with override_settings(REDIS_URL=f"redis://127.0.0.1:{find_free_port()}/0"):
        with standby.waiting_room(asked=True) as call_id:
            assert call_id is None
        standby.send_away(CALL_TO_BE)
        assert not standby.waits(CALL_TO_BE)


@pytest.mark.django_db
@pytest.mark.usefixtures("support", "celery_calls")
def test_the_ai_in_the_room_is_told_of_its_call_and_livekit_is_asked_nothing(
    redis: Redis, telephony: FakeTelephony
) -> None:
    call = make_call(id=CALL_TO_BE, state="created", ai_state="dispatched", ai_epoch=1)
    worker = Worker(redis, list_of_calls=word_key(CALL_TO_BE), known_by=waits_key(CALL_TO_BE))
    tasks.dispatch_ai(call.pk, 1)
    worker.join(10)
    assert worker.taken == Wanted(call.pk, 1, call.room_name)
    assert telephony.asked == []


@pytest.mark.django_db
@pytest.mark.usefixtures("support", "celery_calls")
def test_an_ai_in_the_room_that_does_not_answer_is_put_out_and_another_one_sent(
    redis: Redis, telephony: FakeTelephony
) -> None:
    call = make_call(id=CALL_TO_BE, state="created", ai_state="dispatched", ai_epoch=1)
    waits(redis, CALL_TO_BE)
    tasks.dispatch_ai(call.pk, 1)
    assert [name for name, *_ in telephony.asked] == ["create_room", "remove", "dispatch"]
    assert telephony.asked_for("remove") == [(call.room_name, call.ai_identity)]
    assert redis.llen(word_key(CALL_TO_BE)) == 0


@pytest.fixture
def voice_worker(db: None) -> None:
    heartbeat("voicebot", "here")


@pytest.fixture
def start_call(support: object, celery_calls: object, redis: Redis, client: Any) -> Callable[..., dict[str, Any]]:
    def ask(**body: Any) -> dict[str, Any]:
        waits(redis, CALL_TO_BE)
        answer = client.post("/api/room/token", body, content_type="application/json")
        assert answer.status_code == 200
        return dict(answer.json())

    return ask


@pytest.mark.django_db
def test_a_call_is_made_in_the_room_where_an_ai_waits(
    redis: Redis, start_call: Callable[..., dict[str, Any]], voice_worker: object
) -> None:
    made = start_call(user_name="Carol")
    assert (made["call_id"], made["room_name"]) == (CALL_TO_BE, own_room(CALL_TO_BE))
    assert made["identity"] == f"customer_{CALL_TO_BE}"
    assert redis.llen(ROOMS) == redis.llen(word_key(CALL_TO_BE)) == 0


@pytest.mark.django_db
def test_a_call_whose_client_names_its_room_takes_nobody_elses(
    redis: Redis, start_call: Callable[..., dict[str, Any]], voice_worker: object
) -> None:
    made = start_call(room_name="my-room")
    assert (made["room_name"], redis.llen(ROOMS)) == ("my-room", 1)
    assert made["call_id"] != CALL_TO_BE


@pytest.mark.django_db
def test_a_room_that_is_on_the_list_though_it_has_its_call_is_nobody_elses(
    redis: Redis, start_call: Callable[..., dict[str, Any]], voice_worker: object
) -> None:
    first = start_call()
    assert start_call()["call_id"] != first["call_id"] == CALL_TO_BE
    assert redis.lrange(word_key(CALL_TO_BE), 0, -1) == [b""]


@pytest.mark.django_db
def test_a_call_that_goes_to_people_leaves_no_ai_in_its_room(
    redis: Redis, start_call: Callable[..., dict[str, Any]], voice_worker: object, settings: Any
) -> None:
    settings.MAX_AI_CALLS = 0
    assert start_call()["call_id"] == CALL_TO_BE
    assert redis.lrange(word_key(CALL_TO_BE), 0, -1) == [b""]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/callcenter/call-with-audio", "/callcenter/call-with-audio?mode=queue", "/api/departments"]
)
@pytest.mark.usefixtures("support")
def test_whoever_opens_a_call_page_is_expected_to_call(redis: Redis, client: Any, path: str) -> None:
    assert client.get(path).status_code == 200
    assert 0 < redis.ttl(EXPECTED) <= EXPECTED_SECONDS


@pytest.mark.django_db
def test_whoever_calls_is_not_the_last_one(
    redis: Redis, start_call: Callable[..., dict[str, Any]], voice_worker: object
) -> None:
    start_call()
    assert redis.exists(EXPECTED)


@pytest.mark.django_db
@pytest.mark.usefixtures("support")
def test_a_call_page_is_shown_though_nobody_can_be_told(client: Any) -> None:
    with override_settings(REDIS_URL=f"redis://127.0.0.1:{find_free_port()}/0"):
        assert client.get("/callcenter/call-with-audio").status_code == 200
