"""The routes of this app, to the letter of the public surface."""

from typing import Any

import jwt
import pytest

from calls.models import ApiKey, Call, Heartbeat
from calls.services import ai, lifecycle
from common import clock
from queueing.models import Agent, Department
from queueing.services import offers
from queueing.states import Presence
from tests.cast import make_call, make_user
from tests.queueing.helpers import Browser, direct_call, enters, fresh, ringing, waiting_call


@pytest.fixture
def worker(db: None) -> None:
    """A voice worker lives."""
    Heartbeat.objects.create(kind="voicebot", name="w", seen_at=clock.now())


def key(*scopes: str, user: Any = None) -> Browser:
    """A program with a key."""
    secret = ApiKey.generate()
    ApiKey.objects.create(name="k", prefix=secret[:8], key_hash=ApiKey.digest(secret), scopes=list(scopes), user=user)
    return Browser(secret=secret)


def caller(call: Call) -> Browser:
    """The call's own caller."""
    return Browser(secret=call.secret)


# --- room/token --------------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("wanted", [True, False])
def test_a_caller_may_want_to_see_a_face(anyone: Browser, support: Department, wanted: bool) -> None:
    answer = anyone.post("/api/room/token", {"user_name": "Carol", "avatar": wanted})
    assert Call.objects.get(pk=answer["call_id"]).avatar is wanted


@pytest.mark.usefixtures("worker")
def test_a_token_opens_a_room_for_the_customer(anyone: Browser, support: Department) -> None:
    answer = anyone.post("/api/room/token", {"user_name": "Carol", "email": "carol@example.test", "video": True})
    assert set(answer) == {"token", "room_name", "url", "user_name", "call_id", "call_secret", "identity"}
    assert answer["room_name"] == f"callcenter-{answer['call_id']}"
    assert answer["identity"] == f"customer_{answer['call_id']}"
    claims = jwt.decode(answer["token"], options={"verify_signature": False})
    assert claims["video"]["canPublishSources"] == ["microphone", "camera"]
    assert claims["attributes"] == {"role": "customer"}
    call = Call.objects.get(pk=answer["call_id"])
    assert (call.state, call.ai_state, call.department, call.language) == ("created", "dispatched", "support", "en")


@pytest.mark.usefixtures("worker")
def test_an_empty_request_is_enough(anyone: Browser, support: Department) -> None:
    assert anyone.post("/api/room/token", {})["user_name"] == "Customer"


@pytest.mark.usefixtures("worker")
def test_the_room_of_a_live_call_is_its_callers_only(anyone: Browser, support: Department) -> None:
    first = anyone.post("/api/room/token", {"room_name": "lobby"})
    taken = anyone.post("/api/room/token", {"room_name": "lobby"}, expect=409)
    assert taken["error"]["code"] == "room_in_use"
    own = Browser(secret=first["call_secret"])
    again = own.post("/api/room/token", {"room_name": "lobby"})
    assert (again["call_id"], again["identity"]) == (first["call_id"], first["identity"])
    stranger = caller(make_call())
    assert stranger.post("/api/room/token", {"room_name": "lobby"}, expect=409)["error"]["code"] == "room_in_use"


@pytest.mark.usefixtures("worker")
def test_a_dispatched_room_is_claimed_once(anyone: Browser, support: Department) -> None:
    made = anyone.post("/api/dispatch-agent", {"room_name": "lobby", "language": "en"})
    claimed = anyone.post("/api/room/token", {"room_name": "lobby", "user_name": "Carol"})
    assert claimed["call_id"] == made["call_id"]
    assert claimed["user_name"] == "Carol"
    anyone.post("/api/room/token", {"room_name": "lobby"}, expect=409)


@pytest.mark.usefixtures("worker")
def test_after_the_end_a_room_name_is_free_again(anyone: Browser, support: Department) -> None:
    first = anyone.post("/api/room/token", {"room_name": "lobby"})
    Browser(secret=first["call_secret"]).post(f"/api/calls/{first['call_id']}/hangup")
    assert anyone.post("/api/room/token", {"room_name": "lobby"})["call_id"] != first["call_id"]


