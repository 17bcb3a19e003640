"""A rating from 1 to 5 in a caller's words, in every language. Pure."""

from voicebot.receptionist.normalise import tokens

LONGEST = 6
_WORDS: dict[int, tuple[str, ...]] = {
    1: ("one", "واحد", "واحدة"),
    2: ("two", "اثنان", "اثنين", "اثنتان", "اثنتين"),
    3: ("three", "ثلاثة", "ثلاث"),
    4: ("four", "أربعة", "أربع"),
    5: ("five", "خمسة", "خمس"),
}
_VALUES = {tokens(word)[0]: value for value, words in _WORDS.items() for word in words}
BEST = max(_WORDS)


def rating_of(text: str) -> int | None:
    """The one rating a short answer names ("four", "4 out of 5"); None for none, or for several."""
    words = tokens(text)
    if len(words) > LONGEST:
        return None
    # In any script's digits.
    found = [int(word) if word.isdecimal() else _VALUES[word] for word in words if word.isdecimal() or word in _VALUES]
    # Another number is another answer: of "10" or "7" nobody knows what was meant.
    if any(value not in _WORDS for value in found):
        return None
    if len(set(found)) == 2 and found[-1] == BEST:
        found.pop()
    return found[0] if len(set(found)) == 1 else None


def names_rating(text: str, rating: int) -> bool:
    """Whether the rating stands in the text, in any script's digits or in words."""
    words = tokens(text)
    return any((int(word) if word.isdecimal() else _VALUES.get(word)) == rating for word in words)
