"""R. A closed department offers a callback; it opens, an agent is offered it, and the customer's page rings."""

import os
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from queueing.models import CallbackRequest, Department, SpecialDay
from tests.journeys.people import CallPage, Desk
from tests.journeys.product import Product
from tests.journeys.steps import hear_each_other
from tests.journeys.waiting import until


def _closed(slug: str) -> None:
    """Yesterday, today and tomorrow, wherever it is."""
    department = Department.objects.get(slug=slug)
    for days in (-1, 0, 1):
        SpecialDay.objects.create(department=department, day=timezone.now().date() + timedelta(days=days))


def _opens(slug: str) -> None:
    SpecialDay.objects.filter(department__slug=slug).delete()
    CallbackRequest.objects.filter(state="scheduled").update(due_at=timezone.now())


def _seen(page: CallPage | Desk, name: str) -> None:
    """Where somebody wants to look at it."""
    if folder := os.environ.get("JOURNEYS_PICTURES"):
        page.page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_the_promise_is_kept_on_the_page(
    product: Product, caller: Callable[..., CallPage], desk: Callable[..., Desk]
) -> None:
    Department.objects.filter(slug="support").update(when_closed="callback")
    _closed("support")
    page = caller("?mode=queue&department=support").start(name="Carol", email="carol@example.test")
    page.is_in("ended")
    form = page.hook("callback-form")
    expect(form.locator("[value=message]")).to_be_hidden()
    form.locator("[name=note]").fill("my router is dead")
    _seen(page, "offered")
    page.hook("callback-send").click()
    promise = page.hook("callback")
    expect(promise).to_have_attribute("data-state", "scheduled", timeout=10_000)
    _seen(page, "promised")

    agent = desk("agent_a").takes_calls()
    page.page.reload()
    _opens("support")
    agent.is_offered("my router is dead")
    expect(agent.hook("offer-callback")).to_be_visible()
    _seen(agent, "desk-offer")
    agent.hook("accept").click()
    expect(promise).to_have_attribute("data-state", "ringing", timeout=10_000)
    _seen(page, "ringing")
    expect(agent.hook("in-call")).to_have_attribute("data-state", "calling_back", timeout=10_000)
    _seen(agent, "desk-ringing")
    page.hook("callback-answer").click()
    page.is_in("agent")
    agent.is_in_call()
    hear_each_other(page, agent)
    agent.hangs_up()
    page.is_in("ended")
    expect(promise).to_be_hidden()
    until(lambda: CallbackRequest.objects.get(call__customer_email="carol@example.test").state == "done", "it is kept")
