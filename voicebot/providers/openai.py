"""OpenAI, or whatever speaks its protocol: the real plugins with our settings."""

from collections.abc import Callable
from typing import Any

from livekit.agents import llm, stt, tts
from livekit.agents.types import NOT_GIVEN
from livekit.plugins import openai

from voicebot.providers.config import VoiceConfig
from voicebot.providers.failsafe import FailsafeSTT, FailsafeTTS
from voicebot.receptionist.facts import CallFacts


def listening(config: VoiceConfig, facts: Callable[[], CallFacts]) -> FailsafeSTT:
    """Whisper-class recognition of whole utterances; the session cuts them by VAD."""
    ears: stt.STT[Any] = openai.STT(
        model=config.stt_model,
        language=facts().language,
        api_key=config.stt_server.api_key,
        base_url=config.stt_server.base_url or NOT_GIVEN,
        use_realtime=False,
    )
    return FailsafeSTT(ears, config.patience.listening, rest=config.patience.spare_ears)


def thinking(config: VoiceConfig, facts: Callable[[], CallFacts]) -> llm.LLM[Any]:
    """A GPT-class model. Our tools' schemas have optional fields, which strict mode forbids."""
    return openai.LLM(
        model=config.llm_model,
        api_key=config.llm_server.api_key,
        base_url=config.llm_server.base_url or NOT_GIVEN,
        _strict_tool_schema=False,
    )


def speaking(config: VoiceConfig, language: str) -> FailsafeTTS:
    """Speech as plain PCM: nothing to decode before the first sound."""
    voice: tts.TTS[Any] = openai.TTS(
        model=config.tts_model,
        voice=config.tts_voice,
        api_key=config.tts_server.api_key,
        base_url=config.tts_server.base_url or NOT_GIVEN,
        response_format="pcm",
    )
    patience = config.patience
    return FailsafeTTS(voice, language, seconds=patience.speaking, rest=patience.spare_voice)
