"""Which provider thinks and listens for typed turns and uploads, by settings. Imports no livekit."""

from django.conf import settings

from voicebot.receptionist.engine import Engine, RulesEngine

OFFLINE, OPENAI = "offline", "openai"
_BY_KEY = ("auto", "openai-realtime", "gemini-realtime")


def text_provider() -> str:
    """`openai` or `offline`; whatever leaves it open follows the key."""
    named = settings.VOICE_PROVIDER
    if named in _BY_KEY:
        return OPENAI if settings.OPENAI_API_KEY else OFFLINE
    return str(named)


def text_engine() -> Engine:
    """The receptionist's engine of this installation."""
    if text_provider() == OFFLINE:
        return RulesEngine()
    # Half a thousand modules that an installation without a key never needs.
    from voicebot.receptionist.openai_engine import OpenAIEngine

    return OpenAIEngine(settings.OPENAI_API_KEY, settings.LLM_MODEL, settings.OPENAI_BASE_URL or None)
