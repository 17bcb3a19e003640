"""Details: put into one form, read back, kept after a yes."""

from datetime import date

import pytest

from calls.states import ToolOutcome
from tests.voicebot.receptionist.cast import carol
from tests.voicebot.receptionist.fakes import FakeGateway, ScriptedEngine
from voicebot.receptionist.chat import Decision, ToolCall
from voicebot.receptionist.conversation import converse
from voicebot.receptionist.detail_words import given_detail
from voicebot.receptionist.details import Rules, normalised, read_back
from voicebot.receptionist.engine import RulesEngine
from voicebot.receptionist.prompts import phrase
from voicebot.receptionist.toolkit import ToolContext
from voicebot.receptionist.tools import run_tool

MONDAY = date(2027, 3, 1)
SAUDI = Rules(phone_region="SA", today=MONDAY)


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("name", "Carol O'Neil", "Carol O'Neil"),
        ("name", "  محمد عبد الله ", "محمد عبد الله"),
        ("name", "4711", ""),
        ("name", "x", ""),
        ("phone", "055 123 4567", "+966551234567"),
        ("phone", "٠٥٥١٢٣٤٥٦٧", "+966551234567"),
        ("phone", "zero five five one two three four five six seven", "+966551234567"),
        ("phone", "صفر خمسة خمسة واحد اثنين ثلاثة أربعة خمسة ستة سبعة", "+966551234567"),
        ("phone", "zero double five 123 4567", "+966551234567"),
        ("phone", "+49 170 1234567", "+491701234567"),
        ("phone", "0049 170 1234567", "+491701234567"),
        ("phone", "12", ""),
        ("phone", "at home", ""),
        ("email", "Carol@Example.com", "Carol@example.com"),
        ("email", "carol at example dot com", "carol@example.com"),
        ("email", "carol@@example", ""),
        ("date", "2027-03-05", "2027-03-05"),
        ("date", "5/3/2027", "2027-03-05"),
        ("date", "tomorrow", "2027-03-02"),
        ("date", "غدًا", "2027-03-02"),
        ("date", "next friday", "2027-03-05"),
        ("date", "monday", "2027-03-08"),
        ("date", "الجمعة", "2027-03-05"),
        ("date", "March 5th", "2027-03-05"),
        ("date", "5 February", "2028-02-05"),
        ("date", "٥ مارس ٢٠٢٧", "2027-03-05"),
        ("date", "2027-02-30", ""),
        ("date", "31 February", ""),
        ("date", "soon", ""),
        ("order_number", "ab-12345", "AB-12345"),
        ("order_number", "one two three four", "1234"),
        ("order_number", "late", ""),
    ],
)
def test_a_detail_has_one_form(kind: str, value: str, kept: str) -> None:
    assert normalised(kind, value, SAUDI) == kept


def test_an_installation_has_order_numbers_of_its_own() -> None:
    rules = Rules(order_pattern=r"SO-\d{6}")
    assert normalised("order_number", "so-123456", rules) == "SO-123456"
    assert normalised("order_number", "123456", rules) == ""
    assert normalised("order_number", "123456", Rules(order_pattern="(")) == ""


def test_a_number_without_a_country_stays_as_given() -> None:
    assert normalised("phone", "0551234567", Rules()) == "0551234567"


