"""Opening hours, special days, time zones and the days on which clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queueing.hours import Hours, Interval, Special, Weekly, is_open, next_opening

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
OFFICE = Interval(time(9), time(17))
NIGHT = Interval(time(22), time(6))
WORKDAYS = tuple(Weekly(day, OFFICE) for day in range(5))


def at(zone: str, *moment: int, fold: int = 0) -> datetime:
    """A local moment."""
    return datetime(*moment, tzinfo=ZoneInfo(zone), fold=fold)  # type: ignore[arg-type,misc]


def test_without_any_hours_it_is_always_open() -> None:
    assert is_open(Hours(), datetime(2026, 12, 25, 3, tzinfo=UTC))
    assert next_opening(Hours(), datetime(2026, 12, 25, 3, tzinfo=UTC)) == datetime(2026, 12, 25, 3, tzinfo=UTC)


@pytest.mark.parametrize(("hour", "minute", "expected"), [(8, 59, False), (9, 0, True), (16, 59, True), (17, 0, False)])
def test_the_opening_counts_and_the_closing_does_not(hour: int, minute: int, expected: bool) -> None:
    assert is_open(Hours(WORKDAYS, zone=BERLIN), at(BERLIN, 2026, 11, 16, hour, minute)) is expected


def test_the_hours_are_those_of_the_departments_zone() -> None:
    hours = Hours(WORKDAYS, zone=NEW_YORK)
    assert not is_open(hours, at(BERLIN, 2026, 11, 16, 9, 30))
    assert is_open(hours, at(BERLIN, 2026, 11, 16, 15, 30))


def test_the_day_is_that_of_the_departments_zone() -> None:
    monday_in_auckland = at("UTC", 2026, 11, 15, 21)
    assert is_open(Hours((Weekly(0, OFFICE),), zone="Pacific/Auckland"), monday_in_auckland)


def test_a_lunch_break_is_two_intervals() -> None:
    hours = Hours((Weekly(0, Interval(time(9), time(12))), Weekly(0, Interval(time(13), time(17)))))
    assert not is_open(hours, at("UTC", 2026, 11, 16, 12, 30))
    assert next_opening(hours, at("UTC", 2026, 11, 16, 12, 30)) == at("UTC", 2026, 11, 16, 13)


def test_an_interval_runs_over_midnight() -> None:
    hours = Hours((Weekly(4, NIGHT),))  # Friday
    assert is_open(hours, at("UTC", 2026, 11, 20, 23))
    assert is_open(hours, at("UTC", 2026, 11, 21, 5, 59))
    assert not is_open(hours, at("UTC", 2026, 11, 21, 6))
    assert not is_open(hours, at("UTC", 2026, 11, 20, 5))


def test_from_midnight_to_midnight_is_the_whole_day() -> None:
    hours = Hours((Weekly(0, Interval(time(0), time(0))),))
    assert is_open(hours, at("UTC", 2026, 11, 16, 0))
    assert is_open(hours, at("UTC", 2026, 11, 16, 23, 59))
    assert not is_open(hours, at("UTC", 2026, 11, 17, 0))


def test_after_the_last_closing_of_the_week_comes_monday() -> None:
    opens = next_opening(Hours(WORKDAYS, zone=BERLIN), at(BERLIN, 2026, 11, 20, 17))
    assert opens == at(BERLIN, 2026, 11, 23, 9)


def test_before_the_opening_it_is_todays() -> None:
    assert next_opening(Hours(WORKDAYS), at("UTC", 2026, 11, 16, 3)) == at("UTC", 2026, 11, 16, 9)


# --- special days ------------------------------------------------------------------------------------------------
def test_a_holiday_is_closed_and_skipped() -> None:
    hours = Hours(WORKDAYS, (Special(date(2026, 12, 25)),))
    assert not is_open(hours, at("UTC", 2026, 12, 25, 10))
    assert next_opening(hours, at("UTC", 2026, 12, 25, 10)) == at("UTC", 2026, 12, 28, 9)


def test_a_special_days_hours_replace_the_weeks() -> None:
    hours = Hours(WORKDAYS, (Special(date(2026, 12, 24), Interval(time(9), time(12))),))
    assert is_open(hours, at("UTC", 2026, 12, 24, 11))
    assert not is_open(hours, at("UTC", 2026, 12, 24, 13))


def test_a_special_day_may_open_on_a_day_off() -> None:
    hours = Hours(WORKDAYS, (Special(date(2026, 11, 21), OFFICE),))
    assert is_open(hours, at("UTC", 2026, 11, 21, 10))


def test_one_row_that_says_closed_closes_the_day() -> None:
    day = date(2026, 11, 16)
    assert not is_open(Hours(WORKDAYS, (Special(day, OFFICE), Special(day))), at("UTC", 2026, 11, 16, 10))


def test_the_night_before_a_holiday_ends_at_midnight() -> None:
    hours = Hours((Weekly(3, NIGHT),), (Special(date(2026, 12, 25)),))  # Thursday the 24th
    assert is_open(hours, at("UTC", 2026, 12, 24, 23, 59))
    assert not is_open(hours, at("UTC", 2026, 12, 25, 0))


def test_holidays_alone_leave_every_other_day_open() -> None:
    hours = Hours(special=(Special(date(2026, 12, 25)),))
    assert is_open(hours, at("UTC", 2026, 12, 24, 3))
    assert next_opening(hours, at("UTC", 2026, 12, 25, 3)) == at("UTC", 2026, 12, 26, 0)


def test_closed_for_more_than_a_year_has_no_next_opening() -> None:
    start = date(2026, 11, 16)
    hours = Hours(WORKDAYS, tuple(Special(start + timedelta(days=day)) for day in range(400)))
    assert next_opening(hours, at("UTC", 2026, 11, 16, 10)) is None


# --- clock changes -----------------------------------------------------------------------------------------------
def test_an_opening_in_the_hour_that_is_skipped_comes_an_hour_later() -> None:
    hours = Hours((Weekly(6, Interval(time(2, 30), time(8))),), zone=BERLIN)  # 2026-03-29: 02:00 becomes 03:00
    assert not is_open(hours, at(BERLIN, 2026, 3, 29, 3, 29))
    assert is_open(hours, at(BERLIN, 2026, 3, 29, 3, 30))


def test_of_a_time_that_comes_twice_the_first_opens_and_the_second_closes() -> None:
    opening = Hours((Weekly(6, Interval(time(2, 30), time(8))),), zone=BERLIN)  # 2026-10-25: 03:00 becomes 02:00
    closing = Hours((Weekly(6, Interval(time(1), time(2, 30))),), zone=BERLIN)
    assert is_open(opening, at(BERLIN, 2026, 10, 25, 2, 30, fold=0))
    assert is_open(closing, at(BERLIN, 2026, 10, 25, 2, 15, fold=1))
    assert not is_open(closing, at(BERLIN, 2026, 10, 25, 2, 30, fold=1))


def test_the_whole_day_has_23_and_25_hours() -> None:
    sunday = Hours((Weekly(6, Interval(time(0), time(0))),), zone=BERLIN)
    for day, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25)):
        start = datetime.combine(day, time(0), ZoneInfo(BERLIN)).astimezone(UTC)
        assert is_open(sunday, start + timedelta(hours=hours, seconds=-1))
        assert not is_open(sunday, start + timedelta(hours=hours))


# --- whatever the hours ------------------------------------------------------------------------------------------
intervals = st.builds(Interval, st.times(), st.times())
special_days = st.dates(date(2026, 3, 1), date(2026, 4, 30))
weeks = st.builds(
    Hours,
    st.lists(st.builds(Weekly, st.integers(0, 6), intervals), max_size=8).map(tuple),
    st.lists(st.builds(Special, special_days, st.none() | intervals), max_size=4).map(tuple),
    st.sampled_from(["UTC", BERLIN, NEW_YORK, "Asia/Riyadh", "Australia/Lord_Howe"]),
)
minutes_of_spring = st.integers(0, 60 * 24 * 60)
moments = minutes_of_spring.map(lambda minutes: datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=minutes))


@given(weeks, moments)
def test_at_the_next_opening_it_is_open_and_before_it_closed(hours: Hours, moment: datetime) -> None:
    opens = next_opening(hours, moment)
    assert is_open(hours, moment) == (opens == moment)
    if opens is not None and opens != moment:
        assert moment < opens
        assert is_open(hours, opens)
        assert not is_open(hours, opens - timedelta(microseconds=1))
