"""Which language a text is in. Pure."""

import re

from voicebot.receptionist.lexicon import lexicons
from voicebot.receptionist.normalise import tokens

_ARABIC = re.compile(r"[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff]")
_LATIN = re.compile(r"[A-Za-z]")
_NOT_LANGUAGE = re.compile(r"[@\d]|://")
_A_SENTENCE = 2  # words
_UNDECIDED = frozenset({"ok", "okay", "email", "wifi", "iphone", "android", "google", "whatsapp"})


def detect_language(text: str, current: str) -> str:
    """The language of a typed text; `current` where it does not show (numbers, addresses, 'ok', an unknown name)."""
    words = " ".join(word for word in text.split() if not _NOT_LANGUAGE.search(word))
    arabic, latin = len(_ARABIC.findall(words)), len(_LATIN.findall(words))
    if arabic and arabic * 2 >= latin:
        return "ar"
    return "en" if latin and (current == "en" or _reads_as_english(words)) else current


def written_in(text: str, current: str) -> str:
    """The language of a line of our own, by its letters alone: unlike a caller's, its words are no single names."""
    arabic, latin = len(_ARABIC.findall(text)), len(_LATIN.findall(text))
    if arabic and arabic * 2 >= latin:
        return "ar"
    return "en" if len(text.split()) >= _A_SENTENCE and latin else current


def _reads_as_english(text: str) -> bool:
    known = next(item.vocabulary for item in lexicons() if item.language == "en")
    hits = [word for word in tokens(text) if word in known and word not in _UNDECIDED]
    return bool(hits) and len(hits) * 3 >= len(tokens(text))
