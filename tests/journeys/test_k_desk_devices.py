"""K. The desk's own controls in a call: away afterwards, another microphone or speaker, and none allowed at all."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.people import AUDIBLE, CallPage, Desk
from tests.journeys.product import Product
from tests.journeys.waiting import until

Caller = Callable[..., CallPage]
REAL_MICROPHONE = "window.journeyHasNoMicrophone = true"
FAKE_CONSENT = "--use-fake-ui-for-media-stream"


def _talking(caller: Caller, agent: Desk) -> CallPage:
    """A customer straight in the queue, and the agent who takes him."""
    page = caller("?mode=queue").start(name="Carol", email="carol@example.com")
    page.is_in("waiting")
    agent.hook("start-taking-calls").click()
    agent.is_in_call()
    page.is_in("agent")
    return page


def _ends_the_call(agent: Desk) -> None:
    agent.hangs_up()
    expect(agent.hook("finish-wrap-up")).to_be_visible()


@pytest.mark.nightly
def test_away_after_this_call_counts_when_the_wrap_up_is_over(
    product: Product, caller: Caller, desk: Callable[..., Desk]
) -> None:
    agent = desk("agent_b")
    _talking(caller, agent)
    after_call, reason = agent.page.locator("#after-call"), agent.page.locator("#away-reason")
    after_call.click()
    expect(after_call).to_have_attribute("aria-pressed", "true")
    reason.select_option("meeting")
    until(lambda: product.agent("agent_b").after_call_reason == "meeting", "the reason is kept")
    agent.is_present("available")
    agent.hook("start-taking-calls").click()
    _ends_the_call(agent)
    expect(after_call).to_have_attribute("aria-pressed", "true")

    waiting = caller("?mode=queue").start(name="Dora", email="dora@example.com")
    waiting.is_in("waiting")
    agent.hook("finish-wrap-up").click()
    agent.is_present("away")
    row = product.agent("agent_b")
    assert (row.presence, row.away_reason, row.activity, row.after_call) == ("away", "meeting", "idle", "")
    waiting.is_in("waiting")


@pytest.mark.nightly
def test_away_after_this_call_can_be_taken_back_in_the_wrap_up_too(
    product: Product, caller: Caller, desk: Callable[..., Desk]
) -> None:
    agent = desk("agent_b")
    _talking(caller, agent)
    after_call = agent.page.locator("#after-call")
    for pressed in ("true", "false", "true"):
        after_call.click()
        expect(after_call).to_have_attribute("aria-pressed", pressed)
    _ends_the_call(agent)
    after_call.click()
    expect(after_call).to_have_attribute("aria-pressed", "false")
    agent.hook("finish-wrap-up").click()
    until(lambda: product.agent("agent_b").activity == "idle", "wrap-up is over")
    agent.is_present("available")
    assert product.agent("agent_b").presence == "available"


@pytest.fixture
def desk_of(product: Product, somebody: Callable[..., Any]) -> Callable[..., Desk]:
    """agent_b at a desk that speaks by the browser's own (pretended) devices."""

    def come(**options: Any) -> Desk:
        agent: Desk = somebody(Desk, **options)
        agent.page.add_init_script(REAL_MICROPHONE)
        return agent.sit_down("agent_b", product.session("agent_b"))

    return come


@pytest.mark.nightly
def test_another_microphone_and_speaker_in_the_middle_of_a_call_keep_its_sound(
    caller: Caller, desk_of: Callable[..., Desk]
) -> None:
    agent = desk_of()
    agent.page.context.grant_permissions(["microphone", "notifications"])
    page = _talking(caller, agent)
    assert page.hears_something(), "the customer does not hear the first microphone"
    _choose(agent, "audioinput")
    assert _still_hears(page), "the customer does not hear the other microphone"

    speaker = _choose(agent, "audiooutput")
    sinks = "[...document.querySelectorAll('#call-audio audio')].map((each) => each.sinkId)"
    until(lambda: agent.page.evaluate(sinks) == [speaker], "the customer sounds in the other speaker")
    page.speak("hello hello can you hear me", wait=False)
    assert agent.loudest(10, enough=AUDIBLE) >= AUDIBLE, "the agent does not hear the customer"

    agent.hook("hold").click()
    expect(agent.hook("hold")).to_have_attribute("aria-pressed", "true")
    chosen = _choose(agent, "audioinput", index=0, at_once=False)
    assert agent.page.evaluate("journeyMicrophone()") != chosen, "on hold the customer hears the agent"
    agent.hook("hold").click()
    until(lambda: agent.page.evaluate("journeyMicrophone()") == chosen, "what was chosen on hold is used after it")
    assert _still_hears(page), "the customer does not hear the agent after the hold"


def _still_hears(page: CallPage) -> bool:
    """Beyond the last second of what was sent before: the pretended devices beep every second, so there is no pause."""
    page.loudest(1)
    return page.hears_something()


def _choose(agent: Desk, kind: str, *, index: int = -1, at_once: bool = True) -> str:
    """Another device in the dialog; its id."""
    agent.hook("devices").click()
    choice = agent.page.locator(f"#device-{kind}")
    until(lambda: choice.locator("option").count() > 1, f"several devices for {kind}")
    device = choice.locator("option").nth(index).get_attribute("value") or ""
    choice.select_option(device)
    if at_once and kind == "audioinput":
        until(lambda: agent.page.evaluate("journeyMicrophone()") == device, "the other microphone is sent")
    agent.page.keyboard.press("Escape")
    return device


@pytest.fixture
def strict(launch: Callable[..., Browser]) -> Iterator[Browser]:
    """A browser that refuses whatever was not allowed."""
    browser = launch(without=(FAKE_CONSENT,), whole=True)
    yield browser
    browser.close()


@pytest.mark.nightly
def test_a_refused_microphone_is_told_before_the_first_call_and_mended_in_it(
    caller: Caller, desk_of: Callable[..., Desk], strict: Browser
) -> None:
    agent = desk_of(browser=strict)
    agent.takes_calls()
    trouble = agent.page.locator("[data-banner=microphone]")
    expect(trouble).to_contain_text("Allow it in the address bar, then press Try again.")
    trouble.get_by_role("button").click()
    expect(trouble).to_be_visible()

    page = caller("?mode=queue").start(name="Carol", email="carol@example.com")
    agent.is_offered("Carol")
    agent.accepts()
    page.is_in("agent")
    expect(trouble).to_be_visible()
    page.speak("hello hello can you hear me", wait=False)
    assert agent.loudest(10, enough=AUDIBLE) >= AUDIBLE, "without a microphone the agent hears nothing either"

    agent.page.context.grant_permissions(["microphone", "notifications"])
    trouble.get_by_role("button").click()
    expect(trouble).to_be_hidden()
    assert page.hears_something(), "the microphone that was allowed is not heard"
