"""ElevenLabs and Smallest.ai: the real plugins against local servers that speak their protocols."""

import dataclasses
from collections.abc import AsyncIterator, Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from livekit.agents.utils import http_context

from tests.openai_server.control import Failure
from tests.provider_servers.speakers import ElevenLabsServer, SmallestServer, SpeakingServer
from voicebot.providers.config import ProviderError, VoiceConfig, config_from
from voicebot.providers.table import SPEAKERS
from voicebot.providers.voices import Voices, voices_for
from voicebot.receptionist.facts import CallFacts

ARABIC = "أهلا وسهلا بكم في شركتنا."
SENTENCE = "We are open from nine to five."
SERVERS = {"elevenlabs": ElevenLabsServer, "smallest": SmallestServer}


@pytest.fixture(scope="module", params=SERVERS)
def running(request: pytest.FixtureRequest) -> Iterator[tuple[str, SpeakingServer]]:
    with SERVERS[request.param]() as server:
        yield request.param, server


@pytest.fixture
def speaker(running: tuple[str, SpeakingServer], settings) -> Iterator[str]:
    name, server = running
    settings.TTS_PROVIDER = name
    setattr(settings, f"{name.upper()}_API_KEY", server.api_key)
    setattr(settings, f"{name.upper()}_BASE_URL", server.base_url)  # type: ignore[attr-defined]
    server.control.requests.clear()
    yield name
    server.control.recover()


@pytest.fixture
def server(running: tuple[str, SpeakingServer]) -> SpeakingServer:
    return running[1]


@pytest.fixture
async def voices(speaker: str, tmp_path: Path) -> AsyncIterator[Voices]:
    async with http_context.open():
        yield made(dataclasses.replace(config_from(settings), cache_folder=tmp_path))


def made(config: VoiceConfig, language: str = "en") -> Voices:
    facts = CallFacts("", "Demo", language)
    return voices_for(config, lambda: facts, {})


async def spoken(voices: Voices, text: str = SENTENCE) -> float:
    """The seconds of sound a sentence gets."""
    frame = await voices.tts.synthesize(text).collect()
    return frame.duration


async def test_a_sentence_becomes_sound(voices: Voices, server: SpeakingServer, speaker: str) -> None:
    assert 1.0 < await spoken(voices) < 6.0
    (asked,) = server.control.asked("speech")
    assert (asked["text"], asked["voice"]) == (SENTENCE, SPEAKERS[speaker].voice)


@pytest.mark.parametrize("failure", [Failure.UNAUTHORIZED, Failure.CUT, Failure.HANG])
async def test_a_voice_that_fails_leaves_the_sentence_to_the_built_in_one(
    voices: Voices, server: SpeakingServer, failure: Failure
) -> None:
    voices.tts._seconds = 0.3  # type: ignore[attr-defined]
    server.control.fail(failure)
    assert await spoken(voices) > 1.0
    assert not voices.tts.works  # type: ignore[attr-defined]
    asked = len(server.control.asked("speech"))
    assert await spoken(voices) > 1.0
    assert len(server.control.asked("speech")) == asked, "a voice that failed is left alone for a while"


async def test_a_fixed_sentence_is_made_once_and_kept(voices: Voices, server: SpeakingServer) -> None:
    assert voices.ready_made(SENTENCE) is None
    await voices.keep(SENTENCE)
    await voices.keep(SENTENCE)
    frames = voices.ready_made(SENTENCE)
    assert frames is not None
    assert sum([frame.duration async for frame in frames]) > 1.0
    assert len(server.control.asked("speech")) == 1


async def test_the_voice_named_in_the_environment_is_used(
    speaker: str, server: SpeakingServer, settings, tmp_path: Path
) -> None:
    setattr(settings, SPEAKERS[speaker].voice_variable, "somebody")
    settings.TTS_MODEL = "a-model"
    async with http_context.open():
        await spoken(made(config_from(settings)))
    (asked,) = server.control.asked("speech")
    assert asked["voice"] == "somebody"
    assert "a-model" in (asked.get("model"), asked.get("model_id"))


def test_voicecheck_tries_it(speaker: str, server: SpeakingServer) -> None:
    out = StringIO()
    call_command("voicecheck", language="en", stdout=out)
    line = out.getvalue().splitlines()[2]
    assert line.startswith(f"speaks  {speaker} {SPEAKERS[speaker].model} at {server.address}")
    assert "s of sound" in line


def test_voicecheck_tells_of_a_wrong_key(speaker: str, settings) -> None:
    setattr(settings, f"{speaker.upper()}_API_KEY", "wrong")
    out = StringIO()
    with pytest.raises(CommandError, match="Failed: speaks"):
        call_command("voicecheck", language="en", stdout=out)
    assert "FAILED" in out.getvalue().splitlines()[2]


def test_a_missing_key_is_named(speaker: str, settings) -> None:
    setattr(settings, f"{speaker.upper()}_API_KEY", "")
    with pytest.raises(ProviderError, match=f"^{speaker.upper()}_API_KEY: expected a value"):
        config_from(settings)


async def test_a_language_the_voice_has_not_got_is_spoken_by_the_built_in_one(settings, tmp_path: Path) -> None:
    with SmallestServer() as server:
        settings.TTS_PROVIDER, settings.SMALLEST_API_KEY = "smallest", server.api_key
        settings.SMALLEST_BASE_URL = server.base_url
        async with http_context.open():
            voices = made(dataclasses.replace(config_from(settings), cache_folder=tmp_path), "ar")
            assert await spoken(voices, ARABIC) > 0.5
            await voices.keep(ARABIC)
            assert voices.ready_made(ARABIC) is None
            voices.set_language("en")
            assert await spoken(voices) > 1.0
    assert [asked["text"] for asked in server.control.asked("speech")] == [SENTENCE]