@pytest.mark.parametrize(
    ("language", "kind", "value", "said"),
    [
        ("en", "phone", "0551234567", "zero five five, one two three, four five six, seven"),
        ("ar", "phone", "+966551", "زائد تسعة ستة, ستة خمسة خمسة, واحد"),
        ("en", "email", "carol@example.com", "carol at example dot com"),
        ("en", "date", "2027-03-01", "Monday 1 March 2027"),
        ("ar", "date", "2027-03-01", "الاثنين 1 مارس 2027"),
        ("en", "order_number", "AB-12", "A B one, two"),
    ],
)
def test_what_is_heard_is_spelled(language: str, kind: str, value: str, said: str) -> None:
    assert read_back(language, kind, value, typed=False) == said


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("my order number is 12345 and it is late", ("order_number", "12345")),
        ("order one two three", ("order_number", "123")),
        ("رقم طلبي هو ٤٥٦", ("order_number", "٤٥٦")),
        ("my name is Carol", ("name", "Carol")),
        ("اسمي كارول", ("name", "كارول")),
        ("I want to order a pizza", None),
        ("in order to pay", None),
    ],
)
def test_a_detail_is_found_by_the_words_before_it(text: str, found: tuple[str, str] | None) -> None:
    assert given_detail(text) == found


@pytest.mark.parametrize(
    ("language", "text", "question", "yes"),
    [
        ("en", "my order number is ab12345", "I have your order number as AB12345. Is that right?", "yes"),
        ("ar", "رقم طلبي هو 12345", "سجّلت رقم طلبك: 12345. هل هذا صحيح؟", "نعم"),
        ("en", "carol@example.com", "I have your email address as carol@example.com. Is that right?", "that is right"),
    ],
)
async def test_the_rules_read_back_and_keep_after_a_yes(language: str, text: str, question: str, yes: str) -> None:
    gateway = FakeGateway(carol(language))
    assert (await converse(gateway, RulesEngine(), "call1", text)).reply == question
    assert gateway.facts_noted == {}
    turn = await converse(gateway, RulesEngine(), "call1", yes)
    assert turn.actions == ("detail_kept",)
    assert list(gateway.facts_noted.values()) in (["AB12345"], ["12345"], ["carol@example.com"])
    assert turn.reply.startswith(phrase(language, "fact_noted"))


async def test_a_no_asks_once_more_and_the_new_value_is_read_back() -> None:
    gateway = FakeGateway()
    await converse(gateway, RulesEngine(), "call1", "my order number is 12345")
    again = await converse(gateway, RulesEngine(), "call1", "no")
    assert again.reply == phrase("en", "detail_again", what="your order number")
    turn = await converse(gateway, RulesEngine(), "call1", "12346")
    assert "12346. Is that right?" in turn.reply
    await converse(gateway, RulesEngine(), "call1", "yes")
    assert gateway.facts_noted == {"order_number": "12346"}


async def test_a_model_goes_on_by_itself_after_the_yes() -> None:
    gateway = FakeGateway()
    collect = ToolCall("collect_detail", {"kind": "order_number", "value": "12345"})
    engine = ScriptedEngine([Decision(calls=(collect,)), Decision("Thank you. And your phone number?")])
    assert "12345. Is that right?" in (await converse(gateway, engine, "call1", "it is 12345")).reply
    turn = await converse(gateway, engine, "call1", "yes")
    assert (turn.reply, turn.actions) == ("Thank you. And your phone number?", ("detail_kept",))
    assert gateway.facts_noted == {"order_number": "12345"}


async def test_what_is_none_is_said_and_not_kept() -> None:
    gateway = FakeGateway()
    context = ToolContext(gateway, gateway.call, "t", False, (), "my mail")
    result = await run_tool(context, "collect_detail", {"kind": "email", "value": "carol"})
    assert (result.ok, result.say) == (False, phrase("en", "detail_unclear", what="your email address"))
    wrong = await run_tool(context, "collect_detail", {"kind": "password", "value": "x"})
    assert not wrong.ok
    assert {use["outcome"] for use in gateway.uses.values()} == {ToolOutcome.REFUSED}


async def test_a_heard_callback_contact_is_spelled_before_it_is_stored() -> None:
    gateway = FakeGateway()
    context = ToolContext(gateway, gateway.call, "t", False, (), "call me")
    result = await run_tool(context, "request_callback", {"contact": "0551234567"})
    assert "zero five five, one two three" in result.say
    assert gateway.callbacks == []
