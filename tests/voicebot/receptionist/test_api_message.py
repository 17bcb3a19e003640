"""POST /api/conversations/{call_id}/message, by a caller and by a key."""

import json

import pytest
from django.test import Client

from calls.models import Call, TranscriptSegment
from calls.services.keys import create_api_key
from common.models import StreamEvent
from queueing.models import Department, QueueEntry, Transfer
from queueing.services.transfers import accept_transfer
from tests.cast import make_agent
from tests.openai_server import Failure, OpenAIServer
from tests.voicebot.receptionist.db import live_call

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("celery_calls")]


@pytest.fixture
def call() -> Call:
    return live_call()


def post(call: Call, body, secret: str | None = None, **headers):
    address = f"/api/conversations/{call.pk}/message"
    text = body if isinstance(body, str) else json.dumps(body)
    headers = {"HTTP_AUTHORIZATION": f"Bearer {secret or call.secret}", **headers}
    return Client().post(address, text, content_type="application/json", **headers)


def say(call: Call, text: str):
    response = post(call, {"message": text})
    assert response.status_code == 200, response.content
    return response.json()


def test_a_question_is_answered(call):
    answer = say(call, "what are your opening hours?")
    assert answer.keys() == {"reply", "call_id", "language", "actions"}
    assert answer["reply"].startswith("We are open from nine to five.")
    assert (answer["call_id"], answer["language"], answer["actions"]) == (call.pk, "en", [])


def test_both_lines_are_in_the_transcript(call):
    answer = say(call, "hello")
    rows = TranscriptSegment.objects.filter(call=call).values_list("speaker", "text")
    assert list(rows) == [("customer", "hello"), ("ai", answer["reply"])]


def test_a_person_is_asked_for_in_arabic(call):
    assert "التاسعة" in say(call, "متى تفتحون؟")["reply"]
    answer = say(call, "أريد التحدث مع موظف")
    assert (answer["language"], answer["actions"]) == ("ar", ["escalated"])
    assert Transfer.objects.get(call=call).reason == "أريد التحدث مع موظف"
    assert Call.objects.get(pk=call.pk).state == "waiting"


def test_billing_is_routed_to_billing(call):
    assert "Billing" in say(call, "I have a question about my invoice")["reply"]
    assert "escalated" in say(call, "yes please")["actions"]
    assert QueueEntry.objects.get(call=call).department.slug == "billing"


def test_goodbye_ends_the_call(call):
    assert say(call, "goodbye")["actions"] == ["ended"]
    assert Call.objects.get(pk=call.pk).end_reason == "contained"


def test_an_ended_call_is_a_conflict(call):
    say(call, "goodbye")
    response = post(call, {"message": "hello?"})
    assert response.status_code == 409
    assert response.json()["error"]["code"] == "wrong_state"
    assert response.json()["error"]["state"] == "ended"


def test_with_an_agent_the_text_is_relayed(call):
    Call.objects.filter(pk=call.pk).update(state="agent")
    answer = say(call, "I have sent the form")
    assert (answer["reply"], answer["actions"]) == ("", ["relayed"])


def test_the_agent_reads_what_is_relayed(call):
    say(call, "talk to a human")
    alice = make_agent("alice", Department.objects.get(slug="support"))
    accept_transfer(Transfer.objects.get(call=call).public_id, agent=alice)
    Call.objects.filter(pk=call.pk).update(state="agent")
    say(call, "I have sent the form")
    event = StreamEvent.objects.filter(stream="agent:alice", type="transcript").latest("seq")
    assert (event.payload["speaker"], event.payload["text"]) == ("customer", "I have sent the form")


def test_a_call_nobody_has_joined_yet_answers_too(call):
    Call.objects.filter(pk=call.pk).update(state="created", ai_state="dispatched")
    assert say(call, "talk to a human")["actions"] == ["escalated"]


def test_a_key_may_speak_for_the_caller(call):
    _, key = create_api_key(name="crm", scopes=["calls"])
    assert post(call, {"message": "hello"}, key).status_code == 200


def test_the_same_idempotency_key_is_one_turn(call):
    first = post(call, {"message": "hello"}, HTTP_IDEMPOTENCY_KEY="k1")
    again = post(call, {"message": "hello"}, HTTP_IDEMPOTENCY_KEY="k1")
    assert first.json() == again.json()
    assert TranscriptSegment.objects.filter(call=call, speaker="customer").count() == 1


@pytest.mark.parametrize(
    "text", ["😀" * 100, "'; DROP TABLE calls_call; --", "{company} {0}", "\u202e" + "مرحبا", "%s %d", "a" * 8000]
)
def test_any_text_gets_an_answer(call, text):
    assert say(call, text)["reply"]


@pytest.fixture
def openai_server(settings):
    with OpenAIServer() as server:
        settings.VOICE_PROVIDER = "openai"
        settings.OPENAI_API_KEY = server.api_key
        settings.OPENAI_BASE_URL = server.base_url
        yield server


def test_a_model_answers_where_there_is_one(call, openai_server):
    openai_server.control.answer("We ship to Mars.")
    assert say(call, "where do you ship to?")["reply"] == "We ship to Mars."
    system = openai_server.control.asked("chat")[0]["messages"][0]["content"]
    assert "nine to five" in system


def test_a_model_transfers_by_the_tool(call, openai_server):
    assert "escalated" in say(call, "connect me to billing")["actions"]
    assert QueueEntry.objects.get(call=call).department.slug == "billing"


@pytest.mark.parametrize("failure", [Failure.UNAUTHORIZED, Failure.BROKEN])
def test_the_rules_answer_when_the_model_fails(call, openai_server, failure):
    openai_server.control.fail(failure, "chat")
    assert "nine to five" in say(call, "what are your opening hours?")["reply"]
