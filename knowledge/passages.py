"""An article's Markdown as the passages that are found, read out and quoted. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from knowledge.wording import terms

LONGEST = 700  # characters of a passage
_SENTENCES = 2
_LONGEST_ANSWER = 320  # characters said at once
_HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$")
_BULLET = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"[*_`~]{1,3}(?=\S)|(?<=\S)[*_`~]{1,3}")
_TAG = re.compile(r"<[^>]{1,200}>")
_END = re.compile(r"(?<=[.!?؟])\s+")
_FENCE = re.compile(r"^\s*(```|~~~)")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of an article under one heading (empty before the first), as plain text, a paragraph a line."""

    heading: str
    text: str


def parts_of(body: str) -> tuple[Part, ...]:
    """The passages of a Markdown text, in its order, none longer than LONGEST but for a single long paragraph."""
    return tuple(part for heading, paragraphs in _sections(body) for part in _packed(heading, paragraphs))


def _sections(body: str) -> Iterator[tuple[str, list[str]]]:
    heading, lines = "", list[str]()
    for line in body.splitlines():
        if found := _HEADING.match(line):
            yield heading, _paragraphs(lines)
            heading, lines = plain(found[1]), []
        elif not _FENCE.match(line):
            lines.append(line)
    yield heading, _paragraphs(lines)


def _paragraphs(lines: Iterable[str]) -> list[str]:
    """Lines that belong together as one; each item of a list by itself."""
    found: list[list[str]] = [[]]
    for line in lines:
        if not line.strip():
            found.append([])
        elif _BULLET.match(line):
            found.append([_BULLET.sub("", line)])
        else:
            found[-1].append(line)
    return [text for group in found if (text := plain(" ".join(group)))]


def _packed(heading: str, paragraphs: list[str]) -> Iterator[Part]:
    held: list[str] = []
    for paragraph in paragraphs:
        if held and sum(map(len, held)) + len(paragraph) > LONGEST:
            yield Part(heading, "\n".join(held))
            held = []
        held.append(paragraph)
    if held:
        yield Part(heading, "\n".join(held))


def plain(text: str) -> str:
    """Markdown as it is said: no marks, links by their words."""
    return " ".join(_MARKS.sub("", _TAG.sub("", _LINK.sub(r"\1", text))).split())


def answer(text: str, question: str) -> str:
    """The one or two neighbouring sentences of a passage that say most about the question."""
    sentences = [sentence for line in text.splitlines() for sentence in _END.split(line) if sentence.strip()]
    if not sentences:
        return ""
    asked = set(terms(question))
    shared = [len(asked & set(terms(sentence))) for sentence in sentences]
    best = max(range(len(sentences)), key=lambda at: shared[at])
    told = " ".join(_closed(sentence) for sentence in sentences[best : best + _SENTENCES])
    return told if len(told) <= _LONGEST_ANSWER else _shortened(_closed(sentences[best]))


def _closed(sentence: str) -> str:
    """A list's item is said as a sentence."""
    return sentence if sentence[-1] in ".!?؟:…" else f"{sentence}."


def _shortened(sentence: str) -> str:
    if len(sentence) <= _LONGEST_ANSWER:
        return sentence
    return f"{sentence[:_LONGEST_ANSWER].rsplit(' ', 1)[0]}…"
