"""How well a passage answers a question. Pure, and the same on every database: the index finds, this decides."""

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

# Found in the text alone, a word says a little less than one of title or heading.
_IN_TEXT = 0.9
_OWN = 0.03
"""What a passage of the caller's own department is better by: it wins a draw, no more."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage the index gave, by its stems."""

    key: int
    heading_terms: frozenset[str]
    terms: frozenset[str]
    own: bool = False


def rank(asked: Sequence[str], candidates: Collection[Candidate], total: int) -> list[tuple[float, int]]:
    """(score, key), the best first: the share of the question that a passage speaks of, rare words counting more.

    `total` is the number of all passages. A word of no passage counts as a rare one: the question is about it, too.
    """
    seen = Counter(term for candidate in candidates for term in candidate.terms & set(asked))
    weights = {term: _weight(max(seen[term], 1), total) for term in asked}
    whole = sum(weights.values())
    scored = [(_score(weights, candidate) / whole, candidate) for candidate in candidates] if whole else []
    found = [(round(score + (_OWN if candidate.own else 0), 4), candidate.key) for score, candidate in scored if score]
    return sorted(found, key=lambda item: (-item[0], item[1]))


def _score(weights: dict[str, float], candidate: Candidate) -> float:
    in_heading = sum(weight for term, weight in weights.items() if term in candidate.heading_terms)
    in_text = sum(weight for term, weight in weights.items() if term in candidate.terms - candidate.heading_terms)
    return in_heading + _IN_TEXT * in_text


def _weight(seen: int, total: int) -> float:
    """BM25's inverse document frequency."""
    return math.log(1 + (max(total, seen) - seen + 0.5) / (seen + 0.5))
