"""A supervisor takes a call over."""

import pytest
from django.contrib.auth.models import User

from calls.models import Call, CallEvent, TranscriptSegment
from calls.services import lifecycle
from calls.states import EndReason
from queueing.models import Agent, Department, Offer, QueueEntry, Supervision
from queueing.services import agents, handing_over, returning, supervision, taking_over
from queueing.states import Activity, EntryState, OfferState, Presence
from queueing.supervising import SupervisionState
from tests.cast import Clock, make_agent
from tests.conftest import CeleryCalls
from tests.queueing.helpers import Browser, enters, fresh, ringing, talking_call, told_agent, told_caller, waiting_call
from tests.queueing.test_supervision import grants, kinds


@pytest.fixture
def mona(support: Department) -> Agent:
    """A supervisor who takes calls, too; not at work just now, and in no department."""
    from django.contrib.auth.models import Group

    agent = make_agent("mona", presence=Presence.OFFLINE)
    agent.user.groups.add(Group.objects.get_or_create(name="supervisor")[0])
    return agent


@pytest.fixture
def talk(alice: Agent, billing: Department) -> Call:
    """alice talks with carol."""
    return talking_call(alice, billing)


def test_an_agents_call_becomes_the_supervisors_and_the_agent_wraps_up(mona: Agent, alice: Agent, talk: Call) -> None:
    supervision.supervise(talk, supervisor=mona.user, to=SupervisionState.LISTEN)
    answer = Browser(user=mona.user).post(f"/api/calls/{talk.pk}/supervise", {"mode": "take_over"})
    assert grants(answer["token"])["identity"] == "agent_mona"
    assert (fresh(mona).activity, fresh(alice).activity) == (Activity.ON_CALL, Activity.WRAPPING_UP)
    assert told_agent(alice, "call_ended")[-1]["reason"] == "taken_over"
    assert not [news for news in told_agent(alice, "call_update") if news.get("state") == "waiting"]
    enters(talk, mona)
    call = fresh(talk)
    assert (call.state, call.agent_id) == ("agent", mona.user_id)
    states = list(QueueEntry.objects.filter(call=call).order_by("pk").values_list("state", "cause"))
    assert states == [(EntryState.DONE, "escalated"), (EntryState.CONNECTED, "taken_over")]


def test_the_way_there_is_in_the_history_and_the_session_is_over(mona: Agent, talk: Call) -> None:
    supervision.supervise(talk, supervisor=mona.user, to=SupervisionState.BARGE)
    taking_over.take_over(talk, supervisor=mona.user)
    assert kinds(talk) == ["listen", "barge", "taken_over"]
    row = Supervision.objects.get()
    assert (row.state, row.end_reason, row.lease_until) == ("taken_over", "took_over", None)
    assert TranscriptSegment.objects.filter(call=talk, text="Mona took the call over.").exists()


def test_without_listening_before_it_has_its_row_all_the_same(mona: Agent, talk: Call) -> None:
    taking_over.take_over(talk, supervisor=mona.user)
    assert Supervision.objects.get().state == "taken_over"


def test_the_former_agent_is_put_out_of_the_room(
    mona: Agent, alice: Agent, talk: Call, celery_calls: CeleryCalls
) -> None:
    taking_over.take_over(talk, supervisor=mona.user)
    assert celery_calls.named("queueing.remove_agent") == [(talk.pk, alice.pk)]
    assert (talk.pk, mona.user_id) in celery_calls.named("queueing.apply_supervision")


def test_the_ais_call_goes_by_waiting_to_the_supervisor_and_the_ai_sees_it(mona: Agent, carol: Call) -> None:
    taking_over.take_over(carol, supervisor=mona.user)
    entry = QueueEntry.objects.get()
    assert (entry.state, entry.agent) == (EntryState.CONNECTING, mona)
    assert [news["state"] for news in told_caller(carol, "call_update")] == ["waiting"]
    enters(carol, mona)
    assert fresh(carol).state == "agent"


