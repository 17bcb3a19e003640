"""The end of a call: one question at most, and what is kept of it."""

import pytest

from calls.models import Call, Feedback
from calls.services import lifecycle, transcript
from calls.states import CallState, EndReason, Resolution, Speaker
from queueing import presenters
from queueing.services import callbacks
from tests.cast import make_call
from tests.voicebot.receptionist.cast import carol
from tests.voicebot.receptionist.db import company
from tests.voicebot.receptionist.fakes import FakeGateway, ScriptedEngine
from tests.voicebot.receptionist.test_briefing import plain
from voicebot.gateway import completion
from voicebot.gateway.completion import complete
from voicebot.receptionist.chat import Decision, Message, ToolCall
from voicebot.receptionist.completion import resolution_of
from voicebot.receptionist.engine import EngineError
from voicebot.receptionist.prompts import phrase
from voicebot.receptionist.rebriefing import recap
from voicebot.receptionist.toolkit import ToolContext
from voicebot.receptionist.tools import answer_question, run_tool


def said(*texts: str) -> list[Message]:
    """Alternately the receptionist and the caller."""
    return [Message(("assistant", "user")[at % 2], text) for at, text in enumerate(texts)]


ELSE = phrase("en", "anything_else")


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (said(f"From nine to five. {ELSE}", "no thanks"), Resolution.RESOLVED),
        (said(f"من التاسعة. {phrase('ar', 'anything_else')}", "لا شكرا"), Resolution.RESOLVED),
        (said(phrase("en", "closing_settled"), "yes"), Resolution.RESOLVED),
        (said(phrase("ar", "closing_settled"), "لا"), Resolution.UNRESOLVED),
        (said(ELSE, "no", "Goodbye!", "wait, my bill", phrase("en", "closing_settled"), "no"), Resolution.UNRESOLVED),
        (said("Hello", "goodbye"), Resolution.UNKNOWN),
        (said(ELSE, "yes"), Resolution.UNKNOWN),
    ],
)
def test_whether_it_was_settled_is_the_callers_own_word(lines: list[Message], found: Resolution) -> None:
    assert resolution_of(lines) == found


def heard(gateway: FakeGateway, words: str, *before: str, turn: str = "t1") -> ToolContext:
    """A spoken turn of a call with a model."""
    return ToolContext(gateway, gateway.call, turn, False, tuple(said(*before)), words)


async def test_a_spoken_goodbye_is_answered_with_one_question() -> None:
    gateway = FakeGateway(carol(voice="openai"))
    asked = await run_tool(heard(gateway, "goodbye"), "end_call", {})
    assert (asked.say, asked.ends_call) == (phrase("en", "closing_settled"), False)
    ended = await answer_question(heard(gateway, "yes", asked.say, turn="t2"))
    assert ended is not None
    assert ended.ends_call


async def test_a_no_to_the_last_question_goes_on() -> None:
    gateway = FakeGateway(carol(voice="openai"))
    asked = await run_tool(heard(gateway, "goodbye"), "end_call", {})
    going_on = await answer_question(heard(gateway, "no", asked.say, turn="t2"))
    assert going_on is not None
    assert (going_on.say, going_on.ends_call) == (phrase("en", "not_now"), False)


@pytest.mark.parametrize(("answer", "ratings"), [("four", [4]), ("no thanks", []), ("bye", [])])
async def test_who_needs_nothing_more_is_asked_for_a_rating_and_may_decline(answer: str, ratings: list[int]) -> None:
    gateway = FakeGateway(carol(voice="openai"))
    asked = await run_tool(heard(gateway, "no", ELSE), "end_call", {})
    assert asked.say == phrase("en", "survey_ask")
    ended = await answer_question(heard(gateway, answer, asked.say, turn="t2"))
    assert ended is not None
    assert (ended.ends_call, gateway.ratings) == (True, ratings)


async def test_another_wish_instead_of_a_rating_is_answered() -> None:
    gateway = FakeGateway(carol(voice="openai"))
    asked = await run_tool(heard(gateway, "no", ELSE), "end_call", {})
    assert await answer_question(heard(gateway, "what about my invoice", asked.say, turn="t2")) is None
    assert gateway.ratings == []


async def test_who_types_goodbye_is_asked_nothing() -> None:
    gateway = FakeGateway()
    context = ToolContext(gateway, gateway.call, "t1", True, (), "goodbye")
    assert (await run_tool(context, "end_call", {})).ends_call


