"""Typed values out of a mapping of texts, every wrong one remembered."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import environ

from voicebot.providers.table import Part, missing


class Reader:
    """Reads typed values out of a mapping by django-environ and remembers what was wrong."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._env = environ.Env()
        self._env.ENVIRON = {name: value.strip() for name, value in environment.items() if value.strip()}
        self.problems: list[str] = []

    def wrong(self, name: str, expected: str) -> None:
        self.problems.append(f"{name}: expected {expected}.")

    def has(self, name: str) -> bool:
        return name in self._env.ENVIRON

    def text(self, name: str, default: str = "") -> str:
        return str(self._env.str(name, default=default))

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.text(name, str(default)).lower()
        if value not in {"1", "0", "true", "false", "yes", "no", "on", "off"}:
            self.wrong(name, "true or false")
            return default
        return bool(self._env.bool(name, default=default))

    def number(self, name: str, default: int, low: int, high: int) -> int:
        try:
            value = int(self._env.int(name, default=default))
        except ValueError:
            value = low - 1
        if low <= value <= high:
            return value
        self.wrong(name, f"a whole number from {low} to {high}")
        return default

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value not in allowed:
            self.wrong(name, f"one of {', '.join(allowed)}")
            return default
        return value

    def url(self, name: str, default: str, schemes: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value and not is_url(value, schemes):
            self.wrong(name, f"an address beginning with {' or '.join(s + '://' for s in schemes)}")
            return default
        return value.rstrip("/")

    def names(self, name: str, default: list[str]) -> list[str]:
        return [item.strip() for item in self._env.list(name, default=default) if item.strip()]

    def require(self, needed_by: str, names: tuple[str, ...]) -> None:
        for name in names:
            if not self.has(name):
                self.wrong(name, f"a value, because {needed_by} needs it")

    def require_part(self, needed_by: str, part: Part | None) -> None:
        """What the part of a call needs; `auto` (None) needs nothing."""
        if part is not None:
            self.require(needed_by, missing(part, self.has))


def is_url(value: str, schemes: tuple[str, ...]) -> bool:
    """Whether it is an address with one of the schemes and a host."""
    try:
        parts = urlsplit(value)
        return parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
