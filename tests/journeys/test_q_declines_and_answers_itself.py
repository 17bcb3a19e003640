"""Q. An agent declines with a reason by a key; then his desk answers by itself, a tone before his microphone."""

from collections.abc import Callable, Iterator

import pytest

from queueing.models import Offer
from tests.journeys.people import CallPage, Desk
from tests.journeys.product import Product
from tests.journeys.waiting import until

# What comes in which order: the banner, the end of the tone, the microphone.
WATCH = """() => {
  const order = (window.journeyOrder = []);
  window.OscillatorNode = class extends OscillatorNode {
    constructor(...how) {
      super(...how);
      this.addEventListener('ended', () => order.push('tone'));
    }
  };
  const open = navigator.mediaDevices.getUserMedia;
  navigator.mediaDevices.getUserMedia = (...how) => {
    order.push('microphone');
    return open(...how);
  };
  const look = () => {
    if (!order.includes('banner') && document.querySelector('[data-banner=auto-answer]')) order.push('banner');
  };
  new MutationObserver(look).observe(document.querySelector('#banners'), { childList: true });
}"""


@pytest.fixture
def auto_answer(product: Product) -> Iterator[Callable[[], None]]:
    """Switches agent_b's auto-answer on, for this journey."""
    yield lambda: set_on(product, on=True)
    set_on(product, on=False)


def set_on(product: Product, *, on: bool) -> None:
    answer = product.post("/api/agents/agent_b/settings", {"auto_answer": on}, secret=product.as_agent("agent_b"))
    answer.raise_for_status()


@pytest.mark.nightly
def test_a_reason_by_its_key_then_a_tone_before_the_microphone(
    product: Product, caller: Callable[..., CallPage], desk: Callable[..., Desk], auto_answer: Callable[[], None]
) -> None:
    product.shorten("support", decline_cooldown=2)
    agent = desk("agent_b").takes_calls()
    page = caller("?mode=queue").start(name="Carol", email="carol@example.com")
    agent.is_offered("Carol")
    agent.page.keyboard.press("2")
    agent.is_offered_nothing()
    second = agent.hook("decline-reasons").locator("[data-digit='2']").get_attribute("value")
    declined = Offer.objects.get(entry__call=page.call_id)
    assert (declined.state, declined.reason) == ("declined", second)

    agent.page.evaluate(WATCH)
    auto_answer()
    agent.is_in_call()
    page.is_in("agent")
    assert agent.page.evaluate("journeyOrder")[:3] == ["banner", "tone", "microphone"]
    until(lambda: not agent.page.locator("[data-banner=auto-answer]").count(), "the banner is gone")
    agent.speak("hello carol", wait=False)
    assert page.hears_something(), "the customer does not hear the agent"
