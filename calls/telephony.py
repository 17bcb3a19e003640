"""The door to LiveKit: rooms, dispatches, tokens, webhooks. Nothing else here imports `livekit.api`."""

import asyncio
import json
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, Protocol

import aiohttp
import jwt
from django.conf import settings
from django.utils.module_loading import import_string
from livekit import api

from calls.states import Role
from common import background

TOKEN_TTL = timedelta(minutes=10)
TIMEOUT_SECONDS = 5.0
# LiveKit closes a room with only an AI in it after `departure_timeout`; ours must outlast the grace time.
ROOM_TIMEOUT_SECONDS = 120


class TelephonyError(Exception):
    """LiveKit did not answer, or refused."""


class BadSignature(Exception):
    """A webhook that LiveKit did not sign."""


@dataclass(frozen=True)
class Seen:
    """A participant as LiveKit reports it."""

    sid: str
    identity: str
    name: str
    role: str
    is_agent_kind: bool


@dataclass(frozen=True)
class WebhookNews:
    """One verified webhook."""

    id: str
    event: str
    room_name: str
    participant: Seen | None


class Telephony(Protocol):
    """What calls need of a media server. All but `token`, `resign` and `read_webhook` go over the network."""

    def token(
        self,
        *,
        identity: str,
        name: str,
        room: str,
        role: Role,
        video: bool = False,
        hidden: bool = False,
        publish: bool = True,
    ) -> str:
        """A signed token for one room, ten minutes at most. Who is hidden, or may not publish, only hears."""
        ...

    def permit(
        self, room: str, identity: str, *, publish: bool, hidden: bool, video: bool = False, data: bool = False
    ) -> None:
        """Change what somebody in the room may do: speak (and show himself, and write), be seen; gone is fine.

        Taking the right to publish away ends what he publishes. Nobody is hidden again who has been seen: the
        others would keep him on their lists.
        """
        ...

    def resign(self, token: str) -> str:
        """The same token with a new lifetime; ValueError when it is not ours."""
        ...

    def read_webhook(self, body: bytes, authorization: str) -> WebhookNews:
        """Verify and read; BadSignature."""
        ...

    def create_room(self, room: str, *, stays: int = ROOM_TIMEOUT_SECONDS) -> None:
        """Make the room, or leave it as it is. It `stays` so many seconds while nobody but an AI has come."""
        ...

    def dispatch(self, room: str, metadata: dict[str, Any]) -> str:
        """Ask for the receptionist in `room`; the dispatch id."""
        ...

    def cancel_dispatch(self, room: str, dispatch_id: str) -> None:
        """Take a dispatch back; one that is gone is fine."""
        ...

    def participants(self, room: str) -> list[Seen]:
        """Who is in the room; empty when there is none."""
        ...

    def rooms(self, names: list[str]) -> list[str]:
        """Which of the rooms exist."""
        ...

    def remove(self, room: str, identity: str) -> None:
        """Put somebody out; one that is gone is fine."""
        ...

    def delete_room(self, room: str) -> None:
        """Close the room; one that is gone is fine."""
        ...

    def send_data(self, room: str, topic: str, payload: dict[str, Any]) -> None:
        """Send a JSON data message to everybody in the room."""
        ...


def _grants(room: str, *, role: Role, video: bool, hidden: bool, publish: bool) -> api.VideoGrants:
    sources = ["microphone", "camera"] if video else ["microphone"]
    speaks = publish and not hidden
    return api.VideoGrants(
        room_join=True,
        room=room,
        can_subscribe=True,
        can_publish=speaks,
        can_publish_data=speaks and role is not Role.SUPERVISOR,
        can_publish_sources=sources if speaks else None,
        can_update_own_metadata=False,
        hidden=hidden,
    )


