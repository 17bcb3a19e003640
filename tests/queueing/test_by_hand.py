"""What a supervisor does by hand: assigns, ranks, moves and removes waiting callers, sets presences."""

import pytest
from django.contrib.auth.models import User

from calls.models import Call, CallEvent, TranscriptSegment
from calls.services import lifecycle
from calls.states import AIState, EndReason
from common import clock
from common.errors import Conflict, Invalid
from queueing.models import Agent, AgentEvent, CallbackRequest, Department, QueueEntry
from queueing.services import agents, by_hand, offers
from queueing.services.callbacks import request_callback
from queueing.states import Activity, CallbackState, EntryState, OfferOrigin, OfferState, Presence
from tests.cast import make_agent
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

pytestmark = pytest.mark.usefixtures("sam")


def history(entry: QueueEntry, kind: str) -> CallEvent:
    """The last row of that kind."""
    return CallEvent.objects.filter(call=entry.call_id, kind=kind).latest("pk")


def away(agent: Agent) -> None:
    agents.set_presence(agent, Presence.AWAY, actor=agent.username)


# --- assign ------------------------------------------------------------------------------------------------------
def test_the_agent_has_the_caller_at_once_and_the_history_names_the_supervisor(
    alice: Agent, billing: Department
) -> None:
    away(alice)
    entry = waiting_call(billing)
    Agent.objects.update(presence=Presence.AVAILABLE)
    by_hand.assign(entry, fresh(alice), actor="sam")
    assert (fresh(entry).state, fresh(alice).activity) == (EntryState.CONNECTING, Activity.ON_CALL)
    assert told_agent(alice, "customer_assigned")[-1]["call_id"] == entry.call_id
    row = history(entry, "entry.connecting")
    assert (row.actor, row.data["agent"], row.data["origin"]) == ("sam", "alice", "by_hand")
    assert entry.offers.get().origin == OfferOrigin.BY_HAND


# Scenario 17
def test_whoever_is_being_asked_is_let_go(alice: Agent, bob: Agent, support: Department) -> None:
    entry = waiting_call(support)
    offer = ringing(alice)
    by_hand.assign(entry, bob, actor="sam")
    assert (fresh(offer).state, fresh(alice).activity) == (OfferState.RESCINDED, Activity.IDLE)
    assert told_agent(alice, "offer_ended")[-1] | {"seq": 0} == {
        "type": "offer_ended", "seq": 0, "offer_id": str(offer.pk), "outcome": "rescinded", "accepted_by": "bob"
    }  # fmt: skip
    assert fresh(entry).agent == bob


def test_who_was_let_go_is_asked_about_the_next_caller(alice: Agent, bob: Agent, support: Department) -> None:
    entry = waiting_call(support)
    away(bob)
    other = waiting_call(support, email="dan@example.test")
    Agent.objects.filter(pk=bob.pk).update(presence=Presence.AVAILABLE)
    by_hand.assign(entry, fresh(bob), actor="sam")
    assert ringing(alice).entry_id == other.pk


def test_the_agent_who_is_being_asked_need_not_accept_any_more(alice: Agent, billing: Department) -> None:
    entry = waiting_call(billing)
    offer = ringing(alice)
    by_hand.assign(entry, alice, actor="sam")
    assert (fresh(offer).state, fresh(alice).activity) == (OfferState.ACCEPTED, Activity.ON_CALL)


def test_a_wrap_up_ends_by_it(alice: Agent, billing: Department) -> None:
    call = waiting_call(billing)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    enters(call.call, alice)
    lifecycle.end_call(call.call_id, EndReason.CUSTOMER_HANGUP, actor="caller")
    entry = waiting_call(billing, email="dan@example.test")
    by_hand.assign(entry, fresh(alice), actor="sam")
    assert (fresh(alice).activity, fresh(alice).wrap_up_until) == (Activity.ON_CALL, None)


def test_assigned_twice_it_is_the_same(alice: Agent, billing: Department) -> None:
    entry = waiting_call(billing)
    by_hand.assign(entry, alice, actor="sam")
    assert by_hand.assign(entry, fresh(alice), actor="sam").agent == alice
    assert len(told_caller(entry.call, "customer_assigned")) == 1


