"""What is to be said otherwise than it is written, found in a text. Pure."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from voicebot.receptionist.spoken.words import Amount, Words

_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
CURRENCIES = {
    "SAR": ("SAR", "SR", "ر.س", "ريال", "ريالا", "ريالات", "riyal", "riyals", "﷼"),
    "AED": ("AED", "د.إ", "درهم", "درهما", "دراهم", "dirham", "dirhams"),
    "EGP": ("EGP", "ج.م", "جنيه", "جنيها", "جنيهات"),
    "USD": ("USD", "$", "دولار", "دولارا", "دولارات", "dollar", "dollars"),
    "EUR": ("EUR", "€", "يورو", "euro", "euros"),
}
_CODES = {name.casefold(): code for code, names in CURRENCIES.items() for name in names}
_MONEY = "|".join(sorted((re.escape(name) for name in _CODES), key=len, reverse=True))
_END = r"(?![\w٫])"
_AM_PM = (
    r"(?P<part>\s?(?:a\.m\.|p\.m\.|[ap]m\b)|\s(?=in the (?:morning|afternoon|evening))"
    r"|\s(?=صباح|مساء|بعد الظهر|ظهر)|\s[صم]\b)?"
)
_LOCAL = r"[A-Za-z0-9._%+-]+"
_HOST = r"(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}"


@dataclass(frozen=True, slots=True)
class Found:
    """A stretch of the text, and what is said for it."""

    start: int
    end: int
    spoken: str


def find(text: str, words: Words) -> Iterator[Found]:
    """From left to right, none within another; the pattern named first wins."""
    at = 0
    while match := _ALL.search(text, at):
        kind = next(name for name in _KINDS if match.group(name) is not None)
        spoken = _KINDS[kind](_Match(match, kind), words) or _bare(match[0], words)
        at = match.end()
        yield Found(match.start(), match.end(), spoken)


class _Match:
    """One kind's match with its groups under their short names."""

    def __init__(self, match: re.Match[str], kind: str) -> None:
        again = re.compile(_PATTERNS[kind], re.IGNORECASE).match(match.string, match.start(kind))
        assert again is not None  # noqa: S101 -- the same pattern at the same place
        self._match = again

    def __getitem__(self, group: str) -> str:
        return self._match[group] or ""

    @property
    def text(self) -> str:
        return self._match[0]


def _value(number: str, words: Words, noun: str = "") -> str:
    whole, _, figures = number.replace(",", "").partition(".")
    if figures:
        return words.decimal(int(whole), figures)
    # Nobody counts that far: it is a number of something.
    return words.number(int(whole), noun) if len(whole) <= _LONGEST_COUNT else words.digits(whole)


_LONGEST_COUNT = 12


def _bare(text: str, words: Words) -> str:
    """What only looked like a date or a number to ring: its figures, long ones one by one."""
    longest = 3
    return re.sub(
        r"\d+", lambda found: words.digits(found[0]) if len(found[0]) > longest else words.number(int(found[0])), text
    )


def _link(match: _Match, words: Words) -> str:
    return _spelled(re.sub(r"^https?://", "", match.text).removesuffix("/"), words)


def _email(match: _Match, words: Words) -> str:
    return _spelled(match.text, words)


def _spelled(address: str, words: Words) -> str:
    parts = re.split(r"([@./:_?=&%#+-])", address)
    said = [words.sign(part) if re.fullmatch(r"[@./:_?=&%#+-]", part) else _piece(part, words) for part in parts]
    return " ".join(part for part in said if part)


def _piece(part: str, words: Words) -> str:
    pieces = re.findall(r"\d+|[^\d]+", part)
    return " ".join(words.digits(piece) if piece.isdecimal() else piece for piece in pieces)


def _date(match: _Match, words: Words) -> str:
    year, month, day = match["y"] or match["y2"], match["m"] or match["m2"], match["d"] or match["d2"]
    with suppress(ValueError):
        return words.date(date(int(year), int(month), int(day)))
    return ""


def _time(match: _Match, words: Words) -> str:
    hour, minute = int(match["h"]), int(match["min"])
    if hour > 23 or minute > 59:
        return ""
    return _clock(hour, minute, match["part"], words)


def _clock(hour: int, minute: int, part: str, words: Words) -> str:
    mark = part.strip().replace(".", "").lower()
    said = "said" if part and not mark else {"ص": "am", "م": "pm"}.get(mark, mark)
    return words.time(hour, minute, said) + (" " if part and not mark else "")


def _hour(match: _Match, words: Words) -> str:
    hour = int(match["h"])
    return f"{match['lead']}{_clock(hour, 0, match['part'], words)}" if hour <= 23 else ""


def _money(match: _Match, words: Words) -> str:
    number, name = match["n"] or match["n2"], match["c"] or match["c2"]
    whole, _, figures = number.replace(",", "").partition(".")
    cents = int(figures.ljust(2, "0")[:2]) if figures else None
    return words.money(Amount(int(whole), cents, _CODES[name.casefold()]))


