"""An agent hands his call over to another agent, who is asked first."""

import pytest

from calls.models import Call, TranscriptSegment
from calls.services import lifecycle
from calls.states import EndReason
from common.errors import Conflict, Forbidden, Invalid
from queueing.models import Agent, Department, QueueEntry, Transfer
from queueing.services import (
    agents,
    consulting,
    handing_on,
    handing_over,
    notes,
    offers,
    sweeps,
    taking_over,
    transfers,
)
from queueing.states import Activity, EntryState, OfferState, Presence, TransferKind, TransferState
from tests.cast import Clock
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


def handed(call: Call, agent: Agent, to: Agent) -> Transfer:
    """The agent asks the other to take his call."""
    return handing_over.hand_over(call, agent=agent, to=to, reason="speaks Arabic")


def test_it_rings_at_that_agent_alone_and_the_caller_is_on_hold(call: Call, alice: Agent, bob: Agent) -> None:
    made = handed(call, alice, bob)
    assert (made.state, made.kind, made.target) == (TransferState.PENDING, TransferKind.BLIND, bob)
    offer = told_agent(bob, "offer")[-1]
    assert (offer["reason"], offer["handover"]["name"]) == ("speaks Arabic", "Alice")
    assert (fresh(call).state, fresh(call).on_hold) == ("agent", True)
    assert (fresh(alice).activity, fresh(bob).activity) == (Activity.ON_CALL, Activity.OFFERED)
    told = told_agent(alice, "handover")[-1]["handover"]
    assert (told["status"], told["agent_id"]) == ("ringing", "bob")


def test_the_notes_go_along(call: Call, alice: Agent, bob: Agent) -> None:
    notes.save_notes(call, agent=alice, notes="order 17", disposition=None)
    handed(call, alice, bob)
    assert told_agent(bob, "offer")[-1]["handover"]["notes"] == "order 17"


def test_accepted_it_is_his_call_and_the_first_agent_wraps_up(call: Call, alice: Agent, bob: Agent) -> None:
    made = handed(call, alice, bob)
    entry = offers.accept_offer(str(ringing(bob).pk), agent=bob)
    assert (entry.agent, entry.state, entry.department.slug) == (bob, EntryState.CONNECTING, "support")
    assert fresh(alice).activity == Activity.WRAPPING_UP
    assert told_agent(alice, "call_ended")[-1]["reason"] == "handed_over"
    enters(fresh(call), bob)
    assert (fresh(call).state, fresh(call).agent, fresh(call).on_hold) == ("agent", bob.user, False)
    assert (fresh(made).state, fresh(made).accepted_by) == (TransferState.COMPLETED, bob)
    lines = TranscriptSegment.objects.filter(call=call, speaker="system").values_list("text", flat=True)
    assert "Alice handed the call over to Bob." in lines


def test_accepted_twice_it_is_the_same_call(call: Call, alice: Agent, bob: Agent) -> None:
    handed(call, alice, bob)
    offer = str(ringing(bob).pk)
    assert offers.accept_offer(offer, agent=bob).pk == offers.accept_offer(offer, agent=bob).pk


def test_refused_the_caller_is_the_first_agents_again(call: Call, alice: Agent, bob: Agent) -> None:
    made = handed(call, alice, bob)
    offers.decline_offer(str(ringing(bob).pk), agent=bob)
    assert (fresh(call).state, fresh(call).agent, fresh(call).on_hold) == ("agent", alice.user, False)
    assert (fresh(made).state, fresh(bob).activity) == (TransferState.CANCELLED, Activity.IDLE)
    told = told_agent(alice, "handover")[-1]
    assert (told["handover"], told["outcome"]) == (None, "declined")


def test_missed_the_caller_is_the_first_agents_again(time: Clock, call: Call, alice: Agent, bob: Agent) -> None:
    made = handed(call, alice, bob)
    time.pass_(21)
    sweeps.sweep()
    assert (fresh(made).state, fresh(bob).activity) == (TransferState.EXPIRED, Activity.MISSED)
    assert (fresh(call).agent, fresh(call).on_hold) == (alice.user, False)
    assert told_agent(alice, "handover")[-1]["outcome"] == "timed_out"


def test_an_agent_who_goes_away_while_it_rings_does_not_take_it(call: Call, alice: Agent, bob: Agent) -> None:
    handed(call, alice, bob)
    agents.set_presence(bob, Presence.AWAY, reason="lunch", actor="bob")
    assert (fresh(bob).activity, fresh(call).on_hold) == (Activity.IDLE, False)
    assert told_agent(alice, "handover")[-1]["outcome"] == "cancelled"


