"""H. The worker's process for a call is killed: music, then another AI goes on with the conversation, or the line."""

import os
import signal
from collections.abc import Callable
from typing import Final

from bench.processes import call_processes, voice_worker
from tests.journeys.people import CallPage
from tests.journeys.product import Product
from tests.journeys.waiting import until

_WATCH_STATES: Final = """() => {
  window.journeyStates = [];
  const seen = ({target}) => target.dataset.testid === 'status' && journeyStates.push(target.dataset.state);
  new MutationObserver(changes => changes.forEach(seen))
    .observe(document, {subtree: true, attributeFilter: ['data-state']});
}"""


def test_a_killed_ai_is_replaced_and_remembers(product: Product, caller: Callable[..., CallPage]) -> None:
    page = caller().start(name="Carol")
    page.is_in("ai")
    call_id = page.call_id
    page.types("hello")
    until(lambda: "hello" in product.lines(call_id, "customer"), "the typed line is kept")
    before = product.sid_of(call_id, f"ai_{call_id}")
    epoch = product.call(call_id).ai_epoch
    jobs = until(lambda: call_processes(voice_worker(product.var_dir), call_id), "the process of the call")
    assert len(jobs) == 1
    played = page.page.evaluate("journeyMusic.begun")
    # Another AI may be there half a second after that is known.
    page.page.evaluate(_WATCH_STATES)
    os.kill(jobs[0].pid, signal.SIGKILL)

    until(lambda: "on-hold" in page.page.evaluate("journeyStates"), "the caller is held", seconds=15)
    until(lambda: page.page.evaluate("journeyMusic.begun") > played, "the page plays music in the meantime")
    product.reaches(
        call_id,
        lambda call: call.state == "waiting" or (call.ai_epoch > epoch and call.ai_state == "live"),
        "another AI, or the line",
        seconds=30,
    )
    if product.call(call_id).state == "ai":
        page.is_in("ai")
        until(lambda: not page.page.evaluate("journeyMusic.playing"), "the music ends when somebody is there")
        assert product.sid_of(call_id, f"ai_{call_id}") not in ("", before)
        page.reads("hello")
        count = len(product.lines(call_id, "ai"))
        page.types("are you a robot")
        until(lambda: len(product.lines(call_id, "ai")) > count, "the new AI answers")
    assert page.hears_something()
