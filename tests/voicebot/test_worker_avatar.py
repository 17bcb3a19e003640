"""A call with a face in the real worker and a real room: the real plugin, and a service that joins and speaks."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from livekit import rtc

from calls.models import Call
from calls.services import lifecycle
from calls.states import CallState
from tests.provider_servers.tavus import TavusServer
from tests.voicebot.caller import Caller, now
from tests.voicebot.conversations import WELCOME, change, conversation, fresh, state_becomes
from tests.voicebot.stack import VoiceStack, voice_stack

pytestmark = [
    pytest.mark.journey,
    pytest.mark.nightly,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(180),
]
# How long a busy machine may take for what is promised within ten seconds.
PATIENCE = 30
WELCOME_SECONDS = 4.0


@pytest.fixture(scope="module")
def service() -> Iterator[TavusServer]:
    with TavusServer(sends_faces=True) as running:
        yield running


@pytest.fixture(scope="module")
def stack(
    django_db_setup, django_db_blocker, service: TavusServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[VoiceStack]:
    told = {"AVATAR_PROVIDER": "tavus", "TAVUS_API_KEY": service.api_key, "TAVUS_BASE_URL": service.base_url}
    told |= {"TAVUS_REPLICA_ID": "r1", "TAVUS_PERSONA_ID": "p1", "REDIS_URL": settings.REDIS_URL}
    with django_db_blocker.unblock(), voice_stack(tmp_path_factory.mktemp("voice"), **told) as running:
        yield running


def face_of(call: Call) -> str:
    return f"avatar_{call.pk}"


def loud_from(caller: Caller, identity: str, since: float) -> float:
    """Seconds of that participant's that were heard since."""
    return sum(level > 300 for at, level in caller.heard.get(identity, []) if at > since) / 100


def shows_itself(caller: Caller, identity: str) -> bool:
    publications = caller.room.remote_participants[identity].track_publications if identity in caller.joined else {}
    return any(one.kind == rtc.TrackKind.KIND_VIDEO and one.subscribed for one in publications.values())


@asynccontextmanager
async def faced(stack: VoiceStack, call: Call) -> AsyncIterator[Caller]:
    """A call whose face has come, and speaks from the next sentence."""
    await change(call, avatar=True)
    async with conversation(stack, call) as caller:
        await caller.open_microphone()
        # Nobody waits for it: the welcome is the voice's own, to its end.
        await caller.until(lambda: caller.said(WELCOME), 40)
        assert not loud_from(caller, face_of(call), 0.0)
        await caller.until(lambda: shows_itself(caller, face_of(call)), 20)
        await caller.until(lambda: stack.has_logged("avatar speaks", call.pk), 20)
        assert caller.loud_seconds(0.0) > WELCOME_SECONDS
        yield caller


async def test_a_face_comes_says_the_words_gives_way_and_is_sent_off(stack: VoiceStack, call: Call) -> None:
    async with faced(stack, call) as caller:
        asked = now()
        await caller.type("what are your opening hours")
        await caller.until(lambda: caller.said("nine to five"), 20)
        await caller.until(lambda: loud_from(caller, face_of(call), asked) > 1.0)
        assert not loud_from(caller, call.ai_identity, asked), "one mouth at a time"

        again = now()
        await caller.type("what are your opening hours")
        await caller.until(lambda: loud_from(caller, face_of(call), again) > 0.5)
        await caller.speak("i want to talk to a human")
        await caller.until(lambda: caller.said("connect you with a person"), 20)
        await caller.type("yes")
        await state_becomes(call, state=CallState.WAITING)
        await caller.until(lambda: caller.said("first in line"), 20)

        await sync_to_async(lifecycle.hang_up)(call.pk, by_agent=False, actor="caller")
        await caller.until(lambda: {face_of(call), call.ai_identity} <= set(caller.gone), 20)


@pytest.mark.parametrize("fault", [TavusServer.lose_faces, TavusServer.hang])
async def test_what_a_lost_face_was_saying_is_said_again(
    stack: VoiceStack, call: Call, service: TavusServer, fault: Callable[[TavusServer], None]
) -> None:
    async with faced(stack, call) as caller:
        asked = now()
        await caller.type("what are your opening hours")
        await caller.until(lambda: loud_from(caller, face_of(call), asked) > 0.3)
        await asyncio.to_thread(fault, service)
        lost = now()
        await caller.until(lambda: loud_from(caller, call.ai_identity, lost) > 1.0, PATIENCE)
        await caller.until(lambda: stack.has_logged("avatar lost", call.pk))
        await caller.until(lambda: caller.when_said("nine to five", after=lost))
    assert (await fresh(call)).state == CallState.AI
