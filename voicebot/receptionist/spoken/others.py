"""Any language that num2words knows: its numbers; figures as they are where it does not."""

from datetime import date
from functools import cache
from typing import Any

from voicebot.receptionist.spoken.words import Amount


@cache
def _converter(language: str) -> Any:
    """num2words' converter, None where it has none."""
    from num2words import CONVERTER_CLASSES

    return CONVERTER_CLASSES.get(language)


class OtherWords:
    """`Words` with numbers only: what is built of them keeps its signs, which voices read in their own way."""

    pause = ", "

    def __init__(self, language: str) -> None:
        self._language = language

    def number(self, value: int, noun: str = "") -> str:
        """See Words."""
        converter = _converter(self._language)
        return str(converter.to_cardinal(value)).replace(",", "") if converter else str(value)

    def few(self, value: int, noun: str) -> str:
        """See Words."""
        return ""

    def decimal(self, whole: int, figures: str) -> str:
        """See Words."""
        converter = _converter(self._language)
        if converter is None:
            return f"{whole}.{figures}"
        return f"{self.number(whole)} {converter.pointword} {self.digits(figures)}"

    def ordinal(self, value: int) -> str:
        """See Words."""
        converter = _converter(self._language)
        return str(converter.to_ordinal(value)) if converter else str(value)

    def year(self, value: int) -> str:
        """As years are read."""
        converter = _converter(self._language)
        return str(converter.to_year(value)).replace(",", "") if converter else str(value)

    def digits(self, figures: str) -> str:
        """See Words."""
        return " ".join(self.number(int(figure)) for figure in figures)

    def time(self, hour: int, minute: int, part: str) -> str:
        """See Words."""
        return f"{self.number(hour)} {self.number(minute)}" if minute else self.number(hour)

    def date(self, day: date) -> str:
        """See Words."""
        return f"{self.number(day.day)} {self.number(day.month)} {self.year(day.year)}"

    def money(self, amount: Amount) -> str:
        """See Words."""
        cents = f" {self.number(amount.cents)}" if amount.cents else ""
        return f"{self.number(amount.units)} {amount.currency}{cents}"

    def percent(self, number: str) -> str:
        """See Words."""
        return f"{number} %"

    def span(self, low: str, high: str) -> str:
        """See Words."""
        return f"{low} – {high}"

    def sign(self, sign: str) -> str:
        """See Words."""
        return sign

    def written_out(self, text: str) -> str:
        """See Words."""
        return text
