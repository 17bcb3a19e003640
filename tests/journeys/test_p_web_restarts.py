"""P. The web server is killed and comes back: the wallboard's figures are right again, and stay so."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.journeys.people import CallPage, Desk, Person
from tests.journeys.processes import kill, web_server
from tests.journeys.product import Product


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
