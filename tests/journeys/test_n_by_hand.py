"""N. A supervisor sets an agent's presence, gives him a waiting caller, and removes another."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, expect

from tests.journeys.looks import faults
from tests.journeys.people import Desk, Person
from tests.journeys.product import PASSWORD, Product
from tests.journeys.waiting import PATIENCE

_MS = PATIENCE * 1000


def join(product: Product, name: str) -> str:
    """A caller straight in the support line."""
    body = {"email": f"{name.lower()}@example.com", "user_name": name, "department": "support"}
    return str(product.post("/api/queue/join", body).json()["call_id"])


def row(sam: Person, name: str) -> Locator:
    """The caller's row on the wallboard."""
    return sam.hook("waiting-caller").filter(has_text=name)


def test_a_supervisor_acts_on_the_line_by_hand(
    product: Product, desk: Callable[..., Desk], somebody: Callable[..., Any]
) -> None:
    product.shorten("support", offer=120)
    agent = desk("agent_a")
    sam: Person = somebody(Person)
    sam.page.goto(f"{product.url}/accounts/login/?next=/desk/wallboard/")
    sam.page.locator("[name=login]").fill("supervisor")
    sam.page.locator("[name=password]").fill(PASSWORD)
    sam.page.locator("[name=password]").press("Enter")
    carol, dan = join(product, "Carol"), join(product, "Dan")
    expect(row(sam, "Dan")).to_be_visible(timeout=_MS)

    # Ranked: Dan is first, and is the one who rings at the agent made available.
    row(sam, "Dan").get_by_role("button").focus()
    sam.page.keyboard.press("Enter")
    found = faults(sam.page, "wallboard, a caller")
    sam.hook("priority-value").fill("5")
    sam.hook("priority-value").press("Enter")
    expect(sam.hook("waiting-caller").first).to_contain_text("Dan", timeout=_MS)
    tile = sam.hook("wallboard-agents").locator("[data-agent=agent_a]")
    tile.get_by_test_id("set-presence").click()
    found += faults(sam.page, "wallboard, a presence")
    sam.hook("set-presence-value").select_option("available")
    sam.hook("set-presence-send").click()
    agent.is_offered("Dan")
    agent.is_present("available")
    expect(agent.page.locator("#activity")).to_contain_text("supervisor")

    # Removed: asked once more, and Carol rings instead.
    row(sam, "Dan").get_by_role("button").click()
    sam.hook("remove-reason").fill("calls every day")
    sam.hook("remove-reason").press("Enter")
    sam.hook("remove-confirm").click()
    expect(row(sam, "Dan")).to_have_count(0, timeout=_MS)
    product.reaches(dan, lambda call: call.end_reason == "no_agent", "Dan's call is over")
    agent.is_offered("Carol")

    # Declined, she is given to the same agent all the same.
    agent.hook("decline").click()
    agent.is_offered_nothing()
    row(sam, "Carol").get_by_role("button").click()
    expect(sam.hook("assign-agent").locator("option:checked")).to_have_text(re.compile("–"), timeout=_MS)
    sam.hook("assign-send").click()
    # She came by the API and has no page, so that the agent is alone in the room.
    product.reaches(carol, lambda call: call.state == "agent", "the agent has Carol")
    expect(agent.hook("in-call")).to_contain_text("Carol", timeout=_MS)
    expect(row(sam, "Carol")).to_have_count(0, timeout=_MS)
    assert not found, "\n".join(["", *found])