@pytest.fixture
def call(db: None, celery_calls: object) -> Call:
    company()
    call = make_call(ai_state="live", ai_epoch=1)
    lines = (("customer", "when are you open"), ("ai", f"From nine to five. {ELSE}"), ("customer", "no"))
    for number, (speaker, text) in enumerate(lines):
        call.transcript.create(key=str(number), speaker=speaker, text=text, language="en")
    return call


def test_recap_and_resolution_are_stored_when_the_call_has_ended(
    call: Call, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        lifecycle.end_call(call.pk, EndReason.CONTAINED, actor="ai")
    call.refresh_from_db()
    assert call.resolution == Resolution.RESOLVED
    assert plain(call.completion["recap"]["en"]) == (
        "The call was about: “when are you open”. What was done: an answer to “What are your opening hours?”."
    )
    assert call.completion["recap"]["ar"].startswith("موضوع المكالمة")
    assert call.completion["follow_up"] == []
    assert presenters.call_state(call)["recap"] == call.completion["recap"]["en"]


def test_what_is_left_to_do_are_rows_and_callers_nobody_came_to(call: Call) -> None:
    callbacks.request_callback(call, kind="message", note="Tell sales", contact="a@b.co", actor="ai")
    lifecycle.end_call(call.pk, EndReason.CONTAINED, actor="ai")
    complete(call.pk)
    call.refresh_from_db()
    assert call.completion["follow_up"] == [{"kind": "message", "text": "a@b.co"}]
    assert presenters.call_state(call)["follow_up"] == ["message"]


def test_a_call_that_goes_on_has_no_recap(call: Call) -> None:
    complete(call.pk)
    call.refresh_from_db()
    assert (call.state, call.completion) == (CallState.AI, {})


def test_a_caller_who_said_nothing_has_none(db: None, celery_calls: object) -> None:
    call = make_call()
    lifecycle.end_call(call.pk, EndReason.ABANDONED, actor="caller")
    complete(call.pk)
    call.refresh_from_db()
    assert call.completion == {}
    assert not Feedback.objects.exists()


RECAP = ToolCall("recap", {"recap": "You asked for the hours. You were told them.", "follow_up": "Check the site."})


async def test_a_model_writes_down_what_a_call_came_to() -> None:
    gateway = FakeGateway(carol(state=CallState.ENDED))
    await recap(gateway, ScriptedEngine([Decision(calls=(RECAP,))]), "call1")
    assert gateway.recaps == [("You asked for the hours. You were told them.", "Check the site.")]


@pytest.mark.parametrize(
    ("state", "answer"),
    [
        (CallState.AI, Decision(calls=(RECAP,))),
        (CallState.ENDED, Decision("Hello")),
        (CallState.ENDED, EngineError("x")),
        (CallState.ENDED, Decision(calls=(ToolCall("recap", {"recap": "Your callback has been booked."}),))),
    ],
    ids=["not over", "no tool", "down", "claims what no row says"],
)
async def test_otherwise_the_rules_recap_stands(state: CallState, answer: Decision | EngineError) -> None:
    gateway = FakeGateway(carol(state=state))
    await recap(gateway, ScriptedEngine([answer]), "call1")
    assert gateway.recaps == []


@pytest.mark.django_db
def test_a_models_recap_takes_the_place_of_the_rules_in_its_language_only(celery_calls: object) -> None:
    company()
    call = make_call(ai_state="live", ai_epoch=1)
    transcript.add_segment(call.pk, key="a", speaker=Speaker.CUSTOMER, text="when are you open", language="en")
    completion.recap(call.pk, recap="Too early.", follow_up="")
    lifecycle.end_call(call.pk, EndReason.CUSTOMER_HANGUP, actor="caller")
    complete(call.pk)
    completion.recap(call.pk, recap="You asked for the hours.", follow_up="Check the site.")
    call.refresh_from_db()
    assert call.completion["recap"]["en"] == "You asked for the hours."
    assert plain(call.completion["recap"]["ar"]).startswith("موضوع المكالمة")
    assert {"kind": "noted", "text": "Check the site."} in call.completion["follow_up"]
    # The caller's page has rows only.
    assert "noted" not in presenters.call_state(call)["follow_up"]
