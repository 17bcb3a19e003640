"""Ways several journeys go."""

from playwright.sync_api import expect

from tests.journeys.people import AUDIBLE, LONG_SPEECH, CallPage, Desk
from tests.journeys.product import Product
from tests.journeys.waiting import until


def asks_by_voice(page: CallPage, product: Product, wish: str) -> str:
    """Says the wish to the receptionist and confirms when asked; the call's id."""
    page.is_in("ai")
    assert page.hears_something(), "the receptionist is not heard"
    call_id = page.call_id
    until(lambda: product.lines(call_id, "ai"), "the welcome is kept")
    page.waits_for_silence()
    page.speak(wish)
    until(lambda: product.lines(call_id, "customer"), "what the caller said is kept")
    page.waits_for_silence()
    if product.call(call_id).state == "ai":
        page.speak("yes please")
    return call_id


def waits_for_a_person(page: CallPage) -> str:
    """Starts a call and presses "Talk to a person"; the call's id."""
    page.is_in("ai")
    call_id = page.call_id
    page.hook("talk-to-human").click()
    page.is_in("waiting")
    return call_id


def hear_each_other(page: CallPage, desk: Desk) -> None:
    """Sound is measured at both ends while the other speaks."""
    desk.waits_for_silence()
    page.speak(LONG_SPEECH, wait=False)
    assert desk.loudest(10, enough=AUDIBLE) >= AUDIBLE, "the agent does not hear the customer"
    page.waits_for_silence()
    desk.speak(LONG_SPEECH, wait=False)
    assert page.loudest(10, enough=AUDIBLE) >= AUDIBLE, "the customer does not hear the agent"


def is_first_in_line(page: CallPage) -> None:
    page.is_in("waiting")
    expect(page.hook("queue-position")).to_contain_text("1", timeout=30_000)
