"""How much silence the words said so far need until the turn is over. Pure."""

import re
from collections.abc import Iterable
from functools import lru_cache

from voicebot.offline.phrases import Phrases
from voicebot.receptionist.lexicon import lexicon, lexicons
from voicebot.receptionist.normalise import tokens
from voicebot.turn_taking.config import TurnTaking

_STOPS = (".", "!", "?", "؟", "…")
_ASKING = ("?", "؟")
_BEFORE_THE_LAST = re.compile(r".*[.!?؟…]\s+", re.DOTALL)
# Characters a second of our voices.
_PACE = 14.0
_LISTED = re.compile(r"(?:\d+|[^\W\d_])", re.UNICODE)


def wait_for_phrase(config: TurnTaking, phrase: str, phrases: Phrases, *, asked: bool, sure: bool = True) -> float:
    """After one of the built-in recogniser's phrases; empty: there were words, but none of them.

    `asked`: a question of ours is open, which a yes or a no answers. Not `sure`: it may be another language's words.
    """
    if not (phrase and sure):
        return config.unfinished
    short = asked and any(phrase in phrases.get(intent, ()) for intent in ("yes", "no"))
    if not short and phrase in _beginnings(frozenset(text for texts in phrases.values() for text in texts)):
        return config.could_go_on
    return config.complete


@lru_cache(maxsize=64)
def _beginnings(texts: frozenset[str]) -> frozenset[str]:
    """The word-wise beginnings of every phrase that are no whole one of it."""
    words = [text.split() for text in texts]
    return frozenset(" ".join(run[:length]) for run in words for length in range(1, len(run)))


def wait_for_text(config: TurnTaking, text: str, language: str, *, asked: bool) -> float:
    """After free text, as a recogniser of a language writes it down."""
    words = tokens(text)
    if not words:
        return config.unfinished
    turns = lexicon(language).turns
    if _ends(words, turns.get("open_ends", ())) or text.rstrip().endswith((",", "،", "-", ":")):
        return config.unfinished
    if _lists(words, turns.get("numbers", ())):
        return config.listing
    if asked and _is(words, "yes", "no"):
        return config.complete
    if len(words) == 1 and not _is(words, "bye", "thanks", "hello"):
        return config.could_go_on
    return config.complete if text.rstrip().endswith(_STOPS) else config.unsure


def is_backchannel(text: str, *, asked: bool = False) -> bool:
    """Whether somebody only says that he listens, in any language: mm-hm, okay, نعم.

    `asked`: a question of ours is open, or under way; a yes to it is an answer, however early it comes.
    """
    words = tokens(text)
    if not words or (asked and any(_made_of(words, item.intents["yes"]) for item in lexicons())):
        return False
    return any(_made_of(words, item.turns.get("backchannels", ())) for item in lexicons())


def question_reached(said: str, seconds: float) -> bool:
    """Whether what is being said ends with a question, and that question has begun after so long."""
    said = said.rstrip()
    before = _BEFORE_THE_LAST.match(said)
    return said.endswith(_ASKING) and seconds >= len(before.group() if before else "") / _PACE


def _ends(words: tuple[str, ...], runs: Iterable[tuple[str, ...]]) -> bool:
    return any(run and words[-len(run) :] == run for run in runs)


def _lists(words: tuple[str, ...], numbers: Iterable[tuple[str, ...]]) -> bool:
    """Digits, number words or single letters at the end: more of them may come."""
    return bool(_LISTED.fullmatch(words[-1])) or (words[-1],) in set(numbers)


def _is(words: tuple[str, ...], *intents: str) -> bool:
    """Whether they are one of the intents' phrases, no word more, in any language."""
    return any(words in item.intents[intent] for item in lexicons() for intent in intents)


def _made_of(words: tuple[str, ...], runs: Iterable[tuple[str, ...]]) -> bool:
    """Whether the words are nothing but such runs, one after the other."""
    if not words:
        return True
    return any(run and words[: len(run)] == run and _made_of(words[len(run) :], runs) for run in runs)
