"""The line: joining, places, leaving, coming back."""

from datetime import timedelta

import pytest

from calls.models import Call
from calls.services import lifecycle
from common import clock
from common.errors import Conflict, Invalid
from queueing import selectors
from queueing.models import Agent, CallbackRequest, Department, QueueEntry
from queueing.services import offers, sweeps, transfers
from queueing.states import Activity, EntryState, OfferState, Presence, TransferState
from tests.cast import Clock, make_agent, make_call
from tests.queueing.helpers import (
    Browser,
    direct_call,
    enters,
    fresh,
    ringing,
    told_agent,
    told_caller,
    waiting_call,
)


# --- places ------------------------------------------------------------------------------------------------------
def test_places_follow_the_order_of_arrival(support: Department, sales: Department) -> None:
    first, second, elsewhere = waiting_call(support), waiting_call(support), waiting_call(sales)
    assert selectors.place(fresh(first)) == (1, 300)
    assert selectors.place(fresh(second)) == (2, 600)
    assert selectors.place(fresh(elsewhere)) == (1, 300)


# Scenario 28
def test_a_higher_priority_pushes_the_others_back(support: Department) -> None:
    first = waiting_call(support)
    urgent = waiting_call(support, priority=5)
    assert selectors.position(fresh(urgent)) == 1
    assert selectors.position(fresh(first)) == 2


def test_an_offered_caller_keeps_his_place(alice: Agent, support: Department) -> None:
    first, second = waiting_call(support), waiting_call(support)
    assert fresh(first).state == EntryState.OFFERING
    assert (selectors.position(fresh(first)), selectors.position(fresh(second))) == (1, 2)


def test_an_accepted_caller_has_no_place(alice: Agent, support: Department) -> None:
    entry = waiting_call(support)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    assert selectors.place(fresh(entry)) == (None, None)


# Scenario 27
def test_waiting_longer_than_announced_does_not_raise_the_announcement(support: Department, time: Clock) -> None:
    entry = waiting_call(support)
    _, announced = selectors.place(fresh(entry))
    time.pass_(900)
    assert selectors.place(fresh(entry)) == (1, announced)


def test_history_makes_the_estimate(support: Department, alice: Agent) -> None:
    now = clock.now()
    for n in range(selectors.HISTORY_LEAST):
        call = make_call(state="ended", end_reason="customer_hangup", ended_at=now)
        QueueEntry.objects.create(
            call=call,
            department=support,
            state=EntryState.DONE,
            connected_at=now - timedelta(seconds=100 + n),
            ended_at=now,
        )
    assert selectors.mean_handling(support.pk) == pytest.approx(104.5)


# --- strangers ---------------------------------------------------------------------------------------------------
# Scenario 24
@pytest.mark.parametrize(
    "said",
    [
        {"user_name": "Carol", "email": "dan@example.test"},
        {"user_name": "Dan", "email": "carol@example.test"},
        {"user_name": "Carol", "email": "carol@example.test"},
        {"user_name": "Carol", "email": " CAROL@example.test"},
    ],
)
def test_a_stranger_of_the_same_name_or_address_stands_behind(
    anyone: Browser, support: Department, said: dict[str, str]
) -> None:
    carol = anyone.post("/api/queue/join", {"user_name": "Carol", "email": "carol@example.test"})
    other = anyone.post("/api/queue/join", said)
    assert (carol["queue_position"], other["queue_position"]) == (1, 2)
    assert other["call_id"] != carol["call_id"]
    assert other["call_secret"] != carol["call_secret"]
    assert Call.objects.get(pk=other["call_id"]).callback_of is None
    stranger = Browser(secret=other["call_secret"])
    stranger.get(f"/api/calls/{carol['call_id']}", expect=403)
    stranger.post(f"/api/calls/{carol['call_id']}/callback", {"contact": "0123"}, expect=403)
    lifecycle.hang_up(other["call_id"], by_agent=False, actor="caller")
    assert Browser(secret=carol["call_secret"]).get(f"/api/calls/{carol['call_id']}")["queue_position"] == 1


