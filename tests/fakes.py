"""The outside world by hand: a media server that only remembers what it was asked."""

import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import jwt

from calls.states import Role
from calls.telephony import BadSignature, Seen, TelephonyError, WebhookNews

LIFETIME_SECONDS = 600


@dataclass
class FakeTelephony:
    """`calls.telephony.Telephony` without a network. Tokens are real, signed with the pair given.

    `asked` lists every call as (method, *arguments). `people` is who is in a room, for `participants()`;
    `down` makes every method that would go over the network raise TelephonyError; a webhook is "signed" when its
    authorization is `signed`, and says what `webhooks[body]` holds.
    """

    url: str = "ws://fake"
    key: str = "testkey"
    secret: str = "tests-only-livekit-secret-of-more-than-32-bytes"
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    people: dict[str, list[Seen]] = field(default_factory=dict)
    existing: set[str] = field(default_factory=set)
    webhooks: dict[bytes, WebhookNews] = field(default_factory=dict)
    down: bool = False
    _numbers: Any = field(default_factory=lambda: count(1))

    def asked_for(self, method: str) -> list[tuple[Any, ...]]:
        """The arguments of every call of `method`, in order."""
        return [tuple(arguments) for name, *arguments in self.asked if name == method]

    def join(self, room: str, identity: str, role: Role, *, sid: str = "", name: str = "") -> Seen:
        """Put somebody into the room."""
        seen = Seen(
            sid=sid or f"PA_{next(self._numbers)}",
            identity=identity,
            name=name or identity,
            role=role.value,
            is_agent_kind=role is Role.AI,
        )
        self.existing.add(room)
        self.people.setdefault(room, []).append(seen)
        return seen

    def leave(self, room: str, identity: str) -> None:
        """Take somebody out of the room."""
        self.people[room] = [seen for seen in self.people.get(room, []) if seen.identity != identity]

    # --- calls.telephony.Telephony ---------------------------------------------------------------------------------
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
        now = int(time.time())
        claims = {
            "iss": self.key,
            "sub": identity,
            "name": name,
            "nbf": now,
            "exp": now + LIFETIME_SECONDS,
            "attributes": {"role": role.value},
            "video": {
                "roomJoin": True,
                "room": room,
                "canPublish": publish and not hidden,
                "canSubscribe": True,
                "canPublishSources": ["microphone", "camera"] if video else ["microphone"],
                "hidden": hidden,
            },
        }
        return jwt.encode(claims, self.secret, algorithm="HS256")

    def resign(self, token: str) -> str:
        now = int(time.time())
        try:
            claims = jwt.decode(token, self.secret, algorithms=["HS256"], options={"verify_exp": False})
        except jwt.PyJWTError as error:
            raise ValueError("not a token of ours") from error
        return jwt.encode(claims | {"nbf": now, "exp": now + LIFETIME_SECONDS}, self.secret, algorithm="HS256")

    def read_webhook(self, body: bytes, authorization: str) -> WebhookNews:
        if authorization != "signed" or body not in self.webhooks:
            raise BadSignature("not signed")
        return self.webhooks[body]

    def create_room(self, room: str, *, stays: int = 120) -> None:
        self._ask("create_room", room)
        self.existing.add(room)

    def dispatch(self, room: str, metadata: dict[str, Any]) -> str:
        self._ask("dispatch", room, metadata)
        return f"AD_{next(self._numbers)}"

    def cancel_dispatch(self, room: str, dispatch_id: str) -> None:
        self._ask("cancel_dispatch", room, dispatch_id)

    def participants(self, room: str) -> list[Seen]:
        self._ask("participants", room)
        return list(self.people.get(room, []))

    def rooms(self, names: list[str]) -> list[str]:
        self._ask("rooms", names)
        return [name for name in names if name in self.existing]

    def remove(self, room: str, identity: str) -> None:
        self._ask("remove", room, identity)
        self.leave(room, identity)

    def permit(
        self, room: str, identity: str, *, publish: bool, hidden: bool, video: bool = False, data: bool = False
    ) -> None:
        self._ask("permit", room, identity, publish, hidden)

    def delete_room(self, room: str) -> None:
        self._ask("delete_room", room)
        self.existing.discard(room)
        self.people.pop(room, None)

    def send_data(self, room: str, topic: str, payload: dict[str, Any]) -> None:
        self._ask("send_data", room, topic, payload)

    def _ask(self, method: str, *arguments: Any) -> None:
        if self.down:
            raise TelephonyError("the fake is down")
        self.asked.append((method, *arguments))
