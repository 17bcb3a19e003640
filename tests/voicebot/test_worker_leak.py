"""A call whose process leaks: killed at the limit, unlike the calls beside it, and another AI goes on with it."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from calls.models import Call
from calls.states import AIState, CallState
from tests.cast import make_call
from tests.voicebot.caller import dispatch, now
from tests.voicebot.conversations import WELCOME, change, conversation, fresh
from tests.voicebot.leaking_worker import LEAK
from tests.voicebot.stack import VoiceStack, voice_stack

pytestmark = [
    pytest.mark.journey,
    pytest.mark.nightly,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(180),
]
LIMIT = 300


@pytest.fixture(scope="module")
def stack(django_db_setup, django_db_blocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VoiceStack]:
    folder = tmp_path_factory.mktemp("voice")
    with (
        django_db_blocker.unblock(),
        voice_stack(
            folder,
            module="tests.voicebot.leaking_worker",
            AI_CALL_MEMORY_MB=str(LIMIT),
            REDIS_URL=settings.REDIS_URL,
        ) as running,
    ):
        yield running


@pytest.fixture
def neighbour(call: Call) -> Call:
    return make_call(state=CallState.CREATED, ai_state=AIState.DISPATCHED, ai_epoch=1)


async def test_a_leak_costs_its_own_call_a_moment_and_the_others_nothing(
    stack: VoiceStack, call: Call, neighbour: Call
) -> None:
    async with conversation(stack, call) as caller, conversation(stack, neighbour) as beside:
        for each in (caller, beside):
            await each.until(lambda each=each: each.said(WELCOME), 40)  # type: ignore[misc]
        await caller.type("my name is carol smith")
        await caller.until(lambda: caller.said("Carol Smith"), 20)

        await caller.room.local_participant.publish_data(b"", topic=LEAK)
        await caller.until(lambda: f"ai_{call.pk}" in caller.gone, 40)
        assert any("exceeded memory limit" in line for line in stack.log.read_text().splitlines())
        assert f"ai_{neighbour.pk}" not in beside.gone

        killed = now()
        await change(call, ai_epoch=2, ai_state=AIState.DISPATCHED)
        await dispatch(stack.url, stack.keys, call.room_name, call.pk, 2)
        await beside.type("what are your opening hours")
        await beside.until(lambda: beside.said("nine to five"), 20)
        await caller.until(lambda: caller.when_said("still the AI assistant", after=killed), 20)
    assert (await fresh(call)).state == CallState.AI
