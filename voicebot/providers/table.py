"""Who can hear, think and speak for us: one entry a provider. Imports nothing, so that settings may read it.

A provider is a file beside this one and an entry here. Its module is imported when a call needs it, and has
- for VOICES: `listening(config, facts)`, a livekit-agents STT, and `thinking(config, facts)`, an LLM or RealtimeModel;
- for SPEAKERS: `speaking(config, language)`, a livekit-agents TTS;
- for AVATARS: `face(config, identity)`, an AvatarSession.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

OFFLINE, OPENAI = "offline", "openai"


@dataclass(frozen=True, slots=True)
class Part:
    """`needs`: sets of environment variables, any one of which is enough; the first is the one people are told of."""

    module: str
    label: str
    needs: tuple[tuple[str, ...], ...] = ()
    # What is used where the environment names no model or voice: of a speaker, TTS_MODEL and TTS_VOICE.
    model: str = ""
    voice: str = ""
    # The variable that names the voice, where it is not TTS_VOICE.
    voice_variable: str = "TTS_VOICE"
    # One model that hears, thinks and speaks.
    realtime: bool = False
    # For people, where the label, whose server it is, does not tell it from others.
    title: str = ""


VOICES: Mapping[str, Part] = {
    OFFLINE: Part("voicebot.providers.offline", "Built-in"),
    OPENAI: Part("voicebot.providers.openai", "OpenAI", (("OPENAI_API_KEY",), ("STT_BASE_URL", "LLM_BASE_URL"))),
    "openai-realtime": Part(
        "voicebot.providers.openai_realtime",
        "OpenAI",
        (("OPENAI_API_KEY",),),
        "gpt-realtime",
        "marin",
        "REALTIME_VOICE",
        realtime=True,
        title="OpenAI Realtime",
    ),
    "gemini-realtime": Part(
        "voicebot.providers.gemini_realtime",
        "Google",
        (("GOOGLE_API_KEY",),),
        "gemini-2.5-flash-native-audio-preview-12-2025",
        "Puck",
        "REALTIME_VOICE",
        realtime=True,
        title="Gemini Live",
    ),
}
SPEAKERS: Mapping[str, Part] = {
    OFFLINE: Part("voicebot.providers.offline", "Built-in"),
    OPENAI: Part(
        "voicebot.providers.openai", "OpenAI", (("OPENAI_API_KEY",), ("TTS_BASE_URL",)), "gpt-4o-mini-tts", "alloy"
    ),
    "elevenlabs": Part(
        "voicebot.providers.elevenlabs",
        "ElevenLabs",
        (("ELEVENLABS_API_KEY",),),
        "eleven_turbo_v2_5",
        "hpp4J3VqNfWAUOO0d1Us",
        "ELEVENLABS_VOICE_ID",
    ),
    "smallest": Part(
        "voicebot.providers.smallest",
        "Smallest.ai",
        (("SMALLEST_API_KEY",),),
        "lightning_v3.1_pro",
        "meher",
        "SMALLEST_VOICE_ID",
    ),
}


AVATARS: Mapping[str, Part] = {
    "tavus": Part("voicebot.providers.tavus", "Tavus", (("TAVUS_API_KEY", "TAVUS_REPLICA_ID", "TAVUS_PERSONA_ID"),)),
}


def missing(part: Part, has: Callable[[str], bool]) -> tuple[str, ...]:
    """The variables to set before it can be used; none when it can."""
    lacking = [tuple(name for name in names if not has(name)) for names in part.needs]
    return lacking[0] if lacking and all(lacking) else ()
