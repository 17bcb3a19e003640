"""Who stands in for a part that fails: `STT_FALLBACK` and its like. Imports the table only: settings read it, too.

An entry is a provider's name or the address of a server that speaks OpenAI's protocol, each with a model before an
`@` where it is another one: `gpt-4o-mini@openai`, `qwen3:8b@http://127.0.0.1:11434/v1`. Those of `REALTIME_FALLBACK`
are names only.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from voicebot.providers.table import OFFLINE, OPENAI, SPEAKERS, VOICES

Part = Literal["STT", "LLM", "TTS", "REALTIME"]
_SCHEMES = ("http://", "https://")
# The built-in rules and the built-in voice stand at the end of every chain, unnamed.
NAMES: dict[Part, tuple[str, ...]] = {
    "STT": (OPENAI, OFFLINE),
    "LLM": (OPENAI,),
    "TTS": tuple(name for name in SPEAKERS if name != OFFLINE),
    # Another realtime model, or ears, mind and voice in its place.
    "REALTIME": tuple(VOICES),
}


@dataclass(frozen=True, slots=True)
class Spare:
    """`provider` by its name, or OpenAI's protocol at `url`; an empty `model` is the usual one."""

    provider: str
    url: str = ""
    model: str = ""

    @property
    def needs(self) -> str:
        """The variable with its key; none for an address or the built-in one."""
        return "" if self.url or self.provider == OFFLINE else f"{self.provider.upper()}_API_KEY"


def spares_of(part: Part, entries: Iterable[str]) -> tuple[Spare, ...]:
    """ValueError for an entry that names nobody."""
    return tuple(_spare(part, entry.strip()) for entry in entries if entry.strip())


def _spare(part: Part, entry: str) -> Spare:
    model, where = _split(entry)
    if where.startswith(_SCHEMES) and part != "REALTIME":
        if not urlsplit(where).hostname:
            raise ValueError(where)
        return Spare(OPENAI, where.rstrip("/"), model)
    if where not in NAMES[part]:
        raise ValueError(where)
    return Spare(where, model=model)


def _split(entry: str) -> tuple[str, str]:
    """The model and the rest; an address may have an `@` of its own."""
    if entry.startswith(_SCHEMES):
        return "", entry
    for scheme in _SCHEMES:
        model, found, rest = entry.partition(f"@{scheme}")
        if found:
            return model, scheme + rest
    model, _, where = entry.rpartition("@")
    return model, where
