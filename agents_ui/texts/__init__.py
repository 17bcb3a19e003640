"""The words of the desk, one JSON file per language; the page gives them to its script as well."""

import json
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent
FALLBACK = "en"


@cache
def words(language: str) -> dict[str, str]:
    """All words in `language`, English where there is no such file."""
    file = _HERE / f"{language}.json"
    if not file.is_file():
        return words(FALLBACK)
    found: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return found
