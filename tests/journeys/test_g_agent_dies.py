"""G. The agent's browser dies during a call: hold, then resumed; the second time the caller is first in line again."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser

from queueing.models import QueueEntry
from tests.journeys.people import CallPage, Desk
from tests.journeys.processes import kill, of_browser
from tests.journeys.product import PASSWORD, Product
from tests.journeys.steps import hear_each_other, is_first_in_line, waits_for_a_person
from tests.journeys.waiting import until


def _desk_of_its_own(launch: Callable[..., Browser], somebody: Callable[..., Any], name: str) -> Desk:
    """A browser of its own, at the login page with everything filled in."""
    desk: Desk = somebody(Desk, browser=launch(f"--journey={name}"))
    return desk.prepare_login("agent_a", PASSWORD)


def test_the_caller_is_held_resumed_and_at_last_first_in_line(
    product: Product, caller: Callable[..., CallPage], launch: Callable[..., Browser], somebody: Callable[..., Any]
) -> None:
    page = caller().start(name="Carol")
    call_id = waits_for_a_person(page)
    since = QueueEntry.objects.get(call=call_id).enqueued_at
    first = _desk_of_its_own(launch, somebody, "first").enter()
    second = _desk_of_its_own(launch, somebody, "second")
    first.hook("pick-next").click()
    first.is_in_call()
    page.is_in("agent")

    kill(of_browser("first"))
    second.enter()
    second.is_in_call()
    page.is_in("agent")
    hear_each_other(page, second)
    assert product.states(call_id)[-1] == "agent"

    product.shorten("support", grace=4)
    kill(of_browser("second"))
    page.is_in("on-hold")
    is_first_in_line(page)
    entry = QueueEntry.objects.get(call=call_id)
    assert (entry.state, entry.enqueued_at) == ("waiting", since)
    until(lambda: product.agent("agent_a").activity == "idle", "the agent who was lost is free")
    assert product.agent("agent_a").presence != "available"
