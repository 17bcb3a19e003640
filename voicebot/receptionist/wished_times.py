"""When a caller wants to be called, in his own words: "tomorrow at ten", "after five", "بعد ساعة". Pure.

What may be meant is told, likeliest first; which of it the department has is for `queueing.callback_times`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from queueing.callback_times import next_step
from voicebot.receptionist.intents import LONGEST
from voicebot.receptionist.normalise import normalise
from voicebot.receptionist.time_words import (
    COUNTS,
    DAYS,
    GREETINGS,
    HOURS,
    MARKS,
    MINUTES_PAST,
    MINUTES_SAID,
    MONTHS,
    NEAR,
    PAIRS,
    PART_WORDS,
    PARTS,
    SOON,
    UNITS,
)

_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
_FAR_DAYS = 366
_DAY_STARTS = 9
_NOON = 12
# A day's name leaves this behind, so that the hour beside it is known for one.
_DAY = "§"


@dataclass(frozen=True, slots=True)
class Wish:
    """The moments that may be meant, likeliest first; `onward`: any time from then on will do."""

    options: tuple[datetime, ...]
    onward: bool = False


@dataclass(frozen=True, slots=True)
class _Clock:
    """An hour as it was named: 1 to 12 without a `part` of the day may be either."""

    hour: int
    minute: int
    part: str
    onward: bool
    exact: bool


def wished_time(text: str, now: datetime, *, bare: bool = False) -> Wish | None:
    """The time named in a text; `now` is aware, in the zone the caller's words are meant in.

    `bare`: he was asked for a time, so that "ten" alone is one.
    """
    plain = _prepared(text[:LONGEST])
    return _after_a_while(plain, now) or _by_the_clock(plain, now, bare)


def wants_it_soon(text: str) -> bool:
    """Whether any time will do."""
    return bool(re.search(_words(SOON), _prepared(text[:LONGEST])))


def _prepared(text: str) -> str:
    """Normalised, times as 10h30, without what only looks like a time: greetings, addresses, telephone numbers."""
    text = re.sub(r"(?<![\d:.])(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)", r" \1d\2d\3 ", text.translate(_DIGITS))
    text = re.sub(r"(?<![\d:.])(\d{1,2})[:.٫](\d{2})(?![\d:.])", r" \1h\2 ", text)
    text = re.sub(r"\S+@\S+|(?<!\w)\+?\d(?:[ .()-]?\d){6,}", " ", text)
    text = re.sub(r"(\d)\s*([ap])\.?m\b\.?", r"\1 \2m", text, flags=re.IGNORECASE)
    text = re.sub(r"(\d)(?=[صم](?!\w))", r"\1 ", text)
    return re.sub(_words(GREETINGS), " ", normalise(text))


def _words(words: Iterable[str]) -> str:
    """Any of the words, whole, the longest first."""
    return rf"(?<!\w)(?:{_any(words)})(?!\w)"


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


# --- after a while -------------------------------------------------------------------------------------------------
_COUNT = rf"(?P<count>\d{{1,3}}|{_any(COUNTS)})"
_UNIT = rf"(?P<unit>{_any(UNITS)})"
_ENGLISH = re.compile(
    rf"(?<!\w)(?:in|after|within)(?: about)? (?:(?P<half>half an hour)|(?P<quarter>a quarter of an hour)"
    rf"|{_COUNT} {_UNIT}(?P<more> and a half)?)(?!\w)"
    rf"|(?<!\w)(?P<half2>half an hour|an hour) from now(?!\w)"
)
_ARABIC = re.compile(
    rf"(?<!\w)(?:بعد|خلال|كمان|في خلال)(?: حوالي)? (?:(?P<pair>{_any(PAIRS)})|(?P<part>نصف|نص|ربع|ثلث) ساعه"
    rf"|(?:{_COUNT} )?{_UNIT}(?P<more> و(?:نصف|نص))?)(?!\w)"
)


def _after_a_while(plain: str, now: datetime) -> Wish | None:
    minutes = _english_while(plain) or _arabic_while(plain)
    if not minutes or minutes > _FAR_DAYS * 24 * 60:
        return None
    if minutes % (24 * 60) == 0:
        # In two days: that day, and not at this minute of it.
        return Wish((_at(now.date() + timedelta(minutes=minutes), _DAY_STARTS, 0, now),), onward=True)
    return Wish((next_step(now + timedelta(minutes=minutes)),))


def _english_while(plain: str) -> int:
    found = _ENGLISH.search(plain)
    if found is None:
        return 0
    if found["half"] or found["half2"] == "half an hour":
        return 30
    if found["quarter"]:
        return 15
    return 60 if found["half2"] else _counted(found["count"], found["unit"], found["more"])


def _arabic_while(plain: str) -> int:
    found = _ARABIC.search(plain)
    if found is None:
        return 0
    if found["pair"]:
        return PAIRS[found["pair"]]
    if found["part"]:
        return MINUTES_PAST[found["part"]]
    return _counted(found["count"] or "1", found["unit"], found["more"])


def _counted(count: str, unit: str, more: str | None) -> int:
    number = int(count) if count.isdecimal() else COUNTS[count]
    return number * UNITS[unit] + (UNITS[unit] // 2 if more else 0)


# --- by the clock --------------------------------------------------------------------------------------------------
def _by_the_clock(plain: str, now: datetime, bare: bool) -> Wish | None:
    day, rest = _day_named(plain, now.date())
    clock = _hour_named(rest, bare)
    part = _part_named(plain)
    if clock is not None:
        return _at_the_hour(clock, day, part, now)
    if part or day:
        return _some_time_of(day, part, now)
    return None


def _at_the_hour(clock: _Clock, day: date | None, part: str, now: datetime) -> Wish | None:
    hours = (clock.hour,) if clock.exact else _either_half(clock.hour, clock.part or part)
    days = (day,) if day else (now.date(), now.date() + timedelta(days=1))
    options = [_at(one, hour, clock.minute, now) for one in days for hour in hours]
    coming = [at for at in options if at > now]
    if not day:
        # The next one by day, then the next one at night.
        coming.sort(key=lambda at: (_at_night(at), at))
    return Wish(tuple(coming or options), clock.onward) if options else None


def _at_night(at: datetime) -> bool:
    return not 7 <= at.hour < 22


def _either_half(hour: int, part: str) -> tuple[int, ...]:
    """The hours of the day a clock's hour may mean, likelier first."""
    early, late = hour % _NOON, hour % _NOON + _NOON
    match PARTS[part][0] if part else "":
        case "am":
            return (early,)
        case "noon":
            return (hour,) if 10 <= hour < _NOON else (late,)
        case "pm":
            return (late,)
        case "evening":
            return (0,) if hour == _NOON else (late,)
        case "night":
            return (late,) if 6 <= hour < _NOON else (early,)
    return (early, late) if 7 <= hour < _NOON else (late, early)


