"""Which provider thinks and listens for typed turns and uploads, by settings. Imports no livekit."""

from dataclasses import dataclass, field
from typing import Literal

from django.conf import settings

from voicebot.providers import table
from voicebot.providers.spares import Part, Spare
from voicebot.providers.table import OFFLINE, OPENAI, SPEAKERS, VOICES
from voicebot.receptionist.engine import Engine, FirstThatAnswers, RulesEngine

__all__ = [
    "OFFLINE",
    "OPENAI",
    "Server",
    "server_of",
    "speaking_provider",
    "speaking_server",
    "text_engine",
    "text_provider",
    "voice_provider",
]


_USUAL = {"STT": "whisper-1", "LLM": "gpt-4o-mini"}
# With what comes before and after, less than ten.
ANSWER_SECONDS = 7.0


@dataclass(frozen=True, slots=True)
class Server:
    """Somebody who speaks a provider's protocol; an empty `base_url` is the provider itself."""

    api_key: str = field(default="", repr=False)
    base_url: str = ""


def server_of(part: Part) -> Server:
    """Who does that part: `STT_BASE_URL` and its like, else `OPENAI_BASE_URL`.

    The key for OpenAI goes to no server named for a part: that has its own (`STT_API_KEY`), or needs none.
    """
    own, key = getattr(settings, f"{part}_BASE_URL"), getattr(settings, f"{part}_API_KEY")
    if own:
        return Server(key or "none", own)
    return Server(key or settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL)


def speaking_server(speaker: str) -> Server:
    """Where a speaker of `table.SPEAKERS` is, and its key."""
    if speaker == OPENAI:
        return server_of("TTS")
    name = speaker.upper()
    return Server(getattr(settings, f"{name}_API_KEY", ""), getattr(settings, f"{name}_BASE_URL", ""))


def voice_provider(chosen: str = "") -> str:
    """Who listens and thinks in a call, of `table.VOICES`; what leaves it open follows the key.

    `chosen` by a department counts where it can still be had: its key may have gone since.
    """
    if chosen and usable(VOICES.get(chosen)):
        return chosen
    named = str(settings.VOICE_PROVIDER)
    return _by_key() if named == "auto" else named


def speaking_provider(chosen: str = "") -> str:
    """The same for who speaks, of `table.SPEAKERS`."""
    if chosen and usable(SPEAKERS.get(chosen)):
        return chosen
    named = str(settings.TTS_PROVIDER)
    return text_provider() if named == "auto" else named


def usable(part: table.Part | None) -> bool:
    """Whether the settings have what it needs."""
    return part is not None and not table.missing(part, lambda name: bool(getattr(settings, name)))


def text_provider() -> str:
    """The same for what is typed or uploaded, `openai` or `offline`: a realtime model is for calls."""
    named = voice_provider()
    return _by_key() if named not in (OFFLINE, OPENAI) else named


def _by_key() -> str:
    return OPENAI if settings.OPENAI_API_KEY else OFFLINE


def text_engine() -> Engine:
    """The receptionist's engine of this installation."""
    if text_provider() == OFFLINE:
        return RulesEngine()
    # Half a thousand modules that an installation without a key never needs.
    from voicebot.receptionist.openai_engine import OpenAIEngine

    asked = [(server_of("LLM"), settings.LLM_MODEL), *spares_for("LLM")]
    seconds = ANSWER_SECONDS / len(asked)
    return FirstThatAnswers(
        [OpenAIEngine(server.api_key, model, server.base_url or None, seconds) for server, model in asked]
    )


def spares_for(part: Literal["STT", "LLM"]) -> list[tuple[Server, str]]:
    """Who stands in for a part, of those that speak OpenAI's protocol: where, and with which model."""
    spares: tuple[Spare, ...] = getattr(settings, f"{part}_FALLBACK")
    return [(spare_server(part, spare), spare_model(part, spare)) for spare in spares if spare.provider == OPENAI]


def spare_server(part: Part, spare: Spare) -> Server:
    """An address named as a spare is sent its own key only, or none."""
    if spare.url:
        return Server(getattr(settings, f"{part}_FALLBACK_API_KEY") or "none", spare.url)
    name = spare.provider.upper()
    return Server(getattr(settings, f"{name}_API_KEY", ""), getattr(settings, f"{name}_BASE_URL", ""))


def spare_model(part: Literal["STT", "LLM"], spare: Spare) -> str:
    """The one named; of another server of ours the same as ours, of OpenAI its usual one."""
    return spare.model or (str(getattr(settings, f"{part}_MODEL")) if spare.url else _USUAL[part])
