"""M. A supervisor listens, whispers so that the customer does not hear it, speaks to everybody, and takes over."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Locator, expect

from queueing.models import Department, Supervision
from queueing.services.staff import make_agent
from tests.journeys.looks import faults
from tests.journeys.people import AUDIBLE, LONG_SPEECH, CallPage, Desk, Person
from tests.journeys.product import PASSWORD, Product
from tests.journeys.steps import waits_for_a_person
from tests.journeys.waiting import PATIENCE, until

_MS = PATIENCE * 1000
SPEECH = "hello hello can you hear me"
# Disclosure, the demo's notice, and the question how to help.
WELCOME_LINES = 3


class Wallboard(Person):
    """A supervisor's page."""

    def log_in(self, user: str, password: str) -> "Wallboard":
        self.page.goto(f"{self.base}/accounts/login/?next=/desk/wallboard/")
        self.page.locator("[name=login]").fill(user)
        self.page.locator("[name=password]").fill(password)
        self.page.locator("[name=password]").press("Enter")
        self.page.wait_for_url(re.compile("/desk/wallboard/"), timeout=_MS)
        return self

    def conversation(self, words: str) -> Locator:
        """The row of a live call."""
        return self.hook("conversation").filter(has_text=words)

    def is_heard_by(self, whom: str) -> None:
        """What the page says of the microphone: `off`, `agent` or `all`."""
        expect(self.hook("supervising")).to_have_attribute("data-mic", whom, timeout=_MS)


@pytest.fixture
def supervisor_takes_calls(product: Product) -> User:
    """The demo's supervisor, set up as an agent as well."""
    user = User.objects.get(username="supervisor")
    if not hasattr(user, "agent"):
        make_agent(user, display_name="Mona", departments=Department.objects.filter(slug="support"))
    return user


@pytest.mark.nightly
@pytest.mark.usefixtures("supervisor_takes_calls")
def test_each_way_of_being_in_a_call_is_heard_by_whom_it_should(
    product: Product, caller: Callable[..., CallPage], desk: Callable[..., Desk], somebody: Callable[..., Any]
) -> None:
    agent, page = desk("agent_a").takes_calls(), caller().start(name="Carol")
    call_id = waits_for_a_person(page)
    agent.is_offered("Carol")
    agent.accepts()
    page.is_in("agent")
    until(lambda: f"ai_{call_id}" not in product.in_room(call_id), "the AI has left")
    mona: Wallboard = somebody(Wallboard).log_in("supervisor", PASSWORD)

    _listens(mona, page, agent)
    _whispers(mona, page, agent)
    _speaks_to_all(mona, page, agent)
    _takes_over(mona, page, agent)
    states = Supervision.objects.filter(call=call_id).values_list("state", "end_reason")
    assert list(states) == [("taken_over", "took_over")]
    assert product.call(call_id).agent_id == User.objects.get(username="supervisor").pk


def _listens(mona: Wallboard, page: CallPage, agent: Desk) -> None:
    mona.conversation("Carol").get_by_test_id("supervise-listen").click()
    expect(mona.hook("supervising")).to_be_visible(timeout=_MS)
    mona.is_heard_by("off")
    expect(agent.page.locator('[data-banner="supervision"]')).to_be_visible(timeout=_MS)
    mona.waits_for_silence()
    assert _comes_through(page, mona), "the supervisor does not hear the customer"
    mona.waits_for_silence()
    assert _comes_through(agent, mona), "the supervisor does not hear the agent"
    page.waits_for_silence()
    mona.speak(SPEECH, wait=False)
    assert page.loudest(2, enough=AUDIBLE) < AUDIBLE, "a listener is heard"


def _comes_through(speaker: Person, listener: Person) -> bool:
    """Says it three times at most: the listener's tracks come a moment after he is in the room."""
    for _ in range(3):
        speaker.speak(SPEECH, wait=False)
        if listener.loudest(10, enough=AUDIBLE) >= AUDIBLE:
            return True
    return False


