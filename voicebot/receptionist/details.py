"""Details a caller gives: put into one form, read back, or not understood. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import phonenumbers
from django.utils import dateformat, translation
from email_validator import EmailNotValidError, validate_email

from voicebot.receptionist.facts import FALLBACK_LANGUAGE, CallFacts
from voicebot.receptionist.files import kept
from voicebot.receptionist.lexicon import any_of, known_languages, lexicon, lexicons
from voicebot.receptionist.normalise import normalise, tokens
from voicebot.receptionist.prompts import phrase

KINDS = ("name", "phone", "email", "date", "order_number")
ORDER_PATTERN = r"(?=.*\d)[A-Z0-9-]{3,20}"
LONGEST = 254
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u064b-\u0652 .'’-])*", re.UNICODE)
_GROUP = 3
_EARLIEST, _LATEST = date(1900, 1, 1), date(2200, 1, 1)


@dataclass(frozen=True, slots=True)
class Rules:
    """What an installation takes: its order numbers, and the country of phone numbers without a country's code."""

    order_pattern: str = ORDER_PATTERN
    phone_region: str = ""
    today: date = _EARLIEST


def detail_rules(facts: CallFacts) -> Rules:
    """Those of a call's installation."""
    return Rules(facts.order_pattern or ORDER_PATTERN, facts.phone_region, facts.today)


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of all languages, `[details]` of the lexicons, by what they mean."""

    digits: Mapping[str, str]
    months: Mapping[str, int]
    days: Mapping[str, int]
    near: Mapping[str, int]
    double: frozenset[str]
    plus: frozenset[str]
    at: re.Pattern[str]
    dot: re.Pattern[str]


@kept
def _words() -> _Words:
    all_of = [item.details for item in lexicons()]
    return _Words(
        digits={word: str(value) for one in all_of for word, value in _counted(one.digits)},
        months={word: value + 1 for one in all_of for word, value in _counted(one.months)},
        days={word: value for one in all_of for word, value in _counted(one.days)},
        near={word: days for one in all_of for word, days in one.near.items()},
        double=frozenset(normalise(word) for one in all_of for word in one.double),
        plus=frozenset(normalise(word) for one in all_of for word in one.plus),
        at=_between(word for one in all_of for word in one.at),
        dot=_between(word for one in all_of for word in one.dot),
    )


def _counted(entries: Iterable[Iterable[str]]) -> Iterable[tuple[str, int]]:
    return ((normalise(word), value) for value, words in enumerate(entries) for word in words)


def _between(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"\s+(?:{any_of(map(re.escape, words))})\s+", re.IGNORECASE)


def digit_values() -> Mapping[str, str]:
    """Normalised number words of all languages, and their digits."""
    return _words().digits


def normalised(kind: str, value: str, rules: Rules) -> str:
    """The value in its one form (phone: E.164 where the country is known; date: ISO), or empty: it is none."""
    return _READERS[kind](" ".join(value.translate(_DIGITS).split())[:LONGEST], rules)


def _name(value: str, _: Rules) -> str:
    plain = value.strip(" .")
    return plain if 2 <= len(plain) <= 80 and _NAME.fullmatch(plain) else ""


def _phone(value: str, rules: Rules) -> str:
    number = digits_of(value)
    digits = re.sub(r"\D", "", number)
    if not 7 <= len(digits) <= 15:
        return ""
    international = number.startswith(("+", "00"))
    if not (international or rules.phone_region):
        return digits
    try:
        parsed = phonenumbers.parse(f"+{digits.removeprefix('00')}" if international else digits, rules.phone_region)
    except phonenumbers.NumberParseException:
        return ""
    valid = phonenumbers.is_possible_number(parsed)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) if valid else ""


def digits_of(value: str) -> str:
    """Spoken digits as digits, "double five" too; what else stands there is kept, without spaces between."""
    found: list[str] = []
    twice = False
    for word in value.split():
        bare = normalise(word)
        if bare in _words().double:
            twice = True
            continue
        if bare in _words().plus:
            found.append("+")
            continue
        digit = _words().digits.get(bare)
        found.append((digit or word) * (2 if twice and digit else 1))
        twice = False
    return "".join(found)


def _email(value: str, _: Rules) -> str:
    spoken = _words().dot.sub(".", _words().at.sub("@", value))
    try:
        return str(validate_email(spoken.replace(" ", ""), check_deliverability=False).normalized)
    except EmailNotValidError:
        return ""


def _date(value: str, rules: Rules) -> str:
    words = tokens(value)
    read = (_iso, _numbers, _near, _weekday, _month)
    found = next((day for reader in read if (day := reader(value, words, rules.today)) is not None), None)
    return found.isoformat() if found is not None and _EARLIEST <= found <= _LATEST else ""


def _iso(value: str, _: tuple[str, ...], __: date) -> date | None:
    found = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", value.strip())
    return _day(*map(int, found.groups())) if found else None


def _numbers(value: str, _: tuple[str, ...], __: date) -> date | None:
    """Day first, as both languages' countries mostly write it."""
    found = re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", value.strip())
    return _day(int(found[3]), int(found[2]), int(found[1])) if found else None