def test_an_agent_in_a_call_keeps_it(alice: Agent, billing: Department) -> None:
    waiting_call(billing)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    entry = waiting_call(billing, email="dan@example.test")
    with pytest.raises(Conflict) as caught:
        by_hand.assign(entry, fresh(alice), actor="sam")
    assert (caught.value.code, fresh(entry).state) == ("agent_busy", EntryState.WAITING)


@pytest.mark.parametrize(
    ("values", "state"), [({"presence": Presence.AWAY}, "away"), ({"lease_until": None}, "desk_closed")]
)
def test_who_is_not_there_is_given_nobody(
    alice: Agent, billing: Department, values: dict[str, object], state: str
) -> None:
    Agent.objects.update(**values)
    entry = waiting_call(billing)
    with pytest.raises(Conflict) as caught:
        by_hand.assign(entry, fresh(alice), actor="sam")
    assert (caught.value.code, caught.value.extra["state"]) == ("agent_unavailable", state)
    assert (fresh(entry).state, fresh(entry.call).agent) == (EntryState.WAITING, None)


def test_an_agent_of_other_departments_is_not_given_the_caller(bob: Agent, billing: Department) -> None:
    entry = waiting_call(billing)
    with pytest.raises(Invalid):
        by_hand.assign(entry, bob, actor="sam")


def test_who_was_taken_meanwhile_is_told_by_whom(alice: Agent, bob: Agent, support: Department) -> None:
    entry = waiting_call(support)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    with pytest.raises(Conflict) as caught:
        by_hand.assign(entry, bob, actor="sam")
    assert (caught.value.code, caught.value.extra["accepted_by"]) == ("already_accepted", "alice")


# --- priority ----------------------------------------------------------------------------------------------------
def test_a_higher_priority_goes_first_and_desks_see_it(alice: Agent, support: Department, billing: Department) -> None:
    away(alice)
    first = waiting_call(billing)
    second = waiting_call(billing, email="dan@example.test")
    by_hand.set_priority(second, 5, actor="sam")
    assert (history(second, "queue.priority").actor, fresh(second).priority) == ("sam", 5)
    assert told_agent(alice, "transfer_pending")[-1]["transfer"]["priority"] == 5
    by_hand.set_presence(fresh(alice), Presence.AVAILABLE, actor="sam")
    assert ringing(alice).entry_id == second.pk
    assert fresh(first).enqueued_at < fresh(second).enqueued_at


def test_the_same_priority_twice_is_one_row_of_history(support: Department) -> None:
    entry = waiting_call(support)
    by_hand.set_priority(entry, 3, actor="sam")
    by_hand.set_priority(entry, 3, actor="sam")
    assert CallEvent.objects.filter(kind="queue.priority").count() == 1


def test_who_waits_no_more_has_no_rank(alice: Agent, billing: Department) -> None:
    entry = waiting_call(billing)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    with pytest.raises(Conflict):
        by_hand.set_priority(entry, 5, actor="sam")
    assert fresh(entry).priority == 0


# --- move --------------------------------------------------------------------------------------------------------
def test_moved_he_waits_on_there_and_is_told(alice: Agent, bob: Agent, billing: Department, sales: Department) -> None:
    entry = waiting_call(billing, priority=2)
    placed = by_hand.move(entry, sales, actor="sam")
    assert (placed.department, placed.enqueued_at, placed.priority) == (sales, entry.enqueued_at, 2)
    assert fresh(alice).activity == Activity.IDLE
    assert ringing(bob).entry_id == placed.pk
    assert told_caller(entry.call, "call_update")[-1]["reason"] == "moved"
    assert history(entry, "entry.withdrawn").actor == "sam"


def test_a_stay_that_is_over_is_not_moved(support: Department, sales: Department, billing: Department) -> None:
    entry = waiting_call(support)
    by_hand.move(entry, sales, actor="sam")
    with pytest.raises(Conflict):
        by_hand.move(entry, billing, actor="sam")
    assert QueueEntry.objects.get(state=EntryState.WAITING).department == sales


