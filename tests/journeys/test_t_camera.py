"""T. With an agent: either side turns a camera on and off, beside the sound, and hold has music."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.journeys.people import AUDIBLE, CallPage, Desk
from tests.journeys.product import Product
from tests.journeys.steps import hear_each_other
from tests.journeys.waiting import PATIENCE, until

_MS = PATIENCE * 1000
_FRAMES = "video => video.videoWidth && video.getVideoPlaybackQuality().totalVideoFrames"


def _moves(place: Locator) -> None:
    """A picture is there, and more of it comes."""
    video = place.locator("video")
    expect(video).to_have_count(1, timeout=_MS)
    before = until(lambda: video.evaluate(_FRAMES), "a picture comes")
    until(lambda: video.evaluate(_FRAMES) > before, "the picture moves")


def _presses_camera(person: CallPage | Desk, *, on: bool) -> None:
    person.hook("camera").click()
    expect(person.hook("camera")).to_have_attribute("aria-pressed", "true" if on else "false", timeout=_MS)


@pytest.mark.nightly
def test_each_sees_the_other_while_his_camera_is_on_and_hears_him_all_along(
    product: Product, caller: Callable[..., CallPage], desk: Callable[..., Desk]
) -> None:
    agent = desk("agent_a").takes_calls()
    page = caller("?mode=queue").start(name="Carol", email="carol@example.test")
    agent.is_offered("Carol")
    agent.accepts()
    page.is_in("agent")
    call_id = page.call_id
    of_customer, of_agent = agent.page.locator("#video-customer"), page.page.locator("#video-them")
    own = page.page.locator("#video-you")

    _presses_camera(page, on=True)
    _moves(of_customer)
    _moves(own)
    expect(of_agent.locator("video")).to_have_count(0)
    _presses_camera(agent, on=True)
    _moves(of_agent)
    _moves(of_customer)
    hear_each_other(page, agent)

    _presses_camera(page, on=False)
    expect(of_customer.locator("video")).to_have_count(0, timeout=_MS)
    expect(own.locator("video")).to_have_count(0)
    _moves(of_agent)
    _presses_camera(agent, on=False)
    expect(of_agent.locator("video")).to_have_count(0, timeout=_MS)
    expect(page.page.locator("#videos")).to_be_hidden()
    _presses_camera(agent, on=True)
    _moves(of_agent)
    _presses_camera(agent, on=False)

    page.waits_for_silence()
    agent.hook("hold").click()
    page.is_in("on-hold")
    assert page.loudest(PATIENCE, enough=AUDIBLE) >= AUDIBLE, "there is no music"
    agent.hook("hold").click()
    page.is_in("agent")
    assert page.call_id == call_id, "the same call, and the same room"
