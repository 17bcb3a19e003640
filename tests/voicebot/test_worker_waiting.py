"""AIs of the real worker that wait in rooms of their own, on a real LiveKit server."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import psutil
import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from livekit import api
from redis import Redis

from calls import standby
from calls.models import Call, Participant
from calls.standby import ROOMS, Wanted, own_room, waits_key
from calls.states import AIState, CallState
from tests.cast import make_call, make_department
from tests.voicebot.caller import Caller
from tests.voicebot.stack import VoiceStack, voice_stack

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def stack(django_db_setup, django_db_blocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VoiceStack]:
    with (
        django_db_blocker.unblock(),
        voice_stack(tmp_path_factory.mktemp("voice"), REDIS_URL=settings.REDIS_URL, READY_AI_ROOMS="2") as running,
    ):
        yield running


@pytest.fixture
def redis() -> Iterator[Redis]:
    with Redis.from_url(settings.REDIS_URL, decode_responses=True) as client:
        yield client


@pytest.fixture
def departments(transactional_db: None, celery_calls: object) -> None:
    make_department("support", is_default=True)


async def until(true: Callable[[], object], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what is looked at tells nobody when it changes
            await asyncio.sleep(0.1)


def listed(redis: Redis) -> list[str]:
    """The calls to be whose AI is alive."""
    found = [str(one) for one in redis.lrange(ROOMS, 0, -1)]
    return [one for one in found if redis.exists(waits_key(one))]


async def rooms(redis: Redis, *, beside: set[str] | None = None) -> list[str]:
    """The calls to be, as soon as there are the two that the worker keeps, none of them one of `beside`."""
    standby.expect_callers()
    await until(lambda: len(listed(redis)) == 2 and not (beside or set()) & set(listed(redis)))
    return listed(redis)


async def eventually(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await true():  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.1)


@sync_to_async
def call_in(call_id: str) -> Call:
    return make_call(
        id=call_id,
        room_name=own_room(call_id),
        state=CallState.CREATED,
        ai_state=AIState.DISPATCHED,
        ai_epoch=1,
    )


async def present(stack: VoiceStack, room: str) -> list[str]:
    async with api.LiveKitAPI(stack.url, *stack.keys) as livekit:
        listed = await livekit.room.list_participants(api.ListParticipantsRequest(room=room))
    return [one.identity for one in listed.participants]


async def test_a_call_is_answered_by_the_ai_that_waits_in_its_room_and_another_one_waits_after_it(
    stack: VoiceStack, departments: None, redis: Redis
) -> None:
    first, second = await rooms(redis)
    assert await present(stack, own_room(first)) == [f"ai_{first}"]
    with standby.waiting_room(asked=True) as taken:
        assert taken == first
    call = await call_in(first)
    async with Caller(stack.url, stack.keys, call.room_name, call.caller_identity) as caller:
        waiting = caller.room.remote_participants[call.ai_identity].sid
        assert await sync_to_async(standby.offer_to_waiting)(Wanted(first, 1, call.room_name))
        await caller.until(lambda: caller.said("how can I help you"), 30)
        assert caller.first_sound()
        assert caller.room.remote_participants[call.ai_identity].sid == waiting
        stored = Participant.objects.filter(call=call, sid=waiting, role="ai")
        await eventually(stored.aexists)
        assert (await Call.objects.aget(pk=first)).ai_state == AIState.LIVE
        await caller.type("goodbye")
        await caller.until(lambda: call.ai_identity not in caller.room.remote_participants, 30)
    assert second in await rooms(redis, beside={first})


@pytest.mark.nightly
async def test_an_ai_that_is_not_needed_leaves_its_room_and_another_one_waits(
    stack: VoiceStack, departments: None, redis: Redis
) -> None:
    first, _ = await rooms(redis)
    with standby.waiting_room(asked=True) as taken:
        assert taken == first
    await sync_to_async(standby.send_away)(first)
    assert first not in await rooms(redis, beside={first})
    assert await present(stack, own_room(first)) == []


async def test_a_room_whose_ai_has_died_is_given_to_nobody(stack: VoiceStack, departments: None, redis: Redis) -> None:
    before = set(await rooms(redis))
    for process in psutil.Process(stack.worker.process.pid).children(recursive=True):
        if any(
            link.raddr and link.raddr.port == int(stack.url.rsplit(":", 1)[1]) for link in process.net_connections()
        ):
            process.kill()
    await until(lambda: not any(redis.exists(waits_key(one)) for one in before))
    with standby.waiting_room(asked=True) as taken:
        assert taken not in before
    assert not before & set(await rooms(redis, beside=before))


async def test_a_worker_that_stops_leaves_nobody_waiting(stack: VoiceStack, departments: None, redis: Redis) -> None:
    waiting = await rooms(redis)
    # The last test of this file: the worker is gone after it.
    await sync_to_async(stack.worker.stop)()
    assert redis.lrange(ROOMS, 0, -1) == []
    assert [await present(stack, own_room(one)) for one in waiting] == [[], []]
