"""A warm process does everything once before its first call."""

import os

import pytest
from django.db import OperationalError
from livekit import rtc

import voicebot.bootstrap  # noqa: F401
from voicebot.offline import speech
from voicebot.receptionist.facts import CallFacts
from voicebot.receptionist.prompts import opening
from voicebot.rehearsal import rehearse


@pytest.mark.django_db(transaction=True)
def test_the_first_sentences_have_their_sound_before_there_is_a_call() -> None:
    speech.cached_samples.cache_clear()
    kept = rehearse()
    made = speech.cached_samples.cache_info().currsize
    assert made >= len(opening(CallFacts("", "Demo Company", "en"))) + len(opening(CallFacts("", "Demo Company", "ar")))
    assert isinstance(kept, tuple)
    assert any(isinstance(part, rtc.LocalAudioTrack) for part in kept)


def test_a_database_without_tables_does_not_keep_the_worker_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(language: str) -> CallFacts:
        raise OperationalError(f"no such table, {language}")

    monkeypatch.setattr("voicebot.rehearsal.company_facts", missing)
    assert rehearse() is not None


def test_the_turn_detector_nobody_asks_for_is_not_loaded() -> None:
    assert os.environ["LIVEKIT_AGENTS_PRELOAD_LOCAL_INFERENCE"] == "0"
