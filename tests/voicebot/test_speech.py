"""The built-in voice."""

import wave
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from voicebot.offline.espeak import SAMPLE_RATE, SpeechError, Voice, engine
from voicebot.offline.speech import cached_samples, samples_of, synthesise, write_wav

ENGLISH = "Hello, how can I help you today?"
ARABIC = "مرحبا، كيف يمكنني مساعدتك اليوم؟"


@pytest.mark.parametrize(("text", "language"), [(ENGLISH, "en"), (ARABIC, "ar")])
def test_both_languages_speak_loud_enough_without_clipping(text: str, language: str) -> None:
    samples = samples_of(text, language)
    assert 1.0 < len(samples) / SAMPLE_RATE < 6.0
    assert 6_000 < np.abs(samples.astype(int)).max() < 32_000


def test_an_empty_text_is_no_sound() -> None:
    assert synthesise("", "en") == (b"", SAMPLE_RATE)


def test_an_unknown_voice_is_said_to_be_unknown() -> None:
    with pytest.raises(SpeechError, match="nobody"):
        engine().speak("hello", Voice("nobody"))


def test_many_threads_get_each_their_own_sentence() -> None:
    texts = [(ENGLISH, "en"), (ARABIC, "ar")] * 10
    expected = {text: len(samples_of(text, language)) / SAMPLE_RATE for text, language in texts[:2]}
    with ThreadPoolExecutor(8) as pool:
        spoken = list(pool.map(lambda item: len(samples_of(*item)) / SAMPLE_RATE, texts))
    # Its breath is random: the same sentence is never quite the same samples.
    assert spoken == pytest.approx([expected[text] for text, _ in texts], abs=0.05)


def test_a_fixed_sentence_is_made_once() -> None:
    assert cached_samples(ENGLISH, "en") is cached_samples(ENGLISH, "en")


def test_a_sound_file_has_its_silences_and_rate(tmp_path) -> None:
    path = write_wav(tmp_path / "said.wav", ENGLISH, rate=48_000, lead_silence=0.5, tail_silence=1.0)
    with wave.open(str(path)) as sound:
        frames = np.frombuffer(sound.readframes(sound.getnframes()), dtype=np.int16)
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (48_000, 1, 2)
    assert not frames[:24_000].any()
    assert not frames[-48_000:].any()
    assert frames[24_000:-48_000].any()
