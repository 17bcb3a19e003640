"""C. Asks for billing by voice: an agent of sales only is neither offered the call nor told of it."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from common.models import StreamEvent
from queueing.models import Membership, Offer, QueueEntry
from tests.journeys.people import CallPage, Desk
from tests.journeys.product import Product
from tests.journeys.steps import asks_by_voice


@pytest.fixture
def sales_only(product: Product) -> Iterator[str]:
    """agent_b, of sales only for a while."""
    membership = Membership.objects.get(agent__user__username="agent_b", department__slug="support")
    Membership.objects.filter(pk=membership.pk).delete()
    yield "agent_b"
    membership.pk = None
    membership.save(force_insert=True)


def test_a_call_for_billing_reaches_billing_alone(
    product: Product, sales_only: str, caller: Callable[..., CallPage], desk: Callable[..., Desk]
) -> None:
    seller = desk(sales_only).takes_calls()
    biller = desk("agent_a").takes_calls()
    last = StreamEvent.objects.filter(stream="agent:agent_b").order_by("-seq").first()
    page = caller().start(name="Carol")
    call_id = asks_by_voice(page, product, "billing please")
    page.is_in("waiting")
    assert product.call(call_id).department == "billing"
    assert QueueEntry.objects.get(call=call_id).department.slug == "billing"

    biller.is_offered("Carol")
    biller.accepts()
    page.is_in("agent")
    seller.is_offered_nothing()
    expect(seller.hook("transfers").get_by_role("listitem")).to_have_count(0)
    assert not Offer.objects.filter(entry__call=call_id, agent__user__username="agent_b").exists()
    told = StreamEvent.objects.filter(stream="agent:agent_b", seq__gt=last.seq if last else 0)
    assert not [event.type for event in told if event.payload.get("call_id") == call_id or "transfer" in event.payload]
