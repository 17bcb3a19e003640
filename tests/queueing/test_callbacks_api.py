"""Callbacks over HTTP, as the customer's page asks."""

from datetime import timedelta

import pytest

from calls.models import Call
from queueing.models import Agent, CallbackRequest, Department
from queueing.services import offers
from tests.cast import Clock
from tests.queueing.helpers import Browser, fresh, ringing, waiting_call
from tests.queueing.test_calling_back import away, back


@pytest.fixture
def left(alice: Agent, support: Department) -> Call:
    """carol has asked to be called back while nobody was free."""
    away(alice)
    call = waiting_call(support).call
    asked = Browser(secret=call.secret).post(f"/api/calls/{call.pk}/callback", {"contact": "0123"})
    assert (asked["reason"], asked["callback"]["state"]) == ("callback", "queued")
    return call


def test_the_page_is_told_what_it_may_offer(left: Call) -> None:
    told = Browser(secret=left.secret).get(f"/api/calls/{left.pk}/callback")
    assert (told["offered"], told["department"], len(told["slots"])) == (["callback", "message"], "support", 24)
    assert told["callback"]["state"] == "queued"


def test_the_answer_leads_into_the_new_call(left: Call, alice: Agent) -> None:
    carol = Browser(secret=left.secret)
    carol.post(f"/api/calls/{left.pk}/callback/answer", expect=409)
    back(alice)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    assert carol.get(f"/api/calls/{left.pk}")["callback"]["state"] == "ringing"
    answer = carol.post(f"/api/calls/{left.pk}/callback/answer")
    made = Call.objects.get(pk=answer["call_id"])
    assert (made.callback_of, answer["call_secret"]) == (left, made.secret)
    assert Browser(secret=made.secret).get(f"/api/calls/{made.pk}")["agent"]["agent_id"] == "alice"


def test_another_time_and_none_at_all(left: Call, time: Clock) -> None:
    carol = Browser(secret=left.secret)
    due = time.at + timedelta(hours=2)
    later = carol.post(f"/api/calls/{left.pk}/callback/later", {"due_at": due.isoformat()})
    assert later["callback"]["state"] == "scheduled"
    assert CallbackRequest.objects.get().due_at == due
    carol.post(f"/api/calls/{left.pk}/callback/later", {"due_at": "1999-01-01T00:00:00Z"}, expect=422)
    carol.post(f"/api/calls/{left.pk}/callback/later", {"due_at": "9999-12-31T23:59:59-12:00"}, expect=422)
    assert carol.post(f"/api/calls/{left.pk}/callback/cancel")["callback"]["state"] == "cancelled"


def test_a_new_call_with_the_old_secret_takes_the_place(left: Call) -> None:
    since = CallbackRequest.objects.get().enqueued_at
    body = {"email": "carol@example.test"}
    made = Call.objects.get(pk=Browser(secret=left.secret).post("/api/queue/join", body)["call_id"])
    assert (made.callback_of, made.entries.get().enqueued_at) == (left, since)
    assert fresh(CallbackRequest.objects.get()).state == "called_again"


def test_the_assistant_of_a_new_call_takes_the_place_along(left: Call, support: Department) -> None:
    answer = Browser(secret=left.secret).post("/api/room/token", {})
    made = Call.objects.get(pk=answer["call_id"])
    # No voice worker lives in this test, so people are asked at once.
    assert made.entries.get().enqueued_at == CallbackRequest.objects.get().enqueued_at


def test_nobody_else_answers(left: Call, support: Department) -> None:
    stranger = waiting_call(support, email="dan@example.test").call
    for path in ("", "/answer", "/later", "/cancel"):
        Browser(secret=stranger.secret).post(f"/api/calls/{left.pk}/callback{path}", {"contact": "1"}, expect=403)
