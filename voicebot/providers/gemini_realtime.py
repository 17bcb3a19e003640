"""Gemini's live model: the real plugin with our settings."""

from collections.abc import Callable
from typing import Any

from google.genai import types
from livekit.agents import APIConnectOptions, stt
from livekit.agents.types import NOT_GIVEN
from livekit.plugins.google import realtime
from livekit.plugins.google.realtime.realtime_api import RealtimeSession

from voicebot.providers.config import VoiceConfig
from voicebot.providers.hearing import ModelHears
from voicebot.providers.survivor import Survivor
from voicebot.receptionist.facts import CallFacts


class _Session(Survivor, RealtimeSession):
    """Outlived by its call."""


class _Model(realtime.RealtimeModel):
    def session(self, *, turn_detection_disabled: bool = False) -> _Session:
        return _Session(self)


def listening(config: VoiceConfig, facts: Callable[[], CallFacts]) -> stt.STT[Any]:
    """A recogniser beside the model, whose words are the record; or the model's own."""
    if not config.own_ears:
        return ModelHears()
    from voicebot.providers import openai

    return openai.listening(config, facts)


def thinking(config: VoiceConfig, facts: Callable[[], CallFacts]) -> _Model:
    """It takes turns itself. Tools do not hold it up, and a result that needs no reply gets none."""
    server = config.realtime_server
    seconds = config.patience.thinking
    options = types.HttpOptions(base_url=server.base_url or None, timeout=round(seconds * 1000))
    return _Model(
        model=config.realtime_model,
        voice=config.realtime_voice,
        api_key=server.api_key,
        vertexai=False,
        input_audio_transcription=None if config.own_ears else NOT_GIVEN,
        tool_behavior=types.Behavior.NON_BLOCKING,
        conn_options=APIConnectOptions(max_retry=1, retry_interval=0.2, timeout=seconds),
        http_options=options,
    )
