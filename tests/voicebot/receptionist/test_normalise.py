"""One spelling per word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.receptionist.contact import find_contact
from voicebot.receptionist.language import detect_language, written_in
from voicebot.receptionist.normalise import normalise
from voicebot.receptionist.words import edit_distance, find_run, similar, stems


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("  Hello,   WORLD! ", "hello world"),
        ("I don't", "i dont"),
        ("I don’t", "i dont"),
        ("Café", "cafe"),
        ("sooooo", "soo"),
        ("إنسان", "انسان"),
        ("أُرِيدُ", "اريد"),
        ("مُوَظَّفة", "موظفه"),
        ("مـــوظف", "موظف"),
        ("مستشفى", "مستشفي"),
        ("مسؤول", "مسوول"),
        ("سؤال، من فضلك؟", "سوال من فضلك"),
        ("a.b@c.com.", "a.b@c.com"),
        ("1111", "1111"),
        ("", ""),
    ],
)
def test_a_word_has_one_spelling(text, normal):
    assert normalise(text) == normal


@given(st.text())
def test_normalising_twice_changes_nothing(text):
    assert normalise(normalise(text)) == normalise(text)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("bills", "bill"),
        ("والفواتير", "فواتير"),
        ("pasword", "password"),
        ("representtive", "representative"),
        ("humna", "human"),
    ],
)
def test_a_slip_or_an_affix_is_the_same_word(left, right):
    assert similar(left, right)


@pytest.mark.parametrize(
    ("left", "right"), [("personal", "person"), ("sale", "male"), ("cat", "car"), ("hours", "house")]
)
def test_other_words_stay_apart(left, right):
    assert not similar(left, right)


@given(st.text(alphabet="abcد", min_size=1, max_size=8), st.text(alphabet="abcد", min_size=1, max_size=8))
def test_distance_is_symmetric_and_zero_for_equals(left, right):
    assert edit_distance(left, right, 3) == edit_distance(right, left, 3)
    assert (edit_distance(left, right, 3) == 0) == (left == right)


def test_a_short_word_keeps_its_prefix():
    assert stems("لكم") == {"لكم"}


def test_a_run_is_found_where_it_stands():
    assert find_run(("i", "want", "a", "human"), ("a", "human")) == 2
    assert find_run(("a",), ("a", "human")) == -1


@pytest.mark.parametrize(
    ("text", "contact"),
    [
        ("my mail is Carol.Jones@example.co.uk, thanks", "Carol.Jones@example.co.uk"),
        ("call +49 170 1234567 please", "+49 170 1234567"),
        ("رقمي ٠٥٠١٢٣٤٥٦٧", "0501234567"),
        ("(030) 1234-567", "(030) 1234-567"),
        ("order 12345", ""),
        ("carol@localhost", ""),
        ("1234567890123456789012", ""),
        ("", ""),
    ],
)
def test_a_contact_is_found(text, contact):
    assert find_contact(text) == contact


@given(st.text())
def test_looking_for_a_contact_never_fails(text):
    assert isinstance(find_contact(text), str)


@pytest.mark.parametrize(
    ("text", "current", "language"),
    [
        ("hello, I need help", "ar", "en"),
        ("I want to talk to a human", "ar", "en"),
        ("مرحبا", "en", "ar"),
        ("اسمي Carol", "en", "ar"),
        ("ok", "ar", "ar"),
        ("carol@example.com", "ar", "ar"),
        ("12345", "ar", "ar"),
        ("Carol", "ar", "ar"),
        ("iPhone 15", "ar", "ar"),
        ("my iPhone is broken", "ar", "en"),
        ("", "ar", "ar"),
        ("😀", "en", "en"),
    ],
)
def test_the_language_of_a_text_is_followed_only_where_it_shows(text, current, language):
    assert detect_language(text, current) == language


@pytest.mark.parametrize(
    ("text", "current", "language"),
    [
        ("Hello, this is the", "ar", "en"),
        ("مرحبًا، معك المساعد الآلي في Acme", "en", "ar"),
        ("Carol", "ar", "ar"),
        ("15", "ar", "ar"),
    ],
)
def test_a_line_of_our_own_is_in_the_language_of_its_letters(text, current, language):
    assert written_in(text, current) == language
