"""The OpenAI providers' real plugins in a real call, against a local server that speaks the protocol."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import pytest

from calls.models import Call
from calls.states import AIState, CallState
from tests.cast import make_call, make_department
from tests.openai_server.control import Failure
from tests.openai_server.server import OpenAIServer
from tests.voicebot.caller import Caller, now
from tests.voicebot.conversations import WELCOME, conversation, fresh, lines, state_becomes
from tests.voicebot.stack import VoiceStack, voice_stack

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def service() -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        yield running


@pytest.fixture(scope="module")
def stack(
    django_db_setup, django_db_blocker, service: OpenAIServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[VoiceStack]:
    with ExitStack() as opened:
        opened.enter_context(django_db_blocker.unblock())
        yield opened.enter_context(
            voice_stack(
                tmp_path_factory.mktemp("voice"),
                VOICE_PROVIDER="openai",
                TTS_PROVIDER="openai",
                OPENAI_API_KEY=service.api_key,
                OPENAI_BASE_URL=service.base_url,
            )
        )


@pytest.fixture
def call(transactional_db: None, celery_calls: object) -> Call:
    make_department("support", is_default=True)
    make_department("sales")
    make_department("billing")
    return make_call(state=CallState.CREATED, ai_state=AIState.DISPATCHED, ai_epoch=1)


async def test_speech_goes_through_whisper_and_asking_for_a_person_needs_no_model(
    stack: VoiceStack, call: Call
) -> None:
    async with conversation(stack, call) as caller:
        await caller.open_microphone()
        await caller.until(lambda: caller.said(WELCOME), 40)
        await asyncio.sleep(0.5)
        await caller.speak("i want to talk to a human")
        await caller.until(lambda: caller.said("first in line"), 20)
    assert (await fresh(call)).state == CallState.WAITING
    assert "human" in " ".join(text for speaker, text in await lines(call) if speaker == "customer")


async def test_a_typed_wish_is_answered_by_the_model_and_its_streamed_tool_call(stack: VoiceStack, call: Call) -> None:
    async with conversation(stack, call) as caller:
        await caller.until(lambda: caller.said("Hello"), 40)
        await caller.type("goodbye")
        await caller.until(lambda: caller.said("Goodbye!"), 20)
        await state_becomes(call, state=CallState.ENDED)


async def test_the_model_is_told_of_the_callers_language_and_of_the_wait(
    stack: VoiceStack, call: Call, service: OpenAIServer
) -> None:
    async with conversation(stack, call) as caller:
        await caller.until(caller.first_sound, 40)
        await caller.type("أريد التحدث مع موظف")
        await state_becomes(call, state=CallState.WAITING, language="ar")
        service.control.answer("من التاسعة إلى الخامسة كل يوم.")
        await caller.type("ما هي ساعات العمل؟")
        await caller.until(lambda: caller.said("من التاسعة"), 20)
        # The briefing is asked for beside the conversation.
        asked = [one for one in service.control.asked("chat") if "brief" not in _tools_of(one)][-1]
    assert "Speak English" not in str(asked["messages"])
    assert "leave_queue" in _tools_of(asked)


def _tools_of(request: dict[str, Any]) -> set[str]:
    return {tool["function"]["name"] for tool in request.get("tools", ())}


# The others are played without LiveKit, in test_faults.py.
FAILURES = [Failure.HANG, Failure.CUT]
PATIENCE = 30  # how long a busy machine may take for what is promised within ten seconds
ANSWER = "We are open from nine to five, on every day but Friday."


@asynccontextmanager
async def failing(service: OpenAIServer, failure: Failure, endpoint: str) -> AsyncIterator[None]:
    service.control.fail(failure, endpoint)
    try:
        yield
    finally:
        service.control.recover()


@asynccontextmanager
async def typed_during(
    stack: VoiceStack, call: Call, service: OpenAIServer, failure: Failure, endpoint: str
) -> AsyncIterator[tuple[Caller, float]]:
    """A question typed over the welcome, with the time after which nothing of the welcome is to be heard."""
    async with conversation(stack, call) as caller:
        await caller.until(caller.first_sound, 40)
        async with failing(service, failure, endpoint):
            await caller.type("what are your opening hours")
            await asyncio.sleep(1.0)
            yield caller, now()


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_recogniser_that_fails_is_owned_up_to_and_leads_to_a_person(
    stack: VoiceStack, call: Call, service: OpenAIServer, failure: Failure
) -> None:
    async with conversation(stack, call) as caller:
        await caller.open_microphone()
        await caller.until(caller.first_sound, 40)
        async with failing(service, failure, "transcriptions"):
            await caller.speak("what are your opening hours")
            await state_becomes(call, state=CallState.WAITING)
            await caller.until(lambda: caller.first_sound(after=now() - 1), PATIENCE)
            await caller.until(lambda: caller.said("technical problem"))


async def test_a_model_that_hangs_is_replaced_by_the_rules(
    stack: VoiceStack, call: Call, service: OpenAIServer
) -> None:
    async with typed_during(stack, call, service, Failure.HANG, "chat") as (caller, since):
        await caller.until(lambda: caller.first_sound(after=since), PATIENCE)
        await caller.until(lambda: caller.said("connect you with a person"), PATIENCE)
    assert (await fresh(call)).state == CallState.AI


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_voice_that_fails_is_replaced_by_the_built_in_one(
    stack: VoiceStack, call: Call, service: OpenAIServer, failure: Failure
) -> None:
    service.control.answer(ANSWER)
    async with typed_during(stack, call, service, failure, "speech") as (caller, since):
        await caller.until(lambda: caller.said("but Friday"), PATIENCE)
        # The caption may be there before its sound: a second and more of it is heard in the end.
        await caller.until(lambda: caller.loud_seconds(since) > 1.2, PATIENCE)
    assert (await fresh(call)).state == CallState.AI
