"""A call that leads nowhere: hold music, another bot, ears that hear no words, a talk without end."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from calls.states import AILeft, CallState
from tests.openai_server.server import OpenAIServer
from tests.voicebot.in_memory import MemoryCall, call_in_memory
from tests.voicebot.receptionist.fakes import FakeGateway
from voicebot.patience import Limits, Patience
from voicebot.providers.config import VoiceConfig, config_from

MUSIC = "Thank you for holding, please stay on the line."


@pytest.fixture(scope="module")
def running() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


@pytest.fixture
def service(running: OpenAIServer) -> OpenAIServer:
    running.control.forget()
    return running


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway()


def configured(service: OpenAIServer, **limits: Any) -> VoiceConfig:
    told = {"VOICE_PROVIDER": "openai", "TTS_PROVIDER": "offline", "OPENAI_API_KEY": service.api_key}
    with override_settings(**told | {"OPENAI_BASE_URL": service.base_url}):
        config = config_from(settings)
    kept: dict[str, Any] = {"same": 3, "unheard_seconds": 0.0, **limits}
    return replace(config, patience=Patience(listening=0.5, limits=replace(Limits(), **kept)))


def answered(call: MemoryCall, before: int) -> bool:
    return len(call.answers()) > before


async def typed(call: MemoryCall, *texts: str) -> None:
    """One after the other, each when the one before is answered."""
    for text in texts:
        before = len(call.answers())
        call.type(text)
        await call.until(partial(answered, call, before))


async def test_the_same_answer_again_and_again_brings_a_person_and_the_second_time_goodbye(
    service: OpenAIServer, gateway: FakeGateway
) -> None:
    service.control.answer(*["Pardon?"] * 6)
    async with call_in_memory(configured(service), gateway) as call:
        await typed(call, "fish", "bread", "soup")
        await call.until(lambda: "not getting any further" in call.said())
        assert gateway.call.waiting
        # Nobody came.
        gateway.call = replace(gateway.call, state=CallState.AI, queue_position=None)
        await call.refresh()
        await typed(call, "cake", "salt", "milk")
        await call.until(lambda: call.left.done())
    assert (gateway.ended, len(gateway.escalations), call.left.result()) == (1, 1, AILeft.ENDED)


async def test_an_announcement_that_comes_round_is_no_caller(service: OpenAIServer, gateway: FakeGateway) -> None:
    service.control.answer("I see.", "All right.", "I am here.")
    async with call_in_memory(configured(service), gateway) as call:
        await typed(call, MUSIC, MUSIC, MUSIC)
        await call.until(lambda: gateway.call.waiting)
    assert gateway.escalations[0]["reason"] == "no progress"


async def test_whoever_says_yes_often_is_a_caller(service: OpenAIServer, gateway: FakeGateway) -> None:
    service.control.answer("One?", "Two?", "Three?", "Four?")
    async with call_in_memory(configured(service), gateway) as call:
        await typed(call, *["yes please"] * 4)
    assert not gateway.escalations


async def test_without_a_person_a_call_that_leads_nowhere_ends(service: OpenAIServer, gateway: FakeGateway) -> None:
    gateway.closed = frozenset({"support"})
    service.control.answer("I see.", "All right.", "I am here.")
    async with call_in_memory(configured(service), gateway) as call:
        await typed(call, MUSIC, MUSIC, MUSIC)
        await call.until(lambda: call.left.done())
        assert "Goodbye!" in call.said()
    assert gateway.ended == 1


async def test_too_many_turns_bring_a_person(service: OpenAIServer, gateway: FakeGateway) -> None:
    service.control.answer("One.", "Two.", "Three.")
    async with call_in_memory(configured(service, turns=2), gateway) as call:
        await typed(call, "fish", "bread", "soup")
        await call.until(lambda: gateway.call.waiting)
    assert gateway.escalations[0]["reason"] == "too many turns"


async def test_a_call_that_lasts_too_long_goes_to_a_person(service: OpenAIServer, gateway: FakeGateway) -> None:
    async with call_in_memory(configured(service, minutes=0.001), gateway) as call:
        await call.until(lambda: "quite a while" in call.said())
    assert gateway.escalations[0]["reason"] == "the call has lasted too long"


async def test_speech_that_gives_no_words_is_owned_up_to_and_then_brings_a_person(
    service: OpenAIServer, gateway: FakeGateway
) -> None:
    service.control.hear(*[""] * 4)
    async with call_in_memory(configured(service, unheard=1), gateway) as call:
        call.microphone.speak("what are your opening hours")
        await call.until(lambda: call.speaker.seconds > 1)
        assert not gateway.escalations
        await call.until(lambda: call.session.agent_state == "listening")
        call.microphone.speak("what are your opening hours")
        await call.until(lambda: gateway.call.waiting)
    assert gateway.escalations[0]["reason"] == "the caller is not heard"
