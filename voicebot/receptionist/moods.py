"""How a caller seems to feel, from words of every language. Pure."""

from collections.abc import Sequence

from calls.states import Mood
from voicebot.receptionist.intents import LONGEST
from voicebot.receptionist.lexicon import lexicons
from voicebot.receptionist.normalise import tokens
from voicebot.receptionist.words import find_run, has_run

_LAST = 8  # lines that count: people calm down
# The first that was heard counts, in this order: anger matters more to the next person than thanks.
_ORDER = (Mood.ANGRY, Mood.UPSET, Mood.URGENT, Mood.ANNOYED, Mood.POSITIVE)
_SHOUTED = 3  # words in capitals


def mood_of(lines: Sequence[str]) -> Mood:
    """Of the caller's lines, oldest first; calm unless something says otherwise."""
    heard = {mood for line in lines[-_LAST:] for mood in _ORDER if _sounds(line[:LONGEST], mood)}
    return next((mood for mood in _ORDER if mood in heard), Mood.CALM)


def _sounds(line: str, mood: Mood) -> bool:
    words = tokens(line)
    if mood is Mood.ANNOYED and (_shouted(line) or "!!" in line):
        return True
    return any(
        has_run(words, item.moods.get(mood.value, ()))
        and not _negated(words, item.moods[mood.value], item.moods.get("not", ()))
        for item in lexicons()
    )


def _negated(words: Sequence[str], runs: Sequence[Sequence[str]], negations: Sequence[Sequence[str]]) -> bool:
    """Whether a negation stands right before: "not urgent", "ليس مستعجلا"."""
    for run in runs:
        at = find_run(words, run)
        if at > 0 and has_run(words[max(0, at - 2) : at], negations):
            return True
    return False


def _shouted(line: str) -> bool:
    return sum(word.isupper() and len(word) > 2 for word in line.split()) >= _SHOUTED
