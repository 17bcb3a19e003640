"""Who stands in for a part that fails: read from the settings, asked in its turn, left again."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.conf import settings
from django.test import override_settings

from tests.openai_server.control import Failure
from tests.openai_server.server import OpenAIServer
from tests.voicebot.in_memory import call_in_memory
from tests.voicebot.receptionist.fakes import FakeGateway
from voicebot.patience import Patience
from voicebot.providers.config import VoiceConfig, config_from
from voicebot.providers.spares import Spare, spares_of

QUICK = Patience(hold_on=0.5, rescue=3.0, listening=1.2, thinking=1.2, speaking=0.8)
QUESTION = "what are your opening hours"


@pytest.mark.parametrize(
    ("entry", "spare"),
    [
        ("openai", Spare("openai")),
        ("gpt-4o-mini@openai", Spare("openai", model="gpt-4o-mini")),
        ("http://127.0.0.1:8001/v1/", Spare("openai", "http://127.0.0.1:8001/v1")),
        ("qwen3:8b@http://me@host:11434/v1", Spare("openai", "http://me@host:11434/v1", "qwen3:8b")),
    ],
)
def test_a_spare_is_a_provider_or_an_address_with_or_without_a_model(entry: str, spare: Spare) -> None:
    assert spares_of("LLM", [entry]) == (spare,)


@pytest.mark.parametrize("entry", ["parrot", "http://", "elevenlabs", "m@"])
def test_what_names_nobody_who_thinks_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        spares_of("LLM", [entry])


@pytest.fixture(scope="module")
def first() -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        yield running


@pytest.fixture(scope="module")
def second() -> Iterator[OpenAIServer]:
    with OpenAIServer(api_key="sk-of-the-spare") as running:
        yield running


@pytest.fixture(autouse=True)
def _anew(first: OpenAIServer, second: OpenAIServer) -> Iterator[None]:
    yield
    for server in (first, second):
        server.control.recover()
        server.control.tried.clear()
        server.control.requests.clear()


@pytest.fixture
def config(first: OpenAIServer, second: OpenAIServer) -> VoiceConfig:
    spares = {f"{part}_FALLBACK": spares_of(part, [f"spare-model@{second.base_url}"]) for part in ("STT", "LLM", "TTS")}
    keys = {f"{part}_FALLBACK_API_KEY": second.api_key for part in ("STT", "LLM", "TTS")}
    told = {"VOICE_PROVIDER": "openai", "TTS_PROVIDER": "openai", "OPENAI_API_KEY": first.api_key}
    with override_settings(**told | {"OPENAI_BASE_URL": first.base_url} | spares | keys):
        return replace(config_from(settings), patience=QUICK)


async def test_what_one_recogniser_does_not_hear_another_does_and_nobody_notices(
    config: VoiceConfig, first: OpenAIServer, second: OpenAIServer
) -> None:
    first.control.fail(Failure.HANG, "transcriptions")
    first.control.answer("From nine to five.")
    second.control.hear(QUESTION)
    gateway = FakeGateway()
    async with call_in_memory(config, gateway) as call:
        call.microphone.speak(QUESTION)
        await call.until(lambda: "nine to five" in call.said())
    assert second.control.asked("transcriptions")[0]["model"] == "spare-model"
    assert not gateway.escalations


async def test_another_model_answers_and_is_asked_first_while_the_first_rests(
    config: VoiceConfig, first: OpenAIServer, second: OpenAIServer
) -> None:
    first.control.fail(Failure.UNAUTHORIZED, "chat")
    second.control.answer("It is the spare.", "The spare again.")
    async with call_in_memory(config, FakeGateway()) as call:
        call.type(QUESTION)
        await call.until(lambda: "It is the spare." in call.said())
        call.type("and tomorrow")
        await call.until(lambda: "The spare again." in call.said())
    assert first.control.tried.count("chat") == 1


async def test_a_model_that_stops_in_the_middle_is_followed_by_a_whole_answer(
    config: VoiceConfig, first: OpenAIServer, second: OpenAIServer
) -> None:
    first.control.fail(Failure.CUT, "chat")
    first.control.answer("We are open on every day but one.")
    second.control.answer("We are open on every day but Friday.")
    async with call_in_memory(config, FakeGateway()) as call:
        call.type(QUESTION)
        await call.until(lambda: "We … We are open on every day but Friday." in call.said())


async def test_another_voice_says_the_sentence(config: VoiceConfig, first: OpenAIServer, second: OpenAIServer) -> None:
    first.control.fail(Failure.PAGE, "speech")
    first.control.answer("From nine to five.")
    async with call_in_memory(config, FakeGateway()) as call:
        call.type(QUESTION)
        await call.until(lambda: "nine to five" in call.said() and call.speaker.seconds > 0.7)
        assert call.speaker.loudest < 0.4
    assert [asked["model"] for asked in second.control.asked("speech")] == ["spare-model"]
