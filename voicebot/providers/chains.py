"""The parts of a call with those that stand in for them."""

from collections.abc import Callable
from typing import Any

from livekit.agents import llm, stt, tts

from voicebot.offline.llm import RulesLLM
from voicebot.providers.config import VoiceConfig
from voicebot.providers.mind import FailsafeLLM
from voicebot.providers.registry import speaker_module, voice_module
from voicebot.receptionist.facts import CallFacts

Facts = Callable[[], CallFacts]


def listening(config: VoiceConfig, facts: Facts) -> stt.STT[Any]:
    """Who hears."""
    return voice_module(config).listening(config, facts)


def thinking(config: VoiceConfig, facts: Facts) -> llm.LLM[Any]:
    """Who answers: after all models, the built-in rules."""
    first = voice_module(config).thinking(config, facts)
    if isinstance(first, RulesLLM):
        return first
    return FailsafeLLM([first], RulesLLM(facts, heard_well=True), config.patience)


def speaking(config: VoiceConfig, language: str) -> tts.TTS[Any]:
    """Who speaks."""
    return speaker_module(config).speaking(config, language)
