"""Which language a text is in. Pure."""

import re
from collections.abc import Sequence

from voicebot.receptionist.facts import FALLBACK_LANGUAGE
from voicebot.receptionist.files import kept
from voicebot.receptionist.lexicon import in_latin, known_languages, vocabulary
from voicebot.receptionist.normalise import tokens
from voicebot.receptionist.prompts import book, languages

_ARABIC = re.compile(r"[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff]")
_LATIN = re.compile(r"[A-Za-z]")
_NOT_LANGUAGE = re.compile(r"[@\d]|://")
# A 3 or a 7 among small letters is an ayn or a ha; more figures are a number.
_ARABIZI = re.compile(r"[a-z]+[37][a-z]+|[37][a-z]{3,}")
_A_SENTENCE = 2  # words
_UNDECIDED = frozenset({"ok", "okay", "email", "wifi", "iphone", "android", "google", "whatsapp"})


def detect_language(text: str, current: str) -> str:
    """The language of a typed text; `current` where it does not show (numbers, addresses, 'ok', an unknown name)."""
    words = [word for word in text.split() if not _NOT_LANGUAGE.search(word)]
    # By words, not letters: "ابغى billing department" is an Arabic sentence.
    arabic, latin = (sum(bool(script.search(word)) for word in words) for script in (_ARABIC, _LATIN))
    if arabic and arabic * 2 >= latin:
        return _of_script(arabic_script(), current)
    if foreign := _in_latin_letters(text):
        return foreign
    return _by_words(" ".join(words), current) if latin else current


def written_in(text: str, current: str) -> str:
    """The language of a line of our own, by its letters alone: unlike a caller's, its words are no single names."""
    arabic, latin = len(_ARABIC.findall(text)), len(_LATIN.findall(text))
    if arabic and arabic * 2 >= latin:
        return _of_script(arabic_script(), current)
    sentence = len(text.split()) >= _A_SENTENCE and latin
    return _of_script([item for item in languages() if item not in arabic_script()], current) if sentence else current


def _of_script(spoken: Sequence[str], current: str) -> str:
    """The present language if it is written so, else the first that is; English before others."""
    return current if current in spoken else FALLBACK_LANGUAGE if FALLBACK_LANGUAGE in spoken else spoken[0]


@kept
def arabic_script() -> tuple[str, ...]:
    """The languages whose sentences are written in Arabic letters; Arabic itself comes first."""
    written = [item for item in languages() if _ARABIC.search(book(item).sentences.get("hello", book(item).system))]
    return tuple(sorted(written, key=lambda item: item != "ar"))


def _in_latin_letters(text: str) -> str:
    """The language of another script that the words are in all the same, as in "3ayez akallem mowazaf"."""
    words = [word for word in tokens(text) if word.isascii() and not word.isdecimal()]
    for item in known_languages():
        if item not in arabic_script():
            continue
        own = in_latin(item) - _UNDECIDED
        hits = [word for word in words if word in own or (own and _ARABIZI.fullmatch(word))]
        told = len(set(hits)) > 1 or any(any(char.isdecimal() for char in word) for word in hits)
        if told and len(hits) * 2 >= len(words):
            return item
    return ""


def _by_words(text: str, current: str) -> str:
    """The language most of whose words are there; the present one unless another has more."""
    words = [word for word in tokens(text) if word not in _UNDECIDED]
    spoken = [item for item in known_languages() if item not in arabic_script()]
    hits = {item: sum(word in vocabulary(item) for word in words) for item in spoken}
    best = max(spoken, key=lambda item: (hits[item], item == current, item == FALLBACK_LANGUAGE))
    if not hits[best] or hits[best] == hits.get(current):
        return current
    return best if hits[best] * 3 >= len(words) else current
