"""English."""

import re
from datetime import date

from voicebot.receptionist.spoken.others import OtherWords
from voicebot.receptionist.spoken.words import Amount

_SIGNS = {
    "@": "at",
    ".": "dot",
    "/": "slash",
    "-": "dash",
    "_": "underscore",
    ":": "colon",
    "+": "plus",
    "?": "question mark",
    "=": "equals",
    "&": "and",
    "%": "percent",
    "#": "hash",
}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
# One, several, one hundredth, several.
_MONEY = {
    "SAR": ("riyal", "riyals", "halala", "halalas"),
    "AED": ("dirham", "dirhams", "fils", "fils"),
    "EGP": ("Egyptian pound", "Egyptian pounds", "piastre", "piastres"),
    "USD": ("dollar", "dollars", "cent", "cents"),
    "EUR": ("euro", "euros", "cent", "cents"),
}
_SHORT = {
    r"\bDr\.(?=\s)": "Doctor",
    r"\bMr\.(?=\s)": "Mister",
    r"\bMrs\.(?=\s)": "Missus",
    r"\bSt\.(?=\s)": "Street",
    r"\be\.g\.": "for example",
    r"\bi\.e\.": "that is",
    r"\betc\.": "and so on",
    r"\bapprox\.": "approximately",
    r"\s&\s": " and ",
    r"\bASAP\b": "as soon as possible",
    r"\bFAQs?\b": "frequent questions",
}
_ABBREVIATIONS = {re.compile(pattern): word for pattern, word in _SHORT.items()}


class English(OtherWords):
    """Numbers as num2words has them, the rest here."""

    def __init__(self) -> None:
        super().__init__("en")

    def time(self, hour: int, minute: int, part: str) -> str:
        """Nine thirty, nine oh five, nine o'clock; with its half of the day where it was written."""
        if not part and hour == 12 and minute == 0:
            return "noon"
        half = {"am": " a m", "pm": " p m"}.get(part, "")
        if minute == 0:
            return f"{self.number(hour or 12)}{half or (' hundred hours' if hour > 12 else ' o’clock')}"
        told = f"oh {self.number(minute)}" if minute < 10 else self.number(minute)
        return f"{self.number(hour)} {told}{half}"

    def date(self, day: date) -> str:
        """16 November 2026: the sixteenth of November, twenty twenty-six."""
        return f"the {self.ordinal(day.day)} of {_MONTHS[day.month - 1]}, {self.year(day.year)}"

    def money(self, amount: Amount) -> str:
        """Twelve dollars and fifty cents."""
        one, several, cent, cents = _MONEY[amount.currency]
        told = f"{self.number(amount.units)} {one if amount.units == 1 else several}"
        if not amount.cents:
            return told
        return f"{told} and {self.number(amount.cents)} {cent if amount.cents == 1 else cents}"

    def percent(self, number: str) -> str:
        """Fifteen percent."""
        return f"{number} percent"

    def span(self, low: str, high: str) -> str:
        """Three to five."""
        return f"{low} to {high}"

    def sign(self, sign: str) -> str:
        """By its name."""
        return _SIGNS.get(sign, "")

    def written_out(self, text: str) -> str:
        """Doctor for Dr., and so on."""
        for pattern, word in _ABBREVIATIONS.items():
            text = pattern.sub(word, text)
        return text


ENGLISH = English()
