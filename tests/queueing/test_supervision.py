"""A supervisor in a live call: who may do what, and what LiveKit and the agent are told."""

from typing import Any

import jwt
import pytest
from django.contrib.auth.models import User

from calls.models import Call, CallEvent
from calls.services import lifecycle, participants
from calls.states import EndReason, Role
from common.errors import Conflict
from queueing import tasks
from queueing.models import Agent, Department, Supervision
from queueing.services import handing_on, supervision, sweeps
from queueing.supervising import SupervisionState
from tests.cast import Clock, make_call, make_user
from tests.conftest import CeleryCalls
from tests.fakes import FakeTelephony
from tests.queueing.helpers import Browser, fresh, talking_call, told_agent

LISTEN, WHISPER, BARGE = SupervisionState.LISTEN, SupervisionState.WHISPER, SupervisionState.BARGE


@pytest.fixture
def talk(alice: Agent, billing: Department) -> Call:
    """alice talks with carol."""
    return talking_call(alice, billing)


@pytest.fixture
def mona(db: None) -> User:
    """Another supervisor."""
    return make_user("mona", "supervisor")


def grants(token: str) -> dict[str, Any]:
    """What a token allows, and where."""
    claims = jwt.decode(token, options={"verify_signature": False})
    return {**claims["video"], "identity": claims["sub"], "role": claims["attributes"]["role"]}


def kinds(call: Call) -> list[str]:
    """The rows of the call's history about supervision."""
    rows = CallEvent.objects.filter(call=call, kind__startswith="supervision.").order_by("pk")
    return [row.kind.removeprefix("supervision.") for row in rows]


def shown(agent: Agent) -> Any:
    """What the agent was last told: modes of who is with him."""
    return [one["mode"] for one in told_agent(agent, "supervision")[-1]["supervision"]]


# --- tokens and rooms --------------------------------------------------------------------------------------------
def test_a_listener_is_hidden_and_cannot_publish(sam: User, talk: Call) -> None:
    answer = Browser(user=sam).post(f"/api/calls/{talk.pk}/supervise", {"mode": "listen"})
    may = grants(answer["token"])
    assert (may["room"], may["identity"], may["role"]) == (talk.room_name, "supervisor_sam", "supervisor")
    assert (may["canPublish"], may["hidden"], may["canSubscribe"]) == (False, True, True)
    assert answer["whisper"] is None


def test_a_whisper_has_a_room_that_no_caller_can_name_and_the_customer_gets_no_token_for(
    sam: User, alice: Agent, talk: Call, anyone: Browser
) -> None:
    answer = Browser(user=sam).post(f"/api/calls/{talk.pk}/supervise", {"mode": "whisper"})
    room = answer["whisper"]["room_name"]
    assert grants(answer["token"])["canPublish"] is False
    assert (grants(answer["whisper"]["token"])["room"], grants(answer["whisper"]["token"])["canPublish"]) == (
        room,
        True,
    )
    heard = Browser(user=alice.user).get(f"/api/calls/{talk.pk}/whisper")
    may = grants(heard["token"])
    assert (may["room"], may["identity"], may["canPublish"]) == (room, "agent_alice", False)
    assert room != talk.room_name
    anyone.post("/api/room/token", {"room_name": room}, expect=422)
    Browser(secret=talk.secret).get(f"/api/calls/{talk.pk}/whisper", expect=403)


def test_who_speaks_to_everybody_may_publish_and_is_seen(sam: User, talk: Call) -> None:
    answer = Browser(user=sam).post(f"/api/calls/{talk.pk}/supervise", {"mode": "barge"})
    may = grants(answer["token"])
    assert (may["canPublish"], may["hidden"], may["canPublishSources"]) == (True, False, ["microphone"])


def test_another_agent_is_not_told_where_the_whisper_is(sam: User, bob: Agent, talk: Call) -> None:
    supervision.supervise(talk, supervisor=sam, to=WHISPER)
    Browser(user=bob.user).get(f"/api/calls/{talk.pk}/whisper", expect=403)