def _whispers(mona: Wallboard, page: CallPage, agent: Desk) -> None:
    mona.hook("sup-whisper").click()
    mona.is_heard_by("agent")
    for one in (page, agent):
        one.waits_for_silence()
    mona.speak(LONG_SPEECH, wait=False)
    assert agent.loudest(10, enough=AUDIBLE) >= AUDIBLE, "the agent does not hear the whisper"
    # Still being said: what the agent hears now, the customer would.
    assert page.loudest(1.5, enough=AUDIBLE) < AUDIBLE, "the customer hears the whisper"
    assert agent.hears_something(), "the whisper was over before the customer was listened to"


def _speaks_to_all(mona: Wallboard, page: CallPage, agent: Desk) -> None:
    mona.hook("sup-barge").click()
    mona.is_heard_by("all")
    for one in (page, agent):
        one.waits_for_silence()
    mona.speak(LONG_SPEECH, wait=False)
    assert page.loudest(10, enough=AUDIBLE) >= AUDIBLE, "the customer does not hear the supervisor"
    assert agent.hears_something(), "the agent does not hear the supervisor"
    assert faults(mona.page, "wallboard, in a call") == []


def _takes_over(mona: Wallboard, page: CallPage, agent: Desk) -> None:
    mona.hook("sup-take-over").click()
    mona.hook("take-over-confirm").click()
    expect(agent.hook("wrap-up")).to_be_visible(timeout=_MS)
    mona.page.wait_for_url(re.compile("/desk/$"), timeout=_MS)
    own = Desk(mona.page, mona.base)
    own.is_in_call()
    page.is_in("agent")
    page.waits_for_silence()
    own.speak(SPEECH, wait=False)
    assert page.loudest(10, enough=AUDIBLE) >= AUDIBLE, "the customer does not hear his new agent"
    own.hangs_up()
    page.is_in("ended")


@pytest.mark.nightly
@pytest.mark.usefixtures("supervisor_takes_calls")
def test_the_assistants_call_is_listened_to_and_taken_over(
    product: Product, caller: Callable[..., CallPage], somebody: Callable[..., Any]
) -> None:
    page = caller().start(name="Dan")
    page.is_in("ai")
    call_id = page.call_id
    mona: Wallboard = somebody(Wallboard).log_in("supervisor", PASSWORD)
    row = mona.conversation("Dan")
    expect(row.get_by_test_id("supervise-whisper")).to_be_disabled(timeout=_MS)
    row.get_by_test_id("supervise-listen").click()
    mona.is_heard_by("off")
    first = until(lambda: product.lines(call_id, "ai"), "the first sentence has been said")[0]
    expect(mona.hook("supervising-lines")).to_contain_text(first[:20], timeout=_MS)
    until(lambda: len(product.lines(call_id, "ai")) == WELCOME_LINES, "the welcome has been said")
    for one in (page, mona):
        one.waits_for_silence()
    page.types("What are your opening hours?")
    # To the AI nobody has joined: it answers its caller, and the supervisor hears it.
    assert mona.hears_something(), "the supervisor does not hear the assistant"
    until(lambda: len(product.lines(call_id, "ai")) > WELCOME_LINES, "the assistant answers")
    page.waits_for_silence()
    _speaks_and_the_assistant_is_silent(mona, page, product)

    row.get_by_test_id("supervise-take_over").click()
    mona.hook("take-over-confirm").click()
    mona.page.wait_for_url(re.compile("/desk/$"), timeout=_MS)
    Desk(mona.page, mona.base).is_in_call()
    page.is_in("agent")
    until(lambda: product.in_room(call_id) == {f"customer_{call_id}", "agent_supervisor"}, "the others have left")


def _speaks_and_the_assistant_is_silent(mona: Wallboard, page: CallPage, product: Product) -> None:
    said = product.lines(page.call_id, "ai")
    mona.hook("sup-barge").click()
    mona.is_heard_by("all")
    mona.speak(SPEECH, wait=False)
    assert page.loudest(10, enough=AUDIBLE) >= AUDIBLE, "the customer does not hear the supervisor"
    page.types("Where is my parcel?")
    mona.speak(SPEECH)
    until(lambda: "Where is my parcel?" in product.lines(page.call_id, "customer"), "what was typed is kept")
    assert product.lines(page.call_id, "ai") == said, "the assistant answers while the supervisor speaks"
