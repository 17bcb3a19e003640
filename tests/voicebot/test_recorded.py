"""When not even the built-in voice speaks: a recording, and a person."""

import numpy as np
import pytest
from django.conf import settings

from tests.voicebot.in_memory import call_in_memory
from tests.voicebot.receptionist.fakes import FakeGateway
from voicebot.offline import speech
from voicebot.offline.espeak import SAMPLE_RATE, VOICES, Engine, SpeechError
from voicebot.offline.recorded import KEYS, path_of, recording, spoken_or_recorded, text_of
from voicebot.providers.config import config_from
from voicebot.receptionist.prompts import phrase


@pytest.fixture
def _mute(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise SpeechError("eSpeak NG answered 1")

    # A C library: there is nobody to pass in.
    monkeypatch.setattr(Engine, "speak", broken)
    speech.cached_samples.cache_clear()


@pytest.mark.parametrize("language", VOICES)
@pytest.mark.parametrize("key", KEYS)
def test_each_recording_says_its_sentence(language: str, key: str) -> None:
    text = phrase(language, key)
    assert text_of(path_of(language, key)) == text, "python -m voicebot.offline.recorded makes them anew"
    assert abs(len(recording(text, language)) - len(speech.cached_samples(text, language))) < SAMPLE_RATE / 5


@pytest.mark.usefixtures("_mute")
def test_any_other_sentence_becomes_the_one_that_says_that_something_is_wrong() -> None:
    said = spoken_or_recorded("We are open from nine to five.", "en")
    assert np.array_equal(said, recording(phrase("en", "last_resort"), "en"))


@pytest.mark.usefixtures("_mute")
def test_a_language_without_recordings_has_the_english_ones() -> None:
    assert np.array_equal(spoken_or_recorded("Hallo", "de"), recording(phrase("en", "last_resort"), "en"))


@pytest.mark.usefixtures("_mute")
async def test_a_mute_receptionist_is_heard_all_the_same_and_brings_a_person() -> None:
    gateway = FakeGateway()
    async with call_in_memory(config_from(settings), gateway) as call:
        call.say("Welcome.")
        await call.until(lambda: gateway.call.waiting and call.speaker.seconds > 1)
    assert call.built_in == [phrase("en", "trouble")]
