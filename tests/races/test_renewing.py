"""The leases of all desks of a process, renewed together, against everybody who wants the same rows."""

import pytest

from common import clock
from queueing.models import Agent, Department, Offer
from queueing.services import agents
from queueing.services.matching import match
from queueing.states import OfferState, Presence
from tests.cast import LEASE, make_agent
from tests.queueing.helpers import waiting_call
from tests.races.threads import ROUNDS, at_once, winners

pytestmark = pytest.mark.parametrize("turn", range(ROUNDS))
MANY = 8


def test_renewing_matching_and_coming_back_do_not_wait_for_each_other_for_ever(support: Department, turn: int) -> None:
    staff = [make_agent(f"agent{n}", support, presence=Presence.AWAY) for n in range(MANY)]
    for _ in staff:
        waiting_call(support)
    Agent.objects.update(presence=Presence.AVAILABLE)
    # Every other desk comes back to life, and is offered a caller while the others are renewed.
    Agent.objects.filter(pk__in=[agent.pk for agent in staff[::2]]).update(lease_until=None)
    everyone = [agent.pk for agent in staff]
    until = clock.now() + 2 * LEASE
    sides = at_once(
        lambda: agents.renew_leases(everyone, until=until),
        lambda: agents.renew_leases(everyone[::-1], until=until),
        lambda: match([support.pk]),
    )
    assert winners(sides) == [0, 1, 2]
    assert set(Agent.objects.values_list("lease_until", flat=True)) == {until}
    match([support.pk])
    assert Offer.objects.filter(state=OfferState.PENDING).count() == MANY
