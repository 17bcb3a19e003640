"""The people of the journeys, each at a page of the running product, by the contract's `data-testid` hooks."""

import re
from typing import Any, Final

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.journeys.voices import spoken
from tests.journeys.waiting import PATIENCE, until

AUDIBLE: Final = 0.01
_MS: Final = PATIENCE * 1000
LONG_SPEECH: Final = "hello hello can you hear me my name is carol and I am still on the line with you"


class Person:
    """Somebody at a page, with a microphone the test speaks into."""

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.base = page, base
        self.console: list[str] = []
        page.on("console", lambda line: self.console.append(f"{line.type}: {line.text}"))
        page.on("pageerror", lambda error: self.console.append(f"pageerror: {error}"))

    def hook(self, name: str) -> Locator:
        """The element of that `data-testid`."""
        return self.page.get_by_test_id(name)

    def speak(self, text: str, *, wait: bool = True) -> None:
        """Say it into the microphone; `wait`: until it is said."""
        self.page.evaluate(
            f"file => {{ const said = journeySpeak(file); return {'said' if wait else 'null'}; }}", spoken(text)
        )

    def loudest(self, seconds: float, *, enough: float = 2) -> float:
        """The loudest received moment, 0 to 1; returns early at `enough`."""
        return float(self.page.evaluate("([ms, enough]) => journeyLoudest(ms, enough)", [seconds * 1000, enough]))

    def hears_something(self, seconds: float = PATIENCE) -> bool:
        """Whether any sound arrives."""
        return self.loudest(seconds, enough=AUDIBLE) >= AUDIBLE

    def waits_for_silence(self) -> None:
        """Until whoever speaks has finished."""
        until(lambda: self.loudest(0.8, enough=AUDIBLE) < AUDIBLE, "a pause in what is heard")

    def close(self) -> None:
        """Close the tab."""
        self.page.close()


class CallPage(Person):
    """The customer's page."""

    @property
    def status(self) -> Locator:
        return self.hook("status")

    @property
    def call_id(self) -> str:
        """The call's id, as the page keeps it for a reload."""
        found = until(lambda: self.page.evaluate(_KEPT_CALL), "the page keeps its call")
        return str(found)

    def open(self, query: str = "") -> "CallPage":
        self.page.goto(f"{self.base}/callcenter/call-with-audio{query}")
        return self

    def start(self, *, name: str = "Carol", email: str = "") -> "CallPage":
        """Fill the form and press Start Call."""
        if name:
            self.hook("name").fill(name)
        if email:
            self.hook("email").fill(email)
        self.hook("start-call").click()
        return self

    def is_in(self, *states: str, seconds: float = PATIENCE) -> None:
        """Waits for one of the states of the contract."""
        expect(self.status).to_have_attribute(
            "data-state", re.compile(f"^({'|'.join(states)})$"), timeout=seconds * 1000
        )

    def types(self, text: str) -> None:
        self.hook("message").fill(text)
        self.hook("send").click()

    def reads(self, words: str | re.Pattern[str], *, seconds: float = PATIENCE) -> None:
        """Waits for words in the transcript."""
        expect(self.hook("transcript")).to_contain_text(words, timeout=seconds * 1000)

    def hangs_up(self) -> None:
        self.hook("end-call").click()
        confirm = self.page.get_by_role("alertdialog").get_by_role("button")
        if confirm.count():
            confirm.first.click()


# Where the page keeps the call is its own affair: any storage value that carries a call's secret names the call.
_KEPT_CALL: Final = """() => {
  for (const store of [sessionStorage, localStorage])
    for (const key of Object.keys(store)) {
      const found = /cs_([A-Za-z0-9]+)_/.exec(store.getItem(key) ?? '');
      if (found) return found[1];
    }
  return null;
}"""


class Desk(Person):
    """An agent's page."""

    def prepare_login(self, user: str, password: str) -> "Desk":
        """The login form, filled in."""
        self.page.goto(f"{self.base}/accounts/login/?next=/desk/")
        self.page.locator("[name=login]").fill(user)
        self.page.locator("[name=password]").fill(password)
        self.user = user
        return self

    def enter(self) -> "Desk":
        """Send the form; the desk opens."""
        self.page.locator("[name=password]").press("Enter")
        self.page.wait_for_url(re.compile("/desk/"), timeout=_MS)
        return self._at_the_desk()

    def _at_the_desk(self) -> "Desk":
        # The lines come with the socket's first word: until then nobody is at the desk, as the server sees it.
        expect(self.hook("queue").locator("tbody tr").first).to_be_visible(timeout=_MS)
        return self

    def sit_down(self, user: str, session: Any) -> "Desk":
        """The desk of somebody who is logged in already: `session` is his cookie."""
        self.user = user
        self.page.context.add_cookies([session])
        self.page.goto(f"{self.base}/desk/")
        return self._at_the_desk()

    def log_in(self, user: str, password: str) -> "Desk":
        return self.prepare_login(user, password).enter()

    def takes_calls(self) -> "Desk":
        """Press "Start Taking Calls" and wait until it is so."""
        self.hook("start-taking-calls").click()
        self.is_present("available")
        return self

    def is_present(self, presence: str) -> None:
        expect(self.hook("presence")).to_have_value(presence, timeout=_MS)

    def is_offered(self, words: str | re.Pattern[str] = "", *, seconds: float = PATIENCE) -> None:
        expect(self.hook("offer")).to_be_visible(timeout=seconds * 1000)
        if words:
            expect(self.hook("offer")).to_contain_text(words)

    def is_offered_nothing(self) -> None:
        expect(self.hook("offer")).to_be_hidden(timeout=_MS)

    def accepts(self) -> None:
        self.hook("accept").click()
        self.is_in_call()

    def is_in_call(self, *, seconds: float = PATIENCE) -> None:
        expect(self.hook("in-call")).to_be_visible(timeout=seconds * 1000)
        expect(self.hook("in-call")).to_have_attribute("data-state", "live", timeout=seconds * 1000)

    def hangs_up(self) -> None:
        self.hook("hang-up").click()


def new_person(context: BrowserContext, base: str, kind: type[Person]) -> Person:
    """Somebody in a tab of their own."""
    return kind(context.new_page(), base)
