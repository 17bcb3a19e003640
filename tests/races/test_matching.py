"""Two matchers, and matchers against everybody who changes what they look at."""

import pytest

from common.errors import Conflict
from queueing.matching import Pair
from queueing.models import Agent, Department, Offer, QueueEntry
from queueing.services import agents
from queueing.services.matching import make_offers, match
from queueing.states import EntryState, OfferState, Presence
from tests.cast import make_agent
from tests.queueing.helpers import waiting_call
from tests.races.threads import ROUNDS, at_once, winners

pytestmark = pytest.mark.parametrize("turn", range(ROUNDS))
MANY = 12


@pytest.fixture
def crowd(support: Department) -> list[Agent]:
    """As many agents as callers, none of whom has been asked."""
    staff = [make_agent(f"agent{n}", support, presence=Presence.AWAY) for n in range(MANY)]
    for _ in staff:
        waiting_call(support)
    Agent.objects.update(presence=Presence.AVAILABLE)
    return staff


def test_matchers_at_the_same_instant_make_every_offer_once(crowd: list[Agent], support: Department, turn: int) -> None:
    outcomes = at_once(*[lambda: match([support.pk])] * 3)
    assert winners(outcomes) == [0, 1, 2]
    assert sum(outcome.value for outcome in outcomes) == MANY
    assert Offer.objects.filter(state=OfferState.PENDING).count() == MANY


def test_batches_that_share_agents_in_another_order(crowd: list[Agent], support: Department, turn: int) -> None:
    entries = list(QueueEntry.objects.order_by("pk").values_list("pk", flat=True))
    staff = [agent.pk for agent in crowd]
    one = [Pair(entry, agent) for entry, agent in zip(entries, staff, strict=True)]
    other = [Pair(entry, agent) for entry, agent in zip(reversed(entries), staff[3:] + staff[:3], strict=True)]
    outcomes = at_once(lambda: make_offers(one), lambda: make_offers(other))
    assert winners(outcomes) == [0, 1]
    assert sum(outcome.value for outcome in outcomes) == Offer.objects.filter(state=OfferState.PENDING).count()
    match([support.pk])
    assert Offer.objects.filter(state=OfferState.PENDING).count() == MANY


def test_a_batch_against_agents_who_pick(crowd: list[Agent], support: Department, turn: int) -> None:
    picking = [lambda agent=agent: agents.pick_next(agent) for agent in crowd[:3]]
    outcomes = at_once(lambda: match([support.pk]), *picking)
    assert 0 in winners(outcomes, Conflict)
    match([support.pk])
    assert not QueueEntry.objects.filter(state=EntryState.WAITING).exists()
