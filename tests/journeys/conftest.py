"""A product for each process that plays journeys, Chromium, and the people."""

import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from common import clock
from tests.journeys.people import CallPage, Desk, Person
from tests.journeys.product import Product, database_of, kept_running, variables
from tools.stack.browser import chromium_path
from tools.stack.migrated import copy_migrated
from tools.stack.product import start_product

# Playwright's synchronous interface runs an event loop in this thread, and Django would refuse to touch a database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

_BEGUN = pytest.StashKey[datetime]()
_PEOPLE = pytest.StashKey[Iterable[Person]]()
PAGE_TOOLS = Path(__file__).with_name("page_tools.js")
CHROMIUM_ARGUMENTS = (
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys are marked, and have time."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.journey)
            item.add_marker(pytest.mark.timeout(240))


@pytest.fixture(scope="package")
def product(django_db_blocker: Any, redis_server: str) -> Iterator[Product]:
    """The product as `make run` starts it, with a state of its own."""
    kept = kept_running()
    with django_db_blocker.unblock():
        if kept:
            with database_of(kept):
                yield Product(kept)
            return
        var_dir = Path(tempfile.mkdtemp(prefix="callcenter-journeys-"))
        try:
            copy_migrated(var_dir / "db.sqlite3")
            # Redis is this process's: two products that start together would both take the usual port.
            own = variables() | {"REDIS_URL": redis_server.removesuffix("/0") + "/1"}
            with start_product(var_dir, **own), database_of(var_dir):
                yield Product(var_dir)
        finally:
            shutil.rmtree(var_dir, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A journey that failed tells what its calls went through, and what its pages logged."""
    report = yield
    if report.when == "call" and report.failed and "product" in item.funcargs:  # type: ignore[attr-defined]
        product: Product = item.funcargs["product"]  # type: ignore[attr-defined]
        report.sections.append(("the calls", product.story(item.stash[_BEGUN])))
        for number, person in enumerate(item.stash.get(_PEOPLE, [])):
            report.sections.append((f"page {number}: {person.page.url}", "\n".join(person.console[-30:])))
    return report


@pytest.fixture(autouse=True)
def _settled(product: Product, request: pytest.FixtureRequest) -> Iterator[None]:
    """Each journey finds an empty house, and leaves one in which the invariants hold."""
    product.settle()
    request.node.stash[_BEGUN] = clock.now()
    yield
    product.check()
    product.settle()
    product.check()


@pytest.fixture(scope="package")
def playwright_driver() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="package")
def launch(playwright_driver: Playwright) -> Iterator[Callable[..., Browser]]:
    """Starts another Chromium; `whole`: not a headless shell."""
    started: list[Browser] = []

    def run(*further: str, without: tuple[str, ...] = (), whole: bool = False) -> Browser:
        arguments = [one for one in (*CHROMIUM_ARGUMENTS, *further) if one not in without]
        path = chromium_path(whole=whole)
        # Playwright's own is a shell, too, unless this channel is asked for.
        channel = "chromium" if whole and path is None else None
        started.append(playwright_driver.chromium.launch(executable_path=path, channel=channel, args=arguments))
        return started[-1]

    yield run
    for browser in started:
        browser.close()


@pytest.fixture(scope="package")
def chromium(launch: Callable[..., Browser]) -> Browser:
    """The one most people share."""
    return launch()


@pytest.fixture
def somebody(product: Product, chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """Opens a browser of one's own (cookies, storage) with a page of the kind asked for."""
    contexts = []
    people: list[Any] = []
    request.node.stash[_PEOPLE] = people

    def come(kind: type, browser: Browser | None = None, **options: Any) -> Any:
        # Painting sixty times a second for nobody took a core; journey A's people see what moves.
        options.setdefault("reduced_motion", "reduce")
        context = (browser or chromium).new_context(permissions=["notifications"], **options)
        context.add_init_script(path=PAGE_TOOLS)
        contexts.append(context)
        people.append(kind(context.new_page(), product.url))
        return people[-1]

    yield come
    for context in contexts:
        context.close()


@pytest.fixture
def caller(somebody: Callable[..., Any]) -> Callable[..., CallPage]:
    """A customer at the call page."""

    def come(query: str = "", **options: Any) -> CallPage:
        person: CallPage = somebody(CallPage, **options)
        return person.open(query)

    return come


@pytest.fixture
def desk(product: Product, somebody: Callable[..., Any]) -> Callable[..., Desk]:
    """An agent at his desk, logged in already."""

    def come(user: str, **options: Any) -> Desk:
        person: Desk = somebody(Desk, **options)
        return person.sit_down(user, product.session(user))

    return come
