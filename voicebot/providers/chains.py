"""The parts of a call with those that stand in for them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from livekit.agents import llm, stt, tts

from voicebot.offline.llm import RulesLLM
from voicebot.providers.config import VoiceConfig
from voicebot.providers.failsafe import FailsafeSTT, FailsafeTTS
from voicebot.providers.mind import FailsafeLLM
from voicebot.providers.registry import speaker_module, voice_module
from voicebot.providers.resting import Rest
from voicebot.receptionist.facts import CallFacts

Facts = Callable[[], CallFacts]


def first_awake(config: VoiceConfig) -> VoiceConfig | None:
    """Of a call's model and those that go on in its place, the first that does not rest; None where all do.

    Only a realtime model rests as a whole: of other providers each part has its own chain.
    """
    chain = (config, *config.stand_ins)
    for index, one in enumerate(chain):
        if not one.realtime or model_rest(one).over:
            return replace(one, stand_ins=chain[index + 1 :])
    return None


def next_awake(config: VoiceConfig) -> VoiceConfig | None:
    """Who goes on when this one is lost."""
    if not config.stand_ins:
        return None
    following, *others = config.stand_ins
    return first_awake(replace(following, stand_ins=tuple(others)))


def model_rest(config: VoiceConfig) -> Rest:
    """The rest of a realtime model, as all calls know of it."""
    return Rest("realtime", f"{config.provider}/{config.realtime_model}", config.patience.spare_mind)


def listening(config: VoiceConfig, facts: Facts) -> stt.STT[Any]:
    """Who hears; the built-in ears, which fail in no way, have nobody behind them."""
    first = voice_module(config).listening(config, facts)
    if isinstance(first, FailsafeSTT):
        first.fall_back_on([voice_module(spare).listening(spare, facts) for spare in config.spare_ears])
        first.update_options(language=facts().language)
    return first


def thinking(config: VoiceConfig, facts: Facts) -> llm.LLM[Any] | llm.RealtimeModel:
    """Who answers: after all models, the built-in rules. A realtime model has no spare mind: see `first_awake`."""
    first = voice_module(config).thinking(config, facts)
    if isinstance(first, RulesLLM | llm.RealtimeModel):
        return first
    others = [voice_module(spare).thinking(spare, facts) for spare in config.spare_minds]
    minds = [first, *(other for other in others if isinstance(other, llm.LLM))]
    return FailsafeLLM(minds, RulesLLM(facts, heard_well=True), config.patience)


def speaking(config: VoiceConfig, language: str) -> tts.TTS[Any]:
    """Who speaks: after all other voices, the built-in one."""
    first = speaker_module(config).speaking(config, language)
    if isinstance(first, FailsafeTTS):
        others = [speaker_module(spare).speaking(spare, language) for spare in config.spare_voices]
        first.fall_back_on([other for other in others if isinstance(other, FailsafeTTS)])
    return first
