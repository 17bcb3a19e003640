"""What a caller may ask, in both languages."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from calls.states import CallState
from tests.voicebot.receptionist.cast import BILLING, RETURNS, SUPPORT, carol, last
from voicebot.receptionist.facts import Opening
from voicebot.receptionist.prompts import phrase
from voicebot.receptionist.rules import direct_request

PERSON = [
    "hand me over to a colleague",
    "may I speak to a representative",
    "put me on with a person",
    "بدي احكي مع حدا",
    "أريد التحدث إلى أحدهم",
    "I need a human",
    "i need an agent now",
    "أحتاج إلى موظف",
    "need a person",
    "talk to a human",
    "I want to talk to a human",
    "Can I speak with a real person?",
    "agent",
    "human please",
    "representative!",
    "get me a representtive",
    "I need somebody from your staff",
    "is there anyone, a person, I can speak to? connect me to a person",
    "connect me with an operator",
    "please transfer me to a live agent",
    "no bots, get me a person",
    "No, I want a human",
    "customer service",
    "I'd like to talk to someone",
    "انسان",
    "إنسان من فضلك",
    "أريد التحدث مع موظف",
    "اريد ان اتحدث الى شخص حقيقي",
    "ابغى أكلم إنسان",
    "عايز اكلم حد",
    "بدي احكي مع موظف",
    "حولني إلى موظف",
    "ممكن أتكلم مع ممثل خدمة العملاء",
    "لا، أريد التحدث مع شخص",
    "أُرِيدُ مُوَظَّفًا",
    "وصلني بأحد الموظفين",
    "هل يوجد موظف؟",
]
NOT_PERSON = [
    "I was talking to an agent yesterday about my order",
    "the representative told me to call",
    "الموظف كان لطيفا",
    "تكلمت مع موظف أمس",
    "there is no need for a human",
    "لا داعي لموظف",
    "I don't want to talk to a human",
    "are you a human?",
    "am I talking to a real person",
    "my personal data",
    "what are your opening hours",
    "hello",
    "thanks",
    "the weather is nice",
    "لا أريد التحدث مع موظف",
    "هل أنت إنسان؟",
    "موعد يوم الأحد",
    "أريد موعدا يوم الأحد",
    "مرحبا",
    "",
]


@pytest.mark.parametrize("text", PERSON)
def test_a_typed_wish_for_a_person_goes_straight(text):
    (call,) = last(carol(), text).calls
    assert call.name == "escalate_to_human"
    assert call.arguments["reason"]


@pytest.mark.parametrize("text", PERSON)
def test_a_wish_for_a_person_is_certain_for_every_engine(text):
    assert direct_request(carol(), text) is not None


@pytest.mark.parametrize("text", NOT_PERSON)
def test_what_is_no_wish_for_a_person_escalates_nobody(text):
    assert direct_request(carol(), text) is None
    assert not [call for call in last(carol(), text).calls if call.name == "escalate_to_human"]


@pytest.mark.parametrize("text", PERSON)
def test_a_heard_wish_for_a_person_is_confirmed_first(text):
    decision = last(carol(), text, typed=False)
    assert (decision.say, decision.calls) == (phrase("en", "confirm_person"), ())


def test_a_wish_for_a_person_of_a_department_names_it():
    assert last(carol(), "I want to talk to a person about my bill").calls[0].arguments["department"] == "billing"
    assert last(carol("ar"), "أريد موظفا من المبيعات").calls[0].arguments["department"] == "sales"


def test_who_waits_already_hears_his_place_instead():
    assert direct_request(carol(state=CallState.WAITING), "talk to a human") is None
    assert last(carol(state=CallState.WAITING), "talk to a human").calls[0].name == "queue_status"


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("billing please", "billing"),
        ("I have a question about my invoice", "billing"),
        ("sales", "sales"),
        ("I want to buy something", "sales"),
        ("technical support", "support"),
        ("my router is not working", "support"),
        ("biling", "billing"),
        ("عندي مشكلة في الفاتورة", "billing"),
        ("المبيعات", "sales"),
        ("الجهاز لا يعمل", "support"),
        ("أحتاج إلى الدعم الفني", "support"),
    ],
)
def test_a_department_mentioned_is_offered(text, slug):
    facts = carol()
    department = facts.department_named(slug)
    assert department
    assert last(facts, text).say == phrase("en", "confirm_department", department=department.label("en"))


@pytest.mark.parametrize(
    ("text", "slug"),
    [("connect me to billing", "billing"), ("transfer me to sales please", "sales"), ("حولني إلى المبيعات", "sales")],
)
def test_a_typed_wish_for_a_department_goes_straight(text, slug):
    (call,) = last(carol(), text).calls
    assert (call.name, call.arguments["department"]) == ("route_to_department", slug)


def test_a_department_of_the_operators_own_is_known_by_name_and_synonym():
    facts = carol(departments=(SUPPORT, RETURNS))
    for text in ("returns desk", "I want to send it back", "المرتجعات"):
        assert "Returns desk" in last(facts, text).say


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("What are your opening hours?", "nine to five"),
        ("when r u open", "nine to five"),
        ("opening hours", "nine to five"),
        ("i forgot my pasword", "login page"),
        ("how can I reset the password", "login page"),
        ("do you accept payment by other methods", "bank transfer"),
    ],
)
def test_a_frequent_question_is_answered(text, answer):
    said = last(carol(), text).say
    assert answer in said
    assert said.endswith(phrase("en", "anything_else"))


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("متى تفتحون", "التاسعة"),
        ("ماهي ساعات العمل", "التاسعة"),
        ("نسيت كلمة المرور كيف أعيد تعيينها", "الرابط"),
        ("ما طرق الدفع", "البطاقات"),
    ],
)
def test_a_frequent_question_is_answered_in_arabic(text, answer):
    assert answer in last(carol("ar"), text).say


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("hi", "hello"),
        ("good morning", "hello"),
        ("thanks", "welcome_thanks"),
        ("thank you very much", "welcome_thanks"),
        ("call me back", "ask_contact"),
        ("leave a message", "ask_message"),
        ("never mind", "not_now"),
        ("yes", "go_ahead"),
        ("السلام عليكم", "hello"),
        ("شكرا جزيلا", "welcome_thanks"),
        ("أريد معاودة الاتصال", "ask_contact"),
        ("أريد أن أترك رسالة", "ask_message"),
        ("نعم", "go_ahead"),
    ],
)
def test_small_talk_has_its_sentence(text, key):
    language = "en" if text.isascii() else "ar"
    assert last(carol(language), text).say == phrase(language, key)


@pytest.mark.parametrize(
    "text", ["are you a robot?", "who are you", "am I talking to a machine", "هل أنت إنسان؟", "من أنت"]
)
def test_it_says_that_it_is_an_ai_when_asked(text):
    assert last(carol(), text).say == phrase("en", "who_am_i", company="Acme")


@pytest.mark.parametrize("text", ["help", "what can you do?", "ساعدني"])
def test_help_names_the_departments(text):
    assert "Support, Sales or Billing" in last(carol(), text).say


@pytest.mark.parametrize(
    "text", ["goodbye", "bye bye", "end the call please", "ok thank you goodbye", "مع السلامة", "شكرا، إلى اللقاء"]
)
def test_a_typed_goodbye_ends_the_call(text):
    assert last(carol(), text).calls[0].name == "end_call"


def test_a_heard_goodbye_is_confirmed():
    assert last(carol(), "goodbye", typed=False).say == phrase("en", "closing_settled")


def test_a_waiting_callers_goodbye_is_confirmed():
    assert last(carol(state=CallState.WAITING), "goodbye").say == phrase("en", "confirm_end")


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        ("en", "Arabic please", "ar"),
        ("en", "بالعربية", "ar"),
        ("ar", "in English", "en"),
        ("ar", "تكلم بالإنجليزية", "en"),
    ],
)
def test_another_language_is_taken_up(language, text, wanted):
    (call,) = last(carol(language), text).calls
    assert (call.name, call.arguments) == ("set_language", {"language": wanted})


def test_the_last_line_is_repeated():
    first, again = last(carol(), "opening hours").say, last(carol(), "opening hours", "say that again").say
    assert first == again


def test_nothing_to_repeat_is_said():
    assert last(carol(), "repeat that").say == phrase("en", "nothing_to_repeat")


@pytest.mark.parametrize(
    "text", ["how long do I have to wait", "what is my position in line?", "كم الوقت المتوقع للانتظار", "ما ترتيبي"]
)
def test_the_place_in_line_is_looked_up(text):
    assert last(carol(state=CallState.WAITING), text).calls[0].name == "queue_status"


def test_a_contact_typed_unasked_is_collected():
    call = last(carol(), "my email is carol@example.com").calls[0]
    assert (call.name, call.arguments) == ("collect_detail", {"kind": "email", "value": "carol@example.com"})


MONDAY = datetime(2026, 11, 16, 20, tzinfo=UTC)
WITH_HOURS = (
    replace(SUPPORT, opening=Opening(True, MONDAY, MONDAY)),
    replace(BILLING, opening=Opening(False, MONDAY, datetime(2026, 11, 17, 9, tzinfo=UTC))),
)


@pytest.mark.parametrize(
    ("language", "text", "told"),
    [
        ("en", "are you open now?", "Support is open now."),
        (
            "en",
            "is billing still open",
            "Billing is closed at the moment, and opens again tomorrow at 9 in the morning.",
        ),
        ("ar", "هل أنتم مفتوحون الآن؟", "قسم الدعم الفني مفتوح الآن."),
    ],
)
def test_whether_a_department_is_open_is_told_from_its_hours(language: str, text: str, told: str):
    assert last(carol(language, departments=WITH_HOURS), text).say.startswith(told)


def test_without_hours_nothing_is_said_about_them():
    assert "open now" not in last(carol(), "are you open now?").say


@pytest.mark.parametrize(
    ("text", "department"), [("transfer me to billing", "billing"), ("connect me to sales", "sales")]
)
def test_a_waiting_caller_who_names_another_department_is_moved_there(text: str, department: str):
    waiting = carol(state=CallState.WAITING, department="support")
    (call,) = last(waiting, text).calls
    assert (call.name, call.arguments["department"]) == ("route_to_department", department)


def test_a_waiting_caller_who_names_his_own_department_is_told_his_place():
    waiting = carol(state=CallState.WAITING, department="support")
    assert [call.name for call in last(waiting, "connect me to support").calls] == ["queue_status"]
