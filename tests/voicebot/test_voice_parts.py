"""The small parts of a call's voice."""

import numpy as np
import pytest
from django.test import override_settings

from voicebot.behaviours.tune import SAMPLE_RATE, hold_tune
from voicebot.offline.speech import cached_samples, paced
from voicebot.providers.config import ProviderError, config_for, config_from
from voicebot.providers.table import SPEAKERS
from voicebot.receptionist.facts import VoiceChoice
from voicebot.session import Assignment
from voicebot.worker import make_server


def test_the_hold_tune_is_quiet_and_loops_without_a_click() -> None:
    tune = hold_tune().astype(int)
    assert len(tune) == 12 * SAMPLE_RATE
    assert 2_000 < np.abs(tune).max() < 8_000
    seam = abs(tune[0] - tune[-1])
    assert seam <= np.abs(np.diff(tune)).max()


async def test_a_paced_sentence_is_the_whole_sentence() -> None:
    samples = cached_samples("Hello, how can I help you?", "en")
    parts = [part async for part in paced(samples)]
    assert np.array_equal(np.concatenate(parts), samples)
    assert len(parts) > 3


@pytest.mark.parametrize("metadata", ["", "nonsense", "[]", "{}", '{"epoch": 1}', '{"call_id": "x", "epoch": "y"}'])
def test_a_dispatch_that_names_no_call_is_refused(metadata: str) -> None:
    with pytest.raises(ValueError, match="names no call"):
        Assignment.parse(metadata)


def test_a_dispatch_names_its_call_and_epoch() -> None:
    assert Assignment.parse('{"call_id": "abc", "epoch": 3}') == Assignment("abc", 3)


@pytest.mark.parametrize(
    ("voice", "speaker", "key", "expected"),
    [
        ("auto", "auto", "", ("offline", "offline")),
        ("auto", "auto", "sk-x", ("openai", "openai")),
        ("offline", "auto", "sk-x", ("offline", "offline")),
        ("openai", "offline", "sk-x", ("openai", "offline")),
    ],
)
def test_the_key_decides_what_is_left_open(voice: str, speaker: str, key: str, expected: tuple[str, str]) -> None:
    from django.conf import settings

    with override_settings(VOICE_PROVIDER=voice, TTS_PROVIDER=speaker, OPENAI_API_KEY=key):
        config = config_from(settings)
    assert (config.provider, config.speaker) == expected


def test_a_voice_that_is_not_built_in_is_named() -> None:
    from django.conf import settings

    with override_settings(TTS_PROVIDER="elevenlabs"), pytest.raises(ProviderError, match="TTS_PROVIDER"):
        config_from(settings)


def test_a_department_chooses_who_answers_who_speaks_and_with_which_voice(settings) -> None:
    settings.OPENAI_API_KEY, settings.ELEVENLABS_API_KEY = "sk-x", "key"
    settings.TTS_MODEL = "of-the-installation"
    base = config_from(settings)
    chosen = config_for(base, VoiceChoice("openai-realtime", "elevenlabs", "nora"))
    assert (base.provider, base.speaker) == ("offline", "offline")
    assert (chosen.provider, chosen.speaker, chosen.tts_voice) == ("openai-realtime", "elevenlabs", "nora")
    assert chosen.tts_model == SPEAKERS["elevenlabs"].model, "the model named is another speaker's"
    assert chosen.tts_server.api_key == "key"
    assert config_for(base, VoiceChoice()) is base


def test_a_choice_whose_key_has_gone_is_as_for_the_installation(settings) -> None:
    chosen = config_for(config_from(settings), VoiceChoice("gemini-realtime", "elevenlabs", "nora"))
    assert (chosen.provider, chosen.speaker) == ("offline", "offline")
    assert chosen.tts_voice == ""


def test_a_jobs_process_is_watched_for_its_memory() -> None:
    with override_settings(AI_CALL_MEMORY_MB=300):
        server, _ = make_server()
    assert (server._job_memory_limit_mb, server._job_memory_warn_mb) == (300, 150)
