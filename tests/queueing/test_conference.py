"""The second agent of a consult is brought to the caller: all three talk."""

import pytest

from calls.models import Call
from calls.services import lifecycle
from calls.states import AITask, EndReason
from calls.telephony import Seen
from common.errors import Conflict, Forbidden
from queueing.models import Agent, Department, QueueEntry, Transfer
from queueing.services import (
    agents,
    consulting,
    handing_back,
    handing_over,
    offers,
    supervision,
    sweeps,
    taking_over,
    voices,
)
from queueing.states import Activity, EntryState, OfferState, Presence, TransferKind, TransferState
from queueing.supervising import SupervisionState
from queueing.tasks import remove_agent
from tests.cast import Clock, make_agent
from tests.fakes import FakeTelephony
from tests.queueing.helpers import Browser, enters, fresh, leaves, ringing, told_agent, told_caller, waiting_call
from tests.queueing.test_consulting import grants

Tasks = list[tuple[str, tuple[object, ...]]]


class Three:
    """alice has carol's call and has brought bob to her; `alice_seen` is alice in the room."""

    def __init__(self, alice: Agent, bob: Agent, department: Department) -> None:
        self.alice, self.bob = alice, bob
        entry = waiting_call(department)
        offers.accept_offer(str(ringing(alice).pk), agent=alice)
        self.alice_seen = enters(entry.call, alice)
        self.call = fresh(entry.call)
        self.talk = handing_over.hand_over(self.call, agent=alice, to=bob, kind=TransferKind.CONSULT)
        offers.accept_offer(str(ringing(bob).pk), agent=bob)
        consulting.begin_conference(self.talk.public_id, agent=alice)

    def bob_comes(self) -> Seen:
        """bob is in the caller's room."""
        return enters(self.call, self.bob)

    def is_bobs(self) -> None:
        """The caller is bob's, without a moment in which he was nobody's."""
        call = fresh(self.call)
        assert (call.state, call.agent, call.on_hold) == ("agent", self.bob.user, False)
        assert fresh(self.talk).state == TransferState.COMPLETED
        assert QueueEntry.objects.get(state=EntryState.CONNECTED).agent == self.bob
        assert {news.get("state") for news in told_caller(call, "call_update")} == {"agent", None, "waiting"}

    def is_alices_alone(self) -> None:
        """Over; the caller is alice's and hears her."""
        call = fresh(self.call)
        assert (call.state, call.agent, call.on_hold) == ("agent", self.alice.user, False)
        assert (fresh(self.talk).state, fresh(self.bob).activity) == (TransferState.CANCELLED, Activity.IDLE)
        assert told_caller(call, "call_update")[-1]["guest"] is None
        assert told_agent(self.bob, "handover")[-1]["handover"] is None


@pytest.fixture
def three(alice: Agent, bob: Agent, billing: Department) -> Three:
    """All three may talk; bob is not in the room yet."""
    return Three(alice, bob, billing)


def test_the_caller_comes_off_hold_and_both_desks_are_told(three: Three) -> None:
    assert (fresh(three.call).on_hold, fresh(three.call).agent) == (False, three.alice.user)
    for agent, role in ((three.alice, "asking"), (three.bob, "asked")):
        shown = told_agent(agent, "handover")[-1]["handover"]
        assert (shown["status"], shown["conference"], shown["role"]) == ("talking", True, role)
    assert Browser(secret=three.call.secret).get(f"/api/calls/{three.call.pk}")["hold_music"] is False


def test_asked_for_twice_it_is_the_same(three: Three) -> None:
    since = fresh(three.talk).conference_at
    path = f"/api/transfers/{three.talk.public_id}/conference"
    assert Browser(user=three.alice.user).post(path)["status"] == "accepted"
    assert fresh(three.talk).conference_at == since
    assert three.call.events.filter(kind="consult.conference").count() == 1
    Browser(user=three.bob.user).post(path, expect=403)


def test_there_is_none_once_the_talk_is_over(three: Three) -> None:
    consulting.leave(three.talk.public_id, agent=three.bob)
    for act in (consulting.begin_conference, consulting.enter):
        with pytest.raises(Conflict) as told:
            act(three.talk.public_id, agent=three.alice)
        assert told.value.code == "consult_over"


