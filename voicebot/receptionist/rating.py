"""A rating from 1 to 5 in a caller's words, in every language. Pure."""

from voicebot.receptionist.details import digit_values
from voicebot.receptionist.normalise import tokens

LONGEST = 6
BEST = 5
_RATINGS = range(1, BEST + 1)


def _values() -> dict[str, int]:
    return {word: int(digit) for word, digit in digit_values().items() if int(digit) in _RATINGS}


def rating_of(text: str) -> int | None:
    """The one rating a short answer names ("four", "4 out of 5"); None for none, or for several."""
    words, values = tokens(text), _values()
    if len(words) > LONGEST:
        return None
    # In any script's digits.
    found = [int(word) if word.isdecimal() else values[word] for word in words if word.isdecimal() or word in values]
    # Another number is another answer: of "10" or "7" nobody knows what was meant.
    if any(value not in _RATINGS for value in found):
        return None
    if len(set(found)) == 2 and found[-1] == BEST:
        found.pop()
    return found[0] if len(set(found)) == 1 else None


def names_rating(text: str, rating: int) -> bool:
    """Whether the rating stands in the text, in any script's digits or in words."""
    words, values = tokens(text), _values()
    return any((int(word) if word.isdecimal() else values.get(word)) == rating for word in words)
