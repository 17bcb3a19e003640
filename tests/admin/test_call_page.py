"""One call, read from start to end."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from calls.models import Call, CallEvent, ToolUse, TranscriptSegment
from calls.states import ToolOutcome
from queueing.models import Agent, Offer
from tests.cast import add_turn

pytestmark = pytest.mark.django_db


def page_of(client: Client, call: Call, language: str = "en") -> str:
    """The page's text."""
    response = client.get(reverse("admin:calls_call_change", args=[call.pk]), headers={"accept-language": language})
    assert response.status_code == 200
    return response.content.decode()


def test_it_tells_who_what_and_how_it_ended(supervisor: Client, story: Call) -> None:
    page = page_of(supervisor, story)
    for words in (
        story.reference,
        "Ended: agent hung up",
        "carol1@example.com",
        "Charged twice.",
        "order number",
        "A-1",
        "Refunded.",
        "Quick.",
    ):
        assert words in page


def test_the_conversation_is_told_by_speaker_each_line_in_its_own_direction(supervisor: Client, story: Call) -> None:
    page = page_of(supervisor, story)
    assert 'data-speaker="customer"' in page
    assert 'data-speaker="ai"' in page
    assert page.count('class="text" dir="auto"') == 3
    assert page.index("this is the AI") < page.index("مرحبا") < page.index("Hello Carol.")


def test_the_timeline_is_in_words(supervisor: Client, story: Call) -> None:
    page = page_of(supervisor, story)
    assert "The call began." in page
    assert "Accepted by Alice." in page
    assert "The call ended: agent hung up." in page


def test_entries_offers_transfers_and_callbacks_are_there(supervisor: Client, story: Call) -> None:
    page = page_of(supervisor, story)
    assert "Offer to Alice" in page
    assert "0:30" in page  # waited
    assert story.transfers.get().public_id in page
    assert "+1 555 0100" in page


def test_what_people_say_is_text_never_markup(supervisor: Client, story: Call) -> None:
    TranscriptSegment.objects.create(call=story, key="x", speaker="customer", text="<script>alert(1)</script>")
    Call.objects.filter(pk=story.pk).update(notes="<img src=x onerror=alert(1)>", facts={"<b>": "<i>"})
    page = page_of(supervisor, story)
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "<i>" not in page


def test_in_arabic_the_page_runs_right_to_left_in_arabic_words(supervisor: Client, story: Call) -> None:
    page = page_of(supervisor, story, "ar")
    assert 'dir="rtl"' in page
    assert "المحادثة" in page
    assert "بدأت المكالمة." in page
    assert "What happened" not in page


def test_a_call_without_anything_has_a_page_too(supervisor: Client, carol: Call) -> None:
    page = page_of(supervisor, carol)
    assert "Nothing was said." in page
    assert "Nothing is recorded." in page


def test_rows_of_newer_or_older_code_are_shown_all_the_same(supervisor: Client, carol: Call) -> None:
    CallEvent.objects.create(call=carol, kind="robot.danced", actor="system", data={})
    CallEvent.objects.create(call=carol, kind="call.ended", actor="system", data={"reason": "bored"})
    CallEvent.objects.create(call=carol, kind="offer.accepted", actor="system", data={})
    page = page_of(supervisor, carol)
    assert "robot: danced" in page
    assert "The call ended: bored." in page
    assert "Accepted by –." in page


def test_a_call_that_is_not_there_leads_back(supervisor: Client, db: None) -> None:
    assert supervisor.get(reverse("admin:calls_call_change", args=["nosuchcall"])).status_code == 302


def test_the_number_of_queries_does_not_grow_with_the_story(supervisor: Client, story: Call) -> None:
    page_of(supervisor, story)
    with CaptureQueriesContext(connection) as short:
        page_of(supervisor, story)
    entry, alice = story.entries.get(), Agent.objects.get()
    for number in range(20):
        TranscriptSegment.objects.create(call=story, key=f"n{number}", speaker="customer", text="and another thing")
        CallEvent.objects.create(call=story, kind="call.hold", actor="alice")
        Offer.objects.create(entry=entry, agent=alice, state="declined")
    with CaptureQueriesContext(connection) as long:
        page_of(supervisor, story)
    assert len(long) == len(short)
    assert len(long) <= 25


def test_how_quickly_the_ai_answered_is_drawn_turn_by_turn(supervisor: Client, story: Call) -> None:
    assert "How quickly the AI answered" not in page_of(supervisor, story)
    add_turn(story.pk, key="one", end_of_turn=250, llm=40, reply=640)
    add_turn(story.pk, key="two", end_of_turn=300, reply=9000)
    page = page_of(supervisor, story)
    assert "How quickly the AI answered" in page
    assert "640 ms" in page
    assert '<rect width="640"' in page
    assert '<rect width="3000"' in page, "a bar is no longer than its place"
    assert "Text to speech" not in page, "a stage nobody measured has no column"
    assert "سرعة ردّ" in page_of(supervisor, story, "ar")


def test_what_the_ai_did_with_its_tools_is_listed(supervisor: Client, story: Call) -> None:
    assert "What the AI did" not in page_of(supervisor, story)
    use = {"call": story, "turn": "t", "tool": "note_fact"}
    ToolUse.objects.create(**use, key="a", arguments={"key": "order", "value": "42"}, outcome=ToolOutcome.DONE)
    ToolUse.objects.create(**use, key="b", arguments={}, outcome=ToolOutcome.REFUSED)
    page = page_of(supervisor, story)
    assert "What the AI did (2)" in " ".join(page.split())
    assert "note fact" in page
    assert 'data-outcome="refused"' in page
    assert "ما فعله" in page_of(supervisor, story, "ar")
