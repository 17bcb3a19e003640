"""Text as it is compared: one spelling per word, for both scripts. Pure."""

import re
import unicodedata

_ARABIC_SPELLINGS = str.maketrans(
    {
        "أ": "ا",
        "إ": "ا",
        "آ": "ا",
        "ٱ": "ا",
        "ى": "ي",
        "ئ": "ي",
        "ؤ": "و",
        "ة": "ه",
        "گ": "ك",
        "ک": "ك",
        "ی": "ي",
        "ـ": "",
        "ء": "",
    }
)
_APOSTROPHES = re.compile(r"(?<=[^\W\d_])['’`´](?=[^\W\d_])")
_NOT_WORD = re.compile(r"[^\w@.+]+|_+", re.UNICODE)
_LOOSE_MARKS = re.compile(r"(?<!\w)[.@+]+|[.@+]+(?!\w)")
_REPEATED = re.compile(r"([^\W\d_])\1{2,}")


def normalise(text: str) -> str:
    """Lower case, no diacritics, no tatweel, one form of alef, hamza, ya and ta marbuta, words parted by one space."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(char for char in folded if not unicodedata.combining(char))
    arabic = unicodedata.normalize("NFKC", bare).translate(_ARABIC_SPELLINGS)
    words = _LOOSE_MARKS.sub(" ", _NOT_WORD.sub(" ", _APOSTROPHES.sub("", arabic)))
    return " ".join(_REPEATED.sub(r"\1\1", words).split())


def tokens(text: str) -> tuple[str, ...]:
    """The words of `text` after `normalise`."""
    return tuple(normalise(text).split())
