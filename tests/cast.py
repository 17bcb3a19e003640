"""The known cast: alice and bob are agents, sam supervises, carol calls.

Departments: `support` (default; alice, bob), `sales` (bob), `billing` (alice). The agents are available, idle and at
their desks; alice has been idle longer.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from common import clock

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.test import Client

    from calls.models import Call, Turn
    from queueing.models import Agent, Department

PASSWORD = "tests-only-password"
# Longer than from any time of day to the noon some tests begin at.
LEASE = timedelta(days=1)


class Clock:
    """The stopped clock of one test."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def pass_(self, seconds: float) -> None:
        """Let time go by."""
        self.at += timedelta(seconds=seconds)


def make_user(name: str, group: str) -> "User":
    """A member of staff in one group."""
    from django.contrib.auth.models import Group, User

    user = User.objects.create_user(name, password=PASSWORD, is_staff=True, first_name=name.capitalize())
    user.groups.add(Group.objects.get_or_create(name=group)[0])
    return user


def make_department(slug: str, **values: Any) -> "Department":
    """A department named after its slug."""
    from queueing.models import Department

    values = {"name_en": slug.capitalize(), "name_ar": slug, **values}
    return Department.objects.update_or_create(slug=slug, defaults=values)[0]


def make_agent(name: str, *departments: "Department", idle_for: int = 60, **values: Any) -> "Agent":
    """An agent who is available, idle for `idle_for` seconds, with an open desk."""
    from queueing.models import Agent, Membership
    from queueing.states import Presence

    now = clock.now()
    defaults: dict[str, Any] = {
        "presence": Presence.AVAILABLE,
        "idle_since": now - timedelta(seconds=idle_for),
        "lease_until": now + LEASE,
    }
    agent = Agent.objects.create(user=make_user(name, "agent"), **(defaults | values))
    Membership.objects.bulk_create(Membership(agent=agent, department=department) for department in departments)
    return agent


def make_call(**values: Any) -> "Call":
    """carol's call, with the AI unless said otherwise."""
    from calls.models import Call
    from common.ids import random_id

    values = {"id": random_id(), "state": "ai", "customer_name": "Carol", "department": "support", **values}
    values.setdefault("room_name", f"callcenter-{values['id']}")
    return Call.objects.create(**values)


def add_turn(call_id: str, *, key: str, channel: str = "voice", language: str = "en", **stages: int) -> "Turn | None":
    """A measured turn of the built-in voice; `stages` in milliseconds."""
    from calls.services import turns
    from calls.states import TurnChannel

    return turns.add_turn(
        call_id,
        key=key,
        channel=TurnChannel(channel),
        language=language,
        provider="offline",
        interrupted=False,
        milliseconds=dict(stages),
    )


def signed_in(user: "User") -> "Client":
    """A browser with that person's session."""
    from django.test import Client

    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def support(db: None) -> "Department":
    """The default department."""
    return make_department("support", is_default=True)


@pytest.fixture
def sales(db: None) -> "Department":
    """bob's."""
    return make_department("sales")


@pytest.fixture
def billing(db: None) -> "Department":
    """alice's."""
    return make_department("billing")


@pytest.fixture
def alice(support: "Department", billing: "Department") -> "Agent":
    """Agent of support and billing, idle the longest."""
    return make_agent("alice", support, billing, idle_for=120)


@pytest.fixture
def bob(support: "Department", sales: "Department") -> "Agent":
    """Agent of support and sales."""
    return make_agent("bob", support, sales, idle_for=60)


@pytest.fixture
def sam(db: None) -> "User":
    """The supervisor."""
    return make_user("sam", "supervisor")


@pytest.fixture
def carol(support: "Department") -> "Call":
    """carol's call, with the AI."""
    return make_call()
