"""L. An agent hands his call on: a colleague refuses it, another department takes it in the same room."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.journeys.people import CallPage, Desk
from tests.journeys.product import Product
from tests.journeys.steps import hear_each_other, waits_for_a_person
from tests.journeys.waiting import until


def _hands_on(desk: Desk, to: str, why: str) -> None:
    desk.hook("hand-on").click()
    dialog = desk.hook("hand-on-dialog")
    expect(desk.hook("hand-on-send")).to_be_disabled()
    dialog.locator(f"[value='{to}']").check()
    dialog.locator("textarea").fill(why)
    desk.hook("hand-on-send").click()
    expect(dialog).to_be_hidden(timeout=10_000)


def test_the_next_agent_has_the_same_room_and_the_reason(
    product: Product, caller: Callable[..., CallPage], desk: Callable[..., Desk]
) -> None:
    first, second = desk("agent_a").takes_calls(), desk("agent_b")
    page = caller().start(name="Carol")
    call_id = waits_for_a_person(page)
    first.is_offered("Carol")
    first.accepts()
    page.is_in("agent")
    second.takes_calls()

    _hands_on(first, "agent:agent_b", "knows the plans")
    expect(first.hook("handover")).to_be_visible(timeout=10_000)
    page.is_in("on-hold")
    second.is_offered("knows the plans")
    second.hook("decline").click()
    expect(first.hook("handover")).to_be_hidden(timeout=10_000)
    page.is_in("agent")

    _hands_on(first, "department:sales", "wants the yearly plan")
    expect(first.hook("wrap-up")).to_be_visible(timeout=10_000)
    expect(first.hook("in-call")).to_be_hidden()
    page.is_in("waiting")
    second.is_offered("wants the yearly plan")
    second.accepts()
    page.is_in("agent")
    hear_each_other(page, second)
    until(lambda: product.in_room(call_id) == {f"customer_{call_id}", "agent_agent_b"}, "the first agent has left")
    assert product.agent("agent_a").activity in ("wrapping_up", "idle")
    call = product.call(call_id)
    assert (call.department, call.state) == ("sales", "agent")
