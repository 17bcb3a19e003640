"""Each fault of each provider, played to the objects of a call: within ten seconds the caller hears the right thing."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from django.conf import settings
from django.test import override_settings
from livekit.agents.llm import ChatContext

from tests.openai_server.control import Failure
from tests.openai_server.server import OpenAIServer
from tests.voicebot.in_memory import MemoryCall, call_in_memory
from tests.voicebot.receptionist.fakes import FakeGateway
from tools.stack import find_free_port
from voicebot.patience import Patience
from voicebot.providers.config import VoiceConfig, config_from
from voicebot.providers.mind import FailsafeLLM

# As in earnest, a model and a voice may both have to be given up before the caller is rescued.
QUICK = Patience(hold_on=0.5, rescue=4.0, listening=0.8, thinking=0.8, speaking=0.8)
QUESTION = "what are your opening hours"
ANSWER = "We are open from nine to five"
REFUSED = "refused"
FAULTS = [REFUSED, *Failure]


@pytest.fixture(scope="module")
def service() -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        running.control.pace = 0.1
        yield running


@pytest.fixture(autouse=True)
def _works(service: OpenAIServer) -> Iterator[None]:
    service.control.tried.clear()
    yield
    service.control.recover()


def configured(service: OpenAIServer, **changes: str) -> VoiceConfig:
    told = {"VOICE_PROVIDER": "openai", "TTS_PROVIDER": "openai", "OPENAI_API_KEY": service.api_key}
    with override_settings(**told | {"OPENAI_BASE_URL": service.base_url} | changes):
        return replace(config_from(settings), patience=QUICK)


@asynccontextmanager
async def broken(service: OpenAIServer, faults: dict[str, str]) -> AsyncIterator[tuple[MemoryCall, FakeGateway]]:
    """A call whose parts (STT, LLM, TTS) have these faults."""
    nowhere = {
        f"{part}_BASE_URL": f"http://127.0.0.1:{find_free_port()}/v1" for part in faults if faults[part] == REFUSED
    }
    endpoints = {"STT": "transcriptions", "LLM": "chat", "TTS": "speech"}
    for part, fault in faults.items():
        if fault != REFUSED:
            service.control.fail(Failure(fault), endpoints[part])
    gateway = FakeGateway()
    async with call_in_memory(configured(service, **nowhere), gateway) as call:
        yield call, gateway


@pytest.mark.parametrize("fault", FAULTS)
async def test_deaf_ears_are_owned_up_to_and_a_person_is_asked(service: OpenAIServer, fault: str) -> None:
    async with broken(service, {"STT": fault}) as (call, gateway):
        call.microphone.speak(QUESTION)
        await call.until(lambda: call.speaker.seconds > 1)
        assert "technical problem" in call.built_in[0]
        assert gateway.call.waiting
        assert gateway.escalations[0]["reason"] == "technical problem"


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_model_that_does_not_answer_is_replaced_by_the_rules(service: OpenAIServer, fault: str) -> None:
    async with broken(service, {"LLM": fault}) as (call, gateway):
        call.type(QUESTION)
        await call.until(lambda: call.speaker.seconds > 1 and ANSWER in call.said())
        assert not gateway.escalations


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_voice_that_fails_is_replaced_by_the_built_in_one(service: OpenAIServer, fault: str) -> None:
    service.control.answer(f"{ANSWER}.")
    async with broken(service, {"TTS": fault}) as (call, gateway):
        call.type(QUESTION)
        await call.until(lambda: call.speaker.seconds > 1 and ANSWER in call.said())
        assert call.speaker.loudest < 0.4
        assert not gateway.escalations


async def test_a_model_and_a_voice_down_at_once_are_answered_for_by_the_built_in_ones(service: OpenAIServer) -> None:
    async with broken(service, {"LLM": Failure.HANG, "TTS": Failure.HANG}) as (call, gateway):
        call.type(QUESTION)
        await call.until(lambda: call.speaker.seconds > 1 and ANSWER in call.said())
        assert call.asides == ["One moment, please."]
        assert not gateway.escalations


async def test_with_every_provider_down_from_the_start_whoever_speaks_is_told_and_put_in_line(
    service: OpenAIServer,
) -> None:
    async with broken(service, dict.fromkeys(("STT", "LLM", "TTS"), REFUSED)) as (call, gateway):
        call.microphone.speak(QUESTION)
        await call.until(lambda: call.built_in and gateway.call.waiting)
        assert "technical problem" in call.built_in[0]


async def test_with_every_provider_down_the_welcome_is_heard_and_whoever_types_is_answered(
    service: OpenAIServer,
) -> None:
    async with broken(service, dict.fromkeys(("STT", "LLM", "TTS"), REFUSED)) as (call, _):
        call.say("Welcome.")
        await call.until(lambda: call.speaker.seconds > 0.3)
        call.type(QUESTION)
        await call.until(lambda: call.speaker.seconds > 1 and ANSWER in call.said())


@pytest.mark.parametrize(("fault", "times"), [(Failure.UNAUTHORIZED, 1), (Failure.BROKEN, 2)])
async def test_a_model_that_failed_is_not_asked_again_at_the_next_turn(
    service: OpenAIServer, fault: Failure, times: int
) -> None:
    async with broken(service, {"LLM": fault}) as (call, _):
        for _turn in range(2):
            call.type(QUESTION)
            await call.until(lambda: ANSWER in call.said())
            await call.session.current_agent.update_chat_ctx(ChatContext.empty())
    assert service.control.tried.count("chat") == times


async def test_a_model_that_is_well_again_is_asked_after_its_rest(service: OpenAIServer) -> None:
    async with broken(service, {"LLM": Failure.BROKEN}) as (call, _):
        call.type(QUESTION)
        await call.until(lambda: ANSWER in call.said())
        service.control.recover()
        service.control.answer("I am back.")
        assert isinstance(call.voices.llm, FailsafeLLM)
        call.voices.llm.chain[0].rest.end()
        call.type(QUESTION)
        await call.until(lambda: "I am back." in call.said())