def _percent(match: _Match, words: Words) -> str:
    return words.percent(_value(match["n"], words))


def _phone(match: _Match, words: Words) -> str:
    figures = re.sub(r"\D", "", match.text)
    if not 7 <= len(figures) <= 15:
        return ""
    lead = f"{words.sign('+')} " if match.text.startswith("+") else ""
    groups = re.findall(r"\d+", match.text)
    groups = _grouped(figures) if len(groups) == 1 else groups
    return lead + words.pause.join(words.digits(group) for group in groups)


def _grouped(figures: str) -> list[str]:
    """In threes, the last of three or four, as people read numbers out."""
    groups = [figures[at : at + 3] for at in range(0, len(figures), 3)]
    return [*groups[:-2], "".join(groups[-2:])] if len(groups[-1]) == 1 else groups


def _reference(match: _Match, words: Words) -> str:
    figures = match["n"]
    parts = re.findall(r"\d+|[A-Za-z]+", figures)
    said = [words.digits(part) if part.isdecimal() else " ".join(part.upper()) for part in parts]
    return f"{match['lead'].replace('#', '').rstrip()} ".lstrip() + words.pause.join(said)


def _ordinal(match: _Match, words: Words) -> str:
    return words.ordinal(int(match["n"]))


def _span(match: _Match, words: Words) -> str:
    return words.span(_value(match["a"], words), _value(match["b"], words, match["noun"])) + match["noun"]


def _count(match: _Match, words: Words) -> str:
    noun = match["noun"].strip()
    if noun and match["n"] in ("1", "2") and (told := words.few(int(match["n"]), noun)):
        return told
    return _value(match["n"], words, noun) + match["noun"]


_KINDS: dict[str, Callable[[_Match, Words], str]] = {
    "link": _link,
    "email": _email,
    "date": _date,
    "time": _time,
    "hour": _hour,
    "money": _money,
    "percent": _percent,
    "reference": _reference,
    "phone": _phone,
    "ordinal": _ordinal,
    "span": _span,
    "count": _count,
}
_NOUN = r"(?P<noun>\s[^\W\d_]+)?"
_PATTERNS = {
    "link": r"(?:https?://|www\.)[^\s<>\"،؛]+[^\s<>\"،؛.,!?)]",
    "email": rf"(?<![\w.]){_LOCAL}@{_HOST}",
    "date": (
        r"(?<![\d/.-])(?:(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})"
        r"|(?P<d2>\d{1,2})[/.](?P<m2>\d{1,2})[/.](?P<y2>\d{4}))(?![\d/-])"
    ),
    "time": rf"(?<![\d:])(?P<h>\d{{1,2}}):(?P<min>\d{{2}})(?![\d:]){_AM_PM}",
    "hour": (
        r"(?P<lead>الساعة\s+|(?<![\w:.])(?=\d{1,2}\s?(?:[ap]\.m\.|[ap]m\b)|\d{1,2} in the (?:mor|aft|eve)))"
        rf"(?P<h>\d{{1,2}})(?!\d|[:.,]\d){_AM_PM}"
    ),
    "money": (
        rf"(?:(?<!\w)(?P<c>{_MONEY})\s?(?P<n>{_NUMBER}){_END}|(?<![\w.])(?P<n2>{_NUMBER})\s?(?P<c2>{_MONEY}){_END})"
    ),
    "percent": rf"(?<![\w.])(?P<n>{_NUMBER})\s?%",
    "reference": (
        r"(?P<lead>#|\b(?:order|invoice|ticket|reference|case|code)\s+#?|(?:رقم\s+[^\W\d]+|الرمز|المرجع)\s+#?"
        r"|(?:\b(?:number|no\.?)|رقم)\s+(?=[A-Z0-9-]{4}))"
        r"(?P<n>(?=[A-Z-]*\d)[A-Z0-9]{2,}(?:-[A-Z0-9]+)*)(?!\w)(?!\s?%|[.:,]\d)"
    ),
    "phone": r"(?<![\w.])(?:\+\d[\d\s()-]{5,20}\d|0\d{6,14}|\d{2,4}(?:[ -]\d{2,4}){2,4})(?![\w])",
    "ordinal": r"(?<!\w)(?P<n>\d{1,4})(?:st|nd|rd|th)\b",
    "span": rf"(?<![\w.–-])(?P<a>{_NUMBER})\s?[–-]\s?(?P<b>{_NUMBER})(?![\w–-]){_NOUN}",
    "count": rf"(?<![\w.])(?P<n>{_NUMBER})(?!\w|\.\d){_NOUN}",
}
# Groups inside a pattern have the same names in several of them: here only the kinds are named.
_ALL = re.compile(
    "|".join(f"(?P<{kind}>{re.sub(r'[(][?]P<[a-z0-9]+>', '(?:', pattern)})" for kind, pattern in _PATTERNS.items()),
    re.IGNORECASE,
)