def test_without_a_worker_the_token_still_comes_and_the_call_waits(anyone: Browser, support: Department) -> None:
    answer = anyone.post("/api/room/token", {})
    state = Browser(secret=answer["call_secret"]).get(f"/api/calls/{answer['call_id']}")
    assert (state["state"], state["queue_position"], state["estimated_wait_time"]) == ("waiting", 1, 300)
    assert state["token"]
    assert state["queue_reason"] == "no_worker"


@pytest.mark.parametrize(
    "body",
    [
        {"language": "fr"},
        {"language": 1},
        {"room_name": "a b"},
        {"room_name": ""},
        {"room_name": "x" * 65},
        {"room_name": "lobby\n"},
        {"email": "nonsense"},
        {"email": 5},
        {"video": "yes"},
        {"user_name": "x" * 121},
        {"user_name": "a\u0000b"},
        {"user_name": "\ud800"},
        {"department": "nowhere"},
        {"department": ["support"]},
        [],
        "x",
    ],
)
def test_wrong_requests_for_a_token_are_422(anyone: Browser, support: Department, body: Any) -> None:
    error = anyone.post("/api/room/token", body, expect=422)["error"]
    assert error["code"] == "invalid"
    assert not Call.objects.exists()


# --- queue/join --------------------------------------------------------------------------------------------------
def test_joining_the_line(anyone: Browser, support: Department) -> None:
    answer = anyone.post("/api/queue/join", {"email": "carol@example.test"})
    assert {k: v for k, v in answer.items() if k not in ("call_id", "call_secret")} == {
        "access_token": "",
        "room_name": "support_room",
        "queue_status": "waiting",
        "queue_position": 1,
        "estimated_wait_time": 300,
    }
    second = anyone.post("/api/queue/join", {"email": "dave@example.test", "room_name": "vip"})
    assert (second["room_name"], second["queue_position"], second["estimated_wait_time"]) == ("vip", 2, 600)
    state = Browser(secret=answer["call_secret"]).get(f"/api/calls/{answer['call_id']}")
    assert (state["state"], state["queue_position"], state["token"]) == ("waiting", 1, None)


def test_being_offered_is_still_being_first(anyone: Browser, alice: Agent, support: Department) -> None:
    answer = anyone.post("/api/queue/join", {"email": "carol@example.test"})
    assert (answer["queue_position"], answer["estimated_wait_time"]) == (1, 300)
    assert ringing(alice).entry.call_id == answer["call_id"]


@pytest.mark.parametrize(
    "body", [{}, {"email": ""}, {"email": "x"}, {"email": None}, {"email": "a@b.test", "language": "de"}]
)
def test_joining_needs_an_email(anyone: Browser, support: Department, body: Any) -> None:
    anyone.post("/api/queue/join", body, expect=422)


# --- calls/{id} --------------------------------------------------------------------------------------------------
def test_who_may_see_a_call(  # noqa: PLR0917 -- fixtures
    anyone: Browser, alice: Agent, bob: Agent, sam: Any, support: Department, billing: Department
) -> None:
    entry = waiting_call(billing)
    path = f"/api/calls/{entry.call_id}"
    assert anyone.get(path, expect=401)["error"]["code"] == "unauthenticated"
    assert caller(make_call()).get(path, expect=403)["error"]["code"] == "forbidden"
    assert caller(entry.call).get(path)["token"]
    assert key("calls").get(path)["token"] is None
    key("agents").get(path, expect=403)
    assert Browser(user=alice.user).get(path)["state"] == "waiting"
    Browser(user=bob.user).get(path, expect=403)
    Browser(user=sam).get(path)
    key("calls").get("/api/calls/nosuchcall", expect=404)


def test_a_call_has_all_its_fields(support: Department) -> None:
    entry = waiting_call(support)
    answer = caller(entry.call).get(f"/api/calls/{entry.call_id}")
    contract = {
        "call_id", "room_name", "state", "reason", "language", "department", "queue_position", "estimated_wait_time",
        "participants", "created_at", "ended_at", "identity", "url", "token",
    }  # fmt: skip
    assert contract <= set(answer)
    assert (answer["reason"], answer["ended_at"], answer["department"]) == (None, None, "support")
    assert answer["created_at"].endswith("Z")


