"""An agent hands his call on to a department."""

import pytest

from calls.models import TranscriptSegment
from calls.services import lifecycle
from calls.states import EndReason
from common.errors import Conflict, Invalid
from queueing.models import Agent, Department, QueueEntry
from queueing.services import agents, handing_on, offers, transfers
from queueing.states import Activity, EntryState, Presence, TransferState
from tests.cast import Clock
from tests.invariants import check_invariants
from tests.queueing.helpers import Browser, enters, fresh, ringing, talking_call, told_agent, told_caller, waiting_call


def test_the_caller_waits_in_the_other_department_and_its_agent_is_asked(
    alice: Agent, bob: Agent, billing: Department, sales: Department
) -> None:
    call = talking_call(alice, billing)
    made = handing_on.hand_on(call, agent=alice, department="sales", reason="wants an offer")
    assert (made.state, made.reason, made.requested_by) == (TransferState.PENDING, "wants an offer", "alice")
    call = fresh(call)
    assert (call.state, call.department, call.agent) == ("waiting", "sales", None)
    offer = ringing(bob)
    assert (offer.entry.call_id, offer.entry.cause) == (call.pk, "transferred")
    check_invariants()


def test_the_agent_goes_to_wrap_up_and_is_told_why(alice: Agent, billing: Department, sales: Department) -> None:
    call = talking_call(alice, billing)
    handing_on.hand_on(call, agent=alice, department="sales", reason="")
    assert fresh(alice).activity == Activity.WRAPPING_UP
    assert told_agent(alice, "call_ended")[-1]["reason"] == "transferred"
    assert not [news for news in told_agent(alice, "call_update") if news.get("state") == "waiting"]
    states = list(QueueEntry.objects.filter(call=call).order_by("pk").values_list("state", flat=True))
    assert states == [EntryState.DONE, EntryState.WAITING]


def test_the_caller_and_the_transcript_are_told(alice: Agent, billing: Department, sales: Department) -> None:
    call = talking_call(alice, billing)
    handing_on.hand_on(call, agent=alice, department="sales", reason="")
    update = told_caller(call, "call_update")[-1]
    assert (update["state"], update["reason"]) == ("waiting", "transferred")
    lines = TranscriptSegment.objects.filter(call=call, speaker="system").values_list("text", flat=True)
    assert "Alice handed the call on to Sales." in lines


def test_the_agent_is_put_out_and_an_ai_keeps_company(
    alice: Agent, billing: Department, sales: Department, celery_calls: list[tuple[str, tuple[object, ...]]]
) -> None:
    call = talking_call(alice, billing)
    celery_calls.clear()
    handing_on.hand_on(call, agent=alice, department="sales", reason="")
    sent = [name for name, *_ in celery_calls]
    assert "queueing.remove_agent" in sent
    assert "calls.dispatch_ai" in sent


def test_asked_twice_it_is_one_transfer(alice: Agent, billing: Department, sales: Department) -> None:
    call = talking_call(alice, billing)
    first = handing_on.hand_on(call, agent=alice, department="sales", reason="")
    assert handing_on.hand_on(call, agent=alice, department="sales", reason="").pk == first.pk
    assert QueueEntry.objects.filter(call=call).count() == 2


def test_somebody_elses_call_is_not_handed_on(alice: Agent, bob: Agent, billing: Department, sales: Department) -> None:
    call = talking_call(alice, billing)
    with pytest.raises(Conflict):
        handing_on.hand_on(call, agent=bob, department="sales", reason="")
    assert fresh(call).state == "agent"


def test_a_call_whose_agent_has_not_arrived_is_not_handed_on(
    alice: Agent, billing: Department, sales: Department
) -> None:
    entry = waiting_call(billing)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    with pytest.raises(Conflict):
        handing_on.hand_on(fresh(entry.call), agent=alice, department="sales", reason="")


def test_an_unknown_department_changes_nothing(alice: Agent, billing: Department) -> None:
    call = talking_call(alice, billing)
    with pytest.raises(Invalid):
        handing_on.hand_on(call, agent=alice, department="nowhere", reason="")
    assert fresh(call).state == "agent"


def test_the_second_agent_reads_the_first_ones_reason_and_ends_the_call(
    alice: Agent, bob: Agent, billing: Department, sales: Department
) -> None:
    call = talking_call(alice, billing)
    handing_on.hand_on(call, agent=alice, department="sales", reason="wants an offer")
    assert told_agent(bob, "offer")[-1]["reason"] == "wants an offer"
    offers.accept_offer(str(ringing(bob).pk), agent=bob)
    enters(fresh(call), bob)
    lifecycle.end_call(call.pk, EndReason.AGENT_HANGUP, actor="bob")
    assert (fresh(alice).activity, fresh(bob).activity) == (Activity.WRAPPING_UP, Activity.WRAPPING_UP)
    check_invariants()


def test_without_wrap_up_the_agent_may_take_the_next_at_once(
    time: Clock, alice: Agent, billing: Department, sales: Department
) -> None:
    Department.objects.filter(pk=billing.pk).update(wrap_up_seconds=0)
    call = talking_call(alice, billing)
    other = waiting_call(billing, email="dan@example.test")
    handing_on.hand_on(call, agent=alice, department="sales", reason="")
    assert ringing(alice).entry_id == other.pk


def test_a_pending_hand_over_is_accepted_like_any_transfer(
    alice: Agent, bob: Agent, billing: Department, sales: Department
) -> None:
    agents.set_presence(bob, Presence.AWAY, reason="lunch", actor="bob")
    call = talking_call(alice, billing)
    made = handing_on.hand_on(call, agent=alice, department="sales", reason="")
    entry = transfers.accept_transfer(made.public_id, agent=fresh(bob))
    assert (entry.agent, entry.state) == (bob, EntryState.CONNECTING)


def test_the_route_hands_on_and_lists_the_lines(alice: Agent, bob: Agent, billing: Department) -> None:
    call = talking_call(alice, billing)
    desk = Browser(user=alice.user)
    lines = {line["department"]: line for line in desk.get("/api/queues")["items"]}
    assert lines["sales"] == {
        "department": "sales", "waiting": 0, "longest_wait": 0, "callbacks": 0, "staffed": 1, "free": 1, "busy": 0
    }  # fmt: skip
    answer = desk.post(f"/api/calls/{call.pk}/transfer", {"department": "sales", "reason": "wants an offer"})
    assert (answer["status"], answer["department"], answer["queue_position"]) == ("pending", "sales", 1)
    refused = Browser(user=bob.user).post(f"/api/calls/{call.pk}/transfer", {"department": "sales"}, expect=409)
    assert refused["error"]["code"] == "wrong_state"
    Browser(secret=call.secret).post(f"/api/calls/{call.pk}/transfer", {"department": "sales"}, expect=403)


def test_a_department_that_takes_nobody_leaves_the_call_with_its_agent(
    alice: Agent, billing: Department, sales: Department
) -> None:
    call = talking_call(alice, billing)
    Department.objects.filter(pk=sales.pk).update(when_unstaffed="message")
    with pytest.raises(Conflict) as caught:
        handing_on.hand_on(call, agent=alice, department="sales", reason="x")
    assert caught.value.code == "queue_unstaffed"
    assert QueueEntry.objects.get().state == EntryState.CONNECTED
    assert fresh(call).state == "agent"
