"""Calls with OpenAI's realtime model: the real plugin against a local server that speaks its protocol."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

from calls.states import Speaker
from tests.openai_server.control import Failure
from tests.provider_servers.realtime import RealtimeServer
from tests.voicebot.in_memory import MemoryCall, call_in_memory
from tests.voicebot.receptionist.fakes import FakeGateway
from voicebot.patience import Patience
from voicebot.providers.config import VoiceConfig, config_from
from voicebot.receptionist.chat import Decision, ToolCall

QUICK = Patience(hold_on=0.5, rescue=2.0, listening=2.0, thinking=2.0, speaking=0.8)
QUESTION = "what are your opening hours"
ANSWER = "We are open from nine to five"


@pytest.fixture(scope="module")
def service() -> Iterator[RealtimeServer]:
    with RealtimeServer() as running:
        yield running


@pytest.fixture(autouse=True)
def _works(service: RealtimeServer) -> Iterator[None]:
    service.control.requests.clear()
    yield
    service.control.recover()
    service.control._decisions.clear()
    service.control._transcripts.clear()


def told(service: RealtimeServer, **changes: str) -> dict[str, str]:
    return {
        "VOICE_PROVIDER": "openai-realtime",
        "TTS_PROVIDER": "offline",
        "OPENAI_API_KEY": service.api_key,
        "OPENAI_BASE_URL": service.base_url,
        **changes,
    }


def configured(service: RealtimeServer, **changes: str) -> VoiceConfig:
    with override_settings(**told(service, **changes)):
        return replace(config_from(settings), patience=QUICK)


@asynccontextmanager
async def calling(service: RealtimeServer, **changes: str) -> AsyncIterator[tuple[MemoryCall, FakeGateway]]:
    gateway = FakeGateway()
    async with call_in_memory(configured(service, **changes), gateway) as call:
        yield call, gateway


def lines(gateway: FakeGateway) -> list[tuple[Speaker, str]]:
    return [(line.speaker, line.text.strip()) for line in gateway.lines]


async def test_a_spoken_turn_is_answered_aloud_and_both_lines_are_stored_in_order(service: RealtimeServer) -> None:
    service.control.hear(QUESTION, QUESTION)
    service.control.answer(f"{ANSWER}.")
    async with calling(service) as (call, gateway):
        call.microphone.speak(QUESTION)
        await call.until(lambda: call.speaker.seconds > 1 and len(gateway.lines) >= 2)
    assert lines(gateway) == [(Speaker.CUSTOMER, QUESTION), (Speaker.AI, f"{ANSWER}.")]
    assert not gateway.escalations


async def test_the_model_has_our_prompt_and_tools_and_no_turn_taking_of_its_own(service: RealtimeServer) -> None:
    async with calling(service) as (call, _):
        await call.until(lambda: any("tools" in asked for asked in service.control.asked("session")))
    session = {key: value for asked in service.control.asked("session") for key, value in asked.items()}
    first = service.control.asked("session")[0]
    assert "receptionist" in session["instructions"]
    assert "escalate_to_human" in {tool["name"] for tool in session["tools"]}
    assert first["audio"]["input"]["turn_detection"] is None
    assert first["audio"]["input"]["transcription"] is None, "the record is the recogniser's"


async def test_asking_for_a_person_is_understood_before_the_model_is_asked(service: RealtimeServer) -> None:
    service.control.hear("i want to talk to a human", "something else altogether")
    async with calling(service) as (call, gateway):
        call.microphone.speak("i want to talk to a human")
        await call.until(lambda: gateway.call.waiting and "in line" in call.said())
    assert service.control.asked("response") == []
    assert lines(gateway)[0] == (Speaker.CUSTOMER, "i want to talk to a human")


async def test_its_own_transcript_serves_where_no_recogniser_is_set(service: RealtimeServer) -> None:
    service.control.hear("i want to talk to a human")
    service.control.answer("Let me see what I can do.")
    async with calling(service, REALTIME_STT="model") as (call, gateway):
        call.microphone.speak("i want to talk to a human")
        await call.until(lambda: gateway.call.waiting and "in line" in call.said())
    assert service.control.asked("transcriptions") == []
    assert (Speaker.CUSTOMER, "i want to talk to a human") in lines(gateway)


async def test_a_tool_it_calls_is_ours_and_the_fixed_voice_says_what_came_of_it(service: RealtimeServer) -> None:
    service.control.hear("my invoice is wrong", "my invoice is wrong")
    service.control.answer(Decision("", (ToolCall("escalate_to_human", {"reason": "wrong invoice"}),)))
    async with calling(service) as (call, gateway):
        call.microphone.speak("my bill")
        await call.until(lambda: gateway.call.waiting and "in line" in call.said())
        await call.until(lambda: call.speaker.seconds > 1)
    assert gateway.escalations[0]["reason"] == "wrong invoice"
    assert len(service.control.asked("response")) == 1


async def test_a_typed_turn_reaches_it_with_what_the_fixed_voice_said_before(service: RealtimeServer) -> None:
    service.control.answer(f"{ANSWER}.")
    async with calling(service) as (call, gateway):
        await call.say("Welcome to us.").wait_for_playout()
        call.type(QUESTION)
        await call.until(lambda: call.speaker.seconds > 1 and ANSWER in call.said() and len(gateway.lines) >= 3)
    said = [part.get("text") for item in service.control.asked("item") for part in item["content"]]
    assert said == ["Welcome to us.", QUESTION]
    # A line comes twice under one id, which the database stores once.
    stored = {line.id: line for line in gateway.lines}
    assert [line.text.strip() for line in stored.values()] == ["Welcome to us.", QUESTION, f"{ANSWER}."]


@pytest.mark.parametrize("failure", [Failure.HANG, Failure.BROKEN])
async def test_a_reply_that_does_not_come_is_owned_up_to_and_leads_to_a_person(
    service: RealtimeServer, failure: Failure
) -> None:
    service.control.fail(failure, "response")
    async with calling(service) as (call, gateway):
        call.type(QUESTION)
        await call.until(lambda: call.built_in and gateway.call.waiting and call.speaker.seconds > 1)
    assert "technical problem" in call.built_in[0]


async def test_a_reply_that_stops_in_mid_sentence_leads_to_a_person(service: RealtimeServer) -> None:
    service.control.answer(f"{ANSWER}, on every day but Friday and the feasts.")
    service.control.fail(Failure.HANG, "audio")
    async with calling(service) as (call, gateway):
        call.type(QUESTION)
        await call.until(lambda: call.built_in and gateway.call.waiting)
    assert "technical problem" in call.built_in[0]


async def test_a_model_that_cannot_be_reached_does_not_end_the_call(service: RealtimeServer) -> None:
    service.control.fail(Failure.UNAUTHORIZED, "realtime")
    async with calling(service) as (call, gateway):
        await call.until(lambda: call.built_in and gateway.call.waiting)
        before = call.speaker.seconds
        call.say("You are first in line.")
        await call.until(lambda: call.speaker.seconds > before + 0.5)


def test_voicecheck_asks_the_model_itself(service: RealtimeServer) -> None:
    out = StringIO()
    service.control.answer("Certainly.")
    with override_settings(**told(service)):
        call_command("voicecheck", language="en", stdout=out)
    hears, thinks, speaks = out.getvalue().splitlines()
    assert "whisper-1" in hears
    assert thinks.startswith("thinks  openai-realtime gpt-realtime at")
    assert "Certainly." in thinks
    assert "espeak" in speaks