def test_without_a_whisper_there_is_nowhere_to_hear_one(sam: User, alice: Agent, talk: Call) -> None:
    supervision.supervise(talk, supervisor=sam, to=LISTEN)
    error = Browser(user=alice.user).get(f"/api/calls/{talk.pk}/whisper", expect=409)["error"]
    assert error["code"] == "not_supervising"


def test_livekit_follows_the_row_at_every_change(sam: User, talk: Call, telephony: FakeTelephony) -> None:
    for to in (LISTEN, BARGE, LISTEN):
        supervision.supervise(talk, supervisor=sam, to=to)
        tasks.apply_supervision(talk.pk, sam.pk)
    who = (talk.room_name, "supervisor_sam")
    # Once seen he is not hidden again: the others would keep him on their lists.
    assert telephony.asked_for("permit") == [(*who, False, True), (*who, True, False), (*who, False, False)]
    supervision.leave(talk, supervisor=sam)
    tasks.apply_supervision(talk.pk, sam.pk)
    assert telephony.asked_for("remove") == [who]


def test_changes_are_applied_after_the_commit(sam: User, talk: Call, celery_calls: CeleryCalls) -> None:
    supervision.supervise(talk, supervisor=sam, to=WHISPER)
    room = Supervision.objects.get().whisper_room
    supervision.supervise(talk, supervisor=sam, to=BARGE)
    assert celery_calls.named("queueing.apply_supervision") == [(talk.pk, sam.pk)] * 2
    assert celery_calls.named("queueing.close_whisper") == [(room,)]


def test_the_ai_is_nudged_when_somebody_begins_and_ends_to_speak_to_everybody(
    sam: User, carol: Call, celery_calls: CeleryCalls
) -> None:
    supervision.supervise(carol, supervisor=sam, to=LISTEN)
    assert celery_calls.named("calls.nudge_ai") == []
    supervision.supervise(carol, supervisor=sam, to=BARGE)
    supervision.leave(carol, supervisor=sam)
    assert celery_calls.named("calls.nudge_ai") == [(carol.pk,)] * 2


def test_each_whisper_has_a_room_of_its_own(sam: User, talk: Call) -> None:
    rooms = set()
    for _ in range(2):
        rooms.add(supervision.supervise(talk, supervisor=sam, to=WHISPER).whisper_room)
        supervision.supervise(talk, supervisor=sam, to=LISTEN)
    assert len(rooms) == 2


def test_who_comes_back_with_an_old_token_is_given_his_present_rights_or_put_out(
    sam: User, talk: Call, telephony: FakeTelephony, celery_calls: CeleryCalls
) -> None:
    participants.joined(talk, telephony.join(talk.room_name, "supervisor_sam", Role.SUPERVISOR))
    assert celery_calls.named("queueing.apply_supervision") == [(talk.pk, sam.pk)]
    tasks.apply_supervision(talk.pk, sam.pk)
    assert telephony.asked_for("remove") == [(talk.room_name, "supervisor_sam")]


def test_a_supervisor_in_the_room_is_neither_the_caller_nor_the_agent(
    sam: User, alice: Agent, talk: Call, telephony: FakeTelephony
) -> None:
    supervision.supervise(talk, supervisor=sam, to=LISTEN)
    seen = telephony.join(talk.room_name, "supervisor_sam", Role.SUPERVISOR)
    participants.joined(talk, seen)
    participants.gone(talk, seen)
    after = fresh(talk)
    assert (after.state, after.agent_id, after.caller_deadline) == ("agent", alice.user_id, talk.caller_deadline)
    told = Browser(secret=talk.secret).get(f"/api/calls/{talk.pk}")
    assert "supervisor" not in {one["role"] for one in told["participants"]}