def test_a_waiting_caller_is_taken_from_the_desk_he_rings_at(mona: Agent, alice: Agent, billing: Department) -> None:
    entry = waiting_call(billing)
    offer = ringing(alice)
    taking_over.take_over(entry.call, supervisor=mona.user)
    assert fresh(offer).state == OfferState.RESCINDED
    assert told_agent(alice, "offer_ended")[-1]["accepted_by"] == "mona"
    assert fresh(alice).activity == Activity.IDLE


def test_asked_twice_it_is_one_taking(mona: Agent, talk: Call) -> None:
    first = taking_over.take_over(talk, supervisor=mona.user)
    assert taking_over.take_over(talk, supervisor=mona.user).pk == first.pk
    assert CallEvent.objects.filter(call=talk, kind="supervision.taken_over").count() == 1


def test_who_takes_no_calls_cannot(sam: User, talk: Call) -> None:
    error = Browser(user=sam).post(f"/api/calls/{talk.pk}/supervise", {"mode": "take_over"}, expect=409)["error"]
    assert error["code"] == "not_an_agent"
    assert fresh(talk).state == "agent"


def test_who_is_in_another_call_cannot(mona: Agent, talk: Call, carol: Call) -> None:
    taking_over.take_over(carol, supervisor=mona.user)
    error = Browser(user=mona.user).post(f"/api/calls/{talk.pk}/supervise", {"mode": "take_over"}, expect=409)["error"]
    assert (error["code"], error["state"]) == ("agent_busy", "on_call")
    assert fresh(talk).state == "agent"


def test_an_ended_call_cannot_be_taken_over(mona: Agent, talk: Call) -> None:
    lifecycle.end_call(talk.pk, EndReason.AGENT_HANGUP, actor="alice")
    error = Browser(user=mona.user).post(f"/api/calls/{talk.pk}/supervise", {"mode": "take_over"}, expect=409)["error"]
    assert (error["code"], error["state"]) == ("wrong_state", "ended")


def test_who_whispers_when_another_takes_over_listens(mona: Agent, sam: User, talk: Call) -> None:
    supervision.supervise(talk, supervisor=sam, to=SupervisionState.WHISPER)
    taking_over.take_over(talk, supervisor=mona.user)
    assert Supervision.objects.get(supervisor=sam).state == "listen"
    assert told_agent(mona, "customer_assigned")[-1]["supervision"][0]["mode"] == "listen"


def test_a_supervisor_who_does_not_reach_the_room_leaves_the_caller_in_line_with_an_ai(
    mona: Agent, talk: Call, time: Clock, celery_calls: CeleryCalls
) -> None:
    entry = taking_over.take_over(talk, supervisor=mona.user)
    time.pass_(16)
    assert returning.fail_setup(entry.pk)
    assert (fresh(talk).state, fresh(mona).activity) == ("waiting", Activity.IDLE)
    assert celery_calls.named("calls.dispatch_ai")
    assert Offer.objects.filter(entry=entry, state=OfferState.SETUP_FAILED).exists()


def test_a_colleague_who_is_just_being_asked_is_asked_no_more(
    mona: Agent, alice: Agent, bob: Agent, talk: Call
) -> None:
    handing_over.hand_over(talk, agent=alice, to=bob)
    taking_over.take_over(talk, supervisor=mona.user)
    assert (fresh(bob).activity, fresh(mona).activity) == (Activity.IDLE, Activity.ON_CALL)
    assert told_agent(bob, "offer_ended")[-1]["outcome"] == "cancelled"


def test_the_supervisor_who_is_being_asked_himself_takes_over_all_the_same(
    mona: Agent, alice: Agent, support: Department, talk: Call
) -> None:
    agents.set_presence(mona, Presence.AVAILABLE, actor="mona")
    handing_over.hand_over(talk, agent=alice, to=fresh(mona))
    taking_over.take_over(talk, supervisor=mona.user)
    assert fresh(mona).activity == Activity.ON_CALL
    enters(talk, mona)
    assert fresh(talk).agent_id == mona.user_id
