"""Every page a person meets, in both languages, light and dark: nothing serious or critical by axe-core."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from common import clock
from queueing.models import Department
from tests.journeys.looks import faults
from tests.journeys.people import CallPage, Desk, Person
from tests.journeys.product import PASSWORD, Product
from tests.journeys.steps import waits_for_a_person
from tests.journeys.waiting import until

Somebody = Callable[..., Any]
OPEN_DIALOG = "dialog[open]"


@pytest.mark.nightly
@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_call_has_no_serious_fault_on_either_side(product: Product, somebody: Somebody, language: str) -> None:
    product.shorten("support", offer=120, wrap_up=120)
    agent: Desk = somebody(Desk, locale=language)
    found = _at_the_desk(agent, language)
    page: CallPage = somebody(CallPage, locale=language)
    found += faults(page.open(f"?lang={language}").page, "call page, before")
    page.start(name="Carol")
    page.is_in("ai")
    until(lambda: product.lines(page.call_id, "ai"), "the welcome is kept")
    page.types("hello")
    expect(page.hook("transcript").get_by_role("listitem").nth(1)).to_be_visible()
    page.hook("devices").click()
    found += faults(page.page, "call page, with the AI")
    page.hook("devices").click()

    waits_for_a_person(page)
    expect(page.hook("queue-position")).to_contain_text("1")
    found += faults(page.page, "call page, waiting")
    agent.is_offered("Carol")
    found += faults(agent.page, "desk, offer")
    agent.accepts()
    page.is_in("agent")
    for dialog in ("#open-devices", "#hand-on"):
        agent.page.locator(dialog).click()
        found += faults(agent.page, f"desk, {dialog}", OPEN_DIALOG)
        agent.page.keyboard.press("Escape")
    found += faults(agent.page, "desk, in call") + faults(page.page, "call page, with an agent")
    agent.hangs_up()
    page.is_in("ended")
    expect(agent.hook("finish-wrap-up")).to_be_visible()
    found += faults(agent.page, "desk, wrap-up") + faults(page.page, "call page, ended")
    assert not found, "\n".join(["", *found])


def _at_the_desk(agent: Desk, language: str) -> list[str]:
    """From the login to "Start Taking Calls", the dialogs on the way."""
    agent.prepare_login("agent_a", PASSWORD)
    expect(agent.page.locator("html")).to_have_attribute("lang", language)
    found = faults(agent.page, "login")
    agent.enter()
    found += faults(agent.page, "desk, offline")
    for dialog in ("settings", "help"):
        agent.page.locator(f"#open-{dialog}").click()
        found += faults(agent.page, f"desk, {dialog}", OPEN_DIALOG)
        agent.page.keyboard.press("Escape")
    agent.takes_calls()
    return found + faults(agent.page, "desk, idle", ".desk-status", "#empty")


@pytest.mark.parametrize("language", ["en", pytest.param("ar", marks=pytest.mark.nightly)])
def test_the_pages_of_the_supervisor_have_no_serious_fault(product: Product, somebody: Somebody, language: str) -> None:
    call_id = product.post("/api/queue/join", {"email": "carol@example.com"}).json()["call_id"]
    department = Department.objects.get(slug="support")
    sam: Person = somebody(Person, locale=language)
    sam.page.context.add_cookies([product.session("supervisor")])
    sam.page.goto(f"{product.url}/desk/wallboard/")
    expect(sam.hook("wallboard-departments").get_by_role("heading").first).to_be_visible()
    found = faults(sam.page, "wallboard")
    played = f"/desk/simulation/?day={clock.now():%Y-%m-%d}&agents-support=2&agents-sales=1&agents-billing=1&target=80"
    for path in (
        "/desk/wallboard/history/?department=support",
        played,
        "/admin/",
        "/admin/calls/call/",
        f"/admin/calls/call/{call_id}/change/",
        f"/admin/queueing/department/{department.pk}/change/",
        f"/admin/queueing/agent/{product.agent('agent_a').pk}/change/",
        "/admin/queueing/agent/",
        "/admin/queueing/disposition/",
        "/admin/queueing/callbackrequest/",
        "/callcenter/",
    ):
        sam.page.goto(product.url + path)
        expect(sam.page.locator("html")).to_have_attribute("lang", language)
        found += faults(sam.page, path)
        # What there is to see is there.
        if path.startswith("/desk/"):
            expect(sam.page.locator("main svg, #content svg").first).to_be_visible()
    assert not found, "\n".join(["", *found])
