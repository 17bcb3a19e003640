"""Speech of an upload to text, by the provider of this installation."""

import asyncio
from collections.abc import Mapping

import structlog
from django.conf import settings

from common import background
from common.errors import Invalid, Unavailable
from voicebot import audio
from voicebot.providing import OFFLINE, Server, server_of, spares_for, text_provider

logger = structlog.get_logger(__name__)

LANGUAGES: Mapping[str, frozenset[str]] = {"offline": frozenset({"en"}), "openai": frozenset({"en", "ar"})}
# A minute of sound takes a good service about ten.
_SECONDS = 25.0


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
    asked = [(server_of("STT"), settings.STT_MODEL), *spares_for("STT")]
    for server, model in asked:
        try:
            return background.submit(_heard(pcm, language, server, model, _SECONDS / len(asked))).result()
        # Whatever the client raises, or believes, at what a server sent.
        except Exception as error:  # noqa: BLE001
            logger.warning("upload not heard", server=server.base_url, error=repr(error))
    raise Unavailable("Speech recognition is not to be had now.", retry_after=5)


async def _heard(pcm: bytes, language: str, server: Server, model: str, seconds: float) -> str:
    import openai  # large, and not needed without a key

    async with (
        asyncio.timeout(seconds),
        openai.AsyncOpenAI(api_key=server.api_key, base_url=server.base_url or None, max_retries=1) as client,
    ):
        file = ("audio.wav", audio.to_wav(pcm))
        answer = await client.audio.transcriptions.create(model=model, file=file, language=language)
    text: object = getattr(answer, "text", None)
    if not isinstance(text, str):
        raise TypeError("no text")
    return text.strip()
