"""Sessions of the admin's people, and a call with everything a call can have."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from calls.models import Call, CallEvent, Customer, Feedback, Participant, TranscriptSegment
from common import clock
from queueing.models import Agent, CallbackRequest, Department, Offer, QueueEntry, Transfer
from tests.cast import make_user, signed_in


@pytest.fixture
def supervisor(sam: User) -> Client:
    """sam's browser."""
    return signed_in(sam)


@pytest.fixture
def superuser(db: None) -> Client:
    """The browser of somebody who may do everything."""
    return signed_in(User.objects.create_superuser("root"))


@pytest.fixture
def administrator(db: None) -> Client:
    """The browser of somebody in the group, without a superuser's powers."""
    return signed_in(make_user("ada", "admin"))


def make_story(agent: Agent, department: Department, *, number: int = 1, **values: Any) -> Call:
    """A call that went from the AI to `agent`, with a line, an offer and all else."""
    start = clock.now() - timedelta(minutes=10)
    customer, _ = Customer.objects.get_or_create(email=f"carol{number}@example.com", defaults={"name": "Carol"})
    call = Call.objects.create(
        **{
            "room_name": f"callcenter-story{number}",
            "state": "ended",
            "end_reason": "agent_hangup",
            "customer": customer,
            "customer_name": "Carol",
            "customer_email": customer.email,
            "department": department.slug,
            "agent": agent.user,
            "created_at": start,
            "ended_at": start + timedelta(seconds=200),
            "summary": "Charged twice.",
            "facts": {"order_number": "A-1"},
            "notes": "Refunded.",
            "disposition": "resolved",
            **values,
        }
    )
    _add_queue(call, agent, department)
    for kind, data in (
        ("call.created", {}),
        ("offer.accepted", {"agent": agent.username}),
        ("call.ended", {"reason": "agent_hangup"}),
    ):
        CallEvent.objects.create(call=call, kind=kind, actor="caller", data=data, at=start)
    for at, (speaker, text) in enumerate(
        (("ai", "Hello, this is the AI."), ("customer", "مرحبا"), ("agent", "Hello Carol."))
    ):
        TranscriptSegment.objects.create(
            call=call, key=str(at), speaker=speaker, text=text, at=start + timedelta(seconds=at)
        )
    Participant.objects.create(call=call, sid=f"PA_{number}", identity=agent.identity, role="agent")
    Feedback.objects.create(call=call, rating=4, comment="Quick.")
    return call


def _add_queue(call: Call, agent: Agent, department: Department) -> None:
    at = call.created_at + timedelta(seconds=20)
    entry = QueueEntry.objects.create(
        call=call, department=department, state="done", agent=agent, enqueued_at=at,
        answered_at=at + timedelta(seconds=30), connected_at=at + timedelta(seconds=31), ended_at=call.ended_at,
    )  # fmt: skip
    Offer.objects.create(entry=entry, agent=agent, state="connected")
    Transfer.objects.create(
        call=call, entry=entry, state="completed", reason="charged twice", requested_by="ai", accepted_by=agent
    )
    CallbackRequest.objects.create(call=call, contact="+1 555 0100", department=department)


@pytest.fixture
def story(alice: Agent, billing: Department) -> Call:
    """carol's call about billing, taken by alice."""
    return make_story(alice, billing)
