"""M. An agent talks with a colleague about his caller, who hears music and neither of them."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.people import AUDIBLE, LONG_SPEECH, CallPage, Desk
from tests.journeys.product import Product
from tests.journeys.steps import hear_each_other, waits_for_a_person
from tests.journeys.waiting import PATIENCE, until

_MS = PATIENCE * 1000
_SPEECH = "hello can you all hear me on this line now"


def _asks(desk: Desk, colleague: str, why: str) -> None:
    desk.hook("hand-on").click()
    dialog = desk.hook("hand-on-dialog")
    dialog.locator(f"[value='agent:{colleague}']").check()
    desk.hook("hand-on-consult").check()
    dialog.locator("textarea").fill(why)
    desk.hook("hand-on-send").click()
    expect(dialog).to_be_hidden(timeout=_MS)


def _heard_only_by(page: CallPage, speaker: Desk, hearer: Desk) -> None:
    """One agent hears the other; from what the customer's page receives nothing comes."""
    hearer.waits_for_silence()
    speaker.speak(LONG_SPEECH, wait=False)
    assert hearer.loudest(10, enough=AUDIBLE) >= AUDIBLE, "the colleague does not hear the agent"
    assert page.loudest(1.5) < AUDIBLE, "the customer hears the agents"


def _heard_by_all(speaker: CallPage | Desk, *hearers: CallPage | Desk) -> None:
    for hearer in hearers:
        hearer.waits_for_silence()
    speaker.speak(_SPEECH, wait=False)
    for hearer in hearers:
        assert hearer.loudest(10, enough=AUDIBLE) >= AUDIBLE, "somebody does not hear another"


@pytest.mark.nightly
def test_the_customer_hears_nothing_of_it_and_then_talks_with_the_colleague(
    product: Product, caller: Callable[..., CallPage], desk: Callable[..., Desk]
) -> None:
    first, second = desk("agent_a").takes_calls(), desk("agent_b")
    page = caller().start(name="Carol")
    call_id = waits_for_a_person(page)
    first.is_offered("Carol")
    first.accepts()
    page.is_in("agent")
    second.takes_calls()

    # Refused: they talk on.
    _asks(first, "agent_b", "may she have a refund?")
    page.is_in("on-hold")
    second.is_offered("may she have a refund?")
    second.hook("decline").click()
    expect(first.hook("handover")).to_be_hidden(timeout=_MS)
    page.is_in("agent")
    hear_each_other(page, first)

    # Accepted: they talk, and nothing of it comes to the customer.
    _asks(first, "agent_b", "may she have a refund?")
    second.is_offered()
    second.hook("accept").click()
    for who in (first, second):
        expect(who.hook("handover")).to_have_attribute("data-status", "talking", timeout=_MS)
    page.waits_for_silence()
    _heard_only_by(page, first, second)
    _heard_only_by(page, second, first)
    assert product.in_room(call_id) == {f"customer_{call_id}", "agent_agent_a"}

    # All three: each is heard by the two others.
    first.hook("handover-conference").click()
    expect(second.hook("handover")).to_have_attribute("data-conference", "true", timeout=_MS)
    everybody = {f"customer_{call_id}", "agent_agent_a", "agent_agent_b"}
    until(lambda: product.in_room(call_id) == everybody, "the second agent is with the customer")
    page.is_in("agent")
    expect(page.hook("status")).to_contain_text(product.agent("agent_b").name)
    # What is said comes to his desk, too, from before the call is his.
    expect(second.page.locator("#transcript-lines")).to_contain_text("joined the call as well", timeout=_MS)
    for speaker, hearers in ((page, (first, second)), (first, (page, second)), (second, (page, first))):
        _heard_by_all(speaker, *hearers)

    # Given away: he is there already, and stays on the connection he has.
    connection = product.sid_of(call_id, "agent_agent_b")
    first.hook("handover-complete").click()
    expect(first.hook("wrap-up")).to_be_visible(timeout=_MS)
    second.is_in_call()
    page.is_in("agent")
    _heard_by_all(page, second)
    _heard_by_all(second, page)
    assert product.sid_of(call_id, "agent_agent_b") == connection
    until(lambda: product.in_room(call_id) == {f"customer_{call_id}", "agent_agent_b"}, "the first agent has left")