def test_the_owner_gets_his_own_token(alice: Agent, support: Department) -> None:
    entry = waiting_call(support)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    answer = Browser(user=alice.user).get(f"/api/calls/{entry.call_id}")
    assert answer["identity"] == "agent_alice"
    assert jwt.decode(answer["token"], options={"verify_signature": False})["sub"] == "agent_alice"
    assert answer["queue_position"] is None


def test_notes_belong_to_the_calls_agent(alice: Agent, bob: Agent, support: Department) -> None:
    entry = waiting_call(support)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    path = f"/api/calls/{entry.call_id}/notes"
    desk = Browser(user=alice.user)
    assert desk.post(path, {"notes": "late parcel"}) == {"success": True}
    desk.post(path, {"disposition": "resolved"})
    call = fresh(entry.call)
    assert (call.notes, call.disposition) == ("late parcel", "resolved")
    Browser(user=bob.user).post(path, {"notes": "mine"}, expect=403)
    caller(entry.call).post(path, {"notes": "mine"}, expect=403)
    desk.post(path, {"notes": 7}, expect=422)


def test_hold_and_typed_lines_are_the_owners(alice: Agent, bob: Agent, support: Department) -> None:
    entry = waiting_call(support)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    desk, path = Browser(user=alice.user), f"/api/calls/{entry.call_id}"
    assert desk.post(f"{path}/hold", {"on": True}, expect=409)["error"]["state"] == "waiting"
    enters(entry.call, alice)
    assert desk.post(f"{path}/hold", {"on": True}) == {"success": True, "on_hold": True}
    assert desk.post(f"{path}/hold", {"on": True})["on_hold"]
    assert caller(entry.call).get(path)["on_hold"] is True
    assert desk.post(f"{path}/messages", {"text": "One moment"})["speaker"] == "agent"
    Browser(user=bob.user).post(f"{path}/messages", {"text": "hi"}, expect=403)


def test_a_callback_over_http(support: Department) -> None:
    entry = waiting_call(support)
    path = f"/api/calls/{entry.call_id}/callback"
    answer = caller(entry.call).post(path, {"kind": "callback", "contact": "+49 30 1234"})
    assert (answer["success"], answer["state"], answer["reason"]) == (True, "ended", "callback")
    caller(entry.call).post(path, {"kind": "dance"}, expect=422)
    caller(make_call()).post(path, {"kind": "message"}, expect=403)


# --- transfers ---------------------------------------------------------------------------------------------------
def test_creating_a_transfer(support: Department) -> None:
    call = make_call(room_name="lobby")
    answer = caller(call).post("/api/create-transfer", {"room_name": "lobby", "reason": "my bill"})
    assert answer["id"].startswith("transfer_")
    assert (answer["room_name"], answer["reason"], answer["status"]) == ("lobby", "my bill", "pending")
    assert (answer["queue_position"], answer["estimated_wait_time"]) == (1, 300)
    again = caller(call).post("/api/create-transfer", {"room_name": "lobby", "reason": "now"})
    assert again["id"] == answer["id"]


def test_transfers_of_others_unknown_rooms_and_ended_calls(anyone: Browser, support: Department) -> None:
    call = make_call(room_name="lobby")
    body = {"room_name": "lobby", "reason": "x"}
    anyone.post("/api/create-transfer", body, expect=401)
    caller(make_call()).post("/api/create-transfer", body, expect=403)
    caller(call).post("/api/create-transfer", {**body, "room_name": "nowhere"}, expect=404)
    caller(call).post("/api/create-transfer", {**body, "department": "nowhere"}, expect=422)
    caller(call).post("/api/create-transfer", {**body, "priority": "high"}, expect=422)
    lifecycle.hang_up(call.pk, by_agent=False, actor="caller")
    ended = key("calls").post("/api/create-transfer", body, expect=409)
    assert (ended["error"]["code"], ended["error"]["state"]) == ("wrong_state", "ended")


