"""A. Asks for a person by voice, is handed over, and a supervisor reads the whole call afterwards."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.journeys.people import CallPage, Desk, Person
from tests.journeys.product import PASSWORD, Product
from tests.journeys.steps import asks_by_voice, hear_each_other, is_first_in_line
from tests.journeys.waiting import until


def test_a_spoken_wish_for_a_person_ends_with_one(
    product: Product, caller: Callable[..., CallPage], desk: Callable[..., Desk], somebody: Callable[..., Any]
) -> None:
    agent = desk("agent_a", reduced_motion="no-preference").takes_calls()
    page = caller(reduced_motion="no-preference").start(name="Carol")
    call_id = asks_by_voice(page, product, "I want to talk to a human")
    is_first_in_line(page)

    agent.is_offered("Carol")
    agent.accepts()
    page.is_in("agent")
    until(lambda: f"ai_{call_id}" not in product.in_room(call_id), "the AI has left", seconds=10)
    assert product.in_room(call_id) == {f"customer_{call_id}", "agent_agent_a"}
    hear_each_other(page, agent)

    agent.hangs_up()
    page.is_in("ended")
    agent.hook("disposition").select_option("resolved")
    agent.hook("notes").fill("Helped Carol.")
    expect(agent.hook("finish-wrap-up")).to_be_visible()
    agent.hook("finish-wrap-up").click()
    until(lambda: product.agent("agent_a").activity == "idle", "wrap-up is over")

    call = product.reaches(call_id, lambda c: c.disposition == "resolved" and c.notes, "notes and disposition kept")
    assert (call.state, call.end_reason) == ("ended", "agent_hangup")
    assert product.states(call_id) == ["created", "ai", "waiting", "agent", "ended"]
    _a_supervisor_reads_it(product, call_id, somebody)


def _a_supervisor_reads_it(product: Product, call_id: str, somebody: Callable[..., Any]) -> None:
    sam: Person = somebody(Person)
    sam.page.goto(f"{product.url}/accounts/login/?next=/admin/calls/call/{call_id}/change/")
    sam.page.locator("[name=login]").fill("supervisor")
    sam.page.locator("[name=password]").fill(PASSWORD)
    sam.page.locator("[name=password]").press("Enter")
    sam.page.wait_for_url(re.compile("/admin/calls/call/"))
    content = sam.page.locator("#content")
    expect(content).to_contain_text("Carol")
    expect(content).to_contain_text("Helped Carol.")
    for line in (product.lines(call_id, "ai")[0], product.lines(call_id, "customer")[0]):
        expect(content).to_contain_text(line[:40])
    assert product.lines(call_id, "system"), "no system line says what happened"
    expect(content).to_contain_text(product.lines(call_id, "system")[0][:40])