# --- remove ------------------------------------------------------------------------------------------------------
def test_removed_he_is_back_with_the_ai_which_is_told_what_to_offer(alice: Agent, billing: Department) -> None:
    Department.objects.update(when_timed_out="callback")
    entry = waiting_call(billing, ai_state=AIState.LIVE)
    offer = ringing(alice)
    by_hand.remove(entry, "calls every day", actor="sam")
    assert (fresh(entry).state, fresh(entry.call).state) == (EntryState.REMOVED, "ai")
    assert (fresh(offer).state, fresh(alice).activity) == (OfferState.CANCELLED, Activity.IDLE)
    update = told_caller(entry.call, "call_update")[-1]
    assert (update["state"], update["reason"], update["offer"]) == ("ai", "removed", "callback")
    row = history(entry, "entry.removed")
    assert (row.actor, row.data["reason"]) == ("sam", "calls every day")
    assert entry.transfers.get().state == "expired"
    lines = TranscriptSegment.objects.filter(call=entry.call, speaker="system").values_list("text", flat=True)
    assert "Billing cannot take this call." in lines


def test_a_department_that_would_keep_him_offers_either(support: Department) -> None:
    Department.objects.update(when_timed_out="keep")
    entry = waiting_call(support, ai_state=AIState.LIVE)
    assert by_hand.remove(entry, "test call", actor="sam").rule == "either"


def test_removed_without_an_ai_the_call_ends_and_its_page_takes_a_message(support: Department) -> None:
    entry = direct_call(support)
    by_hand.remove(entry, "test call", actor="sam")
    call = fresh(entry.call)
    assert (call.state, call.end_reason) == ("ended", EndReason.NO_AGENT)
    state = Browser(secret=call.secret).get(f"/api/calls/{call.pk}")
    assert (state["refusal"]["reason"], state["refusal"]["offer"]) == ("removed", "either")
    Browser(secret=call.secret).post(f"/api/calls/{call.pk}/callback", {"kind": "message", "note": "please write"})


def test_removed_twice_the_second_is_told_that_he_waits_no_more(support: Department) -> None:
    entry = waiting_call(support, ai_state=AIState.LIVE)
    by_hand.remove(entry, "test call", actor="sam")
    with pytest.raises(Conflict) as caught:
        by_hand.remove(entry, "test call", actor="sam")
    assert caught.value.extra["state"] == EntryState.REMOVED


def test_who_is_being_connected_is_not_removed(alice: Agent, billing: Department) -> None:
    entry = waiting_call(billing)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    with pytest.raises(Conflict):
        by_hand.remove(entry, "test call", actor="sam")
    assert fresh(entry).state == EntryState.CONNECTING


def test_a_callback_in_line_is_cancelled(alice: Agent, billing: Department) -> None:
    entry = waiting_call(billing)
    request_callback(entry.call, kind="callback", contact="0123", actor="caller")
    offer = ringing(alice)
    by_hand.remove(offer.entry, "solved", actor="sam")
    assert CallbackRequest.objects.get().state == CallbackState.CANCELLED
    assert (fresh(offer.entry).state, fresh(alice).activity) == (EntryState.CALLBACK, Activity.IDLE)
    row = history(offer.entry, "queue.cancelled")
    assert (row.actor, row.data["reason"]) == ("sam", "solved")


# --- presence ----------------------------------------------------------------------------------------------------
def test_the_desk_is_told_who_set_the_presence_and_the_log_too(alice: Agent) -> None:
    by_hand.set_presence(alice, Presence.AWAY, reason="lunch", actor="sam")
    told = told_agent(alice, "presence")[-1]
    assert (told["presence"], told["away_reason"], told["presence_by"]) == ("away", "lunch", "sam")
    assert AgentEvent.objects.filter(agent=alice, kind="presence").latest("pk").actor == "sam"


def test_what_he_chooses_himself_is_his_again(alice: Agent) -> None:
    by_hand.set_presence(alice, Presence.AWAY, actor="sam")
    agents.set_presence(fresh(alice), Presence.AVAILABLE, actor="alice")
    assert told_agent(alice, "presence")[-1]["presence_by"] is None


def test_set_available_he_is_offered_the_caller_and_not_given(alice: Agent, billing: Department) -> None:
    away(alice)
    waiting_call(billing)
    by_hand.set_presence(fresh(alice), Presence.AVAILABLE, actor="sam")
    assert ringing(alice).origin == OfferOrigin.OFFERED


