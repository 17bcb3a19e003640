"""Hearing by the level that a voice has stopped, and what the session's detector is told of it."""

import asyncio
from unittest.mock import Mock

import numpy as np
import pytest
from livekit.agents.vad import VADEvent
from livekit.agents.vad import VADEventType as Kind

from voicebot.turn_taking.config import BUILT_IN, WINDOW
from voicebot.turn_taking.detector import Detector, Level, root_mean_square
from voicebot.turn_taking.heard import HeardVAD

VOICE, ROOM, HUM = 3000.0, 20.0, 400.0


def fallen(levels: list[float], *, probability: float = 0.9, room: float = ROOM) -> list[bool]:
    """What is said of each window after a second of the room; the detector says speech all the time."""
    level = Level(BUILT_IN)
    for _ in range(31):
        level.has_fallen(room, 0.0, talking=False)
    return [level.has_fallen(one, probability, talking=True) for one in levels]


def test_the_first_window_without_the_voice_is_silence_whatever_the_detector_says() -> None:
    assert fallen([VOICE, VOICE, VOICE, ROOM, ROOM]) == [False, False, False, True, True]


def test_a_soft_sound_inside_a_word_is_none() -> None:
    assert not any(fallen([VOICE, VOICE, VOICE / 10, VOICE]))


def test_in_a_loud_room_only_the_detector_can_tell() -> None:
    assert not any(fallen([VOICE, VOICE, HUM, HUM], room=HUM))


def test_a_slammed_door_before_the_turn_is_no_measure_of_the_voice_in_it() -> None:
    level = Level(BUILT_IN)
    level.has_fallen(ROOM, 0.0, talking=False)
    level.has_fallen(30_000, 0.6, talking=False)
    level.has_fallen(ROOM, 0.0, talking=False)
    assert not level.has_fallen(600, 0.9, talking=True)


async def told(probabilities: list[float], *, flush_at: int = -1) -> list[VADEvent]:
    """The events of those windows."""
    vad = HeardVAD(BUILT_IN)
    stream = vad.stream()
    for number, probability in enumerate(probabilities):
        if number == flush_at:
            stream.flush()
            await asyncio.sleep(0)
        vad.hear(probability)
    stream.end_input()
    async with asyncio.timeout(5):
        events = [event async for event in stream]
    await stream.aclose()
    return events


def turns(events: list[VADEvent]) -> list[Kind]:
    return [event.type for event in events if event.type is not Kind.INFERENCE_DONE]


def test_of_nothing_at_all_the_detector_is_asked_only_until_it_has_forgotten_what_was_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    detector, vad = Detector(BUILT_IN), Mock(**{"predict.return_value": 0.9})
    monkeypatch.setattr(detector, "_vad", vad)
    nothing, soft = np.zeros(512, dtype=np.int16), np.full(512, 20, dtype=np.int16)
    heard = [detector.hear(window, talking=False) for window in [nothing] * 20 + [soft] + [nothing] * 20]
    assert heard[12:20] == [0.0] * 8
    assert heard[20] == 0.9
    assert vad.predict.call_count == 17


def test_the_level_of_a_window_is_its_root_mean_square() -> None:
    window = np.tile(np.array([3000, -4000], dtype=np.int16), 256)
    assert root_mean_square(window) == pytest.approx((12.5e6) ** 0.5)


async def test_a_sound_begins_at_its_first_window_and_ends_after_three_of_silence() -> None:
    events = await told([0.1, 0.9, 0.9, 0.4, 0.0, 0.0, 0.0, 0.0])
    assert turns(events) == [Kind.START_OF_SPEECH, Kind.END_OF_SPEECH]
    start, end = (event for event in events if event.type is not Kind.INFERENCE_DONE)
    assert (start.timestamp, end.timestamp) == pytest.approx((2 * WINDOW, 7 * WINDOW))
    assert end.speech_duration == pytest.approx(3 * WINDOW)
    assert end.silence_duration == pytest.approx(BUILT_IN.sound_over)


async def test_after_its_end_nothing_is_said_of_speech_that_could_interrupt_a_reply() -> None:
    events = await told([0.9] * 5 + [0.0] * 10)
    after = events[[event.type for event in events].index(Kind.END_OF_SPEECH) + 1 :]
    assert after
    assert {(event.speech_duration, event.speaking) for event in after} == {(0.0, False)}


async def test_of_a_long_silence_nothing_is_told_until_somebody_speaks() -> None:
    events = await told([0.0] * 100)
    assert 0 < len(events) < 20
    assert turns(await told([0.0] * 100 + [0.9])) == [Kind.START_OF_SPEECH]


async def test_it_ends_before_a_whole_sentence_is_over() -> None:
    assert BUILT_IN.sound_over < BUILT_IN.complete


async def test_what_goes_on_after_a_flush_is_a_new_sound() -> None:
    assert turns(await told([0.9] * 8, flush_at=4)) == [Kind.START_OF_SPEECH, Kind.START_OF_SPEECH]


async def test_a_stream_that_is_closed_is_told_nothing() -> None:
    vad = HeardVAD(BUILT_IN)
    stream = vad.stream()
    await stream.aclose()
    vad.hear(0.9)
    assert [event async for event in stream] == []
