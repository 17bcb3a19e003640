"""A department's opening hours as a person says them. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import reduce

from django.utils import dateformat, translation

from queueing.hours import MIDNIGHT, Interval, Weekly
from voicebot.receptionist.prompts import clock_words, phrase

_MONDAY = date(2024, 1, 1)
_DAYS = 7
_Times = tuple[Interval, ...]


def week_sentence(language: str, department: str, week: Sequence[Weekly]) -> str:
    """The days and times of a usual week, days of the same times together; empty without any."""
    runs = [run for run in _runs(week) if run[2]]
    if not runs:
        return ""
    # The longest first, as people say it, and on from there.
    begin = max(range(len(runs)), key=lambda number: (runs[number][1] - runs[number][0]) % _DAYS)
    groups = [_group(language, *run) for run in (*runs[begin:], *runs[:begin])]
    return phrase(language, "week", department=department, times=_joined(language, "week_and", groups))


def _joined(language: str, key: str, parts: Sequence[str]) -> str:
    return reduce(lambda before, after: phrase(language, key, before=before, after=after), parts)


def _runs(week: Sequence[Weekly]) -> Iterator[tuple[int, int, _Times]]:
    """First and last weekday of each run of days with the same times, beginning where one begins."""
    times = [
        tuple(sorted((row.interval for row in week if row.weekday == day), key=lambda one: one.opens))
        for day in range(_DAYS)
    ]
    begin = next((day for day in range(_DAYS) if times[day] != times[day - 1]), 0)
    order = [(begin + offset) % _DAYS for offset in range(_DAYS)]
    first = last = order[0]
    for day in order[1:]:
        if times[day] != times[last]:
            yield first, last, times[last]
            first = day
        last = day
    yield first, last, times[last]


def _group(language: str, first: int, last: int, times: _Times) -> str:
    spans = _joined(language, "week_also", [_span(language, each) for each in times])
    return f"{_days(language, first, last)} {spans}"


def _days(language: str, first: int, last: int) -> str:
    if (last - first) % _DAYS == _DAYS - 1:
        return phrase(language, "week_daily")
    if first == last:
        return phrase(language, "week_day", day=_name(language, first))
    key = "week_two_days" if (last - first) % _DAYS == 1 else "week_days"
    return phrase(language, key, first=_name(language, first), last=_name(language, last))


def _name(language: str, weekday: int) -> str:
    with translation.override(language):
        return str(dateformat.format(_MONDAY + timedelta(days=weekday), "l"))


def _span(language: str, times: Interval) -> str:
    if times.opens == times.closes == MIDNIGHT:
        return phrase(language, "week_all_day")
    return phrase(language, "week_span", opens=_said(language, times.opens), closes=_said(language, times.closes))


def _said(language: str, at: time) -> str:
    return phrase(language, "midnight") if at == MIDNIGHT else clock_words(language, datetime.combine(_MONDAY, at))
