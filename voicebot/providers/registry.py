"""The modules of the chosen providers, imported where they are chosen and nowhere else."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol, cast

from livekit.agents import llm, stt, tts

from voicebot.providers.config import VoiceConfig
from voicebot.providers.table import SPEAKERS, VOICES
from voicebot.receptionist.facts import CallFacts

Facts = Callable[[], CallFacts]


class VoiceModule(Protocol):
    """What `table.VOICES` names. `facts` is asked at each turn, where a model wants to know."""

    def listening(self, config: VoiceConfig, facts: Facts) -> stt.STT[Any]: ...

    def thinking(self, config: VoiceConfig, facts: Facts) -> llm.LLM[Any] | llm.RealtimeModel: ...


class SpeakerModule(Protocol):
    """What `table.SPEAKERS` names."""

    def speaking(self, config: VoiceConfig, language: str) -> tts.TTS[Any]: ...


def voice_module(config: VoiceConfig) -> VoiceModule:
    """Who listens and thinks."""
    return cast("VoiceModule", import_module(VOICES[config.provider].module))


def speaker_module(config: VoiceConfig) -> SpeakerModule:
    """Who speaks."""
    return cast("SpeakerModule", import_module(SPEAKERS[config.speaker].module))
