"""`/api/metrics/…` as programs and spreadsheets get it."""

import csv
from typing import Any

import pytest
from django.contrib.auth.models import User

from calls.services import lifecycle
from calls.services.keys import create_api_key
from calls.states import EndReason
from queueing.metrics.sheet import cell, sheet
from queueing.models import Agent, Department
from queueing.services import agents
from queueing.states import Presence
from tests.cast import signed_in
from tests.queueing.helpers import Browser, waiting_call

ROUTES = ("departments", "agents", "departments.csv", "agents.csv")


@pytest.fixture
def key(db: None) -> Browser:
    """A program with scope `metrics`."""
    return Browser(secret=create_api_key(name="reports", scopes=["metrics"], user=None)[1])


@pytest.mark.parametrize("route", ROUTES)
def test_an_agent_and_a_key_of_another_scope_are_refused(route: str, alice: Agent) -> None:
    Browser(user=alice.user).get(f"/api/metrics/{route}", expect=403)
    other = create_api_key(name="calls", scopes=["calls"], user=None)[1]
    Browser(secret=other).get(f"/api/metrics/{route}", expect=403)
    Browser().get(f"/api/metrics/{route}", expect=401)


def test_a_supervisor_and_a_key_get_the_same(sam: User, key: Browser, alice: Agent) -> None:
    query = "?start=2026-11-20T10:00:00Z&end=2026-11-20T11:00:00Z"
    told = Browser(user=sam).get(f"/api/metrics/departments{query}")
    assert told == key.get(f"/api/metrics/departments{query}")
    assert (told["interval"], told["start"], told["end"]) == ("30", "2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z")
    assert [(row["department"], row["start"][11:16]) for row in told["items"]] == [
        ("billing", "10:00"), ("billing", "10:30"), ("support", "10:00"), ("support", "10:30"),
    ]  # fmt: skip
    assert [row["department"] for row in told["totals"]] == ["billing", "support"]


def test_what_nobody_has_done_yet_is_null(key: Browser, alice: Agent) -> None:
    query = "?start=2026-11-20T10:00:00Z&end=2026-11-20T11:00:00Z&department=billing"
    total = key.get(f"/api/metrics/departments{query}")["totals"][0]
    assert (total["offered"], total["service_level"], total["average_speed_of_answer"]) == (0, None, None)


def test_without_a_range_it_is_today(key: Browser, alice: Agent, billing: Department) -> None:
    agents.set_presence(alice, Presence.AWAY, actor="alice")
    entry = waiting_call(billing)
    lifecycle.end_call(entry.call_id, EndReason.ABANDONED, actor="caller")
    total = key.get("/api/metrics/departments?department=billing&interval=day")["totals"][0]
    assert (total["offered"], total["abandoned_short"]) == (1, 1)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("interval=20", "interval"),
        ("start=yesterday", "start"),
        ("start=2026-11-20T10:00:00", "start"),
        ("start=2026-11-20T10:00:00Z&end=2026-11-20T10:00:00Z", "end"),
        ("start=2026-11-20T10:00:00Z&end=2026-11-19T10:00:00Z", "end"),
        ("start=2026-11-01T00:00:00Z&end=2026-11-20T00:00:00Z&interval=15", "start"),
        ("end=9999-12-31T23:59:59Z", "start"),
    ],
)
@pytest.mark.parametrize("route", ROUTES)
def test_what_is_asked_wrongly_is_named(route: str, query: str, field: str, key: Browser) -> None:
    error = key.get(f"/api/metrics/{route}?{query}", expect=422)["error"]
    assert error["code"] == "invalid"
    assert field in error["fields"]


def test_an_unknown_department_or_agent_is_named(key: Browser, alice: Agent) -> None:
    assert "department" in key.get("/api/metrics/departments?department=none", expect=422)["error"]["fields"]
    assert "agent" in key.get("/api/metrics/agents?agent=none", expect=422)["error"]["fields"]


def rows(user: User, path: str) -> list[list[str]]:
    """A download as a spreadsheet reads it."""
    response = signed_in(user).get(path)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith("attachment; filename=")
    assert response.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(response.content.decode("utf-8-sig").splitlines()))


def test_the_download_has_a_line_for_each_interval(sam: User, alice: Agent) -> None:
    query = "?start=2026-11-20T10:00:00Z&end=2026-11-20T11:00:00Z&department=billing"
    head, *lines = rows(sam, f"/api/metrics/departments.csv{query}")
    assert head[:3] == ["start", "department", "offered"]
    assert [line[:3] for line in lines] == [
        ["2026-11-20T10:00:00Z", "billing", "0"], ["2026-11-20T10:30:00Z", "billing", "0"],
    ]  # fmt: skip
    assert lines[0][head.index("service_level")] == ""


def test_an_agents_name_is_no_formula_and_arabic_stays(sam: User, alice: Agent, bob: Agent) -> None:
    Agent.objects.filter(pk=alice.pk).update(display_name='=HYPERLINK("http://example.test")')
    Agent.objects.filter(pk=bob.pk).update(display_name="منى")
    head, *lines = rows(sam, "/api/metrics/agents.csv?interval=day")
    names = {line[head.index("name")] for line in lines}
    assert names == {'\'=HYPERLINK("http://example.test")', "منى"}


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_begins_a_formula(begin: str) -> None:
    assert cell(f"{begin}1") == f"'{begin}1"


@pytest.mark.parametrize(("value", "text"), [(None, ""), (-1.5, "-1.5"), (0, "0"), ("a,b", "a,b")])
def test_numbers_and_plain_text_stay_as_they_are(value: Any, text: str) -> None:
    assert cell(value) == text


def test_quotes_and_line_ends_stay_inside_their_cell() -> None:
    assert sheet(("a", "b"), [{"a": 'x"y', "b": "one\ntwo"}]) == '\ufeffa,b\r\n"x""y","one\ntwo"\r\n'
