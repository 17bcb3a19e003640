"""Two agents talk about a call while something else happens to it."""

import pytest

from calls.services import lifecycle
from calls.states import EndReason
from common.errors import Conflict
from queueing.models import Agent, Department, QueueEntry, Transfer
from queueing.services import agents, consulting, handing_over, offers
from queueing.states import ENTRY_OPEN, Activity, TransferKind, TransferState
from tests.invariants import check_invariants
from tests.queueing.helpers import fresh, ringing, talking_call
from tests.races.threads import ROUNDS, at_once, winners

pytestmark = pytest.mark.parametrize("turn", range(ROUNDS))


@pytest.fixture
def made(alice: Agent, bob: Agent, billing: Department) -> Transfer:
    """alice has the caller on the line and asks bob to talk about it."""
    call = talking_call(alice, billing)
    return handing_over.hand_over(call, agent=alice, to=bob, kind=TransferKind.CONSULT)


@pytest.fixture
def talk(made: Transfer, bob: Agent) -> Transfer:
    """And he has come."""
    offers.accept_offer(str(ringing(bob).pk), agent=bob)
    return made


def test_he_accepts_while_the_caller_is_taken_back(made: Transfer, alice: Agent, bob: Agent, turn: int) -> None:
    offer = str(ringing(bob).pk)
    outcomes = at_once(
        lambda: offers.accept_offer(offer, agent=bob),
        lambda: handing_over.take_back(made.public_id, agent=alice),
    )
    # Both may win: then he came, and was sent home.
    assert 1 in winners(outcomes, Conflict)
    assert (fresh(made).state, fresh(bob).activity) == (TransferState.CANCELLED, Activity.IDLE)
    assert (fresh(made.call).agent, fresh(made.call).on_hold) == (alice.user, False)
    check_invariants()


def test_completed_while_the_caller_hangs_up(talk: Transfer, alice: Agent, bob: Agent, turn: int) -> None:
    outcomes = at_once(
        lambda: consulting.complete(talk.public_id, agent=alice),
        lambda: lifecycle.end_call(talk.call_id, EndReason.CUSTOMER_HANGUP, actor="caller"),
    )
    assert 1 in winners(outcomes, Conflict)
    assert fresh(talk.call).state == "ended"
    assert not QueueEntry.objects.filter(state__in=ENTRY_OPEN).exists()
    assert (fresh(alice).activity, fresh(bob).activity) == (Activity.WRAPPING_UP, Activity.IDLE)
    assert fresh(talk).state == TransferState.CANCELLED
    check_invariants()


def test_completed_while_the_second_agent_leaves(talk: Transfer, alice: Agent, bob: Agent, turn: int) -> None:
    outcomes = at_once(
        lambda: consulting.complete(talk.public_id, agent=alice),
        lambda: consulting.leave(talk.public_id, agent=bob),
    )
    won = winners(outcomes, Conflict)
    assert len(won) == 1
    assert fresh(talk.call).agent == (bob.user if won == [0] else alice.user)
    check_invariants()


def test_completed_and_taken_back_in_two_tabs(talk: Transfer, alice: Agent, bob: Agent, turn: int) -> None:
    outcomes = at_once(
        lambda: consulting.complete(talk.public_id, agent=alice),
        lambda: handing_over.take_back(talk.public_id, agent=alice),
    )
    won = winners(outcomes, Conflict)
    assert len(won) == 1
    assert fresh(talk.call).agent == (bob.user if won == [0] else alice.user)
    check_invariants()


def test_he_accepts_while_the_caller_is_taken_off_hold(made: Transfer, alice: Agent, bob: Agent, turn: int) -> None:
    offer = str(ringing(bob).pk)
    outcomes = at_once(
        lambda: offers.accept_offer(offer, agent=bob),
        lambda: agents.set_hold(alice, made.call_id, on=False),
    )
    assert 0 in winners(outcomes, Conflict)
    assert fresh(made.call).on_hold is True
    check_invariants()
