"""An agent talks with a colleague while his caller hears music."""

import jwt
import pytest

from calls.models import Call
from calls.services import lifecycle
from calls.states import EndReason
from common.errors import Conflict, Forbidden
from queueing.models import Agent, Department, QueueEntry, Transfer
from queueing.services import agents, consulting, handing_on, handing_over, offers, sweeps, taking_over, voices
from queueing.states import Activity, EntryState, OfferState, Presence, TransferKind, TransferState
from tests.cast import Clock
from tests.fakes import FakeTelephony
from tests.queueing.helpers import (
    Browser,
    enters,
    fresh,
    leaves,
    ringing,
    talking_call,
    told_agent,
    told_caller,
    waiting_call,
)


@pytest.fixture
def call(alice: Agent, bob: Agent, billing: Department) -> Call:
    """alice talks with carol; bob is free."""
    return talking_call(alice, billing)


def asked(call: Call, alice: Agent, bob: Agent) -> Transfer:
    """alice would talk with bob first."""
    return handing_over.hand_over(call, agent=alice, to=bob, reason="a refund?", kind=TransferKind.CONSULT)


@pytest.fixture
def talk(call: Call, alice: Agent, bob: Agent) -> Transfer:
    """alice and bob talk about carol's call."""
    made = asked(call, alice, bob)
    offers.accept_offer(str(ringing(bob).pk), agent=bob)
    made.refresh_from_db()
    return made


def test_the_second_agent_reads_what_it_is_about(call: Call, alice: Agent, bob: Agent) -> None:
    asked(call, alice, bob)
    offer = told_agent(bob, "offer")[-1]
    assert (offer["reason"], offer["handover"]["kind"]) == ("a refund?", "consult")


def test_he_comes_to_talk_and_the_caller_stays_the_first_agents(talk: Transfer, alice: Agent, bob: Agent) -> None:
    call = fresh(talk.call)
    assert (call.state, call.agent, call.on_hold) == ("agent", alice.user, True)
    assert (fresh(alice).activity, fresh(bob).activity) == (Activity.ON_CALL, Activity.ON_CALL)
    assert talk.state == TransferState.ACCEPTED
    assert QueueEntry.objects.get().state == EntryState.CONNECTED
    assert told_agent(alice, "handover")[-1]["handover"]["status"] == "talking"
    assert told_agent(bob, "handover")[-1]["handover"]["role"] == "asked"
    # In this order the desk has the same call in view throughout, and keeps its transcript.
    assert [news["type"] for news in told_agent(bob, "handover", "offer_ended")] == ["handover", "offer_ended"]


def test_the_callers_page_plays_the_music_itself(talk: Transfer) -> None:
    update = told_caller(talk.call, "call_update")[-1]
    assert (update["on_hold"], update["hold_music"]) == (True, True)
    snapshot = Browser(secret=talk.call.secret).get(f"/api/calls/{talk.call_id}")
    assert (snapshot["on_hold"], snapshot["hold_music"]) == (True, True)


def grants(token: str) -> dict[str, object]:
    """What a token allows."""
    return dict(jwt.decode(token, options={"verify_signature": False})["video"])


def test_no_token_of_the_consult_leads_to_the_callers_room(talk: Transfer, alice: Agent, bob: Agent) -> None:
    path, room = f"/api/transfers/{talk.public_id}/join", talk.consult_room
    second = Browser(user=bob.user).post(path)
    assert (grants(second["token"])["room"], second["room_name"]) == (room, room)
    assert grants(Browser(user=alice.user).post(path)["token"])["room"] == room
    mine = Browser(user=alice.user).get(f"/api/calls/{talk.call_id}")
    assert (grants(mine["token"])["room"], grants(mine["token"])["canPublish"]) == (talk.call.room_name, False)
    assert Browser(user=bob.user).get(f"/api/calls/{talk.call_id}")["token"] is None
    Browser(secret=talk.call.secret).post(path, expect=403)


def test_the_first_agents_voice_leaves_the_callers_room_before_he_enters_the_other(
    talk: Transfer, alice: Agent, bob: Agent, telephony: FakeTelephony
) -> None:
    telephony.asked.clear()
    consulting.enter(talk.public_id, agent=bob)
    assert telephony.asked_for("permit") == []
    consulting.enter(talk.public_id, agent=alice)
    assert telephony.asked_for("permit") == [(talk.call.room_name, "agent_alice", False, False)]


