"""The phrases that are listened for, as a grammar. Pure."""

from collections.abc import Iterable, Mapping

Phrases = Mapping[str, tuple[str, ...]]
"""What may be said, by what is meant by it."""


def key_of(phrases: Phrases) -> frozenset[str]:
    """The same for the same texts, whatever they mean."""
    return frozenset(text for texts in phrases.values() for text in texts)


def intent_of(text: str, phrases: Phrases) -> str:
    """The intent a phrase belongs to; empty for a phrase broken off or unknown."""
    return next((intent for intent, texts in phrases.items() if text in texts), "")


def jsgf(texts: Iterable[str]) -> str:
    """A grammar of whole phrases. What several begin with stands in it once, and is searched once: in half the time."""
    return f"#JSGF V1.0;\ngrammar phrases;\npublic <phrase> = {_branches(_tree(texts))};\n"


class _Tree(dict[str, "_Tree"]):
    """How phrases go on, by their next word; `ends`: one of them is over here."""

    ends = False


def _tree(texts: Iterable[str]) -> _Tree:
    root = _Tree()
    for text in texts:
        at = root
        for word in text.split():
            at = at.setdefault(word, _Tree())
        at.ends = True
    return root


def _branches(tree: _Tree) -> str:
    ways = [f"{word} {_branches(rest)}".rstrip() for word, rest in sorted(tree.items())]
    if not ways:
        return ""
    inside = " | ".join(ways)
    if tree.ends:
        return f"[ {inside} ]"
    return inside if len(ways) == 1 else f"( {inside} )"
