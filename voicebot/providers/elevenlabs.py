"""ElevenLabs speaks: the real plugin with our settings."""

from typing import Any

from livekit.agents.types import NOT_GIVEN
from livekit.plugins import elevenlabs

from voicebot.providers.config import VoiceConfig
from voicebot.providers.failsafe import FailsafeTTS


class _Voice(elevenlabs.TTS):
    def prewarm(self) -> None:
        """Nothing: it would hold a WebSocket open, and try for ever to, that our sentences over HTTP never use."""


def speaking(config: VoiceConfig, language: str) -> FailsafeTTS:
    """Speech as plain PCM, streamed sentence by sentence. The voice reads the language from the text."""
    voice: Any = _Voice(
        voice_id=config.tts_voice,
        model=config.tts_model,
        encoding="pcm_24000",
        api_key=config.tts_server.api_key,
        base_url=config.tts_server.base_url or NOT_GIVEN,
    )
    return FailsafeTTS(voice, language, seconds=config.patience.speaking, rest=config.patience.spare_voice)
