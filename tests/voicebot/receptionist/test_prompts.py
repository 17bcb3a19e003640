"""The prompt files agree with each other and read well."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from calls.states import CallState
from tests.voicebot.receptionist.cast import BILLING, SALES, SUPPORT, carol
from voicebot.receptionist.facts import Opening
from voicebot.receptionist.prompts import (
    PromptError,
    book,
    either,
    improved_sentence,
    languages,
    moment_words,
    opening,
    phrase,
    read_book,
    wait_words,
    waiting_sentence,
)
from voicebot.receptionist.system_prompt import system_prompt


def test_every_language_has_the_same_sentences():
    keys = {language: set(book(language).sentences) for language in languages()}
    assert keys["ar"] == keys["en"]


@pytest.mark.parametrize("key", sorted(book("en").sentences))
def test_a_sentence_has_the_same_slots_in_every_language(key):
    assert len({book(language).slots(key) for language in languages()}) == 1


@pytest.mark.parametrize("key", sorted(book("ar").sentences))
def test_an_arabic_sentence_has_no_latin_words(key):
    assert not re.search(r"[A-Za-z]", re.sub(r"\{\w+\}", "", book("ar").sentences[key]))


@pytest.mark.parametrize("language", languages())
def test_no_sentence_has_markup_that_would_be_spoken(language):
    assert not [text for text in book(language).sentences.values() if re.search(r"[*_#`<>\[\]]", text)]


def test_an_unknown_language_is_answered_in_english():
    assert phrase("fr", "hello") == phrase("en", "hello")


def test_an_unknown_sentence_is_a_key_error():
    with pytest.raises(KeyError):
        phrase("en", "no_such_sentence")


def test_a_file_without_sentences_is_refused_by_name():
    with pytest.raises(PromptError, match="xx: no section Sentences"):
        read_book("xx", "## System prompt\nhello")


def test_an_empty_sentence_is_refused_by_name():
    with pytest.raises(PromptError, match="no text for hello"):
        read_book("xx", "## System prompt\nx\n## Sentences\n### hello\n### bye\nBye.")


@pytest.mark.parametrize("language", languages())
def test_the_opening_says_that_it_is_an_ai(language):
    assert opening(carol(language))[0] == phrase(language, "disclosure", company="Acme")


def test_the_opening_announces_the_demo_voice():
    assert phrase("en", "demo_notice") in opening(carol(voice="offline"))
    assert phrase("en", "demo_notice") not in opening(carol(voice="openai"))


def test_the_opening_says_that_arabic_is_typed_with_the_demo_voice():
    assert phrase("ar", "type_only_notice") in opening(carol("ar", voice="offline"))
    assert phrase("ar", "type_only_notice") not in opening(carol("ar", voice="openai"))


def test_the_opening_calls_the_caller_by_name():
    assert "Carol" in opening(carol(caller_name="Carol"))[-1]


def test_a_second_ai_says_again_that_it_is_one_and_skips_the_welcome():
    assert opening(carol(resumed=True)) == (
        phrase("en", "disclosure_again", company="Acme"),
        phrase("en", "resumed_help"),
    )


def test_a_second_ai_tells_a_waiting_caller_that_the_place_is_kept():
    assert opening(carol(resumed=True, state=CallState.WAITING))[-1] == phrase("en", "resumed_waiting")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "not known yet"),
        (0, "less than a minute"),
        (-5, "less than a minute"),
        (60, "about one minute"),
        (300, "about 5 minutes"),
    ],
)
def test_a_wait_is_said_in_whole_minutes(seconds, words):
    assert wait_words("en", seconds) == words


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(1, "دقيقة واحدة"), (2, "دقيقتين"), (3, "3 دقائق"), (10, "10 دقائق"), (11, "11 دقيقة"), (103, "103 دقائق")],
)
def test_arabic_counts_minutes_in_its_own_forms(minutes, words):
    assert wait_words("ar", minutes * 60) == f"حوالي {words}"


def test_a_choice_reads_as_a_person_says_it():
    assert either("en", ["Sales", "Billing", "Support"]) == "Sales, Billing or Support"
    assert either("ar", ["المبيعات", "الفواتير"]) == "المبيعات أو الفواتير"
    assert either("en", ["Sales"]) == "Sales"
    assert either("en", []) == ""


def test_the_first_in_line_is_told_so():
    assert waiting_sentence("en", 1, 300) == "You are first in line, and the estimated wait is about 5 minutes."
    assert "number 3" in waiting_sentence("en", 3, 300)


def test_without_a_position_a_person_is_being_connected():
    assert waiting_sentence("en", None, None) == phrase("en", "being_connected")


def test_moving_up_is_good_news():
    assert improved_sentence("en", 1, 60).startswith("Good news: you are now first")
    assert "2" in improved_sentence("ar", 2, 60)


@pytest.mark.parametrize("language", languages())
def test_the_system_prompt_has_the_facts(language):
    text = system_prompt(
        carol(language, caller_name="Carol {x}", notes=(("order", "42"),), state=CallState.WAITING, queue_position=2)
    )
    for fact in ("Acme", "Carol {x}", "billing", "order: 42", "escalate_to_human"):
        assert fact in text


RIYADH = ZoneInfo("Asia/Riyadh")
MONDAY = datetime(2026, 11, 16, 20, tzinfo=RIYADH)


@pytest.mark.parametrize(
    ("opens", "english", "arabic"),
    [
        (datetime(2026, 11, 16, 21, 30, tzinfo=RIYADH), "today at 9:30 in the evening", "اليوم الساعة 9:30 مساءً"),
        (datetime(2026, 11, 17, 9, tzinfo=RIYADH), "tomorrow at 9 in the morning", "غدًا الساعة 9 صباحًا"),
        (
            datetime(2026, 11, 22, 12, tzinfo=RIYADH),
            "on Sunday 22 November at 12 in the afternoon",
            "يوم الأحد 22 نوفمبر الساعة 12 بعد الظهر",
        ),
    ],
)
def test_a_coming_opening_is_said_as_a_person_would(opens, english, arabic):
    assert moment_words("en", opens, MONDAY) == english
    assert moment_words("ar", opens, MONDAY) == arabic


def test_a_model_is_told_which_departments_are_open():
    closed = Opening(False, MONDAY, MONDAY + timedelta(hours=13))
    departments = (replace(SUPPORT, opening=Opening(True, MONDAY, MONDAY)), replace(SALES, opening=closed), BILLING)
    text = system_prompt(carol(departments=departments))
    assert "Support is open now." in text
    assert "Sales is closed at the moment, and opens again tomorrow at 9 in the morning." in text
    assert "Billing is" not in text


def test_the_system_prompt_of_an_empty_company_still_reads():
    assert "Departments\n\n-" in system_prompt(carol(departments=()))
