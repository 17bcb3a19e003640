"""The built-in recogniser, rules and voice: no key, no network."""

from collections.abc import Callable

from voicebot.offline.llm import RulesLLM
from voicebot.offline.stt import OfflineSTT
from voicebot.offline.tts import OfflineTTS
from voicebot.providers.config import VoiceConfig
from voicebot.receptionist.facts import CallFacts
from voicebot.receptionist.grammar import grammar_phrases


def listening(config: VoiceConfig, facts: Callable[[], CallFacts]) -> OfflineSTT:
    """English by a grammar of what can be asked for."""
    return OfflineSTT(grammar_phrases(facts()))


def thinking(config: VoiceConfig, facts: Callable[[], CallFacts]) -> RulesLLM:
    """The receptionist's rules."""
    return RulesLLM(facts)


def speaking(config: VoiceConfig, language: str) -> OfflineTTS:
    """eSpeak NG."""
    return OfflineTTS(language=language)
