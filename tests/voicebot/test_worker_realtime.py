"""A call with a realtime model in the real worker on a real LiveKit server."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from calls.models import Call
from calls.states import AIState, CallState
from tests.cast import make_call, make_department
from tests.provider_servers.realtime import RealtimeServer
from tests.voicebot.conversations import WELCOME, conversation, fresh, lines
from tests.voicebot.stack import VoiceStack, voice_stack

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def service() -> Iterator[RealtimeServer]:
    with RealtimeServer() as running:
        yield running


@pytest.fixture(scope="module")
def stack(
    django_db_setup, django_db_blocker, service: RealtimeServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[VoiceStack]:
    with ExitStack() as opened:
        opened.enter_context(django_db_blocker.unblock())
        yield opened.enter_context(
            voice_stack(
                tmp_path_factory.mktemp("voice"),
                VOICE_PROVIDER="openai-realtime",
                TTS_PROVIDER="openai",
                OPENAI_API_KEY=service.api_key,
                OPENAI_BASE_URL=service.base_url,
            )
        )


@pytest.fixture
def call(transactional_db: None, celery_calls: object) -> Call:
    make_department("support", is_default=True)
    return make_call(state=CallState.CREATED, ai_state=AIState.DISPATCHED, ai_epoch=1)


@pytest.mark.nightly
async def test_the_fixed_voice_welcomes_the_model_answers_and_a_person_is_brought(
    stack: VoiceStack, call: Call, service: RealtimeServer
) -> None:
    service.control.hear(*["what are your opening hours"] * 2, *["i want to talk to a human"] * 2)
    service.control.answer("We are open from nine to five.")
    async with conversation(stack, call) as caller:
        await caller.open_microphone()
        await caller.until(lambda: caller.said(WELCOME), 40)
        await caller.speak("what are your opening hours")
        await caller.until(lambda: caller.said("nine to five"), 20)
        await caller.speak("i want to talk to a human")
        await caller.until(lambda: caller.said("first in line"), 20)
    assert (await fresh(call)).state == CallState.WAITING
    stored = await lines(call)
    said = [text.strip() for _, text in stored]
    assert said.index("what are your opening hours") < said.index("We are open from nine to five.")
    assert WELCOME in " ".join(text for speaker, text in stored if speaker == "ai")