# --- who may, and when -------------------------------------------------------------------------------------------
def test_agents_callers_and_programs_may_not(alice: Agent, bob: Agent, talk: Call, anyone: Browser) -> None:
    path = f"/api/calls/{talk.pk}/supervise"
    anyone.post(path, {"mode": "listen"}, expect=401)
    Browser(user=bob.user).post(path, {"mode": "listen"}, expect=403)
    Browser(secret=talk.secret).post(path, {"mode": "listen"}, expect=403)
    assert not Supervision.objects.exists()


def test_a_supervisor_who_takes_calls_does_not_supervise_his_own(alice: Agent, talk: Call) -> None:
    alice.user.groups.set([make_user("x", "supervisor").groups.get()])
    error = Browser(user=alice.user).post(f"/api/calls/{talk.pk}/supervise", {"mode": "listen"}, expect=409)["error"]
    assert error["code"] == "own_call"


def test_the_ais_calls_are_listened_to_and_spoken_in_but_it_is_not_whispered_to(sam: User, carol: Call) -> None:
    room = f"/api/calls/{carol.pk}/supervise"
    browser = Browser(user=sam)
    assert browser.post(room, {"mode": "listen"})["mode"] == "listen"
    assert browser.post(room, {"mode": "barge"})["mode"] == "barge"
    assert browser.post(room, {"mode": "whisper"}, expect=409)["error"]["code"] == "no_agent"


@pytest.mark.parametrize("values", [{"state": "created"}, {"state": "waiting", "direct_queue": True}])
def test_a_room_with_nobody_in_it_is_not_listened_to(sam: User, support: Department, values: dict[str, Any]) -> None:
    call = make_call(**(values | {"state": "created"}))
    Call.objects.filter(pk=call.pk).update(direct_queue=values.get("direct_queue", False))
    error = Browser(user=sam).post(f"/api/calls/{call.pk}/supervise", {"mode": "listen"}, expect=409)["error"]
    assert (error["code"], error["state"]) == ("wrong_state", "created")


def test_an_ended_call_is_not_listened_to(sam: User, talk: Call) -> None:
    lifecycle.end_call(talk.pk, EndReason.AGENT_HANGUP, actor="alice")
    with pytest.raises(Conflict):
        supervision.supervise(talk, supervisor=sam, to=LISTEN)


def test_two_may_listen_but_one_speaks(sam: User, mona: User, talk: Call) -> None:
    supervision.supervise(talk, supervisor=sam, to=WHISPER)
    supervision.supervise(talk, supervisor=mona, to=LISTEN)
    error = Browser(user=mona).post(f"/api/calls/{talk.pk}/supervise", {"mode": "barge"}, expect=409)["error"]
    assert (error["code"], error["speaker"]) == ("already_speaking", "sam")
    supervision.supervise(talk, supervisor=sam, to=LISTEN)
    assert supervision.supervise(talk, supervisor=mona, to=BARGE).state == BARGE


def test_another_call_ends_the_session_in_the_first(sam: User, talk: Call, carol: Call) -> None:
    supervision.supervise(talk, supervisor=sam, to=BARGE)
    supervision.supervise(carol, supervisor=sam, to=LISTEN)
    rows = {row.call_id: (row.state, row.end_reason) for row in Supervision.objects.all()}
    assert rows == {talk.pk: ("ended", "moved"), carol.pk: ("listen", "")}


def test_the_same_again_is_the_same_session(sam: User, talk: Call) -> None:
    first = supervision.supervise(talk, supervisor=sam, to=LISTEN)
    assert supervision.supervise(talk, supervisor=sam, to=LISTEN).pk == first.pk
    assert kinds(talk) == ["listen"]


# --- what the agent is told --------------------------------------------------------------------------------------
def test_the_agent_is_told_who_is_with_him_and_what_he_does(sam: User, alice: Agent, talk: Call) -> None:
    for to, mode in ((LISTEN, ["listen"]), (WHISPER, ["whisper"]), (BARGE, ["barge"])):
        supervision.supervise(talk, supervisor=sam, to=to)
        assert shown(alice) == mode
    supervision.leave(talk, supervisor=sam)
    assert shown(alice) == []
    assert told_agent(alice, "supervision")[0]["supervision"][0]["name"] == "Sam"


