"""What the built-in recogniser listens for is what the rules understand."""

import re

import pytest

from tests.voicebot.receptionist.cast import carol
from voicebot.receptionist.grammar import grammar_phrases
from voicebot.receptionist.pending import said_any
from voicebot.receptionist.rules import respond

PHRASES = [(intent, text) for intent, texts in grammar_phrases(carol()).items() for text in texts]
MISSES = ("did_not_understand", "did_not_understand_again", "offer_person")


@pytest.mark.parametrize(("intent", "text"), PHRASES)
def test_every_phrase_is_understood(intent, text):
    decision = respond(carol(), [], text, typed=False)
    assert decision.calls or not said_any(decision.say, MISSES)


@pytest.mark.parametrize(("intent", "text"), [pair for pair in PHRASES if ":" in pair[0]])
def test_a_phrase_of_a_department_or_question_leads_there(intent, text):
    kind, slug, *number = intent.split(":")
    department = carol().department_named(slug)
    assert department
    expected = department.faqs[int(number[0])].answer["en"] if kind == "faq" else department.label("en")
    assert expected in respond(carol(), [], text, typed=False).say


def test_phrases_are_plain_lower_case_words():
    assert all(re.fullmatch(r"[a-z' ]+", text) for _, text in PHRASES)


def test_a_question_that_cannot_be_pronounced_is_left_out():
    assert all("ما" not in text for _, text in PHRASES)