def _near(_: str, words: tuple[str, ...], today: date) -> date | None:
    near = _words().near
    days = next((near[word] for word in words if word in near), None)
    return today + timedelta(days=days) if days is not None and len(words) <= _GROUP else None


def _weekday(_: str, words: tuple[str, ...], today: date) -> date | None:
    known = _words().days
    wanted = next((known[word] for word in words if word in known), None)
    if wanted is None or any(word.isdecimal() for word in words):
        return None
    return today + timedelta(days=(wanted - today.weekday() - 1) % 7 + 1)


def _month(_: str, words: tuple[str, ...], today: date) -> date | None:
    months = _words().months
    month = next((months[word] for word in words if word in months), None)
    numbers = [int(number[0]) for word in words if (number := re.match(r"\d+", word))]
    day = next((value for value in numbers if value <= 31), None)
    if month is None or day is None:
        return None
    year = next((value for value in numbers if value > 1000), None)
    meant = _day(year or today.year, month, day)
    # Without a year the coming one is meant.
    return _day(today.year + 1, month, day) if meant and year is None and meant < today else meant


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _order(value: str, rules: Rules) -> str:
    plain = digits_of(value).upper().strip(" .#")
    try:
        return plain if re.fullmatch(rules.order_pattern or ORDER_PATTERN, plain) else ""
    except re.error:
        return ""


_READERS: dict[str, Callable[[str, Rules], str]] = {
    "name": _name, "phone": _phone, "email": _email, "date": _date, "order_number": _order,
}  # fmt: skip


# --- read back -----------------------------------------------------------------------------------------------------
def read_back(language: str, kind: str, value: str, *, typed: bool) -> str:
    """A normalised value as it is said back: spelled where it is heard, as it stands where it is read."""
    if kind == "date":
        return date_words(language, value)
    if typed or kind == "name":
        return value
    return email_words(language, value) if kind == "email" else spelled(language, value)


def date_words(language: str, value: str) -> str:
    """'Monday 1 March 2027'."""
    with translation.override(language):
        return dateformat.format(date.fromisoformat(value), "l j F Y")


def email_words(language: str, value: str) -> str:
    """'carol at example dot com'."""
    return value.replace("@", f" {phrase(language, 'word_at')} ").replace(".", f" {phrase(language, 'word_dot')} ")


def spelled(language: str, value: str) -> str:
    """'zero five five, one two three': every character by itself, with a breath after three."""
    words = _digit_words(language)
    said = [_spelled_character(language, words, char) for char in value if char not in "- "]
    groups = (said[start : start + _GROUP] for start in range(0, len(said), _GROUP))
    return ", ".join(" ".join(group) for group in groups)


def _digit_words(language: str) -> tuple[str, ...]:
    own = lexicon(language).details.digits if language in known_languages() else ()
    return tuple(first for first, *_ in own or lexicon(FALLBACK_LANGUAGE).details.digits)


def _spelled_character(language: str, words: tuple[str, ...], char: str) -> str:
    if char == "+":
        return phrase(language, "word_plus")
    return words[int(char)] if char.isascii() and char.isdecimal() else char