# Scenario 24
def test_a_stranger_with_the_same_number_has_a_callback_of_his_own_behind(
    anyone: Browser, support: Department, time: Clock
) -> None:
    calls = []
    for name in ("carol", "dan"):
        joined = anyone.post("/api/queue/join", {"email": f"{name}@example.test"})
        asked = Browser(secret=joined["call_secret"]).post(
            f"/api/calls/{joined['call_id']}/callback", {"contact": "0123"}
        )
        assert asked["callback"]["state"] == "queued"
        calls.append(joined["call_id"])
        time.pass_(60)
    first, second = CallbackRequest.objects.order_by("pk")
    assert [first.call_id, second.call_id] == calls
    assert (first.contact, second.contact) == ("0123", "0123")
    places = [selectors.position(QueueEntry.objects.get(call=request.next_call)) for request in (first, second)]
    assert places == [1, 2]
    # A call of that number is nobody's callback: only the earlier call's secret says who comes again.
    third = anyone.post("/api/queue/join", {"user_name": "0123", "email": "eve@example.test"})
    assert third["queue_position"] == 3
    assert [fresh(request).state for request in (first, second)] == ["queued", "queued"]


# --- transfers ---------------------------------------------------------------------------------------------------
def test_asking_twice_is_one_transfer(support: Department) -> None:
    call = make_call()
    first = transfers.create_transfer(call, reason="a person", actor="ai")
    second = transfers.create_transfer(fresh(call), reason="now!", actor="caller")
    assert (first.pk, second.reason) == (second.pk, "a person")
    assert first.public_id == f"transfer_{first.pk}_{first.created_at:%H%M%S}"


def test_the_call_follows_the_transfer_into_its_department(support: Department, billing: Department) -> None:
    call = make_call()
    transfers.create_transfer(call, reason="my bill", department="billing", actor="ai")
    assert (fresh(call).state, fresh(call).department) == ("waiting", "billing")


def test_an_unknown_department_is_refused(support: Department) -> None:
    with pytest.raises(Invalid) as caught:
        transfers.create_transfer(make_call(), reason="x", department="nowhere", actor="ai")
    assert "department" in (caught.value.fields or {})


def test_a_call_with_an_agent_or_over_is_not_transferred(alice: Agent, support: Department) -> None:
    entry = waiting_call(support)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    enters(entry.call, alice)
    with pytest.raises(Conflict) as caught:
        transfers.create_transfer(fresh(entry.call), reason="x", actor="caller")
    assert caught.value.extra["state"] == "agent"


def test_accepting_a_transfer_rescinds_another_agents_offer(alice: Agent, bob: Agent, support: Department) -> None:
    entry = waiting_call(support)
    offer = ringing(alice)
    idle_since = fresh(alice).idle_since
    Agent.objects.filter(pk=bob.pk).update(presence=Presence.OFFLINE, lease_until=None)
    transfers.accept_transfer(entry.transfers.get().public_id, agent=bob)
    assert fresh(offer).state == OfferState.RESCINDED
    assert told_agent(alice, "offer_ended")[0] | {"seq": 0} == {
        "type": "offer_ended",
        "seq": 0,
        "offer_id": str(offer.pk),
        "outcome": "rescinded",
        "accepted_by": "bob",
    }
    assert (fresh(alice).activity, fresh(alice).idle_since) == (Activity.IDLE, idle_since)
    assert fresh(entry).agent_id == bob.pk
    with pytest.raises(Conflict) as caught:
        offers.accept_offer(str(offer.pk), agent=alice)
    assert (caught.value.code, caught.value.extra["accepted_by"]) == ("already_accepted", "bob")


def test_the_second_to_accept_a_transfer_learns_who_was_first(alice: Agent, bob: Agent, support: Department) -> None:
    entry = waiting_call(support)
    transfer = entry.transfers.get()
    transfers.accept_transfer(transfer.public_id, agent=alice)
    assert transfers.accept_transfer(transfer.public_id, agent=alice).pk == entry.pk
    with pytest.raises(Conflict) as caught:
        transfers.accept_transfer(transfer.public_id, agent=bob)
    assert (caught.value.code, caught.value.extra["accepted_by"]) == ("already_accepted", "alice")
    assert fresh(transfer).state == TransferState.ACCEPTED


def test_who_is_in_a_call_or_rung_for_another_is_busy(alice: Agent, support: Department, billing: Department) -> None:
    waiting_call(support)
    second = waiting_call(billing)
    public_id = second.transfers.get().public_id
    with pytest.raises(Conflict) as rung:
        transfers.accept_transfer(public_id, agent=alice)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    with pytest.raises(Conflict) as talking:
        transfers.accept_transfer(public_id, agent=alice)
    assert (rung.value.code, talking.value.code) == ("agent_busy", "agent_busy")


def test_a_transfer_ends_wrap_up(alice: Agent, support: Department) -> None:
    entry = waiting_call(support)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    enters(entry.call, alice)
    lifecycle.hang_up(entry.call_id, by_agent=True, actor="alice")
    second = waiting_call(support)
    transfers.accept_transfer(second.transfers.get().public_id, agent=selectors.get_agent("alice"))
    assert fresh(alice).activity == Activity.ON_CALL