def test_an_offer_to_an_agent_who_is_set_away_goes_on_to_the_next(
    alice: Agent, bob: Agent, support: Department
) -> None:
    entry = waiting_call(support)
    by_hand.set_presence(alice, Presence.AWAY, actor="sam")
    assert ringing(bob).entry_id == entry.pk


def test_set_offline_in_a_call_the_call_goes_on(alice: Agent, billing: Department) -> None:
    entry = waiting_call(billing)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    enters(entry.call, alice)
    by_hand.set_presence(fresh(alice), Presence.OFFLINE, actor="sam")
    assert (fresh(alice).activity, fresh(entry).state) == (Activity.ON_CALL, EntryState.CONNECTED)


def test_without_an_open_desk_nobody_is_made_available(support: Department) -> None:
    dan = make_agent("dan", support, presence=Presence.AWAY, lease_until=clock.now())
    with pytest.raises(Conflict) as caught:
        by_hand.set_presence(dan, Presence.AVAILABLE, actor="sam")
    assert caught.value.code == "desk_closed"


# --- over the API ------------------------------------------------------------------------------------------------
def test_the_routes_act_and_answer_with_the_stay(
    sam: User, alice: Agent, bob: Agent, support: Department, sales: Department
) -> None:
    away(alice)
    away(bob)
    entry, browser = waiting_call(support), Browser(user=sam)
    path = f"/api/queue/entries/{entry.pk}"
    ranked = browser.post(f"{path}/priority", {"priority": 7})["entry"]
    assert (ranked["priority"], ranked["queue_position"], ranked["state"]) == (7, 1, "waiting")
    placed = browser.post(f"{path}/move", {"department": "sales"})["entry"]
    assert (placed["department"], placed["priority"]) == ("sales", 7)
    told = browser.post("/api/agents/bob/presence", {"status": "available"})
    assert (told["presence"], told["presence_by"], told["activity"]) == ("available", "sam", "offered")
    path = f"/api/queue/entries/{placed['entry_id']}"
    assigned = browser.post(f"{path}/assign", {"agent_id": "bob"})["entry"]
    assert (assigned["state"], assigned["agent_id"], assigned["queue_position"]) == ("connecting", "bob", None)
    browser.post(f"{path}/remove", {"reason": "x"}, expect=409)


def test_the_route_that_removes_tells_what_was_offered(sam: User, support: Department) -> None:
    entry = waiting_call(support, ai_state=AIState.LIVE)
    answer = Browser(user=sam).post(f"/api/queue/entries/{entry.pk}/remove", {"reason": "test call"})
    assert (answer["entry"]["state"], answer["entry"]["offer"]) == ("removed", "either")


def test_what_cannot_be_meant_is_refused(sam: User, bob: Agent, billing: Department) -> None:
    entry, browser = waiting_call(billing), Browser(user=sam)
    bodies: list[tuple[str, dict[str, object]]] = [
        ("assign", {"agent_id": "nobody"}),
        ("assign", {"agent_id": "bob"}),
        ("priority", {"priority": 1001}),
        ("move", {"department": "nowhere"}),
        ("remove", {"reason": "  "}),
    ]
    for act, body in bodies:
        browser.post(f"/api/queue/entries/{entry.pk}/{act}", body, expect=422)


def test_only_supervisors_act_by_hand(alice: Agent, support: Department, sam: User) -> None:
    entry = waiting_call(support)
    Browser(user=alice.user).post(f"/api/queue/entries/{entry.pk}/priority", {"priority": 9}, expect=403)
    Browser(user=alice.user).post("/api/agents/alice/presence", {"status": "away"}, expect=403)
    Browser(secret=entry.call.secret).post(f"/api/queue/entries/{entry.pk}/priority", {"priority": 9}, expect=403)
    Browser(user=sam).post("/api/queue/entries/999999/priority", {"priority": 9}, expect=404)
    Browser(user=sam).post("/api/queue/entries/x/priority", {"priority": 9}, expect=404)
    assert Call.objects.get().entries.get().priority == 0