class LiveKitTelephony:
    """The real one. Synchronous outside; one HTTP session on the process's background loop inside."""

    def __init__(self, url: str, key: str, secret: str) -> None:
        self._url, self._key, self._secret = url, key, secret
        self._client: api.LiveKitAPI | None = None

    def token(
        self,
        *,
        identity: str,
        name: str,
        room: str,
        role: Role,
        video: bool = False,
        hidden: bool = False,
        publish: bool = True,
    ) -> str:
        """See Telephony."""
        return (
            api.AccessToken(self._key, self._secret)
            .with_identity(identity)
            .with_name(name)
            .with_ttl(TOKEN_TTL)
            .with_attributes({"role": role.value})
            .with_grants(_grants(room, role=role, video=video, hidden=hidden, publish=publish))
            .to_jwt()
        )

    def resign(self, token: str) -> str:
        """See Telephony."""
        options: Any = {"verify_exp": False, "verify_nbf": False}
        try:
            claims = jwt.decode(token, self._secret, algorithms=["HS256"], options=options)
        except jwt.PyJWTError as error:
            raise ValueError("not a token of ours") from error
        issued = api.AccessToken(self._key, self._secret).with_ttl(TOKEN_TTL).to_jwt()
        fresh = jwt.decode(issued, options={"verify_signature": False})
        claims |= {"nbf": fresh["nbf"], "exp": fresh["exp"]}
        return jwt.encode(claims, self._secret, algorithm="HS256")

    def read_webhook(self, body: bytes, authorization: str) -> WebhookNews:
        """See Telephony."""
        receiver = api.WebhookReceiver(api.TokenVerifier(self._key, self._secret))
        try:
            news = receiver.receive(body.decode(), authorization)
        # The receiver raises a bare Exception for a missing or wrong hash.
        except Exception as error:
            raise BadSignature(str(error)) from error
        participant = _seen(news.participant) if news.HasField("participant") else None
        return WebhookNews(id=news.id, event=news.event, room_name=news.room.name, participant=participant)

    def create_room(self, room: str, *, stays: int = ROOM_TIMEOUT_SECONDS) -> None:
        """See Telephony."""
        request = api.CreateRoomRequest(name=room, empty_timeout=stays, departure_timeout=ROOM_TIMEOUT_SECONDS)
        self._call(lambda lk: lk.room.create_room(request))

    def dispatch(self, room: str, metadata: dict[str, Any]) -> str:
        """See Telephony."""
        request = api.CreateAgentDispatchRequest(
            agent_name=settings.LIVEKIT_AGENT_NAME, room=room, metadata=json.dumps(metadata)
        )
        return str(self._call(lambda lk: lk.agent_dispatch.create_dispatch(request)).id)

    def cancel_dispatch(self, room: str, dispatch_id: str) -> None:
        """See Telephony."""
        self._call(lambda lk: lk.agent_dispatch.delete_dispatch(dispatch_id, room), gone_is_fine=True)

    def participants(self, room: str) -> list[Seen]:
        """See Telephony."""
        answer = self._call(
            lambda lk: lk.room.list_participants(api.ListParticipantsRequest(room=room)), gone_is_fine=True
        )
        return [_seen(info) for info in answer.participants] if answer is not None else []

    def rooms(self, names: list[str]) -> list[str]:
        """See Telephony."""
        answer = self._call(lambda lk: lk.room.list_rooms(api.ListRoomsRequest(names=names)))
        return [room.name for room in answer.rooms]

    def remove(self, room: str, identity: str) -> None:
        """See Telephony."""
        request = api.RoomParticipantIdentity(room=room, identity=identity)
        self._call(lambda lk: lk.room.remove_participant(request), gone_is_fine=True)

    def permit(
        self, room: str, identity: str, *, publish: bool, hidden: bool, video: bool = False, data: bool = False
    ) -> None:
        """See Telephony."""
        sources = [api.TrackSource.MICROPHONE, *([api.TrackSource.CAMERA] if video else [])]
        request = api.UpdateParticipantRequest(
            room=room,
            identity=identity,
            permission=api.ParticipantPermission(
                can_subscribe=True,
                can_publish=publish,
                can_publish_sources=sources if publish else [],
                can_publish_data=data,
                hidden=hidden,
            ),
        )
        self._call(lambda lk: lk.room.update_participant(request), gone_is_fine=True)

    def delete_room(self, room: str) -> None:
        """See Telephony."""
        self._call(lambda lk: lk.room.delete_room(api.DeleteRoomRequest(room=room)), gone_is_fine=True)

    def send_data(self, room: str, topic: str, payload: dict[str, Any]) -> None:
        """See Telephony."""
        request = api.SendDataRequest(
            room=room,
            topic=topic,
            data=json.dumps(payload, ensure_ascii=False).encode(),
            kind=api.DataPacket.Kind.RELIABLE,
        )
        self._call(lambda lk: lk.room.send_data(request), gone_is_fine=True)

    def _call(self, ask: Any, *, gone_is_fine: bool = False) -> Any:
        try:
            return background.wait(self._ask(ask), timeout=TIMEOUT_SECONDS + 1)
        except api.TwirpError as error:
            if gone_is_fine and error.code == api.TwirpErrorCode.NOT_FOUND:
                return None
            raise TelephonyError(error.message) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise TelephonyError(repr(error)) from error

    async def _ask(self, ask: Any) -> Any:
        if self._client is None:
            self._client = api.LiveKitAPI(
                self._url, self._key, self._secret, timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS), failover=False
            )
        return await asyncio.wait_for(ask(self._client), TIMEOUT_SECONDS)


def _seen(info: Any) -> Seen:
    return Seen(
        sid=info.sid,
        identity=info.identity,
        name=info.name,
        role=dict(info.attributes).get("role", ""),
        is_agent_kind=info.kind == api.ParticipantInfo.Kind.AGENT,
    )


@lru_cache(maxsize=1)
def telephony() -> Telephony:
    """The media server settings name, one for the process."""
    made: Telephony = import_string(settings.TELEPHONY)(
        settings.LIVEKIT_URL, settings.LIVEKIT_API_KEY, settings.LIVEKIT_API_SECRET
    )
    return made
