"""`manage.py voicecheck`: each part tried once, against a server that speaks the protocol and against none."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import override_settings

from tests.openai_server.control import Failure
from tests.openai_server.server import OpenAIServer
from voicebot.providing import server_of


@pytest.fixture(scope="module")
def service() -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        yield running


@pytest.fixture(autouse=True)
def _works(service: OpenAIServer) -> Iterator[None]:
    yield
    service.control.recover()


def checked(language: str = "en", **settings: Any) -> tuple[list[str], str]:
    """The lines printed, and what the command ended with."""
    out, ended = StringIO(), ""
    with override_settings(**settings):
        try:
            call_command("voicecheck", language=language, stdout=out)
        except CommandError as error:
            ended = str(error)
    return out.getvalue().splitlines(), ended


def test_the_built_in_voice_needs_nothing() -> None:
    lines, ended = checked()
    assert ended == ""
    assert [line.split()[0] for line in lines] == ["hears", "thinks", "speaks"]
    assert "i want to talk to a human" in lines[0]
    assert "s of sound" in lines[2]


def test_the_built_in_ears_say_that_they_know_english_only() -> None:
    lines, ended = checked("ar")
    assert "English only" in lines[0]
    assert ended == "Failed: hears."
    assert "FAILED" not in lines[1] + lines[2]


def test_each_part_is_tried_at_its_own_server(service: OpenAIServer) -> None:
    own = {f"{part}_BASE_URL": service.base_url for part in ("STT", "LLM")}
    keys = {f"{part}_API_KEY": service.api_key for part in ("STT", "LLM")}
    lines, ended = checked(VOICE_PROVIDER="openai", TTS_PROVIDER="offline", **own, **keys)
    assert ended == ""
    assert all(service.base_url in line for line in lines[:2])
    assert "this machine" in lines[2]
    assert len(service.control.asked("transcriptions")) == len(service.control.asked("chat")) == 1


@pytest.mark.parametrize(
    ("failure", "endpoint", "part"),
    [(Failure.UNAUTHORIZED, "chat", 1), (Failure.BROKEN, "transcriptions", 0), (Failure.RATE_LIMITED, "speech", 2)],
)
def test_a_part_that_fails_says_why_and_the_others_are_tried(
    service: OpenAIServer, failure: Failure, endpoint: str, part: int
) -> None:
    service.control.fail(failure, endpoint)
    lines, ended = checked(
        VOICE_PROVIDER="openai", TTS_PROVIDER="openai", OPENAI_API_KEY=service.api_key, OPENAI_BASE_URL=service.base_url
    )
    assert [number for number, line in enumerate(lines) if "FAILED" in line] == [part]
    assert failure.value in lines[part]
    assert ended == f"Failed: {('hears', 'thinks', 'speaks')[part]}."


def test_a_server_that_is_not_there_is_named() -> None:
    nowhere = "http://127.0.0.1:9/v1"
    lines, ended = checked(
        VOICE_PROVIDER="openai", TTS_PROVIDER="openai", OPENAI_API_KEY="sk-x", OPENAI_BASE_URL=nowhere
    )
    assert all("FAILED" in line and nowhere in line for line in lines)
    assert ended == "Failed: hears, thinks, speaks."


def test_the_key_for_openai_is_not_sent_to_a_server_named_for_a_part() -> None:
    with override_settings(OPENAI_API_KEY="sk-private", LLM_BASE_URL="http://ollama:11434/v1"):
        assert server_of("LLM").api_key == "none"
        assert (server_of("STT").api_key, server_of("STT").base_url) == ("sk-private", "")