def test_without_the_media_servers_word_he_does_not_enter(
    talk: Transfer, alice: Agent, telephony: FakeTelephony
) -> None:
    telephony.down = True
    Browser(user=alice.user).post(f"/api/transfers/{talk.public_id}/join", expect=503)


def test_taken_back_he_may_speak_again(talk: Transfer, alice: Agent, bob: Agent, telephony: FakeTelephony) -> None:
    consulting.enter(talk.public_id, agent=alice)
    handing_over.take_back(talk.public_id, agent=alice)
    voices.settle(talk.call_id)
    assert telephony.asked_for("permit")[-1] == (talk.call.room_name, "agent_alice", True, False)
    assert (fresh(talk).state, fresh(talk.call).on_hold) == (TransferState.CANCELLED, False)
    assert (fresh(bob).activity, fresh(alice).activity) == (Activity.IDLE, Activity.ON_CALL)
    assert told_agent(bob, "handover")[-1]["handover"] is None


def test_completed_the_second_agent_gets_the_caller(talk: Transfer, alice: Agent, bob: Agent) -> None:
    assert consulting.complete(talk.public_id, agent=alice).pk == talk.pk
    assert consulting.complete(talk.public_id, agent=alice).pk == talk.pk
    assert fresh(alice).activity == Activity.WRAPPING_UP
    enters(talk.call, bob)
    call = fresh(talk.call)
    assert (call.state, call.agent, call.on_hold) == ("agent", bob.user, False)
    assert fresh(talk).state == TransferState.COMPLETED
    assert [news["call_id"] for news in told_agent(bob, "customer_assigned")] == [call.pk]
    lifecycle.end_call(call.pk, EndReason.AGENT_HANGUP, actor="bob")
    assert fresh(bob).activity == Activity.WRAPPING_UP


def test_refused_the_caller_is_taken_back_and_the_first_agent_told(call: Call, alice: Agent, bob: Agent) -> None:
    asked(call, alice, bob)
    offers.decline_offer(str(ringing(bob).pk), agent=bob)
    assert (fresh(call).agent, fresh(call).on_hold) == (alice.user, False)
    assert told_agent(alice, "handover")[-1]["outcome"] == "declined"


def test_the_second_agent_leaves(talk: Transfer, alice: Agent, bob: Agent) -> None:
    consulting.leave(talk.public_id, agent=bob)
    consulting.leave(talk.public_id, agent=bob)
    assert (fresh(bob).activity, fresh(talk.call).on_hold) == (Activity.IDLE, False)
    assert told_agent(alice, "handover")[-1]["outcome"] == "left"
    with pytest.raises(Conflict) as told:
        consulting.complete(talk.public_id, agent=alice)
    assert told.value.code == "consult_over"


def test_what_he_chose_for_afterwards_counts(talk: Transfer, bob: Agent) -> None:
    agents.set_presence(fresh(bob), Presence.AWAY, reason="lunch", after_call=True, actor="bob")
    consulting.leave(talk.public_id, agent=bob)
    assert fresh(bob).presence == Presence.AWAY


def test_the_caller_hangs_up_and_everything_ends(talk: Transfer, alice: Agent, bob: Agent) -> None:
    lifecycle.end_call(talk.call_id, EndReason.CUSTOMER_HANGUP, actor="caller")
    assert (fresh(alice).activity, fresh(bob).activity) == (Activity.WRAPPING_UP, Activity.IDLE)
    assert fresh(talk).state == TransferState.CANCELLED
    assert told_agent(bob, "call_ended")


def _dies(time: Clock, agent: Agent) -> None:
    """The agent's desk is not heard of any more; the others go on."""
    Agent.objects.filter(pk=agent.pk).update(lease_until=time.at)


def test_the_first_agent_dies_and_the_second_gets_the_caller(
    time: Clock, alice: Agent, bob: Agent, billing: Department
) -> None:
    entry = waiting_call(billing)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    seen, call = enters(entry.call, alice), fresh(entry.call)
    made = asked(call, alice, bob)
    offers.accept_offer(str(ringing(bob).pk), agent=bob)
    leaves(call, seen)
    time.pass_(31)
    sweeps.sweep()
    assert (fresh(call).agent, fresh(alice).presence) == (bob.user, Presence.AWAY)
    assert QueueEntry.objects.get(state=EntryState.CONNECTING).agent == bob
    enters(call, bob)
    assert (fresh(call).state, fresh(made).state) == ("agent", TransferState.COMPLETED)


