"""A caller rings at several desks, and everybody acts at the same instant."""

import pytest

from calls.services import lifecycle
from common.errors import Conflict
from queueing.models import Agent, Department, Offer, QueueEntry
from queueing.services import agents, offers, sweeps
from queueing.services.matching import match
from queueing.states import ENTRY_OPEN, Activity, EntryState, OfferState, Presence, Strategy
from tests.cast import make_agent
from tests.queueing.helpers import fresh, ringing, waiting_call
from tests.races.threads import ROUNDS, at_once, winners

pytestmark = pytest.mark.parametrize("turn", range(ROUNDS))


@pytest.fixture
def staff(support: Department, sales: Department) -> list[Agent]:
    """Three of support, whose callers ring at all desks; one of them also serves sales."""
    Department.objects.update(strategy=Strategy.RING_ALL)
    return [make_agent("one", support), make_agent("two", support), make_agent("three", support, sales)]


@pytest.fixture
def entry(staff: list[Agent], support: Department) -> QueueEntry:
    """Rings at all three."""
    return waiting_call(support)


def test_all_accept(staff: list[Agent], entry: QueueEntry, turn: int) -> None:
    rings = [ringing(agent) for agent in staff]
    outcomes = at_once(*(lambda offer=offer: offers.accept_offer(str(offer.pk), agent=offer.agent) for offer in rings))
    assert len(winners(outcomes, Conflict)) == 1
    (won,) = winners(outcomes, Conflict)
    assert fresh(entry).agent == staff[won]
    lost = [outcome.error for outcome in outcomes if not outcome.won]
    assert [getattr(error, "extra", {}).get("accepted_by") for error in lost] == [staff[won].username] * 2
    assert sorted(fresh(agent).activity for agent in staff) == ["idle", "idle", "on_call"]


def test_all_decline_and_the_caller_is_not_left_ringing_at_nobodys_desk(
    staff: list[Agent], entry: QueueEntry, turn: int
) -> None:
    rings = [ringing(agent) for agent in staff]
    outcomes = at_once(*(lambda offer=offer: offers.decline_offer(str(offer.pk), agent=offer.agent) for offer in rings))
    assert winners(outcomes) == [0, 1, 2]
    assert fresh(entry).state == EntryState.WAITING


def test_accept_decline_and_going_away(staff: list[Agent], entry: QueueEntry, turn: int) -> None:
    one, two, three = (ringing(agent) for agent in staff)
    outcomes = at_once(
        lambda: offers.accept_offer(str(one.pk), agent=one.agent),
        lambda: offers.decline_offer(str(two.pk), agent=two.agent),
        lambda: agents.set_presence(three.agent, Presence.AWAY, actor="three"),
    )
    assert 0 in winners(outcomes, Conflict)
    assert (fresh(entry).state, fresh(entry).agent) == (EntryState.CONNECTING, staff[0])
    assert not Offer.objects.filter(state=OfferState.PENDING).exists()


def test_the_caller_leaves_while_two_accept(staff: list[Agent], entry: QueueEntry, turn: int) -> None:
    rings = [ringing(agent) for agent in staff[:2]]
    outcomes = at_once(
        lambda: lifecycle.hang_up(entry.call_id, by_agent=False, actor="caller"),
        *(lambda offer=offer: offers.accept_offer(str(offer.pk), agent=offer.agent) for offer in rings),
    )
    assert 0 in winners(outcomes, Conflict)
    assert not QueueEntry.objects.filter(state__in=ENTRY_OPEN).exists()
    assert {fresh(agent).activity for agent in staff} == {Activity.IDLE}


def test_two_departments_ring_for_an_agent_of_both(
    staff: list[Agent], support: Department, sales: Department, turn: int
) -> None:
    Agent.objects.update(presence=Presence.AWAY)
    waiting_call(support)
    waiting_call(sales)
    Agent.objects.update(presence=Presence.AVAILABLE)
    outcomes = at_once(lambda: match([support.pk]), lambda: match([sales.pk]), sweeps.sweep)
    assert winners(outcomes) == [0, 1, 2]
    assert Offer.objects.filter(agent=staff[2], state=OfferState.PENDING).count() == 1


def test_somebody_joins_while_another_accepts(
    staff: list[Agent], entry: QueueEntry, support: Department, turn: int
) -> None:
    late = make_agent("late", support)
    first = ringing(staff[0])
    outcomes = at_once(lambda: offers.accept_offer(str(first.pk), agent=first.agent), lambda: match([support.pk]))
    assert 0 in winners(outcomes, Conflict)
    assert fresh(late).activity == Activity.IDLE
    assert fresh(entry).agent == staff[0]
