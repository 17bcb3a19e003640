"""Callbacks against agents, sweeps and the customer himself: scenarios 25 and 26."""

from datetime import timedelta

import pytest

from calls.models import Call
from common import clock
from common.errors import Conflict
from queueing import selectors
from queueing.models import Agent, CallbackRequest, Department, QueueEntry
from queueing.services import agents, callbacks, calling_back, entries, offers
from queueing.services.steps import Lost
from queueing.states import ENTRY_OPEN, Activity, CallbackState, EntryState, Presence
from tests.queueing.helpers import enters, fresh, ringing, told_caller, waiting_call
from tests.races.test_waits import nobody_routable
from tests.races.threads import ROUNDS, at_once, winners

pytestmark = pytest.mark.parametrize("turn", range(ROUNDS))
LATER = timedelta(hours=1)


def promised(department: Department) -> CallbackRequest:
    """A callback in line, nobody asked yet."""
    nobody_routable()
    entry = waiting_call(department)
    made = callbacks.request_callback(entry.call, kind="callback", contact="0123", actor="caller")
    return fresh(made)  # type: ignore[no-any-return]


def planned(department: Department) -> CallbackRequest:
    """A callback that is due this moment, and has not been begun."""
    nobody_routable()
    entry = waiting_call(department)
    due = clock.now() + LATER
    made = callbacks.request_callback(entry.call, kind="callback", contact="0123", due_at=due, actor="caller")
    CallbackRequest.objects.update(due_at=clock.now())
    return fresh(made)  # type: ignore[no-any-return]


def rings(alice: Agent, department: Department) -> CallbackRequest:
    """alice has taken a callback; its page rings."""
    made = promised(department)
    Agent.objects.filter(pk=alice.pk).update(presence=Presence.AVAILABLE)
    agents.pick_next(fresh(alice))
    return fresh(made)  # type: ignore[no-any-return]


def calls_again(request: CallbackRequest) -> Call:
    """The customer makes a call of his own, with the secret of the old one."""
    department = selectors.default_department()
    entry = entries.join_queue(email="carol@example.test", department=department, label="x", callback_of=request.call)
    return entry.call


def places() -> int:
    """How many places in line there are."""
    return QueueEntry.objects.filter(state__in=ENTRY_OPEN).count()


# Scenario 25
def test_a_callback_chosen_against_the_accept(alice: Agent, support: Department, turn: int) -> None:
    entry = waiting_call(support)
    offer = ringing(alice)
    chosen, accepted = at_once(
        lambda: callbacks.request_callback(fresh(entry.call), kind="callback", contact="0123", actor="caller"),
        lambda: offers.accept_offer(str(offer.pk), agent=alice),
    )
    won = (bool(winners([chosen], Conflict)), bool(winners([accepted], Conflict, Lost)))
    assert won in [(True, False), (False, True)]
    if won[0]:
        assert fresh(entry).state == EntryState.CALLBACK
        # She is free, so she is asked to call back.
        assert ringing(alice).entry.call.callback_of_id == entry.call_id
    else:
        assert chosen.error is not None
        assert getattr(chosen.error, "code", "") == "already_accepted"
        assert not CallbackRequest.objects.exists()


def test_a_callback_chosen_against_the_assignment(alice: Agent, support: Department, turn: int) -> None:
    nobody_routable()
    entry = waiting_call(support)
    chosen, assigned = at_once(
        lambda: callbacks.request_callback(fresh(entry.call), kind="callback", contact="0123", actor="caller"),
        lambda: agents.set_presence(selectors.get_agent("alice"), Presence.AVAILABLE, actor="alice"),
    )
    assert winners([assigned]) == [0]
    if winners([chosen], Conflict):
        assert (fresh(entry).state, fresh(entry.call).end_reason) == (EntryState.CALLBACK, "callback")
    else:
        assert (fresh(entry).state, fresh(alice).activity) == (EntryState.CONNECTING, Activity.ON_CALL)


def test_two_sweeps_begin_it_once(support: Department, turn: int) -> None:
    made = planned(support)
    outcomes = at_once(*(lambda: calling_back.begin(made.pk) for _ in range(3)))
    assert len(winners(outcomes)) == 1
    assert (fresh(made).state, Call.objects.filter(callback_of=made.call).count(), places()) == ("queued", 1, 1)


def test_a_sweep_that_comes_late_lets_it_ring(alice: Agent, support: Department, turn: int) -> None:
    # It was due when the sweep looked; since then somebody else has begun it, and an agent has taken it.
    made = rings(alice, support)
    assert not calling_back.begin(made.pk)
    now = fresh(made)
    assert (now.state, now.next_call_id, places()) == ("ringing", made.next_call_id, 1)
    assert Call.objects.filter(callback_of=made.call).count() == 1


