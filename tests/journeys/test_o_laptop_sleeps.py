"""O. The agent's laptop sleeps, offline, for 40 s while an offer rings; awake again, his desk tells how it stands."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from common import clock
from queueing.models import Offer
from tests.journeys.people import CallPage, Desk
from tests.journeys.processes import freeze, of_browser, thaw
from tests.journeys.product import Product
from tests.journeys.waiting import until

# Longer than a lease, and what it takes to notice that nobody answers.
RINGS = 40


@pytest.mark.nightly
def test_the_offer_goes_on_without_him_and_he_learns_it_on_waking(
    product: Product,
    caller: Callable[..., CallPage],
    desk: Callable[..., Desk],
    launch: Callable[..., Browser],
    somebody: Callable[..., Any],
) -> None:
    product.shorten("support", offer=RINGS)
    sleeper: Desk = somebody(Desk, browser=launch("--journey=sleeper"))
    sleeper.sit_down("agent_b", product.session("agent_b")).takes_calls()
    page = caller("?mode=queue").start(name="Carol", email="carol@example.com")
    sleeper.is_offered("Carol")
    offer = Offer.objects.get(entry__call=page.call_id)

    sleeper.page.context.set_offline(True)
    # A browser's own offline mode leaves an open socket open: now nothing answers any more.
    frozen = freeze(of_browser("sleeper"))
    try:
        until(lambda: _lease_is_over(product), "nobody is at the desk", seconds=RINGS)
        offer.refresh_from_db()
        assert offer.state == "pending", "the offer goes on"
        until(lambda: Offer.objects.get(pk=offer.pk).state == "timed_out", "it ends by its own time", seconds=RINGS)
        other = desk("agent_a")
        other.hook("start-taking-calls").click()
        other.is_in_call()
        page.is_in("agent")
    finally:
        thaw(frozen)

    trouble = sleeper.page.locator("[data-banner=connection]")
    expect(trouble).to_be_visible(timeout=30_000)
    sleeper.page.context.set_offline(False)
    expect(trouble).to_be_hidden(timeout=30_000)
    sleeper.is_offered_nothing()
    sleeper.is_present("away")
    _says(sleeper, "missed", "You missed a call", "Press Start Taking Calls to go on.")
    assert product.agent("agent_b").activity == "missed"
    expect(sleeper.hook("start-taking-calls")).to_have_text("Start Taking Calls")
    sleeper.takes_calls()
    until(lambda: product.agent("agent_b").activity == "idle", "he can be asked again")
    _says(sleeper, "available", "Ready for the next call")
    expect(sleeper.hook("start-taking-calls")).to_have_text("Taking calls")


def _says(agent: Desk, state: str, title: str, text: str = "") -> None:
    """The middle of his desk says so, to be read."""
    panel = agent.page.locator("#empty")
    expect(panel).to_have_attribute("data-state", state, timeout=30_000)
    expect(panel).to_be_visible()
    expect(panel.get_by_role("heading")).to_have_text(title)
    expect(panel.locator("#empty-text")).to_contain_text(text)


def _lease_is_over(product: Product) -> bool:
    until_when = product.agent("agent_b").lease_until
    return until_when is not None and until_when <= clock.now()
