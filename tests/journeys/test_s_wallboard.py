"""S. The wallboard on a wall: an alarm in colour, sign and words, in both languages; full screen without names."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from queueing.models import Department
from tests.journeys.people import CallPage, Person
from tests.journeys.product import Product
from tests.journeys.waiting import PATIENCE

_MS = PATIENCE * 1000
RED = "rgb(217, 67, 59)"
NAMES = ("Carol", "Dan", "Erin")


class Wallboard(Person):
    """The supervisor's page."""

    def open(self, product: Product, language: str) -> "Wallboard":
        self.page.context.add_cookies([product.session("supervisor")])
        self.page.goto(f"{product.url}/desk/wallboard/?lang={language}")
        expect(self.page.locator("html")).to_have_attribute("lang", language)
        expect(self.page.locator("#wallboard-link")).to_have_attribute("data-state", "open", timeout=_MS)
        return self

    @property
    def tile(self) -> Locator:
        """The department's."""
        return self.page.locator("[data-department=support]")

    def shows_waiting(self, count: int) -> None:
        expect(self.tile.locator(".tile-number b")).to_have_text(str(count), timeout=_MS)

    def raises(self, words: str, *, side: str = "left") -> None:
        """The alarm with these words; the coloured edge of the tile is where a line begins."""
        alarm = self.tile.locator(".tile-alarm")
        expect(alarm).to_have_text(words, timeout=_MS)
        expect(alarm).to_be_visible()
        assert "⚠" in alarm.evaluate("element => getComputedStyle(element, '::before').content")
        expect(self.tile).to_have_class(re.compile(r"\blate\b"))
        expect(self.tile).to_have_css(f"border-{side}-color", RED)

    def raises_nothing(self) -> None:
        expect(self.tile.locator(".tile-alarm")).to_be_hidden(timeout=_MS)
        expect(self.tile).not_to_have_class(re.compile(r"\blate\b"))
        expect(self.tile).not_to_have_css("border-left-color", RED)

    def names_seen(self) -> set[str]:
        """Whose names can be read on the page."""
        seen = self.page.locator("body").inner_text()
        return {name for name in NAMES if name in seen}


@pytest.fixture
def limits(product: Product) -> Iterator[Callable[..., None]]:
    """Sets the department's alarms: only those named, the others never."""
    support = Department.objects.filter(slug="support")
    fields = ("alarm_waiting", "alarm_wait_seconds", "alarm_service_level")
    before = support.values(*fields).get()

    def become(**values: int) -> None:
        support.update(**(dict.fromkeys(fields, 0) | values))

    yield become
    support.update(**before)


def _joins(product: Product, name: str) -> Any:
    """A caller straight in the support line."""
    body = {"email": f"{name.lower()}@example.com", "user_name": name, "department": "support"}
    return product.post("/api/queue/join", body).json()


@pytest.mark.nightly
def test_an_alarm_is_told_by_colour_sign_and_words_until_it_is_over(
    product: Product, somebody: Callable[..., Any], limits: Callable[..., None]
) -> None:
    limits(alarm_waiting=2)
    sam: Wallboard = somebody(Wallboard).open(product, "en")
    _joins(product, "Carol")
    sam.shows_waiting(1)
    sam.raises_nothing()
    dan = _joins(product, "Dan")
    sam.shows_waiting(2)
    sam.raises("Alarm: too many waiting")
    sam.open(product, "ar").raises("تنبيه: المنتظرون كثيرون", side="right")

    sam.open(product, "en").raises("Alarm: too many waiting")
    product.post(f"/api/calls/{dan['call_id']}/hangup", secret=dan["call_secret"])
    sam.shows_waiting(1)
    sam.raises_nothing()
    limits(alarm_wait_seconds=1)
    sam.raises("Alarm: waiting too long")


@pytest.mark.nightly
def test_full_screen_shows_the_room_the_figures_and_nobodys_name(
    product: Product,
    somebody: Callable[..., Any],
    caller: Callable[..., CallPage],
    limits: Callable[..., None],
) -> None:
    limits(alarm_waiting=2)
    sam: Wallboard = somebody(Wallboard).open(product, "en")
    _joins(product, "Carol")
    _joins(product, "Dan")
    caller().start(name="Erin").is_in("ai")
    expect(sam.hook("waiting-caller")).to_have_count(2, timeout=_MS)
    expect(sam.hook("conversation")).to_have_count(1, timeout=_MS)
    sam.hook("conversation").get_by_test_id("supervise-listen").click()
    expect(sam.hook("supervising").get_by_role("heading")).to_have_text("You are listening to Erin", timeout=_MS)
    expect(sam.hook("supervising-lines").get_by_role("listitem").first).to_be_visible(timeout=_MS)
    assert sam.names_seen() == set(NAMES)

    sam.hook("fullscreen").click()
    expect(sam.hook("fullscreen")).to_have_text("Leave full screen", timeout=_MS)
    assert sam.page.evaluate("document.fullscreenElement === document.documentElement")
    assert sam.names_seen() == set()
    expect(sam.page.locator("#header")).to_be_hidden()
    expect(sam.hook("waiting-caller").first).to_be_hidden()
    expect(sam.hook("set-presence").first).to_be_hidden()
    # What the room is to see goes on.
    _joins(product, "Carol")
    sam.shows_waiting(3)
    expect(sam.tile.locator(".tile-number b")).to_be_visible()
    sam.raises("Alarm: too many waiting")
    expect(sam.hook("conversation")).to_be_visible()
    expect(sam.hook("supervising-lines")).to_be_hidden()
    assert sam.names_seen() == set()

    sam.hook("fullscreen").click()
    expect(sam.hook("fullscreen")).to_have_text("Full screen", timeout=_MS)
    assert sam.page.evaluate("document.fullscreenElement") is None
    expect(sam.page.locator("#header")).to_be_visible()
    assert sam.names_seen() == set(NAMES)
