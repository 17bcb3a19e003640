"""Two agents talk about a call while something else happens to it."""

from collections.abc import Callable
from contextlib import nullcontext

import pytest

from calls.services import lifecycle
from calls.states import EndReason
from common import clock
from common.errors import Conflict
from queueing.models import Agent, Department, QueueEntry, Transfer
from queueing.services import agents, consulting, handing_over, offers
from queueing.states import ENTRY_OPEN, Activity, TransferKind, TransferState
from tests.cast import LEASE
from tests.invariants import check_invariants
from tests.queueing.helpers import enters, fresh, leaves, ringing, talking_call
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


@pytest.fixture
def three(talk: Transfer, alice: Agent) -> Transfer:
    """And he has been brought to the caller."""
    return consulting.begin_conference(talk.public_id, agent=alice)


@pytest.mark.parametrize("ends", ["taken back", "left", "lost", "completed", "hung up"])
def test_he_is_brought_to_the_caller_while_it_ends(
    talk: Transfer, alice: Agent, bob: Agent, ends: str, turn: int
) -> None:
    acts: dict[str, Callable[[], object]] = {
        "taken back": lambda: handing_over.take_back(talk.public_id, agent=alice),
        "left": lambda: consulting.leave(talk.public_id, agent=bob),
        "lost": lambda: consulting.lose_second(talk.pk),
        "completed": lambda: consulting.complete(talk.public_id, agent=alice),
        "hung up": lambda: lifecycle.end_call(talk.call_id, EndReason.CUSTOMER_HANGUP, actor="caller"),
    }
    # By then his desk has not been heard of for long.
    with clock.frozen(clock.now() + 2 * LEASE) if ends == "lost" else nullcontext():
        outcomes = at_once(lambda: consulting.begin_conference(talk.public_id, agent=alice), acts[ends])
    # The end wins always, before the conference or out of it.
    assert 1 in winners(outcomes, Conflict)
    call = fresh(talk.call)
    owner = {"completed": bob.user, "hung up": call.agent}.get(ends, alice.user)
    assert (call.agent, call.on_hold) == (owner, False)
    assert fresh(bob).activity == (Activity.ON_CALL if ends == "completed" else Activity.IDLE)
    check_invariants()


def test_completed_while_he_comes_to_the_caller(three: Transfer, alice: Agent, bob: Agent, turn: int) -> None:
    outcomes = at_once(
        lambda: consulting.complete(three.public_id, agent=alice),
        lambda: enters(three.call, bob),
    )
    assert winners(outcomes) == [0, 1]
    # Nobody waits for a second coming.
    assert (fresh(three.call).state, fresh(three.call).agent) == ("agent", bob.user)
    assert fresh(three).state == TransferState.COMPLETED
    check_invariants()


def test_completed_while_his_connection_breaks(three: Transfer, alice: Agent, bob: Agent, turn: int) -> None:
    seen = enters(three.call, bob)
    outcomes = at_once(
        lambda: consulting.complete(three.public_id, agent=alice),
        lambda: leaves(three.call, seen),
    )
    assert winners(outcomes) == [0, 1]
    entry = QueueEntry.objects.get(state__in=ENTRY_OPEN)
    # Somebody waits for him in any case: for his coming, or for his coming back.
    assert entry.connect_deadline or entry.agent_lost_deadline
    check_invariants()


def test_he_is_put_on_hold_while_the_second_is_brought(talk: Transfer, alice: Agent, bob: Agent, turn: int) -> None:
    outcomes = at_once(
        lambda: consulting.begin_conference(talk.public_id, agent=alice),
        lambda: agents.set_hold(alice, talk.call_id, on=True),
    )
    assert 0 in winners(outcomes, Conflict)
    assert fresh(talk.call).on_hold is False
    check_invariants()
