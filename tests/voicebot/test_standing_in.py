"""A realtime model that is lost in the middle of a call: the next of its chain goes on with it."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from django.conf import settings
from django.test import override_settings

from calls.states import Speaker
from tests.openai_server.control import Failure
from tests.provider_servers.realtime import RealtimeServer
from tests.voicebot.in_memory import MemoryCall, call_in_memory
from tests.voicebot.receptionist.fakes import FakeGateway
from voicebot.offline.llm import RulesLLM
from voicebot.patience import Patience
from voicebot.providers.chains import first_awake, next_awake
from voicebot.providers.config import VoiceConfig, config_from
from voicebot.providers.resting import BOARD, News
from voicebot.providers.spares import spares_of
from voicebot.receptionist.prompts import phrase
from voicebot.session_agent import Receptionist
from voicebot.turn_taking.ears import TurnSTT

QUICK = Patience(hold_on=0.4, rescue=1.0, listening=2.0, thinking=2.0, speaking=0.8)
QUESTION = "what are your opening hours"
ANSWER = "We are open from nine to five."
GOING_ON = phrase("en", "back_again")


@pytest.fixture(scope="module")
def service() -> Iterator[RealtimeServer]:
    with RealtimeServer() as running:
        yield running


@pytest.fixture(autouse=True)
def _works(service: RealtimeServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(BOARD, "_until", {})
    yield
    service.control.forget()


def configured(service: RealtimeServer, *chain: str) -> VoiceConfig:
    told = {"VOICE_PROVIDER": "openai-realtime", "TTS_PROVIDER": "offline", "OPENAI_API_KEY": service.api_key}
    told |= {"OPENAI_BASE_URL": service.base_url, "GOOGLE_API_KEY": "given"}
    with override_settings(**told, REALTIME_FALLBACK=spares_of("REALTIME", chain)):
        return replace(config_from(settings), patience=QUICK)


@asynccontextmanager
async def calling(config: VoiceConfig) -> AsyncIterator[tuple[MemoryCall, FakeGateway]]:
    gateway = FakeGateway()
    async with call_in_memory(config, gateway) as call:
        yield call, gateway


def _entered(call: MemoryCall) -> bool:
    agent = call.session.current_agent
    return isinstance(agent, Receptionist) and agent.entered.is_set()


async def test_parts_of_their_own_answer_what_the_model_owed(service: RealtimeServer) -> None:
    service.control.fail(Failure.HANG, "response")
    service.control.answer(ANSWER)
    async with calling(configured(service, "openai")) as (call, gateway):
        call.type(QUESTION)
        await call.until(lambda: ANSWER in call.said() and call.speaker.seconds > 1)
        assert call.built_in == [GOING_ON]
        assert not call.voices.realtime
    assert not gateway.escalations
    assert [line.text for line in gateway.lines if line.speaker == Speaker.CUSTOMER] == [QUESTION] * 2
    assert [request["messages"][-1]["content"] for request in service.control.asked("chat")] == [QUESTION]


async def test_from_then_on_the_caller_is_heard_by_the_recogniser(service: RealtimeServer) -> None:
    service.control.fail(Failure.UNAUTHORIZED, "realtime")
    service.control.hear(QUESTION)
    service.control.answer(ANSWER)
    async with calling(configured(service, "openai")) as (call, gateway):
        await call.until(lambda: not call.voices.realtime and _entered(call))
        ears = call.session.current_agent.stt
        assert isinstance(ears, TurnSTT)
        # With another detector of voices beside them the rest of a word would cut the answer.
        assert call.session.current_agent.vad is ears.vad
        call.microphone.speak(QUESTION)
        # The sound comes faster than anybody speaks: what is answered may be cut by the rest of it.
        await call.until(lambda: gateway.lines and service.control.asked("chat"))
        # Nothing had been asked of the model: nobody was to notice.
        assert call.built_in == []
    assert not gateway.escalations
    assert gateway.lines[0].text == QUESTION


async def test_the_built_in_ones_answer_what_the_model_owed(service: RealtimeServer) -> None:
    service.control.fail(Failure.BROKEN, "response")
    async with calling(configured(service, "offline")) as (call, gateway):
        call.type(QUESTION)
        await call.until(lambda: ANSWER in call.said() and call.speaker.seconds > 1)
        assert call.built_in == [GOING_ON]
        assert (call.voices.config.provider, call.voices.realtime) == ("offline", False)
        assert isinstance(call.voices.llm, RulesLLM)
    assert not gateway.escalations
    assert service.control.asked("chat") == []


async def test_the_built_in_ears_hear_the_caller_from_then_on(service: RealtimeServer) -> None:
    service.control.fail(Failure.UNAUTHORIZED, "realtime")
    async with calling(configured(service, "offline")) as (call, gateway):
        await call.until(lambda: not call.voices.realtime and _entered(call))
        call.microphone.speak("i want to talk to a human")
        await call.until(lambda: "connect you with a person?" in call.said())
    assert gateway.lines[0].speaker == Speaker.CUSTOMER
    assert "human" in gateway.lines[0].text
    assert service.control.asked("transcriptions") == []


async def test_another_model_goes_on_and_knows_what_was_said(service: RealtimeServer) -> None:
    service.control.fail(Failure.BROKEN, "response", times=1)
    service.control.answer(ANSWER)
    async with calling(configured(service, "gpt-realtime-mini@openai-realtime")) as (call, gateway):
        call.type(QUESTION)
        await call.until(lambda: ANSWER in call.said() and call.speaker.seconds > 1)
        assert call.voices.config.realtime_model == "gpt-realtime-mini"
        assert call.built_in == [GOING_ON]
    assert not gateway.escalations
    told = [part["text"] for item in service.control.asked("item") for part in item["content"]]
    assert told.count(QUESTION) == 2, "each of the two models is told"


async def test_after_the_last_of_the_chain_a_person_is_brought(service: RealtimeServer) -> None:
    service.control.fail(Failure.BROKEN, "response")
    async with calling(configured(service, "gpt-realtime-mini@openai-realtime")) as (call, gateway):
        call.type(QUESTION)
        await call.until(lambda: gateway.call.waiting and "technical problem" in call.built_in[-1])


def test_who_rests_is_passed_over_by_the_next_call(service: RealtimeServer) -> None:
    config = configured(service, "gemini-realtime", "openai")
    assert first_awake(config) == config
    BOARD.learn(News("realtime", "openai-realtime/gpt-realtime", 60.0))
    second = first_awake(config)
    assert second is not None
    assert (second.provider, second.realtime_voice, len(second.stand_ins)) == ("gemini-realtime", "Puck", 1)
    BOARD.learn(News("realtime", f"gemini-realtime/{second.realtime_model}", 60.0))
    third = next_awake(config)
    assert third is not None
    assert (third.provider, third.stand_ins) == ("openai", ())
    BOARD.learn(News("realtime", "openai-realtime/gpt-realtime", 0.0))
    assert BOARD.until("realtime", "openai-realtime/gpt-realtime") <= time.monotonic()
    assert first_awake(config) == config


def test_where_all_rest_there_is_nobody(service: RealtimeServer) -> None:
    config = configured(service)
    BOARD.learn(News("realtime", "openai-realtime/gpt-realtime", 60.0))
    assert first_awake(config) is None
    assert next_awake(config) is None