def test_two_agents_take_it(alice: Agent, bob: Agent, support: Department, turn: int) -> None:
    made = promised(support)
    outcomes = at_once(lambda: agents.pick_next(fresh(alice)), lambda: agents.pick_next(fresh(bob)))
    assert len(winners(outcomes, Conflict)) == 1
    assert fresh(made).state == CallbackState.RINGING
    told = [event["callback"]["state"] for event in told_caller(made.call, "callback")]
    assert told.count("ringing") == 1


def test_the_answer_at_the_moment_of_the_time_out(alice: Agent, support: Department, turn: int) -> None:
    made = rings(alice, support)
    call = made.next_call
    assert call is not None
    enters(call, alice)
    CallbackRequest.objects.update(ring_until=clock.now() + timedelta(milliseconds=5))
    answered, ended = at_once(lambda: calling_back.answer(made.call), lambda: calling_back.no_answer(made.pk))
    if winners([answered], Conflict):
        assert not ended.value
        assert (fresh(made).state, fresh(call).state) == ("answered", "agent")
    else:
        assert (fresh(made).state, fresh(made).attempts) == ("scheduled", 1)
        assert fresh(alice).activity == Activity.IDLE


def test_two_sweeps_count_one_attempt(alice: Agent, support: Department, turn: int) -> None:
    made = rings(alice, support)
    CallbackRequest.objects.update(ring_until=clock.now())
    outcomes = at_once(*(lambda: calling_back.no_answer(made.pk) for _ in range(3)))
    assert len(winners(outcomes)) == 1
    assert (fresh(made).state, fresh(made).attempts) == ("scheduled", 1)


def test_the_answer_against_the_agents_arrival(alice: Agent, support: Department, turn: int) -> None:
    made = rings(alice, support)
    call = made.next_call
    assert call is not None
    outcomes = at_once(lambda: calling_back.answer(made.call), lambda: enters(call, alice))
    assert winners(outcomes) == [0, 1]
    assert (fresh(call).state, fresh(made).state) == ("agent", "answered")


def test_the_answer_on_two_pages_is_one(alice: Agent, support: Department, turn: int) -> None:
    made = rings(alice, support)
    first, second = at_once(lambda: calling_back.answer(made.call), lambda: calling_back.answer(made.call))
    assert winners([first, second]) == [0, 1]
    assert first.value == second.value


def test_not_now_against_the_answer(alice: Agent, support: Department, turn: int) -> None:
    made = rings(alice, support)
    answered, later = at_once(
        lambda: calling_back.answer(made.call), lambda: calling_back.put_to_later(made.call, actor="caller")
    )
    won = (bool(winners([answered], Conflict)), bool(winners([later], Conflict)))
    assert won in [(True, False), (False, True)]
    assert fresh(made).state == ("answered" if won[0] else "scheduled")
    assert fresh(alice).activity == (Activity.ON_CALL if won[0] else Activity.IDLE)


# Scenario 26
def test_calling_again_against_the_due_time(support: Department, turn: int) -> None:
    made = planned(support)
    again, _begun = at_once(lambda: calls_again(made), lambda: calling_back.begin(made.pk))
    assert winners([again]) == [0]
    assert (fresh(made).state, fresh(made).next_call, places()) == ("called_again", again.value, 1)


def test_calling_again_against_the_agent_who_takes_it(alice: Agent, support: Department, turn: int) -> None:
    made = promised(support)
    again, taken = at_once(lambda: calls_again(made), lambda: agents.pick_next(fresh(alice)))
    assert winners([again]) == [0]
    winners([taken], Conflict)
    assert (fresh(made).state, places()) == ("called_again", 1)
    held = selectors.open_entry(again.value.pk)
    assert held is not None
    assert fresh(alice).activity == (Activity.ON_CALL if held.agent_id == alice.pk else Activity.IDLE)


def test_calling_again_against_the_answer(alice: Agent, support: Department, turn: int) -> None:
    made = rings(alice, support)
    again, answered = at_once(lambda: calls_again(made), lambda: calling_back.answer(made.call))
    assert winners([again]) == [0]
    if winners([answered], Conflict):
        assert fresh(made).state == "answered"
    else:
        assert (fresh(made).state, places()) == ("called_again", 1)


def test_asked_for_twice_it_is_promised_once(support: Department, turn: int) -> None:
    nobody_routable()
    call = waiting_call(support, ai_state="live").call
    outcomes = at_once(
        *(
            lambda: callbacks.request_callback(fresh(call), kind="callback", contact="0123", actor="caller")
            for _ in range(2)
        )
    )
    assert winners(outcomes, Conflict)
    assert CallbackRequest.objects.filter(call=call).count() == 1
    assert fresh(call).state == "ai"


def test_cancelled_at_the_due_time_nobody_is_called(support: Department, turn: int) -> None:
    made = planned(support)
    cancelled, _begun = at_once(
        lambda: calling_back.cancel(made.call, actor="caller"), lambda: calling_back.begin(made.pk)
    )
    assert winners([cancelled]) == [0]
    assert (fresh(made).state, places()) == ("cancelled", 0)
