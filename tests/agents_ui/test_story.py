"""The story of a call as its agent reads it."""

from django.test import Client

from calls.models import Call, Customer
from calls.services import transcript
from calls.states import Speaker
from common import clock
from queueing.models import Agent, Department, Disposition
from tests.cast import make_call, signed_in
from tests.queueing.helpers import waiting_call


def get_story(agent: Agent, call: Call, expect: int = 200) -> dict[str, object]:
    """GET the story."""
    response = signed_in(agent.user).get(f"/desk/calls/{call.pk}/story/")
    assert response.status_code == expect, response.content
    return dict(response.json())


def test_it_tells_the_transcript_so_far_and_the_reason(alice: Agent, billing: Department) -> None:
    call = waiting_call(billing).call
    transcript.add_segment(call.pk, key="1", speaker=Speaker.CUSTOMER, text="My bill is wrong.")
    story = get_story(alice, call)
    said = [line["text"] for line in story["transcript"] if line["speaker"] == "customer"]  # type: ignore[attr-defined]
    assert said == ["My bill is wrong."]
    assert story["customer"]["reason"] == "wants a person"  # type: ignore[index]


def test_past_calls_are_those_of_the_same_customer_newest_first(alice: Agent, billing: Department) -> None:
    Disposition.objects.create(slug="sold", name_en="Sold it", name_ar="بيع")
    carol = Customer.objects.create(email="carol@example.test")
    ended = {"state": "ended", "end_reason": "agent_hangup", "ended_at": clock.now()}
    first = make_call(customer=carol, disposition="sold", notes="likes green", agent=alice.user, **ended)
    second = make_call(customer=carol, **ended)
    make_call(customer=Customer.objects.create(email="dan@example.test"), **ended)
    call = waiting_call(billing, customer=carol).call
    past = get_story(alice, call)["past_calls"]
    assert [row["call_id"] for row in past] == [second.pk, first.pk]  # type: ignore[attr-defined]
    assert past[1]["outcome"] == "Sold it"  # type: ignore[index]
    assert past[1]["agent"] == "Alice"  # type: ignore[index]
    assert past[1]["notes"] == "likes green"  # type: ignore[index]


def test_past_calls_of_a_proved_customer_are_known_without_an_email(alice: Agent, billing: Department) -> None:
    ended = {"state": "ended", "end_reason": "agent_hangup", "ended_at": clock.now()}
    earlier = make_call(subject="c-17", **ended)
    make_call(subject="c-18", **ended)
    make_call(**ended)
    past = get_story(alice, waiting_call(billing, subject="c-17").call)["past_calls"]
    assert [row["call_id"] for row in past] == [earlier.pk]  # type: ignore[attr-defined]
    assert get_story(alice, waiting_call(billing).call)["past_calls"] == []


def test_an_agent_of_other_departments_may_not_read_it(bob: Agent, billing: Department) -> None:
    error = get_story(bob, waiting_call(billing).call, expect=403)["error"]
    assert error["code"] == "forbidden"  # type: ignore[index]


def test_a_stranger_and_an_unknown_call_get_the_apis_errors(client: Client, alice: Agent) -> None:
    answer = client.get("/desk/calls/abcdef/story/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthenticated")
    answer = signed_in(alice.user).get("/desk/calls/abcdef/story/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
