"""Acts of the cast, in the words of the scenarios."""

import json
from itertools import count
from typing import Any

from django.test import Client

from calls.models import Call
from calls.services import lifecycle, participants
from calls.states import Role
from calls.telephony import Seen
from common.models import StreamEvent
from common.realtime import agent_stream, call_stream
from queueing import selectors
from queueing.models import Agent, Department, Offer, QueueEntry
from queueing.services import entries, offers, transfers
from queueing.states import OfferState, Presence
from tests.cast import make_call

_sids = count(1)


class Browser:
    """A client of the API; `secret` is a call's, `key` an API key, `user` a session."""

    def __init__(self, *, secret: str = "", user: Any = None) -> None:
        self.client = Client()
        if user is not None:
            self.client.force_login(user)
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def post(self, path: str, body: Any = None, expect: int = 200, **headers: str) -> dict[str, Any]:
        """POST JSON."""
        response = self.client.post(
            path,
            data=json.dumps(body) if body is not None else None,
            content_type="application/json",
            headers={**self.headers, **headers},
        )
        assert response.status_code == expect, response.content
        return dict(response.json())

    def get(self, path: str, expect: int = 200) -> dict[str, Any]:
        """GET JSON."""
        response = self.client.get(path, headers=self.headers)
        assert response.status_code == expect, response.content
        return dict(response.json())


def waiting_call(
    department: Department, *, priority: int = 0, email: str = "carol@example.test", **call: Any
) -> QueueEntry:
    """A caller the AI has put in line."""
    made = make_call(department=department.slug, customer_email=email, **call)
    transfers.create_transfer(made, reason="wants a person", priority=priority, actor="ai")
    return QueueEntry.objects.select_related("call", "department").get(call=made)


def direct_call(department: Department, email: str = "carol@example.test") -> QueueEntry:
    """A caller straight in line."""
    entry = entries.join_queue(email=email, department=department, label="support_room")
    return QueueEntry.objects.select_related("call", "department").get(pk=entry.pk)


def ringing(agent: Agent) -> Offer:
    """The offer that rings at the agent's desk."""
    return Offer.objects.select_related("entry__call").get(agent=agent, state=OfferState.PENDING)


def enters(call: Call, agent: Agent) -> Seen:
    """LiveKit reports the agent in the room."""
    seen = Seen(
        sid=f"PA_q{next(_sids)}", identity=agent.identity, name=agent.name, role=Role.AGENT, is_agent_kind=False
    )
    participants.joined(Call.objects.get(pk=call.pk), seen)
    return seen


def away(agent: Agent) -> Agent:
    """The agent, away before the test begins."""
    Agent.objects.filter(pk=agent.pk).update(presence=Presence.AWAY)
    return selectors.get_agent(agent.username)


def talking(agent: Agent, department: Department) -> tuple[Agent, QueueEntry]:
    """The agent in a conversation with a caller of the department, and the caller's stay."""
    entry = waiting_call(department)
    offers.accept_offer(str(ringing(agent).pk), agent=agent)
    enters(entry.call, agent)
    return selectors.get_agent(agent.username), entry


def talking_call(agent: Agent, department: Department) -> Call:
    """The same; the call."""
    return Call.objects.get(pk=talking(agent, department)[1].call_id)


def hang_up(entry: QueueEntry) -> None:
    """The customer hangs up."""
    lifecycle.hang_up(entry.call_id, by_agent=False, actor="caller")


def leaves(call: Call, seen: Seen) -> None:
    """LiveKit reports somebody gone."""
    participants.gone(Call.objects.get(pk=call.pk), seen)


def seen_events(stream: str, *types: str) -> list[dict[str, Any]]:
    """What a stream was told, only `types` if given."""
    rows = StreamEvent.objects.filter(stream=stream).order_by("seq")
    return [row.message() for row in rows if not types or row.type in types]


def told_agent(agent: Agent, *types: str) -> list[dict[str, Any]]:
    """What an agent's desks were told."""
    return seen_events(agent_stream(agent.username), *types)


def told_caller(call: Call, *types: str) -> list[dict[str, Any]]:
    """What a caller was told."""
    return seen_events(call_stream(call.pk), *types)


def fresh(thing: Any) -> Any:
    """The row as it is now."""
    return type(thing).objects.get(pk=thing.pk)
