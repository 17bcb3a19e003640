"""Speech of an upload to text, by the provider of this installation."""

from collections.abc import Mapping

from django.conf import settings

from common.errors import Invalid, Unavailable
from voicebot import audio
from voicebot.providing import OFFLINE, server_of, text_provider

LANGUAGES: Mapping[str, frozenset[str]] = {"offline": frozenset({"en"}), "openai": frozenset({"en", "ar"})}
_TIMEOUT = 30.0


def require_language(language: str) -> None:
    """Invalid `language_unsupported` where the provider has not got it."""
    if language not in LANGUAGES[text_provider()]:
        raise Invalid(
            "This installation does not recognise speech in that language.",
            code="language_unsupported",
            fields={"language": f"one of {', '.join(sorted(LANGUAGES[text_provider()]))}"},
        )


def transcribe(pcm: bytes, language: str, phrases: Mapping[str, tuple[str, ...]]) -> str:
    """What was said; empty when nothing was heard. `phrases` is all the built-in recogniser knows. Unavailable."""
    if not pcm:
        return ""
    if text_provider() == OFFLINE:
        from voicebot.offline.recognition import recognise  # loads the recogniser's libraries

        return recognise(pcm, audio.SAMPLE_RATE, phrases)
    return _by_openai(pcm, language)


def _by_openai(pcm: bytes, language: str) -> str:
    import openai  # large, and not needed without a key

    server = server_of("STT")
    client = openai.OpenAI(
        api_key=server.api_key,
        base_url=server.base_url or None,
        timeout=_TIMEOUT,
        max_retries=1,
    )
    try:
        with client:
            answer = client.audio.transcriptions.create(
                model=settings.STT_MODEL, file=("audio.wav", audio.to_wav(pcm)), language=language
            )
    except openai.OpenAIError as error:
        raise Unavailable("Speech recognition is not to be had now.", retry_after=5) from error
    return answer.text.strip()