def test_both_die_and_the_caller_is_in_line_at_his_place(
    time: Clock, alice: Agent, bob: Agent, billing: Department
) -> None:
    entry = waiting_call(billing)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    seen, call = enters(entry.call, alice), fresh(entry.call)
    made = asked(call, alice, bob)
    time.pass_(1)
    offers.accept_offer(str(ringing(bob).pk), agent=bob)
    time.pass_(1)
    _dies(time, bob)
    leaves(call, seen)
    time.pass_(31)
    sweeps.sweep()
    again = fresh(entry)
    assert (fresh(call).state, again.state, again.enqueued_at) == ("waiting", "waiting", entry.enqueued_at)
    assert (fresh(made).state, fresh(bob).activity) == (TransferState.CANCELLED, Activity.IDLE)


def test_the_second_agent_dies_and_the_caller_stays_with_the_first(
    time: Clock, call: Call, alice: Agent, bob: Agent
) -> None:
    made = asked(call, alice, bob)
    offers.accept_offer(str(ringing(bob).pk), agent=bob)
    time.pass_(1)
    _dies(time, bob)
    time.pass_(1)
    sweeps.sweep()
    assert (fresh(call).agent, fresh(call).on_hold, fresh(made).state) == (alice.user, False, TransferState.CANCELLED)
    assert told_agent(alice, "handover")[-1]["outcome"] == "lost"


def test_a_supervisor_takes_the_call_over_in_the_middle(talk: Transfer, alice: Agent, bob: Agent) -> None:
    from tests.cast import make_agent

    boss = make_agent("boss", presence=Presence.OFFLINE)
    taking_over.take_over(fresh(talk.call), supervisor=boss.user)
    assert (fresh(talk.call).agent, fresh(talk).state) == (boss.user, TransferState.CANCELLED)
    assert (fresh(alice).activity, fresh(bob).activity) == (Activity.WRAPPING_UP, Activity.IDLE)


def test_the_caller_is_not_taken_off_hold_meanwhile(talk: Transfer, alice: Agent) -> None:
    with pytest.raises(Conflict) as told:
        agents.set_hold(alice, talk.call_id, on=False)
    assert told.value.code == "in_consult"
    with pytest.raises(Conflict) as told:
        handing_on.hand_on(fresh(talk.call), agent=alice, department="support", reason="")
    assert told.value.code == "transfer_open"


def test_a_desk_that_comes_back_in_the_middle_is_silenced_again(
    talk: Transfer, alice: Agent, celery_calls: list[tuple[str, tuple[object, ...]]]
) -> None:
    celery_calls.clear()
    enters(talk.call, alice)
    assert [name for name, *_ in celery_calls] == ["queueing.settle_voices"]


def test_a_consult_is_nobody_elses(talk: Transfer, bob: Agent, support: Department) -> None:
    from tests.cast import make_agent

    dina = make_agent("dina", support)
    for act in (consulting.enter, consulting.complete, consulting.leave):
        with pytest.raises(Forbidden):
            act(talk.public_id, agent=dina)


def test_picking_the_next_is_no_answer_to_a_colleague(call: Call, alice: Agent, bob: Agent) -> None:
    asked(call, alice, bob)
    with pytest.raises(Conflict) as told:
        agents.pick_next(bob)
    assert told.value.code == "agent_busy"


def test_a_department_is_asked_by_its_own_rules(call: Call, alice: Agent, bob: Agent, sales: Department) -> None:
    desk = Browser(user=alice.user)
    made = desk.post(f"/api/calls/{call.pk}/transfer", {"department": "sales", "consult": True, "reason": "a refund?"})
    assert (made["kind"], made["agent_id"]) == ("consult", "bob")
    answer = Browser(user=bob.user).post(f"/api/offers/{ringing(bob).pk}/accept")
    assert (answer["consult"], answer["call_id"]) == (True, call.pk)
    assert str(answer["room_name"]).startswith("consult-")
    assert Browser(user=bob.user).post(f"/api/offers/{answer_offer(bob)}/accept")["room_name"] == answer["room_name"]


def answer_offer(agent: Agent) -> int:
    """The offer the agent has accepted."""
    return int(agent.offers.get(state=OfferState.ACCEPTED).pk)


def test_a_department_where_nobody_is_free_is_named(call: Call, alice: Agent, bob: Agent, sales: Department) -> None:
    Agent.objects.filter(pk=bob.pk).update(presence=Presence.AWAY)
    told = Browser(user=alice.user).post(
        f"/api/calls/{call.pk}/transfer", {"department": "sales", "consult": True}, expect=409
    )
    assert (told["error"]["code"], told["error"]["department"]) == ("nobody_available", "sales")
