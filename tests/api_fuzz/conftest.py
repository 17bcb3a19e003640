"""A small call centre with something in every place, and somebody of every kind to ask."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from calls.models import Call
from queueing.models import Agent
from tests.api_fuzz.operations import Operation
from tests.cast import make_agent, make_call, make_department, make_user

Ask = Callable[..., HttpResponse]


@dataclass(frozen=True)
class World:
    """carol's call is with the AI, dora's waits and is offered to alice. Ids for paths."""

    carol: Call
    dora: Call
    alice: Agent
    bob: Agent
    sam: User
    offer_id: str
    entry_id: str
    transfer_id: str
    key: str

    def path(self, operation: Operation, **changes: str) -> str:
        """The operation's address with ids of this world in it."""
        ids = {
            "call_id": self.carol.pk,
            "agent_id": "alice",
            "offer_id": self.offer_id,
            "entry_id": self.entry_id,
            **changes,
        }
        return operation.path.format_map(_Missing(ids))


class _Missing(dict[str, str]):
    # A parameter this world does not know yet: some id of the right shape, which belongs to nobody.
    def __missing__(self, name: str) -> str:
        return "unknown1"


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """See World. Made once for a module: every test, and every request, takes back what it changed."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield _made()
        transaction.set_rollback(True)


def _made() -> World:
    from calls.services.keys import create_api_key
    from queueing.models import Offer, Transfer
    from queueing.services import matching, transfers

    support = make_department("support", is_default=True)
    alice = make_agent("alice", support, make_department("billing"), idle_for=120)
    bob = make_agent("bob", support, make_department("sales"))
    carol, dora = make_call(), make_call(customer_name="Dora")
    transfers.create_transfer(dora, reason="wants a person", actor="caller")
    matching.match_everything()
    transfer = Transfer.objects.get(call=dora)
    offer = Offer.objects.get(entry__call=dora)
    scopes = ["calls", "agents", "agent", "metrics"]
    _, key = create_api_key(name="everything", scopes=scopes, user=alice.user)
    offer_id, entry_id = str(offer.pk), str(transfer.entry_id)
    sam = make_user("sam", "supervisor")
    return World(carol, dora, alice, bob, sam, offer_id, entry_id, transfer.public_id, key)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Thousands of requests: only errors are worth a line."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def ask(db: None) -> Ask:
    """Asks the API and takes back whatever the request changed. `as_` is a bearer credential or a user to sign in."""
    # A client loads all middleware, which costs more than most questions: one for each who asks, not for each question.
    nobody = Client(raise_request_exception=False)
    sessions: dict[int, Client] = {}

    def client_of(who: Any) -> Client:
        if not isinstance(who, User):
            nobody.cookies.clear()
            return nobody
        if who.pk not in sessions:
            sessions[who.pk] = Client(raise_request_exception=False)
            sessions[who.pk].force_login(who)
        return sessions[who.pk]

    def send(
        method: str,
        path: str,
        body: Any = None,
        *,
        as_: Any = None,
        query: dict[str, str] | None = None,
        content_type: str = "application/json",
        **headers: str,
    ) -> HttpResponse:
        client = client_of(as_)
        if isinstance(as_, str):
            headers["Authorization"] = as_ if " " in as_ else f"Bearer {as_}"
        with transaction.atomic():
            data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
            target = path + (f"?{_encoded(query)}" if query else "")
            answer = client.generic(method, target, data, content_type=content_type, headers=headers)
            transaction.set_rollback(True)
        return cast("HttpResponse", answer)

    return send


def _encoded(query: dict[str, str]) -> str:
    from urllib.parse import urlencode

    return urlencode(query, errors="surrogatepass")