def test_the_first_agent_may_speak_again_and_the_other_room_is_closed(
    alice: Agent, bob: Agent, billing: Department, celery_calls: Tasks, telephony: FakeTelephony
) -> None:
    celery_calls.clear()
    three = Three(alice, bob, billing)
    assert {"queueing.settle_voices", "queueing.close_consult"} <= {name for name, *_ in celery_calls}
    voices.settle(three.call.pk)
    assert telephony.asked_for("permit")[-1] == (three.call.room_name, "agent_alice", True, False)


def test_the_second_agents_way_leads_to_the_caller_and_the_firsts_nowhere(three: Three) -> None:
    path, room = f"/api/transfers/{three.talk.public_id}/join", three.call.room_name
    way = Browser(user=three.bob.user).post(path)
    assert (way["room_name"], way["conference"]) == (room, True)
    assert (grants(way["token"])["room"], grants(way["token"])["canPublish"]) == (room, True)
    assert Browser(user=three.alice.user).post(path, expect=409)["error"]["code"] == "consult_over"
    mine = Browser(user=three.alice.user).get(f"/api/calls/{three.call.pk}")
    assert grants(mine["token"])["canPublish"] is True


def test_he_is_not_put_out_as_a_stranger_and_the_caller_learns_who_he_is(
    three: Three, celery_calls: Tasks, telephony: FakeTelephony
) -> None:
    celery_calls.clear()
    seen = three.bob_comes()
    assert celery_calls == []
    remove_agent(three.call.pk, three.bob.pk)
    assert telephony.asked_for("remove") == []
    bob = {"agent_id": "bob", "name": "Bob"}
    page = Browser(secret=three.call.secret)
    assert told_caller(three.call, "call_update")[-1]["guest"] == bob
    assert page.get(f"/api/calls/{three.call.pk}")["guest"] == bob
    leaves(three.call, seen)
    assert told_caller(three.call, "call_update")[-1]["guest"] is None
    assert page.get(f"/api/calls/{three.call.pk}")["guest"] is None


def test_completed_the_caller_is_his_at_once(three: Three) -> None:
    three.bob_comes()
    consulting.complete(three.talk.public_id, agent=three.alice)
    three.is_bobs()
    assert fresh(three.alice).activity == Activity.WRAPPING_UP
    since = [news.get("state") for news in told_caller(three.call, "call_update")]
    assert since[since.index("agent") :].count("waiting") == 0


def test_completed_before_he_is_in_the_room_it_is_as_ever(three: Three) -> None:
    consulting.complete(three.talk.public_id, agent=three.alice)
    assert QueueEntry.objects.get(state=EntryState.CONNECTING).agent == three.bob
    three.bob_comes()
    three.is_bobs()


def test_taken_back_the_second_agent_is_put_out(three: Three, celery_calls: Tasks, telephony: FakeTelephony) -> None:
    three.bob_comes()
    celery_calls.clear()
    handing_over.take_back(three.talk.public_id, agent=three.alice)
    three.is_alices_alone()
    assert ("queueing.remove_agent", (three.call.pk, three.bob.pk)) in celery_calls
    remove_agent(three.call.pk, three.bob.pk)
    assert telephony.asked_for("remove") == [(three.call.room_name, "agent_bob")]


def test_who_comes_late_with_an_old_token_is_put_out(three: Three, celery_calls: Tasks) -> None:
    consulting.leave(three.talk.public_id, agent=three.bob)
    three.is_alices_alone()
    celery_calls.clear()
    three.bob_comes()
    assert celery_calls == [("queueing.remove_agent", (three.call.pk, three.bob.pk))]


def test_his_desk_dies_and_the_caller_stays_with_the_first(time: Clock, three: Three) -> None:
    time.pass_(1)
    Agent.objects.filter(pk=three.bob.pk).update(lease_until=time.at)
    time.pass_(1)
    sweeps.sweep()
    three.is_alices_alone()
    assert told_agent(three.alice, "handover")[-1]["outcome"] == "lost"


