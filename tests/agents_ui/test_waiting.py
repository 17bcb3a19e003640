"""The wallboard's list of waiting callers."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents_ui import waiting
from queueing.models import Agent, Department
from queueing.services import by_hand
from tests.queueing.helpers import waiting_call


def test_a_caller_stands_there_as_a_supervisor_wants_to_know_him(support: Department) -> None:
    entry = waiting_call(support, language="ar")
    (row,) = waiting.waiting(waiting.read_line(), {})
    assert row | {"since": ""} == {
        "entry_id": str(entry.pk), "call_id": entry.call_id, "department": "support", "position": 1,
        "customer": "Carol", "language": "ar", "reason": "wants a person", "since": "", "priority": 0,
        "agent_id": None, "callback": False, "page_open": True,
    }  # fmt: skip


def test_places_are_those_the_callers_are_told(support: Department, sales: Department) -> None:
    first, second, other = waiting_call(support), waiting_call(support), waiting_call(sales)
    by_hand.set_priority(second, 1, actor="sam")
    places = {row["entry_id"]: row["position"] for row in waiting.waiting(waiting.read_line(), {})}
    assert places == {str(second.pk): 1, str(first.pk): 2, str(other.pk): 1}


def test_who_is_being_offered_says_to_whom(alice: Agent, billing: Department) -> None:
    waiting_call(billing)
    assert waiting.waiting(waiting.read_line(), {})[0]["agent_id"] == "alice"


def test_a_long_line_is_shown_from_its_head_in_the_same_number_of_queries(
    support: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "MOST", 2)
    entries = [waiting_call(support) for _ in range(3)]
    with CaptureQueriesContext(
        connection,
    ) as asked:
        shown = waiting.waiting(waiting.read_line(), {})
    assert {row["entry_id"] for row in shown} == {str(entry.pk) for entry in entries[:2]}
    assert len(asked) == 2
