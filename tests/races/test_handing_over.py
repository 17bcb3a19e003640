"""A call goes from agent to agent while something else happens to it."""

import pytest

from calls.models import Call
from calls.services import lifecycle
from calls.states import EndReason
from common.errors import Conflict
from queueing.models import Agent, Department, QueueEntry, Transfer
from queueing.services import agents, handing_over, offers
from queueing.states import ENTRY_OPEN, Activity, Presence, TransferState
from tests.invariants import check_invariants
from tests.queueing.helpers import fresh, ringing, talking_call, waiting_call
from tests.races.threads import ROUNDS, at_once, winners

pytestmark = pytest.mark.parametrize("turn", range(ROUNDS))


@pytest.fixture
def call(alice: Agent, bob: Agent, billing: Department) -> Call:
    """alice has the caller on the line, bob is free."""
    return talking_call(alice, billing)


def test_accepted_while_it_is_taken_back(call: Call, alice: Agent, bob: Agent, turn: int) -> None:
    made = handing_over.hand_over(call, agent=alice, to=bob)
    offer = str(ringing(bob).pk)
    outcomes = at_once(
        lambda: offers.accept_offer(offer, agent=bob),
        lambda: handing_over.take_back(made.public_id, agent=alice),
    )
    won = winners(outcomes, Conflict)
    assert len(won) == 1
    owner = bob if won == [0] else alice
    assert (fresh(call).agent, fresh(owner).activity) == (owner.user, Activity.ON_CALL)
    assert QueueEntry.objects.filter(call=call, state__in=ENTRY_OPEN).count() == 1
    check_invariants()


def test_accepted_while_the_caller_hangs_up(call: Call, alice: Agent, bob: Agent, turn: int) -> None:
    handing_over.hand_over(call, agent=alice, to=bob)
    offer = str(ringing(bob).pk)
    outcomes = at_once(
        lambda: offers.accept_offer(offer, agent=bob),
        lambda: lifecycle.end_call(call.pk, EndReason.CUSTOMER_HANGUP, actor="caller"),
    )
    assert 1 in winners(outcomes, Conflict)
    assert fresh(call).state == "ended"
    assert {fresh(alice).activity, fresh(bob).activity} == {Activity.WRAPPING_UP, Activity.IDLE}
    assert not Transfer.objects.filter(state__in=[TransferState.PENDING, TransferState.ACCEPTED]).exists()
    check_invariants()


def test_two_agents_asked_from_two_tabs(call: Call, alice: Agent, bob: Agent, support: Department, turn: int) -> None:
    from tests.cast import make_agent

    dina = make_agent("dina", support)
    outcomes = at_once(
        lambda: handing_over.hand_over(fresh(call), agent=alice, to=bob),
        lambda: handing_over.hand_over(fresh(call), agent=alice, to=dina),
    )
    assert len(winners(outcomes, Conflict)) == 1
    assert Transfer.objects.filter(call=call, state=TransferState.PENDING, target__isnull=False).count() == 1
    assert sorted((fresh(bob).activity, fresh(dina).activity)) == [Activity.IDLE, Activity.OFFERED]
    check_invariants()


def test_asked_while_he_is_offered_another_caller(
    call: Call, alice: Agent, bob: Agent, sales: Department, turn: int
) -> None:
    outcomes = at_once(
        lambda: handing_over.hand_over(fresh(call), agent=alice, to=bob),
        lambda: waiting_call(sales, email="dan@example.test"),
    )
    assert 1 in winners(outcomes, Conflict)
    assert fresh(bob).activity == Activity.OFFERED
    check_invariants()


def test_asked_while_he_goes_away(call: Call, alice: Agent, bob: Agent, turn: int) -> None:
    outcomes = at_once(
        lambda: handing_over.hand_over(fresh(call), agent=alice, to=bob),
        lambda: agents.set_presence(fresh(bob), Presence.AWAY, actor="bob"),
    )
    assert 1 in winners(outcomes, Conflict)
    assert (fresh(bob).presence, fresh(bob).activity) == (Presence.AWAY, Activity.IDLE)
    assert (fresh(call).agent, fresh(call).on_hold) == (alice.user, False)
    check_invariants()