def test_listing_transfers_oldest_first_by_department(
    alice: Agent, bob: Agent, support: Department, billing: Department
) -> None:
    Agent.objects.update(presence=Presence.AWAY)
    first, second = waiting_call(support), waiting_call(billing)
    ids = [entry.transfers.get().public_id for entry in (first, second)]
    path = "/api/transfers?status=pending"
    assert [item["id"] for item in Browser(user=alice.user).get(path)["items"]] == ids
    assert [item["id"] for item in Browser(user=bob.user).get(path)["items"]] == ids[:1]
    assert [item["id"] for item in key("calls").get(path)["items"]] == ids
    assert key("calls").get("/api/transfers?status=accepted")["items"] == []
    key("calls").get("/api/transfers?status=dancing", expect=422)


def test_accepting_a_transfer_over_http(alice: Agent, bob: Agent, support: Department) -> None:
    entry = waiting_call(support, customer_name="Carol", summary="late parcel")
    body = {"transfer_id": entry.transfers.get().public_id, "agent_name": "Bobby"}
    program = key("agent", user=bob.user)
    answer = program.post("/api/accept-transfer", body)
    assert set(answer) >= {"token", "room_name", "url", "identity", "customer", "call_id"}
    assert (answer["identity"], answer["room_name"]) == ("agent_bob", entry.call.room_name)
    assert set(answer["customer"]) >= {"name", "email", "language", "reason", "summary", "waited_seconds"}
    assert program.post("/api/accept-transfer", body)["call_id"] == answer["call_id"]
    lost = Browser(user=alice.user).post("/api/accept-transfer", body, expect=409)["error"]
    assert (lost["code"], lost["accepted_by"]) == ("already_accepted", "bob")
    key("agents").post("/api/accept-transfer", body, expect=403)
    key("agent").post("/api/accept-transfer", body, expect=403)
    program.post("/api/accept-transfer", {"transfer_id": "transfer_1_000000"}, expect=404)
    program.post("/api/accept-transfer", {"transfer_id": "nonsense"}, expect=404)


def test_a_transfer_of_another_department_is_not_ones_to_accept(bob: Agent, billing: Department) -> None:
    entry = waiting_call(billing)
    body = {"transfer_id": entry.transfers.get().public_id}
    Browser(user=bob.user).post("/api/accept-transfer", body, expect=403)


# --- offers ------------------------------------------------------------------------------------------------------
def test_offers_over_http(alice: Agent, bob: Agent, support: Department) -> None:
    waiting_call(support)
    offer = ringing(alice)
    desk, other = Browser(user=alice.user), Browser(user=bob.user)
    other.post(f"/api/offers/{offer.pk}/accept", expect=403)
    assert desk.post(f"/api/offers/{offer.pk}/decline", {"reason": "lunch"})["state"] == "declined"
    assert desk.post(f"/api/offers/{offer.pk}/accept", expect=409)["error"]["state"] == "declined"
    second = ringing(bob)
    assert other.post(f"/api/offers/{second.pk}/accept")["identity"] == "agent_bob"
    assert other.post(f"/api/offers/{second.pk}/decline", expect=409)["error"]["state"] == "accepted"
    desk.post("/api/offers/nonsense/accept", expect=404)


# --- agents ------------------------------------------------------------------------------------------------------
def test_status_is_answered_to_the_letter(alice: Agent) -> None:
    answer = Browser(user=alice.user).post("/api/agents/alice/status", {"status": "away", "reason": "lunch"})
    assert answer["success"] is True
    assert answer["message"] == "Agent alice status updated to away"
    assert (answer["status"], answer["activity"]) == ("away", "idle")


def test_who_may_set_an_agents_status(anyone: Browser, alice: Agent, bob: Agent, sam: Any) -> None:
    path, body = "/api/agents/alice/status", {"status": "away"}
    anyone.post(path, body, expect=401)
    Browser(user=bob.user).post(path, body, expect=403)
    key("calls").post(path, body, expect=403)
    key("agent", user=bob.user).post(path, body, expect=403)
    key("agents").post(path, body)
    Browser(user=sam).post(path, body)
    key("agent", user=alice.user).post(path, body)
    Browser(user=sam).post("/api/agents/nobody/status", body, expect=404)
    Browser(user=sam).post(path, {"status": "asleep"}, expect=422)


