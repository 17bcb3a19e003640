"""The running product, from outside (HTTP, LiveKit) and from below (its database)."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import requests
from django.conf import settings
from django.db import connection

from calls.models import Call, CallEvent, Participant, TranscriptSegment
from calls.states import LIVE, CallState
from calls.telephony import LiveKitTelephony
from queueing.models import Agent, CallbackRequest, Department, SpecialDay
from queueing.states import CALLBACK_UNMET
from tests.invariants import check_invariants
from tests.journeys.waiting import until
from tools.stack.product import ready

PASSWORD: Final = "demo-password-1"
KEYS: Final = ("testkey", "tests-only-livekit-secret-of-more-than-32-bytes")


@contextmanager
def database_of(var_dir: Path) -> Iterator[None]:
    """Django's models of this process read the product's database."""
    connection.close()
    before = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = str(var_dir / "db.sqlite3")
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


@dataclass
class Product:
    """`api` asks as nobody; `key()` makes the headers of somebody."""

    var_dir: Path
    url: str = ""
    _keys: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        found = ready(self.var_dir)
        assert not found["unwell"], f"the product is not well: {found['unwell']}"
        self.url = str(found["url"])
        self.livekit_url = str(found["livekit_url"])
        self.livekit = LiveKitTelephony(self.livekit_url, *KEYS)
        self.api = requests.Session()

    # --- asking -----------------------------------------------------------------------------------------------------
    def key(self, *scopes: str, user: str = "") -> str:
        """An API key, made once for each kind."""
        from django.contrib.auth.models import User

        from calls.services.keys import create_api_key

        name = f"{user} {' '.join(scopes)}"
        if name not in self._keys:
            owner = User.objects.get(username=user) if user else None
            self._keys[name] = create_api_key(name=name, scopes=list(scopes), user=owner)[1]
        return self._keys[name]

    def post(self, path: str, body: Any = None, *, secret: str = "") -> requests.Response:
        """POST as the holder of a call's secret or a key."""
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        return self.api.post(self.url + path, json=body if body is not None else {}, headers=headers, timeout=20)

    def get(self, path: str, *, secret: str) -> Any:
        """GET as the holder of a call's secret or a key; the answer's JSON."""
        answer = self.api.get(self.url + path, headers={"Authorization": f"Bearer {secret}"}, timeout=20)
        answer.raise_for_status()
        return answer.json()

    def as_agent(self, user: str) -> str:
        """A key that acts as that agent."""
        return self.key("agent", user=user)

    def session(self, user: str) -> Any:
        """A browser's cookie of a logged-in user: hashing a password takes a second of the processor's time."""
        from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
        from django.contrib.auth.models import User
        from django.contrib.sessions.backends.db import SessionStore

        owner = User.objects.get(username=user)
        store = SessionStore()
        store[SESSION_KEY] = str(owner.pk)
        store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        store[HASH_SESSION_KEY] = owner.get_session_auth_hash()
        store.save()
        return {"name": settings.SESSION_COOKIE_NAME, "value": store.session_key, "url": self.url}

    # --- looking ----------------------------------------------------------------------------------------------------
    def call(self, call_id: str) -> Call:
        return Call.objects.get(pk=call_id)

    def lines(self, call_id: str, speaker: str = "") -> list[str]:
        """What was said, in order; of one speaker where named."""
        rows = TranscriptSegment.objects.filter(call=call_id).order_by("at", "id")
        return [row.text for row in (rows.filter(speaker=speaker) if speaker else rows)]

    def states(self, call_id: str) -> list[str]:
        """The call's states in the order it went through them."""
        rows = CallEvent.objects.filter(call=call_id, kind__startswith="call.").order_by("id")
        known = {f"call.{state}" for state in CallState}
        return [row.kind.removeprefix("call.") for row in rows if row.kind in known]

    def in_room(self, call_id: str) -> set[str]:
        """Identities LiveKit has in the call's room now."""
        return {seen.identity for seen in self.livekit.participants(self.call(call_id).room_name)}

    def reaches(self, call_id: str, look: Callable[[Call], Any], what: str, *, seconds: float = 30) -> Call:
        """Waits until the call's row is so."""
        until(lambda: look(self.call(call_id)), f"{call_id}: {what}", seconds=seconds)
        return self.call(call_id)

    def agent(self, user: str) -> Agent:
        return Agent.objects.get(user__username=user)

    def sid_of(self, call_id: str, identity: str) -> str:
        """The number LiveKit gave that participant's present stay; empty when it is not there."""
        seen = self.livekit.participants(self.call(call_id).room_name)
        return next((one.sid for one in seen if one.identity == identity), "")

    def shorten(self, slug: str, **seconds: int) -> None:
        """Change a department's times, where the point is not the number."""
        Department.objects.filter(slug=slug).update(**{f"{name}_seconds": value for name, value in seconds.items()})

    def story(self, since: datetime) -> str:
        """What the calls made since then went through, for whoever reads why a journey failed."""
        told = []
        for call in Call.objects.filter(created_at__gte=since).order_by("created_at"):
            told.append(f"{call.pk}: {call.state} {call.end_reason}, AI {call.ai_state} {call.ai_epoch}")
            events = [(e.at, f"{e.kind} by {e.actor} {e.data}") for e in CallEvent.objects.filter(call=call)]
            lines = [(s.at, f"{s.speaker}: {s.text}") for s in TranscriptSegment.objects.filter(call=call)]
            told += [f"  {at:%H:%M:%S.%f} {what}" for at, what in sorted(events + lines)]
        return "\n".join(told)

    # --- between two journeys -----------------------------------------------------------------------------------------
    def settle(self) -> None:
        """Nobody calls, nobody works, nobody is to be called back."""
        for request in CallbackRequest.objects.filter(state__in=CALLBACK_UNMET).select_related("call"):
            self.post(f"/api/calls/{request.call_id}/callback/cancel", secret=request.call.secret)
        for call in Call.objects.filter(state__in=LIVE):
            self.post(f"/api/calls/{call.pk}/hangup", secret=call.secret)
        until(lambda: not Call.objects.filter(state__in=LIVE).exists(), "all calls ended")
        for agent in Agent.objects.all():
            key = self.as_agent(agent.username)
            self.post(f"/api/agents/{agent.username}/status", {"status": "offline"}, secret=key)
            self.post(f"/api/agents/{agent.username}/finish-wrap-up", secret=key)
        Department.objects.update(offer_seconds=20, wrap_up_seconds=30, grace_seconds=30, decline_cooldown_seconds=20)
        Department.objects.update(when_closed="either")
        SpecialDay.objects.all().delete()
        until(lambda: not Agent.objects.exclude(activity="idle").exists(), "all agents idle")

    def check(self) -> None:
        """The invariants of the architecture."""
        check_invariants()
        for participant in Participant.objects.filter(call__state=CallState.ENDED, left_at__isnull=True):
            assert participant.call.ended_at is not None


def kept_running() -> Path | None:
    """A product somebody keeps running for these tests (JOURNEYS_AT=its VAR_DIR), with the tests' keys."""
    named = os.environ.get("JOURNEYS_AT")
    return Path(named) if named else None


def variables() -> dict[str, str]:
    """What the product is started with: its keys are the tests' own, so that they can look inside."""
    return {
        "SECRET_KEY": settings.SECRET_KEY,
        "LIVEKIT_API_KEY": KEYS[0],
        "LIVEKIT_API_SECRET": KEYS[1],
        "DEMO_PASSWORD": PASSWORD,
        "VOICE_PROVIDER": "offline",
        "MAX_AI_CALLS": "4",
        "WARM_AI_CALLS": "2",
        "RATE_LIMIT_PUBLIC": "100000/m",
    }