def test_the_first_agent_dies_and_the_second_goes_on_at_once(time: Clock, three: Three) -> None:
    three.bob_comes()
    leaves(three.call, three.alice_seen)
    time.pass_(31)
    sweeps.sweep()
    three.is_bobs()
    assert fresh(three.alice).presence == Presence.AWAY


def test_the_caller_hangs_up_and_everything_ends(three: Three) -> None:
    three.bob_comes()
    lifecycle.end_call(three.call.pk, EndReason.CUSTOMER_HANGUP, actor="caller")
    assert (fresh(three.alice).activity, fresh(three.bob).activity) == (Activity.WRAPPING_UP, Activity.IDLE)
    assert told_agent(three.bob, "call_ended")
    assert three.talk.target.offers.get().state == OfferState.CANCELLED  # type: ignore[union-attr]


def test_a_supervisor_takes_over_and_the_second_goes_too(three: Three, celery_calls: Tasks) -> None:
    three.bob_comes()
    celery_calls.clear()
    boss = make_agent("boss", presence=Presence.OFFLINE)
    taking_over.take_over(fresh(three.call), supervisor=boss.user)
    assert (fresh(three.call).agent, fresh(three.talk).state) == (boss.user, TransferState.CANCELLED)
    put_out = [arguments for name, arguments in celery_calls if name == "queueing.remove_agent"]
    assert set(put_out) == {(three.call.pk, three.alice.pk), (three.call.pk, three.bob.pk)}


def test_the_second_agent_takes_over_what_he_sits_in(three: Three) -> None:
    three.bob_comes()
    taking_over.take_over(fresh(three.call), supervisor=three.bob.user)
    assert (fresh(three.call).agent, fresh(three.bob).activity) == (three.bob.user, Activity.ON_CALL)


def test_nobody_is_held_or_given_to_the_ai_over_the_seconds_head(three: Three) -> None:
    with pytest.raises(Conflict) as told:
        agents.set_hold(three.alice, three.call.pk, on=True)
    assert (told.value.code, fresh(three.call).on_hold) == ("in_conference", False)
    with pytest.raises(Conflict) as told:
        handing_back.hand_back(fresh(three.call), agent=three.alice, task=AITask.FINISH)
    assert told.value.code == "transfer_open"
    agents.set_hold(three.alice, three.call.pk, on=False)


def test_who_whispered_to_the_first_does_not_whisper_to_the_second(three: Three) -> None:
    boss = make_agent("boss", presence=Presence.OFFLINE)
    session = supervision.supervise(fresh(three.call), supervisor=boss.user, to=SupervisionState.WHISPER)
    three.bob_comes()
    consulting.complete(three.talk.public_id, agent=three.alice)
    assert fresh(session).state == SupervisionState.LISTEN


def test_another_talk_begins_apart(three: Three) -> None:
    handing_over.take_back(three.talk.public_id, agent=three.alice)
    again = handing_over.hand_over(fresh(three.call), agent=three.alice, to=three.bob, kind=TransferKind.CONSULT)
    offers.accept_offer(str(ringing(three.bob).pk), agent=three.bob)
    way = Browser(user=three.bob.user).post(f"/api/transfers/{again.public_id}/join")
    assert (way["room_name"], way["conference"]) == (again.consult_room, False)


def test_it_is_nobody_elses(three: Three, support: Department) -> None:
    with pytest.raises(Forbidden):
        consulting.begin_conference(three.talk.public_id, agent=make_agent("dina", support))


def test_the_transcript_says_who_came_and_went(three: Three) -> None:
    three.bob_comes()
    consulting.leave(three.talk.public_id, agent=three.bob)
    said = list(Call.objects.get(pk=three.call.pk).transcript.values_list("text", flat=True))
    assert said[-2:] == ["Bob joined the call as well.", "Bob left the call."]


def test_only_a_consult_becomes_one(alice: Agent, bob: Agent, billing: Department) -> None:
    entry = waiting_call(billing)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    enters(entry.call, alice)
    made: Transfer = handing_over.hand_over(fresh(entry.call), agent=alice, to=bob)
    with pytest.raises(Conflict) as told:
        consulting.begin_conference(made.public_id, agent=alice)
    assert told.value.code == "consult_over"
