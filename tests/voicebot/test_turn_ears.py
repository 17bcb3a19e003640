"""A turn from the microphone's frames to livekit-agents' events, with a recogniser that knows what was said."""

import asyncio
from dataclasses import dataclass, field

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import stt
from livekit.agents.stt import SpeechEventType as Kind

from tests.voicebot.pauses import Clip, whole
from voicebot.offline.espeak import Samples
from voicebot.offline.stt import OfflineSTT
from voicebot.turn_taking.config import BUILT_IN
from voicebot.turn_taking.ears import SAMPLE_RATE, Heard, TurnSTT
from voicebot.turn_taking.precedence import Precedence

FRAME = SAMPLE_RATE // 50


@dataclass
class Told:
    """Ears that are told what they hear: `short` in less than `seconds` of sound, else `answer`."""

    answer: Heard
    short: Heard | None = None
    seconds: float = 0.0
    heard: list[float] = field(default_factory=list)
    turns: list[tuple[str, bool]] = field(default_factory=list)
    followed: Samples = field(default_factory=lambda: np.zeros(0, dtype=np.int16))
    begun: int = 0
    left: list[float] = field(default_factory=list)

    def follow(self, samples: Samples, *, anew: bool) -> None:
        self.begun += anew
        self.followed = samples if anew else np.concatenate([self.followed, samples])

    async def hear(self, frame: rtc.AudioFrame) -> Heard:
        sound = np.frombuffer(frame.data, dtype=np.int16)
        assert np.array_equal(self.followed, sound[: len(self.followed)])
        self.left.append((len(sound) - len(self.followed)) / SAMPLE_RATE)
        self.heard.append(frame.duration)
        return self.short if self.short and frame.duration < self.seconds else self.answer

    def turn_over(self, heard: Heard, *, speech: float, over_us: bool) -> None:
        assert speech > 0
        self.turns.append((heard.text, over_us))


async def events_of(
    samples: Samples, ears: Told, *, speaking: bool = False, asked: bool = False
) -> list[stt.SpeechEvent]:
    """What the session is told until the turn is over; frames come a hundred times as fast as they are."""
    stream = TurnSTT(OfflineSTT({}), ears, BUILT_IN, speaking=lambda: speaking, asked=lambda: asked).stream()
    events: list[stt.SpeechEvent] = []
    try:
        async with asyncio.timeout(10):
            for start in range(0, len(samples) - FRAME, FRAME):
                stream.push_frame(rtc.AudioFrame(samples[start : start + FRAME].tobytes(), SAMPLE_RATE, 1, FRAME))
                await asyncio.sleep(0)
            async for event in stream:
                events.append(event)
                if event.type is Kind.END_OF_SPEECH:
                    break
    finally:
        await stream.aclose()
    return events


def kinds(events: list[stt.SpeechEvent]) -> list[Kind]:
    return [event.type for event in events]


def with_tail(clip: Clip) -> Samples:
    return np.concatenate([clip.samples, np.zeros(SAMPLE_RATE, dtype=np.int16)])


WHOLE = Heard("I want to talk to a human.", "en", BUILT_IN.complete)
HALF = Heard("I want to", "en", BUILT_IN.unfinished)


async def test_a_whole_sentence_is_told_and_over() -> None:
    ears = Told(WHOLE)
    events = await events_of(with_tail(whole("i want to talk to a human")), ears)
    assert kinds(events)[-2:] == [Kind.FINAL_TRANSCRIPT, Kind.END_OF_SPEECH]
    assert events[-2].alternatives[0].text == WHOLE.text
    assert ears.turns == [(WHOLE.text, False)]


async def test_a_turn_is_followed_while_it_is_said() -> None:
    ears = Told(WHOLE)
    await events_of(with_tail(whole("i want to talk to a human")), ears)
    assert ears.begun == len(ears.heard)
    assert ears.heard[-1] > 1.0
    # What comes with the frame that ends it, and no more.
    assert max(ears.left) < 0.1


async def test_a_call_goes_first_from_a_pause_and_from_a_turns_end(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    monkeypatch.setattr(Precedence, "take", lambda _: steps.append("take"))
    monkeypatch.setattr(Precedence, "give", lambda _: steps.append("give"))
    first, second = whole("i want to"), whole("talk to a human")
    gap = np.zeros(round(0.4 * SAMPLE_RATE), dtype=np.int16)
    speech = first.samples[: round(first.ends_at * SAMPLE_RATE)]
    ears = Told(WHOLE, short=HALF, seconds=2.0)
    await events_of(np.concatenate([speech, gap, with_tail(second)]), ears)
    pauses = len(ears.heard)
    assert pauses > 1
    # Whoever goes on speaking is no more in a hurry; the last pause is the turn's end.
    assert steps == ["take", "give"] * (pauses - 1) + ["take", "take", "give"]


async def test_a_pause_inside_a_sentence_leaves_one_turn_with_all_of_its_sound() -> None:
    first, second = whole("i want to"), whole("talk to a human")
    gap = np.zeros(round(0.4 * SAMPLE_RATE), dtype=np.int16)
    speech = first.samples[: round(first.ends_at * SAMPLE_RATE)]
    ears = Told(WHOLE, short=HALF, seconds=2.0)
    events = await events_of(np.concatenate([speech, gap, with_tail(second)]), ears)
    assert [event.alternatives[0].text for event in events if event.type is Kind.FINAL_TRANSCRIPT] == [WHOLE.text]
    assert ears.heard[0] < 2.0 < ears.heard[-1]
    assert ears.begun == len(ears.heard) > 1
    assert len(ears.turns) == 1


async def test_who_switches_his_microphone_off_after_the_last_word_is_answered() -> None:
    clip = whole("i want to talk to a human")
    events = await events_of(clip.samples[: round((clip.ends_at + 0.05) * SAMPLE_RATE)], Told(WHOLE))
    assert Kind.FINAL_TRANSCRIPT in kinds(events)


@pytest.mark.parametrize(("text", "told"), [("okay", False), ("mm-hm", False), ("No, stop.", True)])
async def test_over_our_own_words_a_back_channel_is_no_turn(text: str, told: bool) -> None:
    ears = Told(Heard(text, "en", BUILT_IN.complete))
    events = await events_of(with_tail(whole("okay")), ears, speaking=True)
    assert (Kind.FINAL_TRANSCRIPT in kinds(events)) is told
    assert ears.turns == [(text, True)]


async def test_over_the_end_of_our_question_a_yes_is_its_answer() -> None:
    ears = Told(Heard("okay", "en", BUILT_IN.complete))
    events = await events_of(with_tail(whole("okay")), ears, speaking=True, asked=True)
    assert Kind.FINAL_TRANSCRIPT in kinds(events)


async def test_the_same_words_are_a_turn_when_we_are_silent() -> None:
    events = await events_of(with_tail(whole("okay")), Told(Heard("okay", "en", BUILT_IN.complete)))
    assert Kind.FINAL_TRANSCRIPT in kinds(events)
