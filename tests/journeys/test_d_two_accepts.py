"""D. Two agents press Accept together: one has the call, the other is told who."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.journeys.people import CallPage, Desk
from tests.journeys.product import Product
from tests.journeys.steps import waits_for_a_person
from tests.journeys.waiting import until

PRESS_AT = "([element, at]) => setTimeout(() => element.click(), at - Date.now())"


def _press_together(*desks: Desk) -> None:
    """Every browser clicks by its own clock at the same moment."""
    first: Page = desks[0].page
    at = first.evaluate("Date.now() + 700")
    for desk in desks:
        button = desk.hook("transfers").get_by_role("button")
        expect(button).to_have_count(1, timeout=30_000)
        desk.page.evaluate(PRESS_AT, [button.element_handle(), at])


def test_one_has_the_call_and_the_other_is_told_who(
    product: Product, caller: Callable[..., CallPage], desk: Callable[..., Desk]
) -> None:
    both = [desk("agent_a"), desk("agent_b")]
    page = caller().start(name="Carol")
    call_id = waits_for_a_person(page)
    _press_together(*both)

    call = product.reaches(call_id, lambda call: call.agent_id, "somebody has it")
    assert call.agent is not None
    winner = next(each for each in both if each.user == call.agent.username)
    loser = next(each for each in both if each is not winner)
    expect(loser.page.locator("#banners")).to_contain_text(winner.user, timeout=10_000)
    winner.is_in_call()
    page.is_in("agent")
    expect(loser.hook("in-call")).to_be_hidden()
    until(lambda: product.in_room(call_id) == {f"customer_{call_id}", f"agent_{winner.user}"}, "two in the room")
    assert product.agent(loser.user).activity == "idle"
