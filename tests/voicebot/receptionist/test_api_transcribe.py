"""POST /api/transcribe."""

import io
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from calls.services.keys import create_api_key
from tests.openai_server import Failure, OpenAIServer
from tests.voicebot.receptionist.db import live_call
from voicebot import audio
from voicebot.offline.espeak import SAMPLE_RATE
from voicebot.offline.speech import samples_of, write_wav
from voicebot.providers.spares import spares_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("celery_calls")]


@pytest.fixture
def call():
    return live_call()


def spoken(tmp_path: Path, text: str) -> bytes:
    return write_wav(tmp_path / "a.wav", text, lead_silence=0.3, tail_silence=0.3).read_bytes()


def silence(seconds: float, rate: int = 8000) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"\x00\x00" * int(seconds * rate))
    return buffer.getvalue()


def encoded(text: str, container: str) -> bytes:
    samples = np.concatenate([np.zeros(8000, np.int16), samples_of(text, "en"), np.zeros(8000, np.int16)])
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as file:
        stream = file.add_stream("libopus", rate=48000)
        resampler = av.AudioResampler(format="s16", layout="mono", rate=48000)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            file.mux(stream.encode(part))
        file.mux(stream.encode(None))
    return buffer.getvalue()


def post(call, data: bytes | None, secret: str | None = None, **form):
    files = {} if data is None else {"audio": SimpleUploadedFile("a.wav", data)}
    return Client().post("/api/transcribe", files | form, HTTP_AUTHORIZATION=f"Bearer {secret or call.secret}")


def test_a_sentence_is_heard(call, tmp_path):
    answer = post(call, spoken(tmp_path, "I want to talk to a human"))
    assert answer.status_code == 200, answer.content
    assert answer.json()["text"] == "i want to talk to a human"
    assert answer.json()["language"] == "en"
    assert 1 < answer.json()["duration"] < 5


@pytest.mark.parametrize("container", ["ogg", "webm"])
def test_what_a_browser_records_is_heard(call, container):
    assert post(call, encoded("I want to talk to a human", container)).json()["text"] == "i want to talk to a human"


def test_silence_is_an_empty_text(call):
    assert post(call, silence(1)).json() == {"text": "", "language": "en", "duration": 1.0}


def test_nothing_at_all_is_an_empty_text(call):
    assert post(call, silence(0)).json() == {"text": "", "language": "en", "duration": 0.0}


def test_a_minute_is_taken_and_more_is_not(call):
    assert post(call, silence(60)).status_code == 200
    refused = post(call, silence(60.1))
    assert refused.status_code == 422
    assert "audio" in refused.json()["error"]["fields"]


def test_a_language_the_provider_has_not_got(call):
    for language in ("ar", "fr", "", "x" * 500):
        answer = post(call, silence(1), language=language or "zz")
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "language_unsupported")


def test_the_calls_own_language_counts_when_none_is_named(call):
    from calls.models import Call

    Call.objects.filter(pk=call.pk).update(language="ar")
    assert post(call, silence(1)).json()["error"]["code"] == "language_unsupported"
    assert post(call, silence(1), language="en").status_code == 200


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"RIFF",
        b"RIFF\x00\x00\x00\x00WAVEfmt ",
        b"OggS" + b"\x00" * 50,
        b"\x1a\x45\xdf\xa3junk",
        b"#EXTM3U\n/etc/passwd",
        b"\x00" * 1000,
    ],
)
def test_what_is_no_sound_is_refused(call, data):
    answer = post(call, data)
    assert answer.status_code == 422
    assert "audio" in answer.json()["error"]["fields"]


def test_no_file_is_refused(call):
    answer = post(call, None)
    assert answer.status_code == 422
    assert "audio" in answer.json()["error"]["fields"]


def test_a_text_instead_of_a_file_is_refused(call):
    assert post(call, None, audio="hello").status_code == 422


def test_json_instead_of_a_form_is_refused(call):
    answer = Client().post(
        "/api/transcribe", "{}", content_type="application/json", HTTP_AUTHORIZATION=f"Bearer {call.secret}"
    )
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["code"]


def test_too_many_bytes_are_refused(call):
    answer = post(call, b"RIFF" + b"\x00" * (10 * 1024 * 1024))
    assert answer.status_code == 413


def test_who_may_ask(call):
    _, key = create_api_key(name="crm", scopes=["calls"])
    assert post(call, silence(1), key).status_code == 200
    assert post(call, silence(1), "cs_x_y").status_code == 401


@pytest.fixture
def openai_server(settings):
    with OpenAIServer() as server:
        settings.VOICE_PROVIDER = "openai"
        settings.OPENAI_API_KEY = server.api_key
        settings.OPENAI_BASE_URL = server.base_url
        yield server


def test_a_provider_with_arabic_hears_arabic(call, openai_server):
    openai_server.control.hear("أريد التحدث مع موظف")
    answer = post(call, silence(1), language="ar").json()
    assert answer == {"text": "أريد التحدث مع موظف", "language": "ar", "duration": 1.0}
    assert openai_server.control.asked("transcriptions")[0]["language"] == "ar"


@pytest.mark.parametrize("failure", [Failure.BROKEN, Failure.PAGE, Failure.GARBAGE, Failure.EMPTY, Failure.CUT])
def test_a_provider_that_is_down_is_a_503(call, openai_server, failure):
    openai_server.control.fail(failure, "transcriptions")
    answer = post(call, silence(1))
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")


def test_another_server_hears_what_the_first_does_not(call, openai_server, settings):
    openai_server.control.fail(Failure.PAGE, "transcriptions", times=1)
    openai_server.control.hear("hello")
    settings.STT_FALLBACK = spares_of("STT", [f"small@{openai_server.base_url}"])
    settings.STT_FALLBACK_API_KEY = openai_server.api_key
    assert post(call, silence(1)).json()["text"] == "hello"
    assert [asked["model"] for asked in openai_server.control.asked("transcriptions")] == ["small"]


def test_decoding_keeps_the_length():
    assert audio.seconds(audio.decode(silence(2, 44100), longest=60)) == pytest.approx(2, abs=0.01)
