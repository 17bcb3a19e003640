"""A sentence searched while it is said, and what comes in between."""

from collections.abc import Callable

import numpy as np
import pytest
from livekit import rtc

from tests.voicebot.spoken_set import PHRASES, VOICES
from voicebot.offline.conditioning import SAMPLE_RATE, Conditioner
from voicebot.offline.espeak import SAMPLE_RATE as ENGINE_RATE
from voicebot.offline.espeak import Samples, Voice
from voicebot.offline.phrases import Phrases
from voicebot.offline.recognition import Recogniser, Utterance
from voicebot.offline.speech import resample, samples_of
from voicebot.offline.stt import OfflineSTT

FRAME = SAMPLE_RATE // 20
SENTENCES = ("i want to talk to a human", "good morning", "i have a question about my bill", "operator please")


@pytest.fixture(scope="module")
def ear() -> Recogniser:
    made = Recogniser()
    made.prepare(PHRASES)
    return made


def said(text: str, voice: Voice | None = None) -> Samples:
    """As a microphone gives it: silence around it."""
    silence = np.zeros(round(0.2 * SAMPLE_RATE), dtype=np.int16)
    return np.concatenate([silence, resample(samples_of(text, "en", voice), ENGINE_RATE, SAMPLE_RATE), silence])


def followed(ear: Recogniser, sound: Samples, phrases: Phrases = PHRASES) -> Utterance:
    utterance = Utterance(ear, phrases)
    for start in range(0, len(sound), FRAME):
        utterance.add(sound[start : start + FRAME])
    return utterance


NOTHING: Samples = np.zeros(0, dtype=np.int16)


@pytest.mark.parametrize("size", [160, FRAME, SAMPLE_RATE])
def test_the_sound_to_search_is_the_same_however_it_came(size: int) -> None:
    sound = said("i want to talk to a human")
    whole, cut = Conditioner(), Conditioner()
    parts = [cut.add(sound[start : start + size]) for start in range(0, len(sound), size)]
    assert np.array_equal(np.concatenate([*parts, cut.end()]), np.concatenate([whole.add(sound), whole.end()]))


@pytest.mark.parametrize("text", SENTENCES)
def test_a_sentence_that_was_followed_is_heard(ear: Recogniser, text: str) -> None:
    assert followed(ear, said(text)).end(NOTHING).text == text


def test_little_is_left_to_search_at_its_end(ear: Recogniser, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = said("i would like to speak with a representative")
    utterance = followed(ear, sound)
    searched: list[int] = []
    monkeypatch.setattr(Recogniser, "search", lambda _, audio: searched.append(len(audio)))
    utterance.end(NOTHING)
    assert 0 < sum(searched) < len(sound) / 4


@pytest.mark.parametrize(
    "between",
    [
        lambda ear: ear.recognise(samples_of("no", "en"), ENGINE_RATE, PHRASES),
        lambda ear: ear.prepare({"yes": ("yes please",)}),
        lambda ear: followed(ear, said("good afternoon")),
    ],
    ids=["another sentence", "another grammar", "another utterance"],
)
def test_what_comes_in_between_takes_nothing_from_it(ear: Recogniser, between: Callable[[Recogniser], object]) -> None:
    sound = said("i have a question about my bill")
    utterance = followed(ear, sound[: len(sound) // 2])
    between(ear)
    assert utterance.end(sound[len(sound) // 2 :]).intent == "department:billing"


def test_a_voice_from_a_telephone_is_heard_again_with_its_own_means(ear: Recogniser) -> None:
    sounds = [narrow(said(text, voice)) for text in SENTENCES for voice in VOICES]
    utterances = [followed(ear, sound) for sound in sounds]
    texts = [text for text in SENTENCES for _ in VOICES]
    first = [utterance.end(NOTHING).text for utterance in utterances]
    again = [utterance.again().text for utterance in utterances]
    assert sum(map(str.__eq__, again, texts)) > 0.7 * len(texts) > sum(map(str.__eq__, first, texts))


def narrow(sound: Samples) -> Samples:
    """The band of a telephone: 300 to 3,400 Hz."""
    spectrum, frequencies = np.fft.rfft(sound.astype(float)), np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    spectrum[(frequencies < 300) | (frequencies > 3400)] = 0
    return np.clip(np.fft.irfft(spectrum, len(sound)), -32_768, 32_767).astype(np.int16)


def test_who_goes_on_for_longer_than_any_phrase_is_speech_and_not_searched(
    ear: Recogniser, monkeypatch: pytest.MonkeyPatch
) -> None:
    utterance = followed(ear, np.tile(said("operator please"), 12))
    monkeypatch.setattr(Recogniser, "search", lambda *_: pytest.fail("searched"))
    assert utterance.end(NOTHING).rejected
    assert utterance.again().rejected


def test_a_click_in_silence_is_a_beginning_of_nothing(ear: Recogniser) -> None:
    sound = np.zeros(SAMPLE_RATE, dtype=np.int16)
    sound[8_000:8_040] = 9_000
    assert followed(ear, sound).end(NOTHING).text == ""
    assert not followed(ear, np.zeros(SAMPLE_RATE, dtype=np.int16)).end(NOTHING).speech


async def test_the_ears_hear_what_was_followed_and_all_of_it_where_the_words_have_changed(
    ear: Recogniser, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole: list[int] = []
    hear = Recogniser.recognise

    def recognise(self: Recogniser, samples: Samples, rate: int, phrases: Phrases) -> object:
        whole.append(len(samples))
        return hear(self, samples, rate, phrases)

    monkeypatch.setattr(Recogniser, "recognise", recognise)
    ears, sound = OfflineSTT(PHRASES, engine=ear), said("operator please")
    frame = rtc.AudioFrame(sound.tobytes(), SAMPLE_RATE, 1, len(sound))
    ears.follow(sound[: len(sound) // 2], anew=True)
    assert (await ears.hear(frame, followed=True)).text == "operator please"
    assert whole == []
    # Nothing is followed any more, and the next time it is to other words.
    assert (await ears.hear(frame, followed=True)).text == "operator please"
    ears.follow(sound[: len(sound) // 2], anew=True)
    ears.set_phrases({"person": ("operator please", "anybody")})
    assert (await ears.hear(frame, followed=True)).text == "operator please"
    assert whole == [len(sound)] * 2


async def test_words_that_are_not_known_yet_are_not_learned_in_the_middle_of_a_sentence() -> None:
    new = Recogniser()
    ears, sound = OfflineSTT(PHRASES, engine=new), said("operator please")
    ears.follow(sound, anew=True)
    assert not new.knows(PHRASES)
    frame = rtc.AudioFrame(sound.tobytes(), SAMPLE_RATE, 1, len(sound))
    assert (await ears.hear(frame, followed=True)).text == "operator please"
    assert new.knows(PHRASES)
