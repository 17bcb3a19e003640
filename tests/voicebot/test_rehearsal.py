"""A warm process does everything once before its first call."""

import asyncio
import os
from dataclasses import replace
from datetime import time

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from livekit import rtc
from livekit.agents import llm

import voicebot.bootstrap  # noqa: F401
from tests.cast import make_call, make_department
from voicebot import rehearsal
from voicebot.gateway.reading import facts_of
from voicebot.offline import speech
from voicebot.offline.espeak import Samples
from voicebot.offline.llm import decide
from voicebot.offline.phrases import Phrases
from voicebot.offline.recognition import Recogniser, Recognition, recogniser
from voicebot.offline.stt import OfflineSTT
from voicebot.receptionist.chat import Decision
from voicebot.receptionist.facts import CallFacts
from voicebot.receptionist.grammar import grammar_phrases
from voicebot.receptionist.prompts import opening
from voicebot.rehearsal import Nowhere, rehearse


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

    monkeypatch.setattr("voicebot.rehearsal.usual_facts", missing)
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
    recogniser.cache_clear()
    rehearse()
    assert heard
    assert min(heard) > speech.SAMPLE_RATE / 10
    assert set(answered) == {"en", "ar"}


@pytest.mark.django_db(transaction=True)
def test_a_reply_is_thought_and_said_once_and_nobody_is_asked_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    make_department("support", is_default=True)
    said: list[float] = []
    takes = Nowhere.capture_frame

    async def heard(self: Nowhere, frame: rtc.AudioFrame) -> None:
        said.append(frame.duration)
        await takes(self, frame)

    monkeypatch.setattr(Nowhere, "capture_frame", heard)
    rehearse()
    assert 0 < sum(said) < 3


@pytest.mark.django_db(transaction=True)
async def test_a_usual_call_says_nothing_for_the_first_time_and_another_one_has_it_heard_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    call = await sync_to_async(_call_of_a_department_with_hours)()
    recogniser.cache_clear()
    await asyncio.to_thread(rehearse)
    facts = await sync_to_async(facts_of)(call)
    heard: list[int] = []
    monkeypatch.setattr(Recogniser, "search", lambda *_: heard.append(1))
    await OfflineSTT(grammar_phrases(facts)).rehearse()
    assert heard == []
    surveyed = OfflineSTT(grammar_phrases(replace(facts, task="survey")))
    await surveyed.rehearse()
    assert len(heard) > 0
    heard.clear()
    await surveyed.rehearse()
    assert heard == []


def _call_of_a_department_with_hours() -> str:
    support = make_department("support", is_default=True)
    support.opening_hours.create(weekday=0, opens=time(9), closes=time(17))
    return make_call().pk
