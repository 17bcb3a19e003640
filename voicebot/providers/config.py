"""Which models a call uses, decided once from the settings."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.conf import settings

from voicebot.patience import Patience, patience_from
from voicebot.providers.spares import Spare
from voicebot.providers.table import OFFLINE, OPENAI, SPEAKERS, VOICES, Part, missing
from voicebot.providing import (
    Server,
    server_of,
    spare_model,
    spare_server,
    speaking_provider,
    speaking_server,
    voice_provider,
)
from voicebot.receptionist.facts import VoiceChoice


class ProviderError(ValueError):
    """The settings ask for a provider that is not to be had; the message names the variable."""


@dataclass(frozen=True, slots=True)
class AvatarConfig:
    """Who lends a face (of `table.AVATARS`), and whose."""

    provider: str
    server: Server
    face: str
    persona: str


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
    # Of a provider that is one model; `own_ears`: a recogniser beside it makes the record.
    realtime_model: str = ""
    realtime_voice: str = ""
    realtime_server: Server = field(default_factory=Server)
    own_ears: bool = True
    avatar: AvatarConfig | None = None
    cache_folder: Path = Path("var/voice-cache")
    patience: Patience = field(default_factory=Patience)
    # Each the whole configuration, with another part.
    turn_taking: str = ""
    spare_ears: tuple["VoiceConfig", ...] = ()
    spare_minds: tuple["VoiceConfig", ...] = ()
    spare_voices: tuple["VoiceConfig", ...] = ()
    # Who goes on with the call when a realtime model is lost.
    stand_ins: tuple["VoiceConfig", ...] = ()

    @property
    def offline(self) -> bool:
        return self.provider == OFFLINE

    @property
    def realtime(self) -> bool:
        """Whether one model hears, thinks and speaks."""
        return VOICES[self.provider].realtime


def config_from(settings: Any, choice: VoiceChoice = VoiceChoice()) -> VoiceConfig:  # noqa: B008 — it is frozen
    """The configuration Django's settings say, with a department's choice. Raises ProviderError."""
    provider, speaker = voice_provider(choice.provider), speaking_provider(choice.speaker)
    _require(settings, f"VOICE_PROVIDER={provider}", VOICES.get(provider))
    _require(settings, f"TTS_PROVIDER={speaker}", SPEAKERS.get(speaker))
    part = SPEAKERS[speaker]
    config = VoiceConfig(
        provider=provider,
        speaker=speaker,
        turn_taking=settings.TURN_TAKING,
        stt_model=settings.STT_MODEL,
        llm_model=settings.LLM_MODEL,
        # The one named is of the installation's own speaker.
        tts_model=(settings.TTS_MODEL if speaker == speaking_provider() else "") or part.model,
        tts_voice=_voice_name(choice, speaker) or getattr(settings, part.voice_variable) or part.voice,
        stt_server=server_of("STT"),
        llm_server=server_of("LLM"),
        tts_server=speaking_server(speaker),
        realtime_model=settings.REALTIME_MODEL or VOICES[provider].model,
        realtime_voice=settings.REALTIME_VOICE or VOICES[provider].voice,
        realtime_server=_realtime_server(settings, provider),
        own_ears=_own_ears(settings),
        avatar=_avatar(settings),
        cache_folder=Path(settings.VAR_DIR) / "voice-cache",
        patience=patience_from(settings),
    )
    config = replace(
        config,
        spare_ears=tuple(_with_ears(config, spare) for spare in settings.STT_FALLBACK),
        spare_minds=tuple(_with_mind(config, spare) for spare in settings.LLM_FALLBACK),
        spare_voices=tuple(_with_voice(settings, config, spare) for spare in settings.TTS_FALLBACK),
    )
    if not config.realtime:
        return config
    return replace(
        config, stand_ins=tuple(_with_model(settings, config, spare) for spare in settings.REALTIME_FALLBACK)
    )


def config_for(config: VoiceConfig, choice: VoiceChoice) -> VoiceConfig:
    """A call's, in a department with this choice, given the installation's."""
    return config if choice == VoiceChoice() else config_from(settings, choice)


def _voice_name(choice: VoiceChoice, speaker: str) -> str:
    """A name means the voice of a speaker: not of one who speaks in his place."""
    return choice.name if choice.speaker in ("", speaker) else ""


def _with_ears(config: VoiceConfig, spare: Spare) -> VoiceConfig:
    server, model = spare_server("STT", spare), spare_model("STT", spare)
    return replace(config, provider=spare.provider, stt_model=model, stt_server=server)


def _with_mind(config: VoiceConfig, spare: Spare) -> VoiceConfig:
    server, model = spare_server("LLM", spare), spare_model("LLM", spare)
    return replace(config, provider=spare.provider, llm_model=model, llm_server=server)


def _with_voice(settings: Any, config: VoiceConfig, spare: Spare) -> VoiceConfig:
    part = SPEAKERS[spare.provider]
    return replace(
        config,
        speaker=spare.provider,
        tts_model=spare.model or part.model,
        tts_voice=getattr(settings, part.voice_variable) or part.voice,
        tts_server=spare_server("TTS", spare),
    )


def _with_model(settings: Any, config: VoiceConfig, spare: Spare) -> VoiceConfig:
    part = VOICES[spare.provider]
    config = replace(config, provider=spare.provider)
    if not part.realtime:
        return replace(config, llm_model=spare.model or config.llm_model)
    # REALTIME_MODEL and REALTIME_VOICE are the first one's.
    return replace(
        config,
        realtime_model=spare.model or part.model,
        realtime_voice=part.voice,
        realtime_server=_realtime_server(settings, spare.provider),
    )


def _realtime_server(settings: Any, provider: str) -> Server:
    if provider == "gemini-realtime":
        return Server(settings.GOOGLE_API_KEY, settings.GOOGLE_BASE_URL)
    return Server(settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL)


def _avatar(settings: Any) -> AvatarConfig | None:
    if settings.AVATAR_PROVIDER == "none":
        return None
    server = Server(settings.TAVUS_API_KEY, settings.TAVUS_BASE_URL)
    return AvatarConfig(settings.AVATAR_PROVIDER, server, settings.TAVUS_REPLICA_ID, settings.TAVUS_PERSONA_ID)


def _own_ears(settings: Any) -> bool:
    if settings.REALTIME_STT == "auto":
        return bool(settings.OPENAI_API_KEY or settings.STT_BASE_URL)
    return bool(settings.REALTIME_STT == OPENAI)


def _require(settings: Any, choice: str, part: Part | None) -> None:
    if part is None:
        raise ProviderError(f"{choice} is not one of the providers there are")
    lacking = missing(part, lambda name: bool(getattr(settings, name)))
    if lacking:
        raise ProviderError(f"{', '.join(lacking)}: expected a value, because {choice} needs it")
