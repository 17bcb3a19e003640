"""Calls with Gemini's live model: the real plugin and client against a local server that speaks their protocol."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from django.conf import settings
from django.test import override_settings
from livekit.agents import UserStateChangedEvent

from calls.states import Speaker
from tests.openai_server.control import Failure
from tests.openai_server.server import OpenAIServer
from tests.provider_servers.gemini import GeminiServer
from tests.voicebot.in_memory import MemoryCall, call_in_memory
from tests.voicebot.receptionist.fakes import FakeGateway
from voicebot.patience import Patience
from voicebot.providers.config import config_from
from voicebot.receptionist.chat import Decision, ToolCall

QUICK = Patience(hold_on=0.5, rescue=2.0, listening=2.0, thinking=2.0, speaking=0.8)
QUESTION = "what are your opening hours"
ANSWER = "We are open from nine to five"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GeminiServer]:
    with GeminiServer(tmp_path_factory.mktemp("gemini")) as running:
        yield running


@pytest.fixture(autouse=True)
def _works(service: GeminiServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    service.control.requests.clear()
    monkeypatch.setenv("SSL_CERT_FILE", str(service.certificate))
    yield
    service.control.recover()
    service.control._decisions.clear()
    service.control._transcripts.clear()


@asynccontextmanager
async def calling(service: GeminiServer, **changes: str) -> AsyncIterator[tuple[MemoryCall, FakeGateway]]:
    told = {"VOICE_PROVIDER": "gemini-realtime", "TTS_PROVIDER": "offline", "GOOGLE_API_KEY": service.api_key}
    with override_settings(**told | {"GOOGLE_BASE_URL": service.address} | changes):
        config = replace(config_from(settings), patience=QUICK)
    gateway = FakeGateway()
    async with call_in_memory(config, gateway) as call:
        yield call, gateway


def lines(gateway: FakeGateway) -> list[tuple[Speaker, str]]:
    return [(line.speaker, line.text.strip()) for line in gateway.lines]


async def test_a_spoken_turn_is_answered_aloud_and_both_lines_are_stored(service: GeminiServer) -> None:
    service.control.hear(QUESTION)
    service.control.answer(f"{ANSWER}.")
    async with calling(service) as (call, gateway):
        call.microphone.speak(QUESTION)
        await call.until(lambda: call.speaker.seconds > 1 and len(gateway.lines) >= 2)
    assert set(lines(gateway)) == {(Speaker.CUSTOMER, QUESTION), (Speaker.AI, f"{ANSWER}.")}
    (setup, *_) = service.control.asked("setup")
    assert "receptionist" in setup["systemInstruction"]["parts"][0]["text"]


async def test_asking_for_a_person_needs_no_tool_of_the_model(service: GeminiServer) -> None:
    service.control.hear("i want to talk to a human")
    service.control.answer("Let me see what I can do.")
    async with calling(service) as (call, gateway):
        call.microphone.speak("i want to talk to a human")
        await call.until(lambda: gateway.call.waiting and "in line" in call.said())


async def test_a_recogniser_beside_it_makes_the_record(service: GeminiServer) -> None:
    service.control.hear("misheard by the model")
    service.control.answer(f"{ANSWER}.")
    with OpenAIServer() as ears:
        ears.control.hear(QUESTION)
        separate = {"STT_BASE_URL": ears.base_url, "STT_API_KEY": ears.api_key}
        async with calling(service, **separate) as (call, gateway):
            call.microphone.speak(QUESTION)
            await call.until(lambda: ANSWER in call.said() and len(gateway.lines) >= 2)
    assert (Speaker.CUSTOMER, QUESTION) in lines(gateway)
    assert "misheard by the model" not in str(gateway.lines)


async def test_a_tool_it_calls_is_ours_and_it_adds_nothing_to_the_fixed_sentence(service: GeminiServer) -> None:
    service.control.answer(Decision("", (ToolCall("escalate_to_human", {"reason": "wrong invoice"}),)))
    async with calling(service) as (call, gateway):
        call.type("my invoice is wrong")
        await call.until(lambda: gateway.call.waiting and "in line" in call.said())
        await call.until(lambda: service.control.asked("tool"))
    assert gateway.escalations[0]["reason"] == "wrong invoice"
    assert len(service.control.asked("turn")) == 1


async def test_a_reply_that_does_not_come_leads_to_a_person(service: GeminiServer) -> None:
    service.control.fail(Failure.HANG, "turn")
    async with calling(service) as (call, gateway):
        # In real time, unlike the microphone here: the length of what was said counts.
        call.session.emit("user_state_changed", UserStateChangedEvent(old_state="listening", new_state="speaking"))
        await asyncio.sleep(1.1)
        call.session.emit("user_state_changed", UserStateChangedEvent(old_state="speaking", new_state="listening"))
        await call.until(lambda: call.built_in and gateway.call.waiting)
    assert "technical problem" in call.built_in[0]


async def test_a_short_word_that_the_recogniser_beside_it_hears_is_owed_a_reply_too(service: GeminiServer) -> None:
    service.control.fail(Failure.HANG, "turn")
    with OpenAIServer() as ears:
        ears.control.hear("hours")
        separate = {"STT_BASE_URL": ears.base_url, "STT_API_KEY": ears.api_key}
        async with calling(service, **separate) as (call, gateway):
            # The sound comes faster than anybody speaks: it is over in less time than a cough.
            call.microphone.speak("hours")
            await call.until(lambda: call.built_in and gateway.call.waiting)
    assert "technical problem" in call.built_in[0]


async def test_a_model_that_cannot_be_reached_does_not_end_the_call(service: GeminiServer) -> None:
    service.control.fail(Failure.UNAUTHORIZED, "gemini")
    async with calling(service) as (call, gateway):
        await call.until(lambda: call.built_in and gateway.call.waiting)
        before = call.speaker.seconds
        call.say("You are first in line.")
        await call.until(lambda: call.speaker.seconds > before + 0.5)