def test_taken_back_it_rings_no_more(call: Call, alice: Agent, bob: Agent) -> None:
    made = handed(call, alice, bob)
    handing_over.take_back(made.public_id, agent=alice)
    assert handing_over.take_back(made.public_id, agent=alice).state == TransferState.CANCELLED
    assert (fresh(bob).activity, fresh(call).on_hold) == (Activity.IDLE, False)
    assert told_agent(bob, "offer_ended")[-1]["outcome"] == "rescinded"


def test_taken_back_too_late_says_who_has_it(call: Call, alice: Agent, bob: Agent) -> None:
    made = handed(call, alice, bob)
    offers.accept_offer(str(ringing(bob).pk), agent=bob)
    with pytest.raises(Conflict) as told:
        handing_over.take_back(made.public_id, agent=alice)
    assert (told.value.code, told.value.extra["accepted_by"]) == ("already_accepted", "bob")


def test_only_who_asked_takes_it_back(call: Call, alice: Agent, bob: Agent) -> None:
    made = handed(call, alice, bob)
    with pytest.raises(Forbidden):
        handing_over.take_back(made.public_id, agent=bob)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"presence": Presence.AWAY}, "away"),
        ({"presence": Presence.OFFLINE}, "offline"),
        ({"lease_until": None}, "offline"),
    ],
)
def test_who_cannot_be_asked_is_named(
    call: Call, alice: Agent, bob: Agent, changes: dict[str, object], state: str
) -> None:
    Agent.objects.filter(pk=bob.pk).update(**changes)
    with pytest.raises(Conflict) as told:
        handed(call, alice, bob)
    assert (told.value.code, told.value.extra) == ("agent_unavailable", {"state": state, "agent_id": "bob"})
    assert fresh(call).on_hold is False


def test_a_busy_agent_cannot_be_asked(call: Call, alice: Agent, bob: Agent, sales: Department) -> None:
    talking_call(bob, sales)
    with pytest.raises(Conflict) as told:
        handed(call, alice, bob)
    assert told.value.extra["state"] == "on_call"


def test_asked_twice_it_is_one_transfer(call: Call, alice: Agent, bob: Agent) -> None:
    assert handed(call, alice, bob).pk == handed(call, alice, bob).pk


def test_while_it_rings_the_call_goes_nowhere_else(
    call: Call, alice: Agent, bob: Agent, sales: Department, support: Department
) -> None:
    handed(call, alice, bob)
    with pytest.raises(Conflict) as told:
        handing_on.hand_on(fresh(call), agent=alice, department="sales", reason="")
    assert told.value.code == "transfer_open"


def test_nobody_hands_over_to_himself_or_somebody_elses_call(call: Call, alice: Agent, bob: Agent) -> None:
    with pytest.raises(Invalid):
        handed(call, alice, alice)
    with pytest.raises(Conflict) as told:
        handed(call, bob, alice)
    assert told.value.code == "wrong_state"


def test_the_caller_hangs_up_while_it_rings(call: Call, alice: Agent, bob: Agent) -> None:
    made = handed(call, alice, bob)
    lifecycle.end_call(call.pk, EndReason.CUSTOMER_HANGUP, actor="caller")
    assert (fresh(alice).activity, fresh(bob).activity) == (Activity.WRAPPING_UP, Activity.IDLE)
    assert fresh(made).state == TransferState.CANCELLED


def test_a_supervisor_takes_the_call_over_while_it_rings(call: Call, alice: Agent, bob: Agent) -> None:
    from tests.cast import make_agent

    made, boss = handed(call, alice, bob), make_agent("boss", presence=Presence.OFFLINE)
    taking_over.take_over(fresh(call), supervisor=boss.user)
    assert (fresh(call).agent, fresh(made).state) == (boss.user, TransferState.CANCELLED)
    assert (fresh(alice).activity, fresh(bob).activity) == (Activity.WRAPPING_UP, Activity.IDLE)


def test_the_first_agent_dies_while_it_rings(time: Clock, alice: Agent, bob: Agent, billing: Department) -> None:
    entry = waiting_call(billing)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    seen, call = enters(entry.call, alice), fresh(entry.call)
    Department.objects.update(offer_seconds=60)
    made = handed(call, alice, bob)
    leaves(call, seen)
    time.pass_(31)
    sweeps.sweep()
    call, again = fresh(call), fresh(entry)
    assert (call.state, call.agent, again.state, again.enqueued_at) == ("waiting", None, "waiting", entry.enqueued_at)
    assert (fresh(bob).activity, fresh(made).state) == (Activity.IDLE, TransferState.CANCELLED)