def test_where_the_department_conceals_it_only_speaking_is_shown(
    sam: User, alice: Agent, billing: Department, talk: Call
) -> None:
    Department.objects.filter(pk=billing.pk).update(conceal_supervision=True)
    supervision.supervise(talk, supervisor=sam, to=LISTEN)
    assert shown(alice) == []
    supervision.supervise(talk, supervisor=sam, to=WHISPER)
    assert shown(alice) == ["whisper"]
    supervision.supervise(talk, supervisor=sam, to=LISTEN)
    assert shown(alice) == []
    row = CallEvent.objects.filter(call=talk, kind="supervision.listen").first()
    assert row is not None
    assert row.data["concealed"] is True


def test_an_agent_who_takes_a_call_somebody_listens_to_is_told_with_the_call(
    sam: User, alice: Agent, billing: Department
) -> None:
    call = make_call(department=billing.slug)
    supervision.supervise(call, supervisor=sam, to=LISTEN)
    from queueing.services import offers, transfers
    from tests.queueing.helpers import ringing

    transfers.create_transfer(call, reason="wants a person", department=billing.slug, actor="ai")
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    assert told_agent(alice, "customer_assigned")[-1]["supervision"][0]["mode"] == "listen"


# --- the end -----------------------------------------------------------------------------------------------------
def test_the_end_of_the_call_ends_the_session(sam: User, alice: Agent, talk: Call, celery_calls: CeleryCalls) -> None:
    supervision.supervise(talk, supervisor=sam, to=WHISPER)
    lifecycle.end_call(talk.pk, EndReason.CUSTOMER_HANGUP, actor="caller")
    row = Supervision.objects.get()
    assert (row.state, row.end_reason) == ("ended", "call_ended")
    assert celery_calls.named("queueing.close_whisper") == [(row.whisper_room,)]
    assert shown(alice) == []


def test_a_page_that_is_gone_ends_the_session_by_sweep(sam: User, talk: Call, time: Clock) -> None:
    supervision.supervise(talk, supervisor=sam, to=BARGE)
    time.pass_(15)
    Browser(user=sam).post(f"/api/calls/{talk.pk}/supervise/renew")
    time.pass_(15)
    sweeps.sweep()
    assert Supervision.objects.get().state == BARGE
    time.pass_(6)
    sweeps.sweep()
    row = Supervision.objects.get()
    assert (row.state, row.end_reason) == ("ended", "lost")
    error = Browser(user=sam).post(f"/api/calls/{talk.pk}/supervise/renew", expect=409)["error"]
    assert error["code"] == "not_supervising"


def test_leaving_twice_is_fine(sam: User, talk: Call) -> None:
    supervision.supervise(talk, supervisor=sam, to=LISTEN)
    for _ in range(2):
        Browser(user=sam).post(f"/api/calls/{talk.pk}/supervise/end")
    assert Supervision.objects.get().end_reason == "left"
    assert kinds(talk) == ["listen", "ended"]


def test_who_whispered_to_an_agent_who_hands_the_call_on_listens(
    sam: User, alice: Agent, sales: Department, talk: Call
) -> None:
    supervision.supervise(talk, supervisor=sam, to=WHISPER)
    handing_on.hand_on(fresh(talk), agent=alice, department="sales", reason="")
    assert Supervision.objects.get().state == LISTEN
    Browser(user=alice.user).get(f"/api/calls/{talk.pk}/whisper", expect=403)


def test_each_change_has_its_row_with_who_did_it(sam: User, talk: Call) -> None:
    for to in (LISTEN, WHISPER, BARGE, LISTEN):
        supervision.supervise(talk, supervisor=sam, to=to)
    supervision.leave(talk, supervisor=sam)
    assert kinds(talk) == ["listen", "whisper", "barge", "listen", "ended"]
    rows = CallEvent.objects.filter(call=talk, kind__startswith="supervision.")
    assert {(row.actor, row.data["supervisor"]) for row in rows} == {("sam", "sam")}