def test_agents_are_listed_with_presence_activity_and_departments(alice: Agent, bob: Agent) -> None:
    items = key("agents").get("/api/agents")["items"]
    assert [item["agent_id"] for item in items] == ["alice", "bob"]
    one = Browser(user=bob.user).get("/api/agents/alice")
    assert (one["presence"], one["activity"], one["departments"]) == ("available", "idle", ["billing", "support"])
    key("calls").get("/api/agents", expect=403)
    Browser(user=bob.user).get("/api/agents/nobody", expect=404)


@pytest.mark.parametrize("agent_id", ["a%00b", "%ED%A0%80", "%0A", "x" * 500, "%D9%A3"])
def test_an_agent_id_that_is_none_is_not_found(sam: Any, agent_id: str) -> None:
    Browser(user=sam).get(f"/api/agents/{agent_id}", expect=404)
    Browser(user=sam).post(f"/api/agents/{agent_id}/status", {"status": "away"}, expect=404)


def test_picking_over_http(alice: Agent, bob: Agent, support: Department) -> None:
    desk = Browser(user=alice.user)
    assert desk.post("/api/agents/alice/pick-next", expect=409)["error"]["code"] == "queue_empty"
    Agent.objects.update(presence=Presence.AWAY)
    entry = direct_call(support)
    answer = desk.post("/api/agents/alice/pick-next")
    assert set(answer) >= {"agent_id", "customer_email", "customer", "call_id", "room_name", "agent_token", "url"}
    assert (answer["agent_id"], answer["customer_email"]) == ("alice", "carol@example.test")
    assert answer["call_id"] == entry.call_id
    assert desk.post("/api/agents/alice/pick-next", expect=409)["error"]["code"] == "agent_busy"
    desk.post("/api/agents/bob/pick-next", expect=403)


def test_finishing_wrap_up_over_http(alice: Agent, bob: Agent, support: Department) -> None:
    entry = waiting_call(support)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    enters(entry.call, alice)
    desk = Browser(user=alice.user)
    assert desk.post("/api/agents/alice/finish-wrap-up", expect=409)["error"]["state"] == "on_call"
    assert desk.post(f"/api/calls/{entry.call_id}/hangup")["reason"] == "agent_hangup"
    assert desk.post("/api/agents/alice/finish-wrap-up") == {"success": True, "activity": "idle"}
    Browser(user=bob.user).post("/api/agents/alice/finish-wrap-up", expect=403)


def test_auto_answer_is_the_agents_own(alice: Agent, bob: Agent) -> None:
    assert Browser(user=alice.user).post("/api/agents/alice/settings", {"auto_answer": True})["auto_answer"] is True
    assert fresh(alice).auto_answer
    Browser(user=bob.user).post("/api/agents/alice/settings", {"auto_answer": True}, expect=403)


def test_a_supervisor_without_an_agent_takes_no_calls(sam: Any, support: Department) -> None:
    entry = waiting_call(support)
    Browser(user=sam).post("/api/accept-transfer", {"transfer_id": entry.transfers.get().public_id}, expect=403)
    Browser(user=make_user("zoe", "agent")).post("/api/offers/1/accept", expect=403)


def test_departments_are_public(anyone: Browser, support: Department, billing: Department) -> None:
    Department.objects.filter(slug="billing").update(is_active=False)
    assert [item["slug"] for item in anyone.get("/api/departments")["items"]] == ["support"]


# Scenario 24, journey E
@pytest.mark.usefixtures("worker")
def test_a_reload_keeps_call_and_place(anyone: Browser, support: Department) -> None:
    started = anyone.post("/api/room/token", {"room_name": "lobby"})
    own = Browser(secret=started["call_secret"])
    call = Call.objects.get(pk=started["call_id"])
    ai.begin(call.pk, 1)
    own.post("/api/create-transfer", {"room_name": "lobby", "reason": "x"})
    waiting_call(support)
    again = own.post("/api/room/token", {"room_name": "lobby"})
    assert again["call_id"] == started["call_id"]
    assert own.get(f"/api/calls/{call.pk}")["queue_position"] == 1
