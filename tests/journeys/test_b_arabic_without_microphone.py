"""B. Types in Arabic, right to left, without a microphone: a frequent question, then a person."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from queueing.models import Faq
from tests.journeys.people import CallPage, Desk
from tests.journeys.product import Product
from tests.journeys.waiting import until

WORDS = json.loads((Path(__file__).parents[2] / "calls" / "copy" / "ar.json").read_text())
MICROPHONES = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")


@pytest.fixture
def deaf_page(launch: Callable[..., Browser], somebody: Callable[..., Any]) -> Iterator[CallPage]:
    """A call page in a browser that has no microphone."""
    browser = launch(without=MICROPHONES, whole=True)
    page: CallPage = somebody(CallPage, browser=browser, locale="ar")
    page.page.add_init_script("window.journeyHasNoMicrophone = true")
    yield page.open("?lang=ar")
    browser.close()


def test_an_arabic_caller_without_microphone_is_helped_and_handed_over(
    product: Product, deaf_page: CallPage, desk: Callable[..., Desk]
) -> None:
    agent = desk("agent_a").takes_calls()
    page = deaf_page
    expect(page.page.locator("html")).to_have_attribute("dir", "rtl")
    page.start(name="كارول")
    page.is_in("ai")
    call_id = page.call_id
    assert product.call(call_id).language == "ar"
    problem = re.compile("|".join(re.escape(WORDS["mic"][key]) for key in ("none", "denied", "unknown")))
    expect(page.page.locator("p").filter(has_text=problem)).to_be_visible(timeout=30_000)

    faq = Faq.objects.filter(department__slug="support").exclude(questions_ar="").first()
    assert faq is not None
    page.types(faq.questions_ar.strip().splitlines()[0])
    page.reads(faq.answer_ar[:40])

    page.types("أريد التحدث مع موظف")
    until(lambda: len(product.lines(call_id, "customer")) == 2, "both typed lines are kept")
    page.is_in("waiting", "agent")
    agent.is_offered("كارول")
    agent.accepts()
    page.is_in("agent")
    until(lambda: f"ai_{call_id}" not in product.in_room(call_id), "the AI has left", seconds=10)

    page.types("شكرا لك")
    expect(agent.hook("live-transcript")).to_contain_text("شكرا لك", timeout=30_000)
    agent.hook("message").fill("أهلا كارول")
    agent.hook("send").click()
    page.reads("أهلا كارول")
    agent.speak("hello carol hello")
    page.hangs_up()
    page.is_in("ended")
    product.reaches(call_id, lambda call: call.end_reason == "customer_hangup", "ended by the customer")
