"""Which models a call uses, decided once from the settings."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from voicebot.patience import Patience, patience_from
from voicebot.providing import OFFLINE, OPENAI, Server, server_of, text_provider

Provider = Literal["offline", "openai"]


class ProviderError(ValueError):
    """The settings ask for a provider that is not to be had; the message names the variable."""


@dataclass(frozen=True, slots=True)
class VoiceConfig:
    """`provider` listens and thinks, `speaker` speaks."""

    provider: Provider
    speaker: Provider
    stt_model: str = ""
    llm_model: str = ""
    tts_model: str = ""
    tts_voice: str = ""
    stt_server: Server = field(default_factory=Server)
    llm_server: Server = field(default_factory=Server)
    tts_server: Server = field(default_factory=Server)
    cache_folder: Path = Path("var/voice-cache")
    patience: Patience = field(default_factory=Patience)

    @property
    def offline(self) -> bool:
        return self.provider == OFFLINE


def config_from(settings: Any) -> VoiceConfig:
    """The configuration Django's settings say. Raises ProviderError."""
    return VoiceConfig(
        provider=cast("Provider", text_provider()),
        speaker=_speaker(settings.TTS_PROVIDER),
        stt_model=settings.STT_MODEL,
        llm_model=settings.LLM_MODEL,
        tts_model=settings.TTS_MODEL,
        tts_voice=settings.TTS_VOICE,
        stt_server=server_of("STT"),
        llm_server=server_of("LLM"),
        tts_server=server_of("TTS"),
        cache_folder=Path(settings.VAR_DIR) / "voice-cache",
        patience=patience_from(settings),
    )


def _speaker(named: str) -> Provider:
    if named == "auto":
        return cast("Provider", text_provider())
    if named not in (OFFLINE, OPENAI):
        raise ProviderError(f"TTS_PROVIDER={named} is not built in yet; use openai or offline")
    return cast("Provider", named)
