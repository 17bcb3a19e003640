"""The words of the customer's pages: one JSON catalogue per language, read by the templates and by the scripts."""

import json
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = {"en": "English", "ar": "العربية"}
RIGHT_TO_LEFT = frozenset({"ar"})


def direction(language: str) -> str:
    """`rtl` or `ltr`."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


@cache
def catalogue(language: str) -> dict[str, Any]:
    """The nested catalogue of `language`; a leaf is a text, or texts by plural category."""
    path = Path(__file__).parent / "copy" / f"{language}.json"
    words: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return words


def say(language: str, key: str, **values: str) -> str:
    """The text at a dotted `key` with `{name}` places filled; KeyError names a key that is not there."""
    found: Any = catalogue(language)
    for part in key.split("."):
        if not isinstance(found, dict) or part not in found:
            raise KeyError(f"{language}: {key}")
        found = found[part]
    if not isinstance(found, str):
        raise KeyError(f"{language}: {key} is no text")
    text: str = found
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text