def _some_time_of(day: date | None, part: str, now: datetime) -> Wish:
    start = PARTS[part][1] if part else _DAY_STARTS
    ends = {"morning": 12, "noon": 12, "afternoon": 18}.get(part, 24)
    today = now.date()
    # "In the morning", said in the afternoon, is tomorrow's.
    chosen = day or (today if now.hour < ends else today + timedelta(days=1))
    return Wish((_at(chosen, start, 0, now),), onward=True)


def _at(day: date, hour: int, minute: int, now: datetime) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=now.tzinfo)


# --- which day -----------------------------------------------------------------------------------------------------
_MONTH = _any(MONTHS)
_DATES = (
    re.compile(r"(?<!\w)(?P<y>\d{4})d(?P<m>\d{1,2})d(?P<d>\d{1,2})(?!\w)"),
    re.compile(rf"(?<!\w)(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})(?: (?P<y>\d{{4}}))?(?!\w)"),
    re.compile(rf"(?<!\w)(?P<month>{_MONTH}) (?:the )?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?: (?P<y>\d{{4}}))?(?!\w)"),
)
_NEAR = re.compile(_words(NEAR))
_WEEKDAY = re.compile(
    rf"(?<!\w)(?:on |this |next |coming |يوم )?(?P<day>{_any(DAYS)})(?: (?:القادم|المقبل|الجاي))?(?!\w)"
)


def _day_named(plain: str, today: date) -> tuple[date | None, str]:
    """The day, and the text with a mark in its place."""
    for pattern in _DATES:
        if (found := pattern.search(plain)) and (day := _date(found, today)):
            return day, _cut(plain, found)
    if found := _NEAR.search(plain):
        return today + timedelta(days=NEAR[found[0]]), _cut(plain, found)
    if found := _WEEKDAY.search(plain):
        ahead = (DAYS[found["day"]] - today.weekday() - 1) % 7 + 1
        return today + timedelta(days=ahead), _cut(plain, found)
    return None, plain


