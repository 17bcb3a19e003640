"""Articles as Markdown files with front matter. Pure.

---
slug: returns            # else the file's name
title: Returns           # else the first heading
language: en             # else the file's `.ar.md`, else English
department: sales        # left out: for all
active: true
---
Text in Markdown.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from calls.states import Language

LONGEST = 200_000  # characters
_FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*\r?\n?", re.DOTALL | re.MULTILINE)
_FIRST_HEADING = re.compile(r"^#[ \t]+(.+?)[ \t]*#*$", re.MULTILINE)
_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,80}")
_KNOWN = frozenset({"slug", "title", "language", "department", "active"})


class BadFiles(ValueError):
    """What is wrong with which file, each in one sentence; nothing was imported."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(self.problems))


@dataclass(frozen=True, slots=True)
class Draft:
    """An article as its file has it. `department` is a slug, or empty."""

    slug: str
    title: str
    language: str
    department: str
    body: str
    active: bool = True


def read_all(files: Mapping[str, bytes], departments: Collection[str]) -> tuple[Draft, ...]:
    """The drafts of files by name. Raises BadFiles."""
    drafts, problems = dict[str, Draft](), list[str]()
    for name in sorted(files):
        try:
            draft = read(name, files[name], departments)
        except ValueError as error:
            problems.append(f"{name}: {error}")
            continue
        if draft.slug in drafts:
            problems.append(f"{name}: another file has the slug {draft.slug}, too.")
        drafts[draft.slug] = draft
    if problems:
        raise BadFiles(problems)
    return tuple(drafts.values())


def read(name: str, content: bytes, departments: Collection[str]) -> Draft:
    """One file. Raises ValueError with what is wrong."""
    text = _text(content)
    front = _FRONT.match(text)
    told = _front(front[1]) if front else {}
    body = (text[front.end() :] if front else text).strip()
    stem, _, suffix = name.rpartition("/")[2].removesuffix(".md").partition(".")
    heading = _FIRST_HEADING.search(body)
    draft = Draft(
        slug=str(told.get("slug") or f"{stem}-{suffix}".rstrip("-")),
        title=str(told.get("title") or (heading[1] if heading else "")).strip(),
        language=str(told.get("language") or suffix or Language.EN.value),
        department=str(told.get("department") or ""),
        body=body,
        active=told.get("active", True),
    )
    if wrong := _problem(draft, departments):
        raise ValueError(wrong)
    return draft


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise ValueError("is not UTF-8.") from error


def _front(text: str) -> dict[str, Any]:
    try:
        told = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise ValueError("the front matter is not YAML.") from error
    if not isinstance(told, dict):
        raise ValueError("the front matter is no list of `key: value`.")  # noqa: TRY004 -- told to a person
    if strange := sorted(str(key) for key in told if key not in _KNOWN):
        raise ValueError(f"unknown in the front matter: {', '.join(strange)}.")
    return told


def _problem(draft: Draft, departments: Collection[str]) -> str:
    """What is wrong first, in a sentence; empty when nothing is."""
    checks = (
        (not _SLUG.fullmatch(draft.slug), "the slug may have letters, digits, `-` and `_`, at most 80."),
        (not draft.title, "there is neither a title nor a heading."),
        (len(draft.title) > 200, "the title has more than 200 characters."),
        (draft.language not in Language.values, f"the language is one of {', '.join(Language.values)}."),
        (bool(draft.department) and draft.department not in departments, f"no department {draft.department}."),
        (not isinstance(draft.active, bool), "active is true or false."),
        (not draft.body, "there is no text."),
        ("\x00" in draft.body, "there is a NUL in the text."),
        (len(draft.body) > LONGEST, f"the text has more than {LONGEST} characters."),
    )
    return next((told for wrong, told in checks if wrong), "")
