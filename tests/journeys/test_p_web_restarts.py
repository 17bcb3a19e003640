"""P. The web server or Celery is killed and comes back: the wallboard is right again, and deadlines are acted on."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from queueing.models import Offer
from tests.journeys.people import CallPage, Desk, Person
from tests.journeys.processes import celery, kill, runs_anew, web_server
from tests.journeys.product import Product
from tests.journeys.waiting import until


@pytest.mark.nightly
def test_the_wallboard_stays_right_through_a_restart_of_the_web_server(
    product: Product, caller: Callable[..., CallPage], desk: Callable[..., Desk], somebody: Callable[..., Any]
) -> None:
    sam: Person = somebody(Person)
    sam.page.context.add_cookies([product.session("supervisor")])
    sam.page.goto(f"{product.url}/desk/wallboard/")
    agent = desk("agent_b")
    first = caller("?mode=queue").start(name="Carol", email="carol@example.com")
    first.is_in("waiting")
    _shows(sam, waiting=1, agent="offline")

    link = sam.page.locator("#wallboard-link")
    expect(link).to_have_attribute("data-state", "open")
    kill(web_server(product.var_dir))
    expect(link).to_have_attribute("data-state", "retrying", timeout=30_000)
    expect(link).to_have_attribute("data-state", "open", timeout=60_000)
    _shows(sam, waiting=1, agent="offline")
    assert product.call(first.call_id).state == "waiting", "the caller has kept his place"

    caller("?mode=queue").start(name="Dora", email="dora@example.com").is_in("waiting")
    _shows(sam, waiting=2, agent="offline")
    agent.hook("start-taking-calls").click()
    agent.is_in_call()
    first.is_in("agent")
    _shows(sam, waiting=1, agent="on_call")


def _shows(sam: Person, *, waiting: int, agent: str) -> None:
    """The department's tile, the calls of the whole house and agent_b's tile."""
    number = sam.page.locator("[data-department=support] .tile-number b")
    expect(number).to_have_text(str(waiting), timeout=30_000)
    expect(sam.page.locator("#live-calls [data-state=waiting] dd")).to_have_text(str(waiting), timeout=30_000)
    expect(sam.page.locator("[data-agent=agent_b]")).to_have_attribute("data-state", agent, timeout=30_000)


@pytest.mark.nightly
def test_an_offer_that_rang_while_celery_was_killed_ends_by_its_deadline_and_rings_at_the_next(
    product: Product, caller: Callable[..., CallPage], desk: Callable[..., Desk]
) -> None:
    # Long enough that both are dead while it rings.
    product.shorten("support", offer=25)
    first, second = desk("agent_b").takes_calls(), desk("agent_a")
    page = caller("?mode=queue").start(name="Carol", email="carol@example.com")
    first.is_offered("Carol")
    second.takes_calls()
    offer = Offer.objects.get(entry__call=page.call_id)

    beat, worker = celery(product.var_dir, "beat"), celery(product.var_dir, "worker")
    for process in (beat, worker):
        kill(process)
        process.wait(10)
    assert Offer.objects.get(pk=offer.pk).state == "pending", "it rings while there is no Celery"
    until(lambda: runs_anew(product.var_dir, "beat", beat), "another beat runs")
    until(lambda: runs_anew(product.var_dir, "worker", worker), "another worker runs")

    second.is_offered("Carol", seconds=60)
    missed = Offer.objects.get(pk=offer.pk)
    assert (missed.state, missed.expires_at) == ("timed_out", offer.expires_at)
    assert missed.expires_at is not None
    assert missed.ended_at is not None
    assert missed.ended_at >= missed.expires_at, "not before its time"
    first.is_offered_nothing()
    first.is_present("away")
    assert product.agent("agent_b").activity == "missed"
    second.accepts()
    page.is_in("agent")
