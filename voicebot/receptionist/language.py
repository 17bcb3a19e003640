"""Which language a text is in. Pure."""

import re

from voicebot.receptionist.lexicon import in_latin, lexicons
from voicebot.receptionist.normalise import tokens

_ARABIC = re.compile(r"[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff]")
_LATIN = re.compile(r"[A-Za-z]")
_NOT_LANGUAGE = re.compile(r"[@\d]|://")
# A 3 or a 7 among small letters is an ayn or a ha; more figures are a number.
_ARABIZI = re.compile(r"[a-z]+[37][a-z]+|[37][a-z]{3,}")
_A_SENTENCE = 2  # words
_UNDECIDED = frozenset({"ok", "okay", "email", "wifi", "iphone", "android", "google", "whatsapp"})


def detect_language(text: str, current: str) -> str:
    """The language of a typed text; `current` where it does not show (numbers, addresses, 'ok', an unknown name)."""
    words = " ".join(word for word in text.split() if not _NOT_LANGUAGE.search(word))
    arabic, latin = len(_ARABIC.findall(words)), len(_LATIN.findall(words))
    if arabic and arabic * 2 >= latin:
        return "ar"
    if latin and (foreign := _in_latin_letters(text)):
        return foreign
    return "en" if latin and (current == "en" or _reads_as_english(words)) else current


def written_in(text: str, current: str) -> str:
    """The language of a line of our own, by its letters alone: unlike a caller's, its words are no single names."""
    arabic, latin = len(_ARABIC.findall(text)), len(_LATIN.findall(text))
    if arabic and arabic * 2 >= latin:
        return "ar"
    return "en" if len(text.split()) >= _A_SENTENCE and latin else current


def _in_latin_letters(text: str) -> str:
    """The language of another script that the words are in all the same, as in "3ayez akallem mowazaf"."""
    words = [word for word in tokens(text) if word.isascii() and not word.isdecimal()]
    for item in lexicons():
        own = in_latin(item.language) - _UNDECIDED
        hits = [word for word in words if word in own or (own and _ARABIZI.fullmatch(word))]
        told = len(hits) > 1 or any(any(char.isdecimal() for char in word) for word in hits)
        if item.language != "en" and told and len(hits) * 2 >= len(words):
            return item.language
    return ""


def _reads_as_english(text: str) -> bool:
    known = in_latin("en")
    hits = [word for word in tokens(text) if word in known and word not in _UNDECIDED]
    return bool(hits) and len(hits) * 3 >= len(tokens(text))
