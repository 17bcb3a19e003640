"""The list of calls: columns, filters, search, and its number of queries."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from calls.models import Call, TranscriptSegment
from queueing.models import Agent, Department
from tests.admin.conftest import make_story
from tests.cast import make_call

pytestmark = pytest.mark.django_db
LIST = "/admin/calls/call/"


def found(client: Client, **query: Any) -> set[str]:
    """The ids of the calls listed for a query."""
    return {call.pk for call in client.get(LIST, query).context["cl"].result_list}


def test_a_row_tells_customer_department_agent_state_wait_duration_and_rating(supervisor: Client, story: Call) -> None:
    page = supervisor.get(LIST).content.decode()
    for words in (story.reference, "Carol", "Billing", "Alice", "agent hung up", "0:30", "3:20", "4/5"):
        assert words in page


def test_a_call_is_found_by_its_reference_as_it_is_read_out(supervisor: Client, story: Call) -> None:
    make_call()
    assert found(supervisor, q=story.reference) == {story.pk}
    assert found(supervisor, q=f"  {story.reference.lower()} ") == {story.pk}


@pytest.mark.parametrize("words", ["carol1@example.com", "charged twice nowhere", "مرحبا", "this is the AI"])
def test_a_call_is_found_by_email_and_by_what_was_said(supervisor: Client, story: Call, words: str) -> None:
    make_call(customer_name="Dave", customer_email="dave@example.com")
    assert found(supervisor, q=words) == (set() if "nowhere" in words else {story.pk})


def test_a_call_with_many_matching_lines_is_listed_once(supervisor: Client, story: Call) -> None:
    for number in range(3):
        TranscriptSegment.objects.create(call=story, key=f"more{number}", speaker="customer", text="refund please")
    rows = supervisor.get(LIST, {"q": "refund"}).context["cl"].result_list
    assert [call.pk for call in rows] == [story.pk]


@pytest.mark.parametrize(
    ("query", "is_story"),
    [
        ({"state__exact": "ended"}, True),
        ({"state__exact": "ai"}, False),
        ({"end_reason__exact": "agent_hangup"}, True),
        ({"department": "billing"}, True),
        ({"department": "support"}, False),
        ({"agent": "alice"}, True),
        ({"agent": "none"}, False),
        ({"rating": "4"}, True),
        ({"rating": "none"}, False),
        ({"language__exact": "ar"}, True),
        ({"disposition": "resolved"}, True),
    ],
)
def test_filters_part_the_calls(
    alice: Agent, billing: Department, supervisor: Client, query: dict[str, str], is_story: bool
) -> None:
    from queueing.models import Disposition

    Disposition.objects.create(slug="resolved", name_en="Resolved")
    story = make_story(alice, billing, language="ar")
    other = make_call(language="en")
    assert found(supervisor, **query) == {story.pk if is_story else other.pk}


def test_calls_are_parted_by_prompt_version_and_one_without_is_no_choice(supervisor: Client) -> None:
    old, _new, _none = (make_call(prompt_version=version) for version in ("a1", "b2", ""))
    assert found(supervisor, prompt_version="a1") == {old.pk}
    assert 'href="?prompt_version="' not in supervisor.get(LIST).content.decode()


def test_low_ratings_are_found_together(alice: Agent, billing: Department, supervisor: Client) -> None:
    call = make_story(alice, billing)
    call.feedback.rating = 1
    call.feedback.save()
    make_story(alice, billing, number=2)
    assert found(supervisor, rating="low") == {call.pk}


@pytest.mark.parametrize(
    "query", [{"rating": "x'"}, {"rating": "45"}, {"department": "\x00"}, {"agent": "nobody"}, {"q": "\x00"}]
)
def test_odd_queries_are_no_error(supervisor: Client, story: Call, query: dict[str, str]) -> None:
    assert supervisor.get(LIST, query).status_code in (200, 302)


def test_the_number_of_queries_does_not_grow_with_the_calls(
    alice: Agent, billing: Department, supervisor: Client
) -> None:
    make_story(alice, billing)
    supervisor.get(LIST)
    with CaptureQueriesContext(connection) as few:
        supervisor.get(LIST)
    for number in range(2, 12):
        make_story(alice, billing, number=number)
    with CaptureQueriesContext(connection) as many:
        assert len(supervisor.get(LIST).context["cl"].result_list) == 11
    assert len(many) == len(few)
    assert len(many) <= 20


def test_the_admin_index_leads_there(supervisor: Client) -> None:
    assert reverse("admin:calls_call_changelist") in supervisor.get("/admin/").content.decode()
