"""Smallest.ai speaks: the real plugin with our settings."""

from typing import Any

from livekit.plugins import smallestai

from voicebot.providers.config import VoiceConfig
from voicebot.providers.failsafe import FailsafeTTS

# What the plugin documents for its default model, of ours. The built-in voice says the other languages' sentences.
LANGUAGES = frozenset({"en"})


class _Voice(smallestai.TTS):
    def prewarm(self) -> None:
        """Nothing: it would hold a WebSocket open that our sentences over HTTP never use."""


def speaking(config: VoiceConfig, language: str) -> FailsafeTTS:
    """Speech as plain PCM, streamed sentence by sentence."""
    patience = config.patience
    voice: Any = _Voice(
        api_key=config.tts_server.api_key,
        model=config.tts_model,
        voice_id=config.tts_voice,
        base_url=config.tts_server.base_url or smallestai.tts.SMALLEST_BASE_URL,
    )
    return FailsafeTTS(voice, language, seconds=patience.speaking, rest=patience.spare_voice, languages=LANGUAGES)
