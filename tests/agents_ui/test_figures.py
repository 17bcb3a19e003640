"""The wallboard's figures and alarms, and the history page."""

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User

from agents_ui import presenters
from agents_ui.figures import alarms
from calls.services import lifecycle
from calls.states import EndReason
from queueing.models import Agent, Department
from queueing.services import agents, offers
from queueing.states import Presence
from tests.cast import Clock, signed_in
from tests.queueing.helpers import ringing, waiting_call

HISTORY = "/desk/wallboard/history/"


def tile(slug: str) -> dict[str, Any]:
    """A department as the wallboard is told of it."""
    return next(row for row in presenters.wallboard()["departments"] if row["department"] == slug)


def abandon(department: Department, agent: Agent, time: Clock, *, after: float) -> None:
    """A caller whom nobody answers hangs up."""
    agents.set_presence(agent, Presence.AWAY, actor="alice")
    entry = waiting_call(department)
    time.pass_(after)
    lifecycle.end_call(entry.call_id, EndReason.ABANDONED, actor="caller")


def test_a_department_without_a_call_has_no_service_level(billing: Department, alice: Agent) -> None:
    figures = tile("billing")["figures"]
    assert figures["recent"]["service_level"] is figures["today"]["service_level"] is None


def test_the_tile_tells_of_now_and_of_today(billing: Department, alice: Agent, time: Clock) -> None:
    abandon(billing, alice, time, after=30)
    time.pass_(3600)
    figures = tile("billing")["figures"]
    assert (figures["recent"]["offered"], figures["today"]["offered"]) == (0, 1)
    assert (figures["today"]["service_level"], figures["today"]["abandonment_rate"]) == (0, 1)


def test_the_figures_are_reckoned_once_for_all_sockets(
    billing: Department, alice: Agent, django_assert_max_num_queries: Any
) -> None:
    from agents_ui.figures import wallboard_figures

    wallboard_figures()()
    with django_assert_max_num_queries(0):
        wallboard_figures()()


def test_a_limit_of_nought_raises_no_alarm() -> None:
    off = Department(alarm_waiting=0, alarm_wait_seconds=0, alarm_service_level=0)
    assert alarms(off) == {"waiting": None, "longest_wait": None, "service_level": None}
    assert alarms(Department()) == {"waiting": 5, "longest_wait": 120, "service_level": 0.6}


def test_who_has_declined_is_shown_so_for_the_pause_after_it(billing: Department, alice: Agent, time: Clock) -> None:
    waiting_call(billing)
    offers.decline_offer(str(ringing(alice).pk), agent=alice)
    until = presenters.wallboard()["agents"][0]["declined_until"]
    time.pass_(billing.decline_cooldown_seconds)
    assert until == presenters.when(time.at)
    assert presenters.wallboard()["agents"][0]["declined_until"] is None


def html(user: User, query: str = "") -> str:
    """The history page."""
    response = signed_in(user).get(HISTORY + query)
    assert response.status_code == 200
    return response.content.decode()


def test_the_history_is_for_supervisors(alice: Agent) -> None:
    assert signed_in(alice.user).get(HISTORY).status_code == 403


def test_the_history_shows_the_intervals_in_which_somebody_called(
    billing: Department, alice: Agent, sam: User, time: Clock
) -> None:
    abandon(billing, alice, time, after=30)
    page = html(sam, "?department=billing")
    assert re.findall(r"<bdi>(.*?)</bdi>", page) == [f"{time.at:%Y-%m-%d} 12:00"]
    assert page.count('<rect class="abandoned"') == 1
    assert "style=" not in page


def test_the_file_is_of_the_range_that_is_shown(billing: Department, alice: Agent, sam: User) -> None:
    page = html(sam, "?department=billing&interval=60&day=2026-11-20")
    link = re.search(r'href="(/api/metrics/departments\.csv[^"]+)"', page)
    assert link is not None
    lines = signed_in(sam).get(link[1].replace("&amp;", "&")).content.decode("utf-8-sig").splitlines()
    assert (len(lines), lines[1][:28]) == (25, "2026-11-20T00:00:00Z,billing")


@pytest.mark.parametrize(
    "query", ["?day=yesterday", "?day=2026-02-30", "?day=9999-12-31", "?interval=7", "?department=x"]
)
def test_what_cannot_be_read_is_said_and_today_is_shown(query: str, billing: Department, sam: User) -> None:
    assert 'role="alert"' in html(sam, query)


def test_without_a_department_there_is_a_page_all_the_same(sam: User) -> None:
    Department.objects.all().delete()
    assert "history-chart" not in html(sam)


def test_the_wallboards_words_are_there_in_both_languages(sam: User) -> None:
    for language in ("en", "ar"):
        page = signed_in(sam).get(f"/desk/wallboard/?lang={language}").content.decode()
        config = re.search(r'id="desk-config" type="application/json">(.*?)</script>', page)
        assert config is not None
        assert json.loads(config[1])["texts"]["alarm"]
        assert 'data-testid="fullscreen"' in page
