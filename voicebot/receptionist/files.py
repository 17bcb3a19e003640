"""The installation's own language files beside the built-in ones, and what is kept of them."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from django.conf import settings

P = ParamSpec("P")
R = TypeVar("R")
_KEPT: list[Callable[[], None]] = []


def language_files(built_in: Path, ending: str) -> dict[str, Path]:
    """The file of each language: of `PROMPTS_DIR` where it has one, else the built-in one."""
    own = Path(settings.PROMPTS_DIR) if settings.PROMPTS_DIR else None
    return {path.stem: path for folder in (built_in, own) if folder for path in sorted(folder.glob(f"*.{ending}"))}


def kept(function: Callable[P, R]) -> Callable[P, R]:
    """Like `cache`, for what is read from language files."""
    made: Any = cache(function)
    _KEPT.append(made.cache_clear)
    return made  # type: ignore[no-any-return]


def forget_files() -> None:
    """Read the files anew."""
    for clear in _KEPT:
        clear()
