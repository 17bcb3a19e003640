"""A call with the real worker on a real LiveKit server, spoken and typed by a caller without a browser."""

import asyncio
from collections.abc import Iterator

import pytest
from asgiref.sync import sync_to_async

from calls.models import Call, TranscriptSegment
from calls.states import AIState, CallState
from tests.cast import make_call, make_department
from tests.voicebot.caller import Caller, dispatch, now
from tests.voicebot.stack import VoiceStack, voice_stack

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def stack(django_db_setup, django_db_blocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VoiceStack]:
    with django_db_blocker.unblock(), voice_stack(tmp_path_factory.mktemp("voice")) as running:
        yield running


@pytest.fixture
def call(transactional_db: None) -> Call:
    make_department("support", is_default=True)
    make_department("billing")
    return make_call(state=CallState.CREATED, ai_state=AIState.DISPATCHED, ai_epoch=1)


def caller_of(stack: VoiceStack, call: Call) -> Caller:
    return Caller(stack.url, stack.keys, call.room_name, call.caller_identity)


@sync_to_async
def lines(call: Call) -> list[tuple[str, str]]:
    return list(TranscriptSegment.objects.filter(call=call).order_by("pk").values_list("speaker", "text"))


@sync_to_async
def fresh(call: Call) -> Call:
    return Call.objects.get(pk=call.pk)


async def test_the_caller_is_welcomed_understood_and_put_into_the_line(stack: VoiceStack, call: Call) -> None:
    started = now()
    await dispatch(stack.url, stack.keys, call.room_name, call.pk, 1)
    async with caller_of(stack, call) as caller:
        await caller.open_microphone()
        first = await caller.until(caller.first_sound)
        print("first sound", first - started)
        await caller.until(lambda: caller.said("How can I help you"), 20)
        ended = await caller.speak("i want to talk to a human")
        reply = await caller.until(lambda: caller.first_sound(after=ended))
        print("reply after", reply - ended)
        await caller.until(lambda: caller.said("Would you like me to connect you"), 10)
        await asyncio.sleep(1)
        await caller.speak("yes please")
        await caller.until(lambda: caller.said("transferring you"), 15)
        print(await lines(call))
    assert (await fresh(call)).state == CallState.WAITING
