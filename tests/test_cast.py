"""The tests' own footing: settings, servers and the cast."""

import os
from urllib.parse import urlsplit

import jwt
import pytest
from django.conf import settings
from django.db import connection

from calls.models import Call
from calls.states import Role
from queueing.models import Agent
from tests.cast import signed_in
from tests.fakes import FakeTelephony


def test_alice_and_bob_are_at_their_desks_and_carol_calls(alice: Agent, bob: Agent, carol: Call) -> None:
    assert [d.slug for d in alice.departments.all()] == ["billing", "support"]
    assert [d.slug for d in bob.departments.all()] == ["sales", "support"]
    assert alice.idle_since < bob.idle_since
    assert carol.is_live


def test_a_member_of_staff_can_be_signed_in(alice: Agent) -> None:
    assert signed_in(alice.user).get("/api/agents/alice").status_code == 200


def test_the_cache_is_this_process_s_redis(redis_server: str) -> None:
    from django.core.cache import cache

    cache.set("proof", 1)
    assert cache.get("proof") == 1
    assert urlsplit(redis_server).hostname == "127.0.0.1"


def test_the_fake_signs_real_tokens(telephony: FakeTelephony) -> None:
    token = telephony.token(identity="customer_1", name="Carol", room="r", role=Role.CUSTOMER)
    claims = jwt.decode(token, settings.LIVEKIT_API_SECRET, algorithms=["HS256"])
    assert (claims["sub"], claims["video"]["room"]) == ("customer_1", "r")


@pytest.mark.django_db
def test_the_database_is_the_one_asked_for() -> None:
    wanted = "postgresql" if os.environ.get("TEST_DATABASE") == "postgres" else "sqlite"
    assert connection.vendor == wanted


def test_tasks_are_recorded(celery_calls: list[tuple[str, tuple[object, ...]]]) -> None:
    from calls.tasks import ensure_room

    ensure_room.delay("x")
    assert celery_calls == [("calls.ensure_room", ("x",))]
