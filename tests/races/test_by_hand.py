"""A supervisor's hand against the engine, the agents and another supervisor."""

import pytest

from calls.services import lifecycle
from calls.states import AIState
from common.errors import Conflict
from queueing.models import Agent, Department, Offer, QueueEntry
from queueing.services import by_hand, matching, offers
from queueing.states import ENTRY_OPEN, Activity, EntryState, OfferState, Presence
from tests.queueing.helpers import fresh, ringing, told_agent, told_caller, waiting_call
from tests.races.threads import ROUNDS, at_once, winners

pytestmark = pytest.mark.parametrize("turn", range(ROUNDS))


# Scenario 17
def test_assigned_to_one_while_the_engine_offers_to_another(
    alice: Agent, bob: Agent, support: Department, turn: int
) -> None:
    Agent.objects.update(presence=Presence.AWAY)
    entry = waiting_call(support)
    Agent.objects.update(presence=Presence.AVAILABLE)
    outcomes = at_once(lambda: matching.make_offer(entry.pk, alice.pk), lambda: by_hand.assign(entry, bob, actor="sam"))
    assert outcomes[1].won
    assert (fresh(entry).state, fresh(entry).agent_id) == (EntryState.CONNECTING, bob.pk)
    assert (fresh(alice).activity, fresh(bob).activity) == (Activity.IDLE, Activity.ON_CALL)
    # Rescinded where it was made first; never both.
    states = set(Offer.objects.filter(agent=alice).values_list("state", flat=True))
    assert states == ({OfferState.RESCINDED} if outcomes[0].won else set())
    assert len(told_agent(alice, "offer")) == len(told_agent(alice, "offer_ended")) == len(states)


def test_assigned_to_an_agent_whom_the_engine_offers_another(
    alice: Agent, billing: Department, support: Department, turn: int
) -> None:
    Agent.objects.update(presence=Presence.AWAY)
    entry, other = waiting_call(support), waiting_call(billing, email="dan@example.test")
    Agent.objects.update(presence=Presence.AVAILABLE)
    offered, assigned = at_once(
        lambda: matching.make_offer(other.pk, alice.pk), lambda: by_hand.assign(entry, alice, actor="sam")
    )
    winners([assigned], Conflict)
    assert offered.won is not assigned.won
    assert fresh(alice).activity == (Activity.ON_CALL if assigned.won else Activity.OFFERED)


def test_assigned_to_one_while_another_accepts(alice: Agent, bob: Agent, support: Department, turn: int) -> None:
    entry = waiting_call(support)
    offer = ringing(alice)
    outcomes = at_once(
        lambda: offers.accept_offer(str(offer.pk), agent=alice), lambda: by_hand.assign(entry, bob, actor="sam")
    )
    (first,) = winners(outcomes, Conflict)
    assert fresh(entry).agent_id == (alice, bob)[first].pk
    assert {fresh(alice).activity, fresh(bob).activity} == {Activity.ON_CALL, Activity.IDLE}
    assert len(told_caller(entry.call, "customer_assigned")) == 1


def test_two_supervisors_assign_one_caller(alice: Agent, bob: Agent, support: Department, turn: int) -> None:
    entry = waiting_call(support)
    outcomes = at_once(
        lambda: by_hand.assign(entry, alice, actor="sam"), lambda: by_hand.assign(entry, bob, actor="sue")
    )
    (first,) = winners(outcomes, Conflict)
    assert fresh(entry).agent_id == (alice, bob)[first].pk


def test_removed_while_the_agent_accepts(alice: Agent, support: Department, turn: int) -> None:
    entry = waiting_call(support, ai_state=AIState.LIVE)
    offer = ringing(alice)
    outcomes = at_once(
        lambda: offers.accept_offer(str(offer.pk), agent=alice), lambda: by_hand.remove(entry, "x", actor="sam")
    )
    (first,) = winners(outcomes, Conflict)
    assert fresh(entry).state == (EntryState.CONNECTING, EntryState.REMOVED)[first]


def test_removed_while_the_caller_hangs_up(alice: Agent, support: Department, turn: int) -> None:
    entry = waiting_call(support, ai_state=AIState.LIVE)
    at_once(
        lambda: lifecycle.hang_up(entry.call_id, by_agent=False, actor="caller"),
        lambda: by_hand.remove(entry, "x", actor="sam"),
    )
    assert (fresh(entry.call).state, fresh(alice).activity) == ("ended", Activity.IDLE)
    assert not QueueEntry.objects.filter(state__in=ENTRY_OPEN)


def test_moved_by_two_he_waits_in_one_line(
    support: Department, sales: Department, billing: Department, turn: int
) -> None:
    entry = waiting_call(support)
    outcomes = at_once(
        lambda: by_hand.move(entry, sales, actor="sam"), lambda: by_hand.move(entry, billing, actor="sue")
    )
    (first,) = winners(outcomes, Conflict)
    assert QueueEntry.objects.get(state__in=ENTRY_OPEN).department == (sales, billing)[first]
