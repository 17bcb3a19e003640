"""Text as it is said aloud: numbers, dates, times, money, addresses. The transcript keeps what is written.

Pure. A language with rules of its own is a module here with the functions of `Words`; every other one has its numbers
from num2words, where that knows it.
"""

import re
import unicodedata
from collections.abc import Iterator

from voicebot.receptionist.spoken import patterns
from voicebot.receptionist.spoken.arabic import ARABIC
from voicebot.receptionist.spoken.english import ENGLISH
from voicebot.receptionist.spoken.others import OtherWords
from voicebot.receptionist.spoken.words import Words

__all__ = ["speak"]

_OWN: dict[str, Words] = {"en": ENGLISH, "ar": ARABIC}
_FIGURES = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹٫٬٪", "01234567890123456789.,%")
_UNHEARD = re.compile(r"[\u0640\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_SPACES = re.compile(r"[ \t]{2,}")
_ARABIC = re.compile(r"[\u0600-\u06ff]")
# A joined-up form of a letter or of a word, as old texts and some keyboards have them.
_JOINED = re.compile(r"[\ufb50-\ufdff\ufe70-\ufefe]+")


def speak(text: str, language: str) -> str:
    """`text` in words for a voice of `language`. What has no figures, signs or abbreviations comes back as it is."""
    plain = _JOINED.sub(lambda found: unicodedata.normalize("NFKC", found[0]), _UNHEARD.sub("", text))
    words = _OWN.get(language) or OtherWords(language)
    return _SPACES.sub(" ", "".join(_parts(plain.translate(_FIGURES), words)))


def _parts(text: str, words: Words) -> Iterator[str]:
    """Each thing found in words, what lies between with its abbreviations spelled out."""
    at = 0
    for found in patterns.find(text, words):
        yield words.written_out(text[at : found.start])
        yield found.spoken
        at = found.end
    yield words.written_out(text[at:])
