"""What a language says for what is written in figures and signs."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Amount:
    """Money: whole units and hundredths of a currency's ISO code. `cents` is None where none were written."""

    units: int
    cents: int | None
    currency: str


class Words(Protocol):
    """One language. Everything is given as numbers and comes back as words; `pause` parts groups of figures."""

    pause: str

    def number(self, value: int, noun: str = "") -> str:
        """A count; `noun` is the word after it, which some languages agree with."""
        ...

    def few(self, value: int, noun: str) -> str:
        """One or two of something, where a language says that otherwise than number and noun; else empty."""
        ...

    def decimal(self, whole: int, figures: str) -> str:
        """12.50: `figures` are those after the point, as written."""
        ...

    def ordinal(self, value: int) -> str: ...

    def digits(self, figures: str) -> str:
        """Figure by figure."""
        ...

    def time(self, hour: int, minute: int, part: str) -> str:
        """By the clock, 0 to 23; `part` is "am", "pm", "said" (the text goes on with it) or empty."""
        ...

    def date(self, day: date) -> str: ...

    def money(self, amount: Amount) -> str: ...

    def percent(self, number: str) -> str: ...

    def span(self, low: str, high: str) -> str:
        """From one to the other."""
        ...

    def sign(self, sign: str) -> str:
        """The name of a sign in an address: @ . / - _ : +"""
        ...

    def written_out(self, text: str) -> str:
        """The text with its abbreviations in full."""
        ...
