"""N. An agent leaves the end of the call to the AI, which asks for a rating and does not greet again."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from calls.models import Feedback
from tests.journeys.people import CallPage, Desk
from tests.journeys.product import Product
from tests.journeys.steps import waits_for_a_person
from tests.journeys.waiting import PATIENCE, until


@pytest.mark.nightly
def test_the_ai_asks_for_a_rating_and_keeps_it(
    product: Product, caller: Callable[..., CallPage], desk: Callable[..., Desk]
) -> None:
    first = desk("agent_a").takes_calls()
    page = caller().start(name="Carol")
    call_id = waits_for_a_person(page)
    first.is_offered("Carol")
    first.accepts()
    page.is_in("agent")
    greetings = [line for line in product.lines(call_id, "ai") if "How can I help" in line]

    first.hook("hand-on").click()
    first.hook("hand-on-dialog").locator("[value='ai:survey']").check()
    first.hook("hand-on-send").click()
    expect(first.hook("wrap-up")).to_be_visible(timeout=PATIENCE * 1000)
    page.is_in("ai")
    page.reads("from one to five")
    assert [line for line in product.lines(call_id, "ai") if "How can I help" in line] == greetings
    page.types("4")
    page.is_in("ended")
    call = until(lambda: product.call(call_id), "the call")
    assert call.end_reason == "contained"
    assert Feedback.objects.get(call=call_id).rating == 4
