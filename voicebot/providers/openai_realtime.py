"""OpenAI's realtime model, or a server that speaks its protocol: the real plugin with our settings."""

from collections.abc import Callable
from typing import Any

from livekit.agents import APIConnectOptions, stt
from livekit.agents.types import NOT_GIVEN
from livekit.plugins.openai import realtime

from voicebot.providers import openai
from voicebot.providers.config import VoiceConfig
from voicebot.providers.hearing import ModelHears
from voicebot.providers.survivor import Survivor
from voicebot.receptionist.facts import CallFacts


class _Session(Survivor, realtime.RealtimeSession):
    """Outlived by its call."""


class _Model(realtime.RealtimeModel):
    def session(self, *, turn_detection_disabled: bool = False) -> _Session:
        return _Session(self, turn_detection_disabled=turn_detection_disabled)


def listening(config: VoiceConfig, facts: Callable[[], CallFacts]) -> stt.STT[Any]:
    """A recogniser beside the model, whose words are the record; or the model's own."""
    return openai.listening(config, facts) if config.own_ears else ModelHears()


def thinking(config: VoiceConfig, facts: Callable[[], CallFacts]) -> _Model:
    """Its turns are ours to end: turn detection left open here is switched off by the session's VAD."""
    return _Model(
        model=config.realtime_model,
        voice=config.realtime_voice,
        api_key=config.realtime_server.api_key,
        base_url=config.realtime_server.base_url or NOT_GIVEN,
        input_audio_transcription=None if config.own_ears else NOT_GIVEN,
        conn_options=APIConnectOptions(max_retry=1, retry_interval=0.2, timeout=config.patience.thinking),
    )