def _date(found: re.Match[str], today: date) -> date | None:
    told = found.groupdict()
    month = int(told["m"]) if told.get("m") else MONTHS[told["month"]]
    years = [int(told["y"])] if told["y"] else [today.year, today.year + 1]
    return next((day for year in years for day in _real(year, month, int(told["d"])) if day >= today), None)


def _real(year: int, month: int, day: int) -> Iterator[date]:
    try:
        yield date(year, month, day)
    except ValueError:
        return


def _cut(plain: str, found: re.Match[str]) -> str:
    return f"{plain[: found.start()]} {_DAY} {plain[found.end() :]}".strip()


# --- which hour ----------------------------------------------------------------------------------------------------
_LEAD = r"(?P<lead>at|around|after|from|between|(?:(?:بعد|من|بين|حوالي|عند|علي|في) )?[وبلف]?(?:ال)?ساعه|بعد|بين|عند)"
_HOUR = re.compile(
    rf"(?:(?<!\w){_LEAD} )?(?:(?<!\w)(?P<past>{_any(MINUTES_PAST)}) (?P<to>past|to) )?"
    rf"(?<![\w{_DAY}])(?:[بف](?=ال))?(?P<h>\d{{1,2}}(?!\d)|(?:{_any(HOURS)})(?!\w))(?:h(?P<m>\d\d))?(?!\w)"
    rf"(?: (?P<said>{_any(MINUTES_SAID)})(?!\w)"
    rf"|(?: و ?(?P<and>{_any(MINUTES_PAST)})| الا (?P<less>{_any(MINUTES_PAST)}))(?!\w))?"
    rf"(?P<oclock> oclock)?(?: (?P<part>{_any(PART_WORDS)})(?!\w))?"
)
_ONWARD = ("after", "from", "between", "بعد", "من", "بين")
_UNTIL = re.compile(r"(?:before|until|till|قبل|حتي|لغايه)(?: الساعه)? ?$")
_AROUND = frozenset(normalise(word) for word in (
    "yes", "no", "please", "ok", "okay", "better", "rather", "at", "then", "نعم", "لا", "لو سمحت", "من فضلك", "طيب",
    "الأفضل", "تمام",
) for word in word.split())  # fmt: skip


def _hour_named(rest: str, bare: bool) -> _Clock | None:
    return next((clock for found in _HOUR.finditer(rest) if (clock := _clock(found, rest, bare))), None)


def _clock(found: re.Match[str], rest: str, bare: bool) -> _Clock | None:
    named = found["h"]
    hour = int(named) if named.isdecimal() else HOURS[named]
    minute = _minutes(found)
    if hour > 23 or minute > 59 or _UNTIL.search(rest[: found.start()]):
        return None
    if not (_is_a_time(found) or _beside_the_day(found, rest) or (bare and _alone(found, rest))):
        return None
    if found["to"] == "to" or found["less"]:
        hour, minute = (hour - 1) % 24 or _NOON, 60 - minute
    lead = (found["lead"] or "").split()
    part = PART_WORDS[found["part"]] if found["part"] else ""
    # 17:00 and 09:00 are said by the whole day's clock.
    exact = not part and (hour > _NOON or hour == 0 or (named.startswith("0") and found["m"] is not None))
    return _Clock(hour, minute, "" if hour > _NOON else part, bool(lead) and lead[0] in _ONWARD, exact or hour > _NOON)


def _minutes(found: re.Match[str]) -> int:
    if found["m"]:
        return int(found["m"])
    if found["said"]:
        return MINUTES_SAID[found["said"]]
    word = found["past"] or found["and"] or found["less"]
    return MINUTES_PAST[word] if word else 0


def _is_a_time(found: re.Match[str]) -> bool:
    return any(found[name] for name in ("lead", "past", "m", "and", "less", "oclock", "part"))


def _beside_the_day(found: re.Match[str], rest: str) -> bool:
    """Next to the day's name; the Arabic hours with their article anywhere in the text with one."""
    before, after = rest[: found.start()].rstrip(), rest[found.end() :].lstrip()
    return before.endswith(_DAY) or after.startswith(_DAY) or (_DAY in rest and found["h"].startswith("ال"))


def _alone(found: re.Match[str], rest: str) -> bool:
    around = f"{rest[: found.start()]} {rest[found.end() :]}".replace(_DAY, " ").split()
    return all(word in _AROUND for word in around)


# --- which part of the day -----------------------------------------------------------------------------------------
_PART = re.compile(_words(word for word in PART_WORDS if word not in MARKS))


def _part_named(plain: str) -> str:
    found = _PART.search(plain)
    return PART_WORDS[found[0]] if found else ""
