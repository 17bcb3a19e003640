"""A realtime model that is lost in a real call: the next of the chain goes on, and a model tells what it came to."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from calls.models import Call
from calls.states import AIState, CallState
from tests.cast import make_call, make_department
from tests.openai_server.control import Failure
from tests.openai_server.server import OpenAIServer
from tests.provider_servers.gemini import GeminiServer
from tests.voicebot.conversations import WELCOME, conversation, fresh, lines, state_becomes
from tests.voicebot.stack import VoiceStack, voice_stack
from voicebot.receptionist.chat import Decision, ToolCall
from voicebot.receptionist.prompts import phrase

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]

QUESTION = "what are your opening hours"
RECAP = "The caller asked when the office is open. He was told its hours."


@pytest.fixture(scope="module")
def gemini(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GeminiServer]:
    with GeminiServer(tmp_path_factory.mktemp("gemini")) as running:
        yield running


@pytest.fixture(scope="module")
def openai() -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        yield running


@pytest.fixture(scope="module")
def stack(
    django_db_setup,
    django_db_blocker,
    gemini: GeminiServer,
    openai: OpenAIServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[VoiceStack]:
    told = {
        "VOICE_PROVIDER": "gemini-realtime",
        "REALTIME_FALLBACK": "openai",
        "TTS_PROVIDER": "openai",
        "GOOGLE_API_KEY": gemini.api_key,
        "GOOGLE_BASE_URL": gemini.address,
        "SSL_CERT_FILE": str(gemini.certificate),
        "OPENAI_API_KEY": openai.api_key,
        "OPENAI_BASE_URL": openai.base_url,
    }
    with django_db_blocker.unblock(), voice_stack(tmp_path_factory.mktemp("voice"), **told) as running:
        yield running


@pytest.fixture
def call(transactional_db: None, celery_calls: object) -> Call:
    make_department("support", is_default=True)
    return make_call(state=CallState.CREATED, ai_state=AIState.DISPATCHED, ai_epoch=1)


async def recapped(call: Call) -> dict[str, Any]:
    """What is stored of the call, as soon as it is a model's."""
    async with asyncio.timeout(15):
        while True:
            completion: dict[str, Any] = (await fresh(call)).completion
            if completion.get("by") == "model":
                return completion
            await asyncio.sleep(0.1)


@pytest.mark.nightly
async def test_parts_go_on_where_gemini_fell_silent_and_the_recap_is_a_models(
    stack: VoiceStack, call: Call, gemini: GeminiServer, openai: OpenAIServer
) -> None:
    openai.control.hear(QUESTION, "where are you")
    gemini.control.answer("We are open from nine to five.")
    openai.control.answer("We are in the old harbour.")
    async with conversation(stack, call) as caller:
        await caller.open_microphone()
        await caller.until(lambda: caller.said(WELCOME), 40)
        await caller.speak(QUESTION)
        await caller.until(lambda: caller.said("nine to five"), 20)
        gemini.control.fail(Failure.HANG, "turn")
        lost = await caller.speak("where are you")
        await caller.until(lambda: caller.said(phrase("en", "back_again")), 20)
        await caller.until(lambda: caller.said("old harbour"), 20)
        await caller.until(lambda: caller.first_sound(after=lost), 5)
        openai.control.answer(Decision("", (ToolCall("recap", {"recap": RECAP, "follow_up": ""}),)))
        await caller.type("goodbye")
        await state_becomes(call, state=CallState.ENDED)
    assert (await recapped(call))["recap"]["en"] == RECAP
    said = [text.strip() for _, text in await lines(call)]
    assert said.index(QUESTION) < said.index("We are open from nine to five.") < said.index("where are you")
    assert "We are in the old harbour." in said
