"""The avatar: the real plugin against a local server that speaks Tavus' REST. Its joining is played."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.test import override_settings
from livekit import rtc
from livekit.agents.job import _JobContextVar
from livekit.agents.voice.avatar import DataStreamAudioOutput

from tests.openai_server.control import Failure
from tests.provider_servers.tavus import TavusServer
from tests.voicebot.in_memory import MemoryCall, call_in_memory
from tests.voicebot.receptionist.cast import carol
from tests.voicebot.receptionist.fakes import FakeGateway
from voicebot.behaviours import avatar
from voicebot.behaviours.avatar import show_a_face
from voicebot.providers.config import config_from

SENTENCE = "We are open from nine to five."


@pytest.fixture(scope="module")
def service() -> Iterator[TavusServer]:
    with TavusServer() as running:
        yield running


@pytest.fixture(autouse=True)
def _works(service: TavusServer) -> Iterator[None]:
    service.control.requests.clear()
    yield
    service.control.recover()


class Room(rtc.EventEmitter[Any]):
    """As much of a room as the plugin asks for; `comes` and `goes` play the avatar."""

    name = "callcenter-call1"

    def __init__(self) -> None:
        super().__init__()
        self.remote_participants: dict[str, Any] = {}
        self.local_participant = SimpleNamespace(identity="ai_call1", register_rpc_method=lambda *_: None)
        self.local_participant._rpc_handlers, self.local_participant.track_publications = {}, {}
        self.connection_state = rtc.ConnectionState.CONN_CONNECTED

    def isconnected(self) -> bool:
        return True

    def comes(self, identity: str) -> None:
        picture = SimpleNamespace(kind=rtc.TrackKind.KIND_VIDEO, sid="TR_1")
        person = SimpleNamespace(identity=identity, kind=None, attributes={}, track_publications={"TR_1": picture})
        person.state = rtc.ParticipantState.PARTICIPANT_STATE_ACTIVE
        self.remote_participants[identity] = person
        self.emit("participant_active", person)
        self.emit("track_published", picture, person)

    def goes(self, identity: str) -> None:
        self.remote_participants.pop(identity)


@asynccontextmanager
async def calling(service: TavusServer, *, wanted: bool = True) -> AsyncIterator[tuple[MemoryCall, Room]]:
    told = {"AVATAR_PROVIDER": "tavus", "TAVUS_API_KEY": service.api_key, "TAVUS_BASE_URL": service.base_url}
    told |= {"TAVUS_REPLICA_ID": "r1", "TAVUS_PERSONA_ID": "p1"}
    with override_settings(**told):
        config = config_from(settings)
    job: Any = SimpleNamespace(local_participant_identity="ai_call1", add_shutdown_callback=lambda _: None)
    async with call_in_memory(config, FakeGateway(replace(carol(), avatar=wanted))) as call:
        room: Any = Room()
        call.room = room
        # Only the avatar's task is in a job here.
        token = _JobContextVar.set(job)
        show_a_face(call)
        _JobContextVar.reset(token)
        yield call, room


def speaks_through(call: MemoryCall) -> Any:
    return avatar._tail(call.session)


async def heard(call: MemoryCall) -> None:
    before = call.speaker.seconds
    call.say(SENTENCE)
    await call.until(lambda: call.speaker.seconds > before + 1)


async def test_an_avatar_is_sent_for_into_the_calls_room_on_behalf_of_the_ai(service: TavusServer) -> None:
    async with calling(service) as (call, _):
        await call.until(lambda: service.control.asked("conversations"))
    (asked,) = service.control.asked("conversations")
    assert (asked["face_id"], asked["pal_id"]) == ("r1", "p1")
    assert asked["properties"]["livekit_ws_url"] == settings.LIVEKIT_PUBLIC_URL
    told = jwt.decode(asked["properties"]["livekit_room_token"], options={"verify_signature": False})
    assert (told["sub"], told["video"]["room"]) == ("avatar_call1", "callcenter-call1")
    assert told["attributes"] == {"lk.publish_on_behalf": "ai_call1"}
    assert not told["video"].get("roomAdmin")


async def test_the_sound_goes_to_it_once_it_is_there_and_comes_back_when_it_is_lost(service: TavusServer) -> None:
    async with calling(service) as (call, room):
        await call.until(lambda: service.control.asked("conversations"))
        await heard(call)
        room.comes("avatar_call1")
        await call.until(lambda: isinstance(speaks_through(call), DataStreamAudioOutput))
        room.goes("avatar_call1")
        await call.until(lambda: speaks_through(call) is call.speaker)
        await heard(call)


@pytest.mark.parametrize("failure", [Failure.UNAUTHORIZED, Failure.BROKEN, Failure.HANG])
async def test_a_service_that_fails_costs_the_picture_and_no_sound(
    service: TavusServer, failure: Failure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(avatar, "_JOIN_SECONDS", 1.0)
    service.control.fail(failure)
    async with calling(service) as (call, _):
        await call.until(lambda: service.control.asked("conversations"))
        await heard(call)
        await call.until(lambda: call.avatar is None)
        assert speaks_through(call) is call.speaker


async def test_who_never_comes_is_not_waited_for(service: TavusServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avatar, "_JOIN_SECONDS", 0.5)
    async with calling(service) as (call, _):
        await call.until(lambda: service.control.asked("conversations"))
        await heard(call)
        await call.until(lambda: call.avatar is None)
        assert speaks_through(call) is call.speaker


async def test_a_caller_who_wants_no_picture_gets_none(service: TavusServer) -> None:
    async with calling(service, wanted=False) as (call, _):
        await heard(call)
    assert service.control.asked("conversations") == []
