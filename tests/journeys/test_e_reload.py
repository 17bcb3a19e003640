"""E. The customer reloads while with the AI, while waiting and while with the agent: same call, place kept."""

from collections.abc import Callable

from playwright.sync_api import expect

from calls.models import Call
from queueing.models import QueueEntry
from tests.journeys.people import CallPage, Desk
from tests.journeys.product import Product
from tests.journeys.steps import hear_each_other, is_first_in_line, waits_for_a_person


def test_a_reload_changes_nothing(product: Product, caller: Callable[..., CallPage], desk: Callable[..., Desk]) -> None:
    page = caller().start(name="Carol")
    page.is_in("ai")
    call_id = page.call_id
    page.page.reload()
    page.is_in("ai")
    assert page.call_id == call_id

    assert waits_for_a_person(page) == call_id
    behind = product.post("/api/queue/join", {"email": "dora@example.com"}).json()
    assert behind["queue_position"] == 2
    since = QueueEntry.objects.get(call=call_id).enqueued_at
    page.page.reload()
    is_first_in_line(page)
    assert QueueEntry.objects.get(call=call_id).enqueued_at == since
    assert product.get(f"/api/calls/{behind['call_id']}", secret=behind["call_secret"])["queue_position"] == 2

    agent = desk("agent_a")
    agent.hook("pick-next").click()
    agent.is_in_call()
    page.is_in("agent")
    page.page.reload()
    page.is_in("agent")
    assert page.call_id == call_id
    expect(agent.hook("in-call")).to_have_attribute("data-state", "live", timeout=30_000)
    hear_each_other(page, agent)
    assert Call.objects.filter(customer_name="Carol", state="agent").count() == 1
    assert product.states(call_id) == ["created", "ai", "waiting", "agent"]
