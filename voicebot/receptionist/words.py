"""Comparing words: affixes, spelling slips, runs of words. Pure."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

_ARABIC_PREFIXES = ("وال", "بال", "فال", "كال", "لل", "ال", "و", "ب", "ل", "ف")
_ENGLISH_SUFFIXES = ("ing", "es", "ed", "s")
_LEAST_STEM = 3


@lru_cache(maxsize=50_000)
def stems(word: str) -> frozenset[str]:
    """A normalised word with and without the commonest affixes: 'opening' → also 'open'."""
    fronts = (word[len(prefix) :] for prefix in _ARABIC_PREFIXES if word.startswith(prefix))
    backs = (word[: -len(suffix)] for suffix in _ENGLISH_SUFFIXES if word.isascii() and word.endswith(suffix))
    return frozenset({word, *(rest for rest in (*fronts, *backs) if len(rest) >= _LEAST_STEM)})


@lru_cache(maxsize=50_000)
def similar(left: str, right: str) -> bool:
    """Whether two normalised words are the same but for affixes and a slip of the keyboard."""
    if stems(left) & stems(right):
        return True
    slips = _slips_allowed(min(len(left), len(right)))
    return slips > 0 and left[0] == right[0] and edit_distance(left, right, slips) <= slips


def _slips_allowed(length: int) -> int:
    if length < 5:
        return 0
    return 1 if length < 9 else 2


def edit_distance(left: str, right: str, limit: int) -> int:
    """Insertions, deletions, substitutions and swaps of neighbours; anything above `limit` is `limit + 1`."""
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, char in enumerate(left, 1):
        following = [i]
        for j, other in enumerate(right, 1):
            cost = min(row[j] + 1, following[j - 1] + 1, row[j - 1] + (char != other))
            if before and j > 1 and char == right[j - 2] and left[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            following.append(cost)
        before, row = row, following
    return min(row[-1], limit + 1)


def find_run(words: Sequence[str], run: Sequence[str], *, fuzzy: bool = False) -> int:
    """Where the words of `run` stand one after the other in `words`; -1 when they do not."""
    same = similar if fuzzy else str.__eq__
    if not run:
        return 0
    # Most runs differ in the first word already.
    first, rest = run[0], run[1:]
    for start in range(len(words) - len(rest)):
        if same(words[start], first) and all(same(words[start + at], word) for at, word in enumerate(rest, 1)):
            return start
    return -1


def has_run(words: Sequence[str], runs: Iterable[Sequence[str]], *, fuzzy: bool = False) -> bool:
    """Whether any of `runs` stands in `words`."""
    return any(run and find_run(words, run, fuzzy=fuzzy) >= 0 for run in runs)
