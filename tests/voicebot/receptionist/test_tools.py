"""Tools: their schemas, their checks, what they do and what they say."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.states import CallState
from tests.voicebot.receptionist.cast import carol
from tests.voicebot.receptionist.fakes import FakeGateway
from voicebot.receptionist.chat import Message
from voicebot.receptionist.facts import CallFacts
from voicebot.receptionist.ports import CallOver, GatewayError, Unavailable, WrongState
from voicebot.receptionist.prompts import phrase
from voicebot.receptionist.toolkit import ToolContext, ToolResult
from voicebot.receptionist.tools import check_arguments, run_tool, tools_for

REASON = {"reason": "my bill"}
NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


def context(
    facts: CallFacts | None = None, gateway: FakeGateway | None = None, *lines: str, said: str = ""
) -> ToolContext:
    facts = facts or carol()
    history = tuple(Message("user", line) for line in lines)
    return ToolContext(gateway or FakeGateway(facts), facts, "turn1", True, history, said)


async def test_escalating_puts_the_caller_in_line_and_says_where():
    turn = context()
    result = await run_tool(turn, "escalate_to_human", REASON)
    assert result.actions == ("escalated",)
    assert result.say == (
        "I am transferring you to Support now. Please stay on the line. "
        "You are first in line, and the estimated wait is about 5 minutes."
    )


async def test_escalating_says_it_in_arabic():
    result = await run_tool(context(carol("ar")), "escalate_to_human", REASON)
    assert "الدعم الفني" in result.say
    assert "حوالي 5 دقائق" in result.say


async def test_routing_names_the_department():
    gateway = FakeGateway()
    result = await run_tool(context(gateway=gateway), "route_to_department", {"department": "billing", **REASON})
    assert gateway.call.department == "billing"
    assert result.actions == ("routed", "escalated")


async def test_a_models_own_summary_and_mood_are_kept():
    gateway = FakeGateway()
    await run_tool(context(gateway=gateway), "escalate_to_human", {**REASON, "summary": "Wrong.", "mood": "angry"})
    assert gateway.escalations == [{"reason": "my bill", "department": None, "summary": "Wrong.", "mood": "angry"}]
    wrong = await run_tool(context(gateway=gateway), "escalate_to_human", {**REASON, "mood": "hungry"})
    assert not wrong.ok


async def test_the_same_tool_twice_in_a_turn_runs_once():
    gateway = FakeGateway()
    turn = context(gateway=gateway)
    first = await run_tool(turn, "escalate_to_human", REASON)
    again = await run_tool(turn, "escalate_to_human", json.dumps(REASON))
    assert first == again
    assert len(gateway.escalations) == 1


async def test_who_is_in_line_already_hears_where():
    result = await run_tool(context(carol(state=CallState.WAITING, queue_position=2)), "escalate_to_human", REASON)
    assert result.say.startswith(phrase("en", "already_waiting"))
    assert result.actions == ()


async def test_a_closed_department_offers_a_message_or_a_callback():
    result = await run_tool(context(gateway=FakeGateway(closed=frozenset({"support"}))), "escalate_to_human", REASON)
    assert not result.ok
    assert result.say == f"{phrase('en', 'refused_closed', department='Support')} {phrase('en', 'offer_either')}"


@pytest.mark.parametrize("contact", ["carol@example.com", "+49 170 1234567"])
async def test_a_callback_is_stored_before_it_is_promised(contact):
    gateway = FakeGateway()
    result = await run_tool(context(gateway=gateway, said=contact), "request_callback", {"contact": contact})
    assert gateway.callbacks == [(contact, "")]
    assert contact in result.say
    assert not result.ends_call


@pytest.mark.parametrize(
    ("opens", "said"),
    [(NOON, "as soon as somebody is free."), (NOON + timedelta(days=1), "free, from tomorrow")],
)
async def test_the_time_of_a_callback_is_read_back(opens, said):
    gateway = FakeGateway(now=NOON, opens=opens)
    result = await run_tool(context(gateway=gateway, said="a@b.co"), "request_callback", {"contact": "a@b.co"})
    assert said in result.say


@pytest.mark.parametrize(
    ("offer", "left"),
    [
        ("either", {"request_callback", "take_message"}),
        ("message", {"take_message"}),
        ("callback", {"request_callback"}),
        ("ai_only", set()),
    ],
)
def test_after_a_refusal_only_what_the_department_offers_can_be_left(offer, left):
    names = {tool.name for tool in tools_for(carol(queue_outcome="closed", queue_offer=offer))}
    assert names & {"request_callback", "take_message"} == left


async def test_a_waiting_callers_callback_ends_the_call():
    result = await run_tool(
        context(carol(state=CallState.WAITING), said="carol@example.com"),
        "request_callback",
        {"contact": "carol@example.com"},
    )
    assert result.ends_call
    assert result.actions == ("callback_requested", "ended")


async def test_a_callback_to_nowhere_is_not_stored():
    gateway = FakeGateway()
    result = await run_tool(context(gateway=gateway), "request_callback", {"contact": "at home"})
    assert (result.ok, gateway.callbacks, result.say) == (False, [], phrase("en", "contact_unclear"))


async def test_a_callback_that_could_not_be_stored_is_not_promised():
    result = await run_tool(
        context(gateway=FakeGateway(error=Unavailable("down")), said="a@b.co"),
        "request_callback",
        {"contact": "a@b.co"},
    )
    assert (result.ok, result.say) == (False, phrase("en", "tool_failed"))


async def test_an_agent_who_has_just_accepted_is_announced_instead():
    result = await run_tool(
        context(gateway=FakeGateway(error=WrongState("connecting")), said="a@b.co"),
        "request_callback",
        {"contact": "a@b.co"},
    )
    assert result.say == phrase("en", "being_connected")


async def test_a_message_is_stored():
    gateway = FakeGateway()
    result = await run_tool(context(gateway=gateway), "take_message", {"message": "Tell sales"})
    assert gateway.messages == ["Tell sales"]
    assert result.actions == ("message_taken",)


async def test_the_language_changes_and_the_answer_is_in_it():
    gateway = FakeGateway()
    result = await run_tool(context(gateway=gateway), "set_language", {"language": "ar"})
    assert (gateway.call.language, result.language, result.say) == ("ar", "ar", phrase("ar", "language_changed"))


async def test_a_fact_is_noted_without_a_word():
    gateway = FakeGateway()
    result = await run_tool(context(gateway=gateway), "note_fact", {"key": "order", "value": "42"})
    assert gateway.facts_noted == {"order": "42"}
    assert (result.say, result.actions) == ("", ("fact_noted",))


async def test_ending_says_goodbye_first():
    gateway = FakeGateway()
    result = await run_tool(context(gateway=gateway, said="goodbye"), "end_call", {})
    assert result.ends_call
    assert (result.say, gateway.ended) == (phrase("en", "goodbye", company="Acme"), 0)


async def test_a_caller_may_leave_the_line():
    gateway = FakeGateway(carol(state=CallState.WAITING))
    asked = (Message("assistant", phrase("en", "confirm_leave")),)
    turn = ToolContext(gateway, gateway.call, "turn1", True, asked, "yes")
    result = await run_tool(turn, "leave_queue", {})
    assert (gateway.left, result.actions, result.say) == (1, ("left_queue",), phrase("en", "left_queue"))


async def test_nobody_in_line_is_told_so():
    assert (await run_tool(context(), "queue_status", {})).say == phrase("en", "not_waiting")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("no_such_tool", {}),
        ("escalate_to_human", {}),
        ("escalate_to_human", "not json"),
        ("escalate_to_human", "[1]"),
        ("escalate_to_human", {"reason": 7}),
        ("escalate_to_human", {"reason": "x" * 501}),
        ("route_to_department", {"department": "nowhere", "reason": "x"}),
        ("set_language", {"language": "fr"}),
        ("note_fact", {"key": "\x00", "value": "x"}),
    ],
)
async def test_bad_arguments_come_back_as_words_for_the_model(name, arguments):
    result = await run_tool(context(), name, arguments)
    assert not result.ok
    assert result.text
    assert result.say == ""


@pytest.mark.parametrize("error", [GatewayError("x"), Unavailable("x"), WrongState("agent"), CallOver()])
async def test_a_refusal_of_the_product_never_raises(error):
    assert not (await run_tool(context(gateway=FakeGateway(error=error)), "escalate_to_human", REASON)).ok


def test_departments_are_offered_by_the_facts():
    schema = next(tool for tool in tools_for(carol()) if tool.name == "route_to_department").parameters
    assert schema["properties"]["department"]["enum"] == ["support", "sales", "billing"]


def test_a_waiting_caller_may_be_moved_but_not_escalated_again():
    names = {tool.name for tool in tools_for(carol(state=CallState.WAITING))}
    assert "escalate_to_human" not in names
    assert "route_to_department" in names


async def test_a_waiting_caller_keeps_his_place_when_the_other_department_takes_nobody():
    waiting = carol(state=CallState.WAITING, department="support")
    gateway = FakeGateway(waiting, closed=frozenset({"billing"}))
    result = await run_tool(context(waiting, gateway), "route_to_department", {**REASON, "department": "billing"})
    assert result.say == f"{phrase('en', 'refused_closed', department='Billing')} {phrase('en', 'offer_keep')}"


def test_every_schema_is_plain_json():
    assert json.loads(json.dumps([tool.parameters for tool in tools_for(carol())]))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.dictionaries(st.text(max_size=8), inner, max_size=3),
    )
)
def test_checking_arguments_never_raises(value):
    schema = tools_for(carol())[0].parameters
    arguments = value if isinstance(value, dict) else json.dumps(value)
    assert isinstance(check_arguments(schema, arguments), dict | str)


def test_surplus_arguments_are_dropped():
    assert check_arguments(tools_for(carol())[0].parameters, {"reason": "x", "weather": "fine"}) == {"reason": "x"}


def test_a_result_is_json_for_the_model():
    told = json.loads(ToolResult(True, "Done.", "شكرا").output())
    assert told == {"ok": True, "result": "Done.", "say": "شكرا"}
