"""Text as the rules compare it: `common.normalise`, which the search of articles shares."""

from common.normalise import normalise, tokens

__all__ = ["normalise", "tokens"]
