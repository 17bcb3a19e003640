"""A warm process does everything once before its first call."""

import os

import pytest
from django.db import OperationalError
from livekit import rtc
from livekit.agents import llm

import voicebot.bootstrap  # noqa: F401
from voicebot import rehearsal
from voicebot.offline import speech
from voicebot.offline.espeak import Samples
from voicebot.offline.llm import decide
from voicebot.offline.recognition import Phrases, Recogniser, Recognition
from voicebot.receptionist.chat import Decision
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


@pytest.mark.django_db(transaction=True)
def test_a_first_call_finds_its_statements_made() -> None:
    from model_bakery import baker

    from calls.models import Call
    from common.prepared import Prepared
    from queueing.models import Department
    from voicebot.gateway.reading import facts_of

    baker.make(Department, slug="support", is_active=True, is_default=True)
    call = baker.make(Call, language="en")
    rehearse()
    made: list[Prepared] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Prepared, "_make", lambda self, given: made.append(self))
        assert facts_of(call.pk).departments[0].slug == "support"
    assert made == []


def test_a_database_without_tables_does_not_keep_the_worker_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(language: str) -> CallFacts:
        raise OperationalError(f"no such table, {language}")

    monkeypatch.setattr("voicebot.rehearsal.company_facts", missing)
    assert rehearse() is not None


def test_the_turn_detector_nobody_asks_for_is_not_loaded() -> None:
    assert os.environ["LIVEKIT_AGENTS_PRELOAD_LOCAL_INFERENCE"] == "0"


@pytest.mark.django_db(transaction=True)
def test_a_sentence_is_heard_and_one_of_each_language_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []
    answered: list[str] = []
    hear = Recogniser.recognise

    def hears(self: Recogniser, samples: Samples, rate: int, phrases: Phrases) -> Recognition:
        heard.append(len(samples))
        return hear(self, samples, rate, phrases)

    def answers(facts: CallFacts, said: llm.ChatContext) -> Decision:
        answered.append(facts.language)
        return decide(facts, said)

    monkeypatch.setattr(Recogniser, "recognise", hears)
    monkeypatch.setattr(rehearsal, "decide", answers)
    rehearse()
    assert heard
    assert min(heard) > speech.SAMPLE_RATE / 10
    assert set(answered) == {"en", "ar"}
