"""Which models a call uses, decided once from the settings."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from voicebot.patience import Patience, patience_from
from voicebot.providers.table import OFFLINE, SPEAKERS, VOICES, Part, missing
from voicebot.providing import Server, server_of, speaking_server, text_provider


class ProviderError(ValueError):
    """The settings ask for a provider that is not to be had; the message names the variable."""


@dataclass(frozen=True, slots=True)
class VoiceConfig:
    """`provider` (of `table.VOICES`) listens and thinks, `speaker` (of `table.SPEAKERS`) speaks."""

    provider: str
    speaker: str
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
    provider, speaker = text_provider(), settings.TTS_PROVIDER
    if speaker == "auto":
        speaker = text_provider()
    _require(settings, f"VOICE_PROVIDER={provider}", VOICES.get(provider))
    _require(settings, f"TTS_PROVIDER={speaker}", SPEAKERS.get(speaker))
    part = SPEAKERS[speaker]
    return VoiceConfig(
        provider=provider,
        speaker=speaker,
        stt_model=settings.STT_MODEL,
        llm_model=settings.LLM_MODEL,
        tts_model=settings.TTS_MODEL or part.model,
        tts_voice=getattr(settings, part.voice_variable) or part.voice,
        stt_server=server_of("STT"),
        llm_server=server_of("LLM"),
        tts_server=speaking_server(speaker),
        cache_folder=Path(settings.VAR_DIR) / "voice-cache",
        patience=patience_from(settings),
    )


def _require(settings: Any, choice: str, part: Part | None) -> None:
    if part is None:
        raise ProviderError(f"{choice} is not one of the providers there are")
    lacking = missing(part, lambda name: bool(getattr(settings, name)))
    if lacking:
        raise ProviderError(f"{', '.join(lacking)}: expected a value, because {choice} needs it")