# --- set-up fails ------------------------------------------------------------------------------------------------
# Scenario 6
def test_an_agent_who_does_not_arrive_gives_the_caller_back_without_blame(
    alice: Agent, support: Department, time: Clock
) -> None:
    entry = waiting_call(support, priority=3)
    offer = ringing(alice)
    offers.accept_offer(str(offer.pk), agent=alice)
    time.pass_(15)
    other = waiting_call(support)
    sweeps.sweep()
    back = fresh(entry)
    assert (back.state, back.enqueued_at, back.priority) == (EntryState.WAITING, entry.enqueued_at, 3)
    assert (back.answered_at, back.agent_id, fresh(entry.call).agent_id) == (None, None, None)
    assert fresh(offer).state == OfferState.SETUP_FAILED
    assert entry.transfers.get().state == TransferState.PENDING
    alice = fresh(alice)
    assert alice.presence == Presence.AVAILABLE
    # Not the same caller again at once; the next in line is offered meanwhile.
    assert ringing(alice).entry_id == other.pk


# Scenario 6
def test_a_caller_whose_agent_did_not_arrive_stands_before_those_who_came_later(
    alice: Agent, support: Department, time: Clock
) -> None:
    line = []
    for _ in range(3):
        line.append(waiting_call(support))
        time.pass_(1)
    first, second, third = line
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    assert [selectors.position(fresh(entry)) for entry in (second, third)] == [1, 2]
    time.pass_(15)
    latest = waiting_call(support)
    sweeps.sweep()
    assert {entry.priority for entry in (*line, latest)} == {0}
    assert [selectors.position(fresh(entry)) for entry in (first, second, third, latest)] == [1, 2, 3, 4]
    assert fresh(first).enqueued_at == first.enqueued_at
    day = selectors.counted_today([alice.pk], since=first.enqueued_at)[alice.pk]
    assert (day["missed"], day["declined"], day["calls"]) == (0, 0, 0)
    # Who comes now is asked about him first.
    dina = make_agent("dina", support)
    sweeps.sweep()
    assert ringing(dina).entry_id == first.pk


def test_whoever_arrives_after_the_set_up_failed_is_put_out(
    alice: Agent, support: Department, time: Clock, celery_calls: "object"
) -> None:
    entry = waiting_call(support)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    time.pass_(15)
    sweeps.sweep()
    enters(entry.call, alice)
    assert fresh(entry.call).state == "waiting"
    assert celery_calls.named("queueing.remove_agent")  # type: ignore[attr-defined]


# --- the longest wait --------------------------------------------------------------------------------------------
def test_past_the_longest_wait_a_call_without_ai_ends(support: Department, time: Clock) -> None:
    entry = direct_call(support)
    Call.objects.update(caller_deadline=None)
    time.pass_(support.max_wait_seconds)
    sweeps.sweep()
    assert fresh(entry).state == EntryState.TIMED_OUT
    assert (fresh(entry.call).state, fresh(entry.call).end_reason) == ("ended", "no_agent")


def test_past_the_longest_wait_the_ai_takes_over_again(support: Department, time: Clock) -> None:
    entry = waiting_call(support, ai_state="live")
    time.pass_(support.max_wait_seconds)
    sweeps.sweep()
    assert (fresh(entry).state, entry.transfers.get().state) == (EntryState.TIMED_OUT, TransferState.EXPIRED)
    assert fresh(entry.call).state == "ai"
    assert told_caller(entry.call, "call_update")[-1]["reason"] == "no_agent"


# Scenario 19
@pytest.mark.parametrize("arrives", [True, False])
def test_a_connection_under_way_is_decided_before_the_longest_wait(
    alice: Agent, support: Department, time: Clock, arrives: bool
) -> None:
    Department.objects.update(max_wait_seconds=10)
    entry = waiting_call(support)
    time.pass_(9)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    time.pass_(5)
    sweeps.sweep()
    assert fresh(entry).state == EntryState.CONNECTING
    if arrives:
        enters(entry.call, alice)
    time.pass_(11)
    sweeps.sweep()
    sweeps.sweep()
    assert fresh(entry).state == (EntryState.CONNECTED if arrives else EntryState.TIMED_OUT)


def test_an_offer_under_way_is_decided_before_the_longest_wait(alice: Agent, support: Department, time: Clock) -> None:
    Department.objects.update(max_wait_seconds=10)
    entry = waiting_call(support)
    time.pass_(11)
    sweeps.sweep()
    assert fresh(entry).state == EntryState.OFFERING
