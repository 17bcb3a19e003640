"""F. The customer closes the tab while an offer rings."""

from collections.abc import Callable

from queueing.models import Offer
from tests.journeys.people import CallPage, Desk
from tests.journeys.product import Product
from tests.journeys.steps import waits_for_a_person


def test_the_offer_ends_and_nobody_is_blamed(
    product: Product, caller: Callable[..., CallPage], desk: Callable[..., Desk]
) -> None:
    product.shorten("support", grace=3, offer=60)
    agent = desk("agent_a").takes_calls()
    page = caller().start(name="Carol")
    call_id = waits_for_a_person(page)
    agent.is_offered("Carol")
    page.close()

    call = product.reaches(call_id, lambda call: call.state == "ended", "ended after the grace time", seconds=45)
    assert call.end_reason == "abandoned"
    agent.is_offered_nothing()
    agent.is_present("available")
    assert product.agent("agent_a").activity == "idle"
    assert Offer.objects.get(entry__call=call_id).state == "cancelled"
