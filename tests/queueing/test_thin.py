"""The whole way of one call, through the HTTP API."""

import pytest

from calls.models import Heartbeat
from common import clock
from queueing.models import Agent, Department
from tests.queueing.helpers import Browser, enters, fresh, ringing, told_agent, told_caller


@pytest.fixture
def worker(db: None) -> None:
    Heartbeat.objects.create(kind="voicebot", name="w", seen_at=clock.now())


def test_an_escalated_call_is_offered_accepted_talked_in_and_hung_up(
    anyone: Browser, support: Department, alice: Agent, worker: None
) -> None:
    started = anyone.post("/api/room/token", {"user_name": "Carol", "email": "carol@example.test"})
    caller = Browser(secret=started["call_secret"])
    transfer = caller.post("/api/create-transfer", {"room_name": started["room_name"], "reason": "a person, please"})
    assert transfer["status"] == "pending"
    assert (transfer["queue_position"], transfer["estimated_wait_time"]) == (1, 300)
    offer = ringing(alice)
    assert told_agent(alice, "offer")[0]["offer_id"] == str(offer.pk)
    assert told_agent(alice, "transfer_pending")[0]["transfer"]["id"] == transfer["id"]

    desk = Browser(user=alice.user)
    answer = desk.post(f"/api/offers/{offer.pk}/accept")
    assert answer["identity"] == "agent_alice"
    assert answer["customer"]["reason"] == "a person, please"
    kinds = [event["type"] for event in told_agent(alice, "offer_ended", "customer_assigned")]
    assert kinds == ["offer_ended", "customer_assigned"]
    assert told_caller(offer.entry.call, "customer_assigned")[0]["agent_name"] == "Alice"

    enters(offer.entry.call, alice)
    assert caller.get(f"/api/calls/{started['call_id']}")["state"] == "agent"
    ended = desk.post(f"/api/calls/{started['call_id']}/hangup")
    assert ended["reason"] == "agent_hangup"
    assert fresh(alice).activity == "wrapping_up"


def test_a_direct_caller_is_assigned_to_the_agent_who_becomes_available(
    anyone: Browser, support: Department, alice: Agent
) -> None:
    Agent.objects.filter(pk=alice.pk).update(presence="away")
    joined = anyone.post("/api/queue/join", {"email": "carol@example.test"})
    assert joined["queue_position"] == 1
    assert joined["room_name"] == "support_room"
    desk = Browser(user=alice.user)
    status = desk.post("/api/agents/alice/status", {"status": "available"})
    assert status["activity"] == "on_call"
    assert told_agent(alice, "customer_assigned")[0]["call_id"] == joined["call_id"]
