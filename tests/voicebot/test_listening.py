"""The built-in ears on a stream: a guess at each pause, and one transcript of the whole sentence."""

from collections.abc import Iterator

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import inference, stt

from voicebot.offline.recognition import Phrases, Recogniser, Recognition
from voicebot.offline.speech import SAMPLE_RATE, samples_of
from voicebot.offline.stt import OfflineSTT

PHRASES: Phrases = {"person": ("i want to talk to a human",), "yes": ("yes please",)}
Samples = np.ndarray
FRAME = SAMPLE_RATE // 50


class Ears(Recogniser):
    """Remembers how many samples it was asked about; `text` is all it hears, the number where it is empty."""

    def __init__(self, *, rejects: bool = False) -> None:
        self.asked: list[int] = []
        self.rejects = rejects

    def recognise(self, samples: Samples, sample_rate: int, phrases: Phrases) -> Recognition:
        self.asked.append(len(samples))
        return Recognition(text="" if self.rejects else str(len(samples)), speech=True)


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * SAMPLE_RATE), dtype=np.int16)


def spoken(text: str) -> Samples:
    """Without the silence around it."""
    samples = samples_of(text, "en")
    loud = np.flatnonzero(np.abs(samples) > 200)
    return samples[loud[0] : loud[-1]]


def frames(*parts: Samples) -> Iterator[rtc.AudioFrame]:
    sound = np.concatenate(parts)
    for start in range(0, len(sound) - FRAME + 1, FRAME):
        yield rtc.AudioFrame(sound[start : start + FRAME].tobytes(), SAMPLE_RATE, 1, FRAME)


async def heard(ears: OfflineSTT, *parts: Samples) -> list[str]:
    """The transcripts of a stream with that sound."""
    async with ears.stream() as stream:
        for frame in frames(silence(0.3), *parts, silence(0.6)):
            stream.push_frame(frame)
        stream.end_input()
        events = [event async for event in stream]
    return [event.alternatives[0].text for event in events if event.type == stt.SpeechEventType.FINAL_TRANSCRIPT]


def listening(engine: Recogniser | None = None) -> OfflineSTT:
    return OfflineSTT(PHRASES, engine=engine, detector=inference.VAD(min_silence_duration=0.2))


async def test_a_sentence_is_understood() -> None:
    assert await heard(listening(), spoken("i want to talk to a human")) == ["i want to talk to a human"]


async def test_what_was_guessed_at_the_pause_is_what_is_told() -> None:
    engine, sentence = Ears(), spoken("i want to talk to a human")
    assert await heard(listening(engine), sentence) == [str(engine.asked[-1])]
    assert engine.asked[-1] < len(sentence) + 0.2 * SAMPLE_RATE + len(silence(0.3)), "it waited for the pause to end"


async def test_a_pause_inside_a_sentence_makes_its_guess_void() -> None:
    engine, first, second = Ears(), spoken("i want to talk"), spoken("to a human")
    (told,) = await heard(listening(engine), first, silence(0.14), second)
    assert int(told) > len(first) + len(second)


async def test_each_sentence_is_told_once() -> None:
    texts = await heard(listening(), spoken("yes please"), silence(0.8), spoken("i want to talk to a human"))
    assert texts == ["yes please", "i want to talk to a human"]


async def test_what_is_no_phrase_is_said_not_to_be_understood_once() -> None:
    ears, strange = listening(Ears(rejects=True)), list[Recognition]()
    ears.on("not_understood", strange.append)
    assert await heard(ears, spoken("my dog ate my homework")) == []
    assert len(strange) == 1


def test_without_a_detector_there_is_no_stream() -> None:
    ears = OfflineSTT(PHRASES)
    assert not ears.capabilities.streaming
    with pytest.raises(ValueError, match="no detector"):
        ears.stream()
