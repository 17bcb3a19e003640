"""Opening hours, told from the system: as a sentence, by the rules, and to a model."""

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from queueing.hours import Interval, Weekly
from tests.voicebot.receptionist.cast import BILLING, SUPPORT, carol, last
from voicebot.receptionist.facts import Opening
from voicebot.receptionist.grammar import grammar_phrases
from voicebot.receptionist.system_prompt import system_prompt
from voicebot.receptionist.weeks import week_sentence

NINE_TO_SIX = Interval(time(9), time(18))
TEN_TO_TWO = Interval(time(10), time(14))
ALL_DAY = Interval(time(0), time(0))
WORKING = tuple(Weekly(day, NINE_TO_SIX) for day in (6, 0, 1, 2, 3))
MONDAY = datetime(2026, 11, 16, 20, tzinfo=UTC)
OPENING = Opening(False, MONDAY, datetime(2026, 11, 17, 9, tzinfo=UTC), (*WORKING, Weekly(5, TEN_TO_TWO)))
WITH_HOURS = carol(departments=(replace(SUPPORT, opening=OPENING), BILLING))


def daily(*times: Interval) -> tuple[Weekly, ...]:
    return tuple(Weekly(day, each) for day in range(7) for each in times)


@pytest.mark.parametrize(
    ("week", "english", "arabic"),
    [
        (
            WORKING,
            "from Sunday to Thursday from 9 in the morning to 6 in the evening",
            "من الأحد إلى الخميس من الساعة 9 صباحًا إلى الساعة 6 مساءً",
        ),
        (
            (Weekly(5, TEN_TO_TWO), Weekly(6, TEN_TO_TWO), Weekly(1, ALL_DAY)),
            "on Saturday and Sunday from 10 in the morning to 2 in the afternoon, and on Tuesday all day",
            "يومي السبت والأحد من الساعة 10 صباحًا إلى الساعة 2 بعد الظهر، ويوم الثلاثاء طوال اليوم",
        ),
        (
            daily(Interval(time(8), time(12)), Interval(time(20, 30), time(0))),
            "every day from 8 in the morning to 12 in the afternoon and from 8:30 in the evening to midnight",
            "كل يوم من الساعة 8 صباحًا إلى الساعة 12 بعد الظهر ومن الساعة 8:30 مساءً إلى الساعة الثانية عشرة ليلًا",
        ),
        (daily(ALL_DAY), "every day all day", "كل يوم طوال اليوم"),
    ],
)
def test_a_week_is_said_in_as_few_words_as_it_takes(week: tuple[Weekly, ...], english: str, arabic: str) -> None:
    assert week_sentence("en", "Support", week) == f"Support is open {english}."
    assert week_sentence("ar", "الدعم الفني", week) == f"قسم الدعم الفني مفتوح {arabic}."


def test_a_department_with_special_days_alone_has_no_usual_week() -> None:
    assert week_sentence("en", "Support", ()) == ""


@pytest.mark.parametrize("text", ["what are your opening hours?", "When do you close", "are you open on saturday"])
def test_the_rules_answer_from_the_department_s_hours(text: str) -> None:
    said = last(WITH_HOURS, text).say
    assert said.startswith("Support is open from Sunday to Thursday from 9 in the morning to 6 in the evening, and on")
    assert "closed at the moment, and opens again tomorrow at 9 in the morning." in said


def test_in_arabic_too() -> None:
    facts = replace(WITH_HOURS, language="ar")
    assert last(facts, "ما هي ساعات العمل؟").say.startswith("قسم الدعم الفني مفتوح من الأحد إلى الخميس")


def test_where_a_department_keeps_no_hours_its_frequent_question_answers() -> None:
    question = SUPPORT.faqs[0]
    text = question.questions["en"][0]
    assert question.answer["en"] in last(carol(), text).say


def test_a_model_and_the_built_in_ears_know_them() -> None:
    assert "Support is open from Sunday to Thursday" in system_prompt(WITH_HOURS)
    assert "when are you open" in grammar_phrases(WITH_HOURS)["week"]
    assert "week" not in grammar_phrases(carol())
