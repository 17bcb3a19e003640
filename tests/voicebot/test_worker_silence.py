"""A caller who says nothing, on real LiveKit with the real worker; the times are shortened by the product's setting."""

import asyncio
from collections.abc import Iterator

import pytest

from calls.models import Call
from calls.states import AIState, CallState, EndReason
from tests.cast import make_call, make_department
from tests.voicebot.caller import Caller
from tests.voicebot.conversations import conversation, fresh, lines, state_becomes
from tests.voicebot.stack import VoiceStack, voice_stack

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]

ASKED = "Are you still there?"
ASKED_AGAIN = "I cannot hear you."


@pytest.fixture(scope="module")
def stack(django_db_setup, django_db_blocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VoiceStack]:
    folder = tmp_path_factory.mktemp("voice")
    with (
        django_db_blocker.unblock(),
        voice_stack(folder, SILENCE_SECONDS="2,8,15", WORKER_DRAIN_SECONDS="30") as running,
    ):
        yield running


@pytest.fixture
def call(transactional_db: None, celery_calls: object) -> Call:
    make_department("support", is_default=True)
    return make_call(state=CallState.CREATED, ai_state=AIState.DISPATCHED, ai_epoch=1)


async def heard(caller: Caller, words: str, after: float = 0.0) -> float:
    """When a sentence was over that could be heard, not only read."""
    at = await caller.until(lambda: caller.when_said(words, after), 30)
    assert caller.loud_share(at - 1.5, at) > 0.5
    return float(at)


async def cut_the_welcome_short(caller: Caller) -> None:
    await caller.until(caller.first_sound, 30)
    await caller.type("thank you")


async def test_a_quiet_caller_is_asked_twice_and_then_said_goodbye_to(stack: VoiceStack, call: Call) -> None:
    async with conversation(stack, call) as caller:
        await caller.open_microphone()
        await cut_the_welcome_short(caller)
        asked = await heard(caller, ASKED)
        again = await heard(caller, ASKED_AGAIN)
        bye = await heard(caller, "Goodbye!")
        found = await state_becomes(call, state=CallState.ENDED)
    assert asked < again < bye
    assert found.end_reason == EndReason.CONTAINED
    assert "I will end the call now" in (await lines(call))[-1][1]


@pytest.mark.nightly
async def test_who_types_after_a_question_is_asked_anew_and_not_given_up(stack: VoiceStack, call: Call) -> None:
    async with conversation(stack, call) as caller:
        await cut_the_welcome_short(caller)
        asked = await heard(caller, ASKED)
        await caller.type("what can you do")
        await heard(caller, ASKED, after=asked)
        assert not caller.said(ASKED_AGAIN)
    assert (await fresh(call)).state == CallState.AI


async def test_who_waits_for_a_person_is_not_asked(stack: VoiceStack, call: Call) -> None:
    async with conversation(stack, call) as caller:
        await caller.until(caller.first_sound, 30)
        await caller.type("I want to talk to a human")
        at = await heard(caller, "first in line")
        await caller.until(lambda: caller.loud_share(at + 1, at + 6) > 0.5, 10)
        assert not caller.said(ASKED)
    assert (await fresh(call)).state == CallState.WAITING


# The last of this module: the worker is gone after it.
async def test_a_worker_that_is_told_to_stop_finishes_its_call(stack: VoiceStack, call: Call) -> None:
    async with conversation(stack, call) as caller:
        await caller.until(caller.first_sound, 30)
        stack.worker.process.terminate()
        await caller.type("what can you do")
        await heard(caller, "I can answer common questions")
        await caller.type("goodbye")
        await state_becomes(call, state=CallState.ENDED)
    assert await asyncio.to_thread(stack.worker.process.wait, 30) == 0