def test_the_new_agent_does_not_arrive_and_the_caller_has_his_first_place(
    time: Clock, call: Call, alice: Agent, bob: Agent
) -> None:
    first = QueueEntry.objects.get().enqueued_at
    time.pass_(100)
    made = handed(call, alice, bob)
    offers.accept_offer(str(ringing(bob).pk), agent=bob)
    time.pass_(16)
    sweeps.sweep()
    entry = QueueEntry.objects.get(state=EntryState.WAITING)
    assert (entry.enqueued_at, entry.department.slug, fresh(call).state) == (first, "support", "waiting")
    assert (fresh(made).state, fresh(made).target) == (TransferState.PENDING, None)
    assert fresh(bob).activity == Activity.IDLE
    assert told_caller(call, "call_update")[-1]["reason"] == "setup_failed"


def test_it_is_no_business_of_the_departments_desks(call: Call, alice: Agent, bob: Agent) -> None:
    before = len(told_agent(bob, "transfer_pending"))
    made = handed(call, alice, bob)
    assert len(told_agent(bob, "transfer_pending")) == before
    with pytest.raises(Forbidden):
        transfers.accept_transfer(made.public_id, agent=alice)
    assert transfers.accept_transfer(made.public_id, agent=bob).agent == bob


def test_the_routes(call: Call, alice: Agent, bob: Agent) -> None:
    desk, other = Browser(user=alice.user), Browser(user=bob.user)
    assert desk.get("/api/transfer-targets")["items"] == [
        {"agent_id": "bob", "name": "Bob", "state": "available", "departments": ["sales", "support"]}
    ]
    path = f"/api/calls/{call.pk}/transfer"
    desk.post(path, {"agent": "nobody"}, expect=422)
    desk.post(path, {"agent": "bob", "department": "sales"}, expect=422)
    desk.post(path, {"reason": "x"}, expect=422)
    asked = desk.post(path, {"agent": "bob", "reason": "speaks Arabic"})
    assert (asked["status"], asked["kind"], asked["agent_id"]) == ("pending", "blind", "bob")
    assert [each["id"] for each in other.get("/api/transfers?status=pending")["items"]] == [asked["id"]]
    desk.post(f"/api/transfers/{asked['id']}/cancel")
    refused = desk.post(path, {"agent": "bob"})
    answer = other.post(f"/api/offers/{ringing(bob).pk}/accept")
    assert (answer["call_id"], answer["identity"]) == (call.pk, "agent_bob")
    late = desk.post(f"/api/transfers/{refused['id']}/cancel", expect=409)
    assert (late["error"]["code"], late["error"]["accepted_by"]) == ("already_accepted", "bob")
    assert ringing_states(call) == {OfferState.CONNECTED, OfferState.RESCINDED, OfferState.ACCEPTED}


def ringing_states(call: Call) -> set[str]:
    """How the offers of a call stand."""
    return set(QueueEntry.objects.filter(call=call).values_list("offers__state", flat=True))


# --- and the next call -------------------------------------------------------------------------------------------
@pytest.fixture(params=["to a department", "to a colleague", "after a consult"])
def given_away(request: pytest.FixtureRequest, time: Clock, call: Call, alice: Agent, bob: Agent) -> Call:
    """carol's call, which alice has just given away."""
    if request.param == "to a department":
        handing_on.hand_on(call, agent=alice, department="sales", reason="")
        return call
    kind = TransferKind.BLIND if request.param == "to a colleague" else TransferKind.CONSULT
    made = handing_over.hand_over(call, agent=alice, to=bob, reason="?", kind=kind)
    offers.accept_offer(str(ringing(bob).pk), agent=bob)
    if kind is TransferKind.CONSULT:
        consulting.complete(made.public_id, agent=alice)
    enters(fresh(call), bob)
    return call


# Scenario 5
def test_whoever_has_given_his_call_away_wraps_up_and_gets_who_waits(
    time: Clock, given_away: Call, alice: Agent, billing: Department
) -> None:
    entry = waiting_call(billing, email="dan@example.test")
    time.pass_(billing.wrap_up_seconds - 1)
    sweeps.sweep()
    assert (fresh(alice).activity, fresh(entry).state) == (Activity.WRAPPING_UP, EntryState.WAITING)
    time.pass_(1)
    sweeps.sweep()
    assert ringing(alice).entry_id == entry.pk


# Scenario 5
def test_whoever_has_given_his_call_away_is_idle_after_the_wrap_up_and_gets_the_next(
    time: Clock, given_away: Call, alice: Agent, billing: Department
) -> None:
    time.pass_(billing.wrap_up_seconds)
    sweeps.sweep()
    agent = fresh(alice)
    assert (agent.activity, agent.presence, agent.idle_since) == (Activity.IDLE, Presence.AVAILABLE, time.at)
    entry = waiting_call(billing, email="dan@example.test")
    assert ringing(alice).entry_id == entry.pk
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    enters(entry.call, alice)
    assert fresh(entry.call).agent == alice.user
