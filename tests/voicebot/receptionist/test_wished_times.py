"""When a caller wants to be called: what is understood, what is promised, what is asked before it is stored."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.states import ToolOutcome
from queueing.callback_times import may_be_chosen, nearest
from queueing.hours import Hours, Interval, Special, Weekly
from tests.voicebot.receptionist.cast import carol, last
from tests.voicebot.receptionist.fakes import FakeGateway
from voicebot.receptionist.chat import Message
from voicebot.receptionist.conversation import converse
from voicebot.receptionist.engine import RulesEngine
from voicebot.receptionist.facts import CallbackRules
from voicebot.receptionist.grammar import grammar_phrases
from voicebot.receptionist.prompts import moment_words, phrase
from voicebot.receptionist.rules import direct_request, respond
from voicebot.receptionist.toolkit import ToolContext
from voicebot.receptionist.tools import run_tool
from voicebot.receptionist.wished_times import wants_it_soon, wished_time

RIYADH = ZoneInfo("Asia/Riyadh")
# A Sunday, a little after one.
NOW = datetime(2026, 11, 22, 13, 7, tzinfo=RIYADH)
NINE_TO_FIVE = Hours(
    tuple(Weekly(day, Interval(time(9), time(17))) for day in (6, 0, 1, 2, 3)), zone="Asia/Riyadh"
)  # Sunday to Thursday
KNOWN: dict[str, Any] = {"contact": "carol@example.com", "callback": CallbackRules(NINE_TO_FIVE, NOW)}
MOMENTS = st.integers(0, 60 * 24 * 700).map(lambda minutes: NOW + timedelta(minutes=minutes))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=RIYADH)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("call me tomorrow at ten", at(23, 10)),
        ("call me back at 10:30", at(23, 10, 30)),
        ("at 10.30 am please", at(23, 10, 30)),
        ("next Monday at half past nine", at(23, 9, 30)),
        ("quarter to five tomorrow", at(23, 16, 45)),
        ("ten thirty tomorrow", at(23, 10, 30)),
        ("at 17:00", at(22, 17)),
        ("at 10 p.m.", at(22, 22)),
        ("tonight at eight", at(22, 20)),
        ("on 25 November at 10", at(25, 10)),
        ("November 25th at 2 in the afternoon", at(25, 14)),
        ("2026-11-25 at 14:15", at(25, 14, 15)),
        ("the day after tomorrow at 4pm", at(24, 16)),
        ("in an hour", at(22, 14, 10)),
        ("in half an hour", at(22, 13, 40)),
        ("in an hour and a half", at(22, 14, 40)),
        ("after two hours", at(22, 15, 10)),
        ("tomorrow at ten on 0501234567", at(23, 10)),
        ("غدا الساعة العاشرة", at(23, 10)),
        ("غدًا الساعة ١٠:٣٠ صباحًا", at(23, 10, 30)),
        ("الساعة الخامسة إلا ربعا", at(22, 16, 45)),
        ("الساعة العاشرة والنصف", at(23, 10, 30)),
        ("الخميس الثامنة مساء", at(26, 20)),
        ("بعد غد الساعة 4", at(24, 16)),
        ("يوم 25 نوفمبر الساعة 11", at(25, 11)),
        ("بعد ساعة", at(22, 14, 10)),
        ("بعد ساعتين", at(22, 15, 10)),
        ("بعد ثلاث ساعات", at(22, 16, 10)),
        ("بعد نصف ساعة", at(22, 13, 40)),
        ("بعد عشر دقائق", at(22, 13, 20)),
    ],
)
def test_a_time_is_understood(text, meant):
    wish = wished_time(text, NOW)
    assert wish
    assert (wish.options[0], wish.onward) == (meant, False)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("after five", at(22, 17)),
        ("between two and four", at(22, 14)),
        ("tomorrow", at(23, 9)),
        ("tomorrow morning", at(23, 9)),
        ("on Sunday morning", at(29, 9)),
        ("this afternoon", at(22, 14)),
        ("in the morning", at(23, 9)),
        ("in two days", at(24, 9)),
        ("بعد الخامسة", at(22, 17)),
        ("صباح الأحد", at(29, 9)),
        ("بكرة العصر", at(23, 14)),
        ("بعد يومين", at(24, 9)),
        ("من الساعة 3", at(22, 15)),
    ],
)
def test_any_time_from_a_moment_on_is_understood(text, start):
    wish = wished_time(text, NOW)
    assert wish
    assert (wish.options[0], wish.onward) == (start, True)


@pytest.mark.parametrize(
    "text",
    ["call me back", "good morning, call me back", "صباح الخير، اتصلوا بي", "call me back about two invoices", "ten",
     "call me at 0501234567", "order number 12 is late", "before five", "للمرة الثانية", "in 2000 days", "at 31"],
)  # fmt: skip
def test_what_names_no_time_is_none(text):
    assert wished_time(text, NOW) is None


def test_who_was_asked_for_a_time_may_say_only_the_hour():
    for text in ("ten", "no, 10 please", "العاشرة"):
        wish = wished_time(text, NOW, bare=True)
        assert wish
        assert wish.options[0] == at(23, 10)
    assert wished_time("I have two invoices", NOW, bare=True) is None
    assert wants_it_soon("as soon as possible please")
    assert wants_it_soon("في أقرب وقت")


@settings(max_examples=40)
@given(MOMENTS, st.integers(1, 13 * 24 * 60), st.sampled_from(["en", "ar"]))
def test_a_time_read_back_is_understood_as_that_time(now, ahead, language):
    due = (now + timedelta(minutes=ahead)).replace(second=0, microsecond=0)
    wish = wished_time(moment_words(language, due, now), now)
    # "On 30 November at 9" names the day; only today's past minute is none that comes.
    assert wish
    assert due in wish.options or due <= now


@settings(max_examples=40)
@given(st.text(max_size=80), MOMENTS)
def test_whatever_is_typed_names_coming_moments_or_nothing(text, now):
    wish = wished_time(text, now, bare=True)
    assert wish is None or all(at.tzinfo is not None for at in wish.options)


WEEKS = st.lists(
    st.builds(
        lambda day, opens, hours: Weekly(day, Interval(time(opens), time((opens + hours) % 24))),
        st.integers(0, 6), st.integers(0, 23), st.integers(1, 12),
    ),
    max_size=5,
)  # fmt: skip


@settings(max_examples=40)
@given(WEEKS, MOMENTS, st.integers(-3000, 30_000), st.booleans())
def test_the_nearest_time_is_one_that_can_be_promised(week, now, minutes, onward):
    hours = Hours(tuple(week), zone="Asia/Riyadh")
    wanted = now + timedelta(minutes=minutes)
    found = nearest(hours, wanted, now, onward=onward)
    assert found is not None
    assert may_be_chosen(hours, found, now)
    if not onward and may_be_chosen(hours, wanted, now) and wanted >= now + timedelta(minutes=5):
        assert found == wanted


def test_a_department_closed_for_longer_than_anything_is_promised_has_no_time():
    closed = tuple(Special(NOW.date() + timedelta(days=day)) for day in range(20))
    assert nearest(Hours(special=closed, zone="Asia/Riyadh"), NOW + timedelta(days=1), NOW) is None


@pytest.mark.parametrize(
    ("wanted", "onward", "promised"),
    [
        (at(22, 20), False, at(22, 16, 30)),
        (at(22, 17), True, at(23, 9)),
        (at(23, 7), False, at(23, 9)),
        (at(27, 12), False, at(26, 16, 30)),
        (at(22, 9), False, at(22, 13, 10)),
    ],
)
def test_outside_the_opening_hours_it_is_the_nearest_time(wanted, onward, promised):
    assert nearest(NINE_TO_FIVE, wanted, NOW, onward=onward) == promised


# --- the talk ------------------------------------------------------------------------------------------------------
def arguments(*texts: str, language: str = "en", typed: bool = True, **changes: object) -> dict:
    (call,) = last(carol(language, **(KNOWN | changes)), *texts, typed=typed).calls
    assert call.name == "request_callback"
    return dict(call.arguments)


@pytest.mark.parametrize(
    ("language", "text", "when"),
    [
        ("en", "call me tomorrow at ten", "2026-11-23 10:00"),
        ("en", "I want somebody to call me tomorrow at ten", "2026-11-23 10:00"),
        ("en", "no, call me tomorrow at ten", "2026-11-23 10:00"),
        ("en", "call me back after three", "from 2026-11-22 15:00"),
        ("en", "please call me on sunday morning", "from 2026-11-29 09:00"),
        ("ar", "اتصلوا بي غدا الساعة العاشرة", "2026-11-23 10:00"),
        ("ar", "كلموني بعد ساعة", "2026-11-22 14:10"),
    ],
)
def test_a_callback_is_asked_for_with_its_time(language, text, when):
    assert arguments(text, language=language) == {"contact": "carol@example.com", "when": when}
    assert direct_request(carol(language, **KNOWN), text) is None


def test_the_time_may_come_with_any_answer_on_the_way():
    assert arguments("call me back", "yes, tomorrow at ten")["when"] == "2026-11-23 10:00"
    assert arguments("call me tomorrow at ten", "dan@example.com", contact="")["when"] == "2026-11-23 10:00"
    history = [Message("assistant", phrase("en", "offer_either"))]
    (call,) = respond(carol(**KNOWN), history, "tomorrow at ten please", typed=True).calls
    assert call.arguments["when"] == "2026-11-23 10:00"


def test_without_a_time_a_callback_is_as_soon_as_somebody_is_free():
    assert "when" not in arguments("call me back", "yes")


def test_a_message_that_speaks_of_a_time_stays_a_message():
    (call,) = last(carol(**KNOWN), "leave a message", "please call me tomorrow at ten").calls
    assert call.name == "take_message"


def test_a_person_now_is_still_a_person_now():
    assert direct_request(carol(**KNOWN), "let me talk to a person")


async def said(gateway: FakeGateway, *texts: str) -> str:
    replies = [(await converse(gateway, RulesEngine(), "call1", text)).reply for text in texts]
    return replies[-1]


async def test_the_time_is_read_back_before_it_is_stored():
    gateway = FakeGateway(carol(**KNOWN), now=NOW)
    told = await said(gateway, "call me tomorrow at ten")
    when = "tomorrow at 10 in the morning"
    assert told == phrase("en", "confirm_callback_at", when=when, contact="carol@example.com")
    assert gateway.callbacks == []
    assert when in await said(gateway, "yes")
    assert gateway.due == [at(23, 10)]


async def test_in_arabic_too():
    gateway = FakeGateway(carol("ar", **KNOWN), now=NOW)
    assert "غدًا الساعة 10 صباحًا" in await said(gateway, "اتصلوا بي غدا الساعة العاشرة")
    await said(gateway, "نعم")
    assert gateway.due == [at(23, 10)]


async def test_outside_the_opening_hours_the_nearest_time_is_offered():
    gateway = FakeGateway(carol(**KNOWN), now=NOW)
    told = await said(gateway, "call me tonight at eight")
    when = "today at 4:30 in the afternoon"
    assert told == phrase("en", "confirm_callback_nearest", when=when, contact="carol@example.com")
    await said(gateway, "yes please")
    assert gateway.due == [at(22, 16, 30)]


async def test_a_yes_to_another_time_is_no_yes():
    gateway = FakeGateway(carol(**KNOWN), now=NOW)
    assert "tomorrow at 11" in await said(gateway, "call me tomorrow at ten", "yes, but tomorrow at eleven")
    assert gateway.callbacks == []


async def test_a_no_leads_to_the_question_when():
    gateway = FakeGateway(carol(**KNOWN), now=NOW)
    assert await said(gateway, "call me tomorrow at ten", "no") == phrase("en", "ask_callback_time")
    assert "tomorrow at 11" in await said(gateway, "eleven")
    assert await said(gateway, "no", "no, never mind") == phrase("en", "not_now")
    assert gateway.callbacks == []


async def test_as_soon_as_possible_after_all():
    gateway = FakeGateway(carol(**KNOWN), now=NOW)
    asked = await said(gateway, "call me tomorrow at ten", "no", "as soon as possible")
    assert asked == phrase("en", "confirm_callback", contact="carol@example.com")


async def test_what_was_heard_is_read_back_with_the_address_spelled():
    facts = carol(**KNOWN)
    turn = ToolContext(FakeGateway(facts), facts, "turn1", False, (), "call me tomorrow at ten")
    result = await run_tool(turn, "request_callback", arguments("call me tomorrow at ten", typed=False))
    assert result.outcome == ToolOutcome.ASKED
    assert "tomorrow at 10 in the morning, at carol at example dot com" in result.say


async def test_a_models_time_is_read_back_as_well():
    facts = carol(**KNOWN)
    gateway = FakeGateway(facts)
    turn = ToolContext(gateway, facts, "turn1", True, (), "a@b.co, tomorrow at ten")
    asked = await run_tool(turn, "request_callback", {"contact": "a@b.co", "when": "2026-11-23 10:00"})
    assert (asked.ok, asked.outcome, gateway.callbacks) == (False, ToolOutcome.ASKED, [])
    wrong = await run_tool(turn, "request_callback", {"contact": "a@b.co", "when": "tomorrow"})
    assert (wrong.ok, wrong.outcome, wrong.say) == (False, None, "")


def test_the_recogniser_listens_for_the_hours_the_department_calls_at():
    heard = grammar_phrases(carol(**KNOWN))["callback_time"]
    assert "call me tomorrow at ten" in heard
    assert "call me tomorrow at eight" not in heard
    for text in heard:
        assert arguments(text, typed=False)["when"]
    assert "callback_time" not in grammar_phrases(carol())


def test_tomorrow_is_the_departments_tomorrow():
    late = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)
    rules = CallbackRules(NINE_TO_FIVE, late.astimezone(RIYADH))
    assert arguments("call me tomorrow at ten", callback=rules)["when"] == "2026-11-24 10:00"
