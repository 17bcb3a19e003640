"""Questions of the receptionist and their answers; no state but the lines themselves."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.states import CallState
from tests.voicebot.receptionist.cast import carol, last, talk
from voicebot.receptionist.chat import Decision, Message
from voicebot.receptionist.language import detect_language
from voicebot.receptionist.pending import pending
from voicebot.receptionist.prompts import book, languages, phrase
from voicebot.receptionist.rules import after_tool, respond


@pytest.mark.parametrize("answer", ["yes", "yes please", "sure", "ok", "please do", "yes, that would be great"])
def test_a_yes_confirms_the_transfer(answer):
    (call,) = last(carol(), "talk to a human", answer, typed=False).calls
    assert (call.name, call.arguments["reason"]) == ("escalate_to_human", "talk to a human")


@pytest.mark.parametrize("answer", ["no", "no thanks", "never mind", "not now"])
def test_a_no_keeps_the_caller(answer):
    decision = last(carol(), "talk to a human", answer, typed=False)
    assert (decision.say, decision.calls) == (phrase("en", "not_now"), ())


def test_saying_it_twice_is_a_yes():
    assert last(carol(), "talk to a human", "talk to a human", typed=False).calls[0].name == "escalate_to_human"


def test_a_heard_department_is_confirmed_and_routed():
    first, second = talk(carol(), "billing please", "yes", typed=False)
    assert first.calls == ()
    assert second.calls[0].arguments == {"department": "billing", "reason": "billing please"}


def test_another_department_instead_is_asked_again():
    said = last(carol(), "billing please", "no sales", typed=False).say
    assert said == phrase("en", "confirm_department", department="Sales")


def test_a_department_after_the_offer_of_a_person_is_taken_as_the_choice():
    assert last(carol(), "talk to a human", "billing please", typed=False).calls[0].arguments["department"] == "billing"


def test_arabic_dialogue_routes_to_the_department_asked_for():
    (call,) = last(carol("ar"), "عندي مشكلة في الفاتورة", "نعم من فضلك").calls
    assert (call.name, call.arguments["department"]) == ("route_to_department", "billing")


def test_an_english_question_may_be_answered_in_arabic():
    history = [Message("assistant", phrase("en", "confirm_person"))]
    assert respond(carol("ar"), history, "نعم", typed=True).calls[0].name == "escalate_to_human"


def test_a_question_interrupted_by_the_answer_still_counts():
    history = [Message("user", "talk to billing"), Message("assistant", "Shall I put you through to Bi")]
    decision = respond(carol(), history, "yes", typed=False)
    assert decision.calls[0].arguments["department"] == "billing"


def test_an_interrupted_question_of_nobody_knows_what_leads_to_a_person():
    history = [Message("assistant", "Shall I put you through to")]
    assert respond(carol(), history, "yes", typed=False).calls[0].name == "escalate_to_human"


def test_a_question_survives_announcements_after_it():
    history = [
        Message("assistant", phrase("en", "confirm_callback", contact="carol@example.com")),
        Message("assistant", phrase("en", "position_improved", position=2, wait="about two minutes")),
    ]
    decision = respond(carol(state=CallState.WAITING, contact="carol@example.com"), history, "yes", typed=False)
    assert decision.calls[0].arguments == {"contact": "carol@example.com"}


def test_a_question_answered_already_is_not_answered_again():
    history = [
        Message("assistant", phrase("en", "confirm_person")),
        Message("user", "no"),
        Message("assistant", "Fine."),
    ]
    assert respond(carol(), history, "yes", typed=False).calls == ()


def test_not_understood_thrice_offers_a_person():
    keys = [decision.say for decision in talk(carol(), "blah", "foo bar", "qwertz")]
    assert [said.split(".")[0] for said in keys] == [
        "I am sorry, I did not understand that",
        "I am sorry, I did not catch that",
        "I am sorry, I still do not understand",
    ]
    assert last(carol(), "blah", "foo bar", "qwertz", "yes").calls[0].name == "escalate_to_human"


def test_what_is_understood_in_between_starts_the_count_anew():
    assert last(carol(), "blah", "opening hours", "foo bar").say.startswith("I am sorry, I did not understand that")


def test_a_waiting_caller_not_understood_is_not_offered_a_transfer():
    assert last(carol(state=CallState.WAITING), "blah").say == phrase("en", "did_not_understand_waiting")


def test_a_company_without_departments_still_answers():
    assert last(carol(departments=()), "blah").say == phrase("en", "offer_person")


@pytest.mark.parametrize("text", ["carol@example.com", "it is carol@example.com thanks"])
def test_the_contact_asked_for_is_taken(text):
    assert last(carol(), "call me back", text).calls[0].arguments == {"contact": "carol@example.com"}


def test_what_is_no_contact_is_asked_for_again():
    assert last(carol(), "call me back", "at home").say == phrase("en", "contact_unclear")
    assert last(carol(), "call me back", "at home", "0170 1234567").calls[0].name == "request_callback"


def test_a_known_contact_is_confirmed():
    facts = carol(contact="carol@example.com")
    assert last(facts, "call me back").say == phrase("en", "confirm_callback", contact="carol@example.com")
    assert last(facts, "call me back", "yes").calls[0].arguments == {"contact": "carol@example.com"}
    assert last(facts, "call me back", "no").say == phrase("en", "ask_contact")
    assert last(facts, "call me back", "dan@example.com").calls[0].arguments == {"contact": "dan@example.com"}


def test_a_contact_cannot_be_dictated_to_the_built_in_recogniser():
    assert last(carol(), "call me back", typed=False).say == phrase("en", "ask_contact_typed")


def test_the_next_typed_text_is_the_message():
    assert last(carol(), "leave a message", "Tell sales I was here").calls[0].arguments == {
        "message": "Tell sales I was here"
    }


def test_a_message_may_be_typed_after_it_was_asked_for_by_voice():
    history = [Message("user", "leave a message"), Message("assistant", phrase("en", "ask_message_typed"))]
    assert respond(carol(), history, "The parcel is late", typed=True).calls[0].name == "take_message"


def test_what_is_heard_is_never_a_message():
    assert last(carol(), "leave a message", "billing please", typed=False).calls == ()


def test_a_message_is_called_off():
    assert last(carol(), "leave a message", "never mind").say == phrase("en", "not_now")


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        ("a message", "ask_message"),
        ("call me back", "ask_contact"),
        ("yes", "ask_message_or_callback"),
        ("no", "not_now"),
    ],
)
def test_nobody_available_leads_to_a_message_or_a_callback(answer, key):
    history = [Message("assistant", phrase("en", "offer_either"))]
    assert respond(carol(), history, answer, typed=True).say == phrase("en", key)


def test_nothing_else_ends_the_call():
    assert last(carol(), "opening hours", "no").calls[0].name == "end_call"
    assert last(carol(), "opening hours", "no", typed=False).say == phrase("en", "confirm_end")
    assert last(carol(), "opening hours", "no", "yes", typed=False).calls[0].name == "end_call"


def test_nothing_else_keeps_a_waiting_caller_in_line():
    assert last(carol(state=CallState.WAITING), "opening hours", "no").say == phrase("en", "still_waiting")


@pytest.mark.parametrize(
    "text",
    ["never mind", "I don't want to wait", "leave the queue", "I dont need a person anymore", "لا أريد الانتظار"],
)
def test_giving_up_the_place_in_line_is_confirmed(text):
    facts = carol(state=CallState.WAITING)
    assert last(facts, text).say == phrase("en", "confirm_leave")
    assert last(facts, text, "yes").calls[0].name == "leave_queue"
    assert last(facts, text, "no").say == phrase("en", "waiting_company")


def test_who_is_not_in_line_has_no_place_to_give_up():
    assert last(carol(), "I don't want to wait").calls == ()


@pytest.mark.parametrize(
    ("language", "text", "answer"), [("en", "transfer me", "billing"), ("ar", "حولني من فضلك", "الفواتير")]
)
def test_being_put_through_to_nobody_in_particular_is_asked_back(language, text, answer):
    first, second = talk(carol(language), text, answer)
    assert pending([Message("assistant", first.say)]).key == "ask_department"
    assert second.calls[0].arguments["department"] == "billing"


def test_more_is_welcome():
    assert last(carol(), "opening hours", "yes").say == phrase("en", "go_ahead")


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(
    "key",
    [
        "confirm_person",
        "offer_person",
        "ask_contact",
        "ask_message",
        "confirm_end",
        "offer_either",
        "offer_message",
        "offer_callback",
        "anything_else",
    ],
)
def test_every_question_is_recognised_as_itself(language, key):
    assert pending([Message("assistant", book(language).sentences[key])]).key == key


def test_a_department_of_two_words_is_read_back():
    said = phrase("ar", "confirm_department", department="الدعم الفني")
    assert pending([Message("assistant", said)]).values == {"department": "الدعم الفني"}


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ('{"ok": true, "say": "Done."}', "Done."),
        ('{"ok": false, "result": "x", "say": ""}', phrase("en", "tool_failed")),
        ("not json", phrase("en", "tool_failed")),
        ("[1]", phrase("en", "tool_failed")),
    ],
)
def test_a_tools_own_sentence_is_said(output, said):
    assert after_tool(carol(), output) == said


def test_a_tool_without_a_sentence_is_acknowledged():
    assert after_tool(carol(), '{"ok": true, "say": ""}').startswith(phrase("en", "fact_noted"))


_QUESTIONS = [text for language in languages() for text in book(language).sentences.values()]
_HISTORIES = st.lists(
    st.builds(
        Message, st.sampled_from(["user", "assistant"]), st.one_of(st.text(max_size=40), st.sampled_from(_QUESTIONS))
    ),
    max_size=5,
)
_WORDS = [
    "yes",
    "no",
    "human",
    "بلى",
    "لا",
    "موظف",
    "billing",
    "callback",
    "message",
    "12345678",
    "a@b.co",
    ".",
    "،",
    "bye",
    "repeat",
    "arabic",
    "الفاتورة",
    "not",
]
_TEXTS = st.one_of(st.text(max_size=200), st.lists(st.sampled_from(_WORDS), max_size=8).map(" ".join))


@settings(max_examples=150)
@given(
    _HISTORIES,
    _TEXTS,
    st.booleans(),
    st.sampled_from([CallState.AI, CallState.WAITING, CallState.CREATED]),
    st.sampled_from(["en", "ar"]),
)
def test_the_rules_answer_every_text_with_words_or_a_tool(history, text, typed, state, language):
    decision = respond(carol(language, state=state), history, text, typed=typed)
    assert isinstance(decision, Decision)
    assert decision.say or decision.calls
    assert len(decision.calls) <= 1


@settings(max_examples=100)
@given(_HISTORIES.filter(lambda lines: not any(line.role == "assistant" for line in lines)), _TEXTS)
def test_what_is_heard_transfers_nobody_without_a_question_before(history, text):
    decision = respond(carol(), history, text, typed=False)
    assert {call.name for call in decision.calls} <= {"queue_status", "set_language"}


@pytest.mark.parametrize(
    "text",
    ["a" * 8000, "a@" * 4000, "1" * 8000, "1 " * 4000, "a " * 4000, "نعم " * 2000, ".,؟!" * 2000, "http://" * 1000],
)
def test_the_longest_texts_are_answered_without_straying(text):
    # Bounded work, not a time: every regular expression and loop over such a text is linear or nearly so.
    assert isinstance(respond(carol(), [], text, typed=True), Decision)
    assert detect_language(text, "en") in languages()
