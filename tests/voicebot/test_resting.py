"""When a part that failed is asked again, and what is no answer though it looks like one."""

import random

import numpy as np
import pytest
from livekit.agents import APIConnectionError, APIError, APIStatusError, stt
from livekit.agents.language import LanguageCode

from tests.openai_server.sound import speak
from voicebot.offline.speech import cached_samples
from voicebot.providers.plausible import checked, is_noise
from voicebot.providers.resting import Board, Implausible, Link, News, Rest, awake, described

BROKEN = APIConnectionError("gone")


class Clock:
    time = 1000.0

    def __call__(self) -> float:
        return self.time


def asked(rest: Rest) -> bool:
    return rest.over


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def rest(clock: Clock, board: Board) -> Rest:
    return Rest("llm", "openai/gpt", 10.0, now=clock, board=board)


def test_a_part_is_asked_again_when_its_rest_is_over(rest: Rest, clock: Clock) -> None:
    assert asked(rest)
    rest.begin(BROKEN)
    clock.time += 9.9
    assert not asked(rest)
    clock.time += 0.1
    assert asked(rest)


def test_who_fails_again_rests_longer_up_to_a_limit(rest: Rest, clock: Clock) -> None:
    lengths = []
    for _ in range(5):
        rest.begin(BROKEN)
        before = clock.time
        while not asked(rest):
            clock.time += 5
        lengths.append(clock.time - before)
    assert lengths == [10, 20, 40, 50, 50]


def test_who_answered_begins_anew(rest: Rest, clock: Clock) -> None:
    rest.begin(BROKEN)
    rest.begin(BROKEN)
    rest.end()
    assert asked(rest)
    rest.begin(BROKEN)
    clock.time += 10
    assert asked(rest)


def test_a_refused_key_rests_longest_at_once_also_as_the_cause_of_another_error(rest: Rest, clock: Clock) -> None:
    error = APIConnectionError("failed after 2 attempts")
    error.__cause__ = APIStatusError("no", status_code=401)
    rest.begin(error)
    clock.time += 49
    assert not asked(rest)


def test_what_another_call_found_out_counts_here_until_it_answers(board: Board) -> None:
    told: list[News] = []
    board.listeners.append(told.append)
    rest = Rest("llm", "openai/gpt", 10.0, board=board)
    board.learn(News("llm", "openai/gpt", 30.0))
    board.learn(News("stt", "openai/whisper", 0.0))
    assert not asked(rest)
    rest.end()
    assert asked(rest)
    assert told == [News("llm", "openai/gpt", 0.0)]


def test_a_failure_is_told_with_its_length(rest: Rest, board: Board) -> None:
    told: list[News] = []
    board.listeners.append(told.append)
    rest.begin(BROKEN)
    assert [(news.part, news.provider, news.seconds) for news in told] == [("llm", "openai/gpt", 10.0)]


def test_an_error_is_described_without_what_was_said() -> None:
    error = APIConnectionError("no audio frames were pushed for text: my name is Carol")
    error.__cause__ = APIStatusError("Carol", status_code=503)
    assert described(error) == "APIConnectionError ← APIStatusError 503"
    assert described(Implausible("it answered nothing")) == "it answered nothing"


def test_only_who_is_rested_and_speaks_the_language_is_asked(clock: Clock) -> None:
    def link(name: str, *languages: str) -> Link[str]:
        return Link(name, Rest("tts", name, 10, now=clock, board=Board()), frozenset(languages) or None)

    chain = (link("tired"), link("english", "en"), link("any"))
    chain[0].rest.begin(BROKEN)
    assert [one.part for one in awake(chain, "ar")] == ["any"]


def pcm(data: bytes) -> np.ndarray:
    return np.frombuffer(data[: len(data) // 2 * 2], dtype=np.int16)[:4800]


@pytest.mark.parametrize(
    "data",
    [random.Random(1).randbytes(9600), b"<html><body>Sign in</body></html>" * 300,
     speak("We are open from nine to five.", "en", "mp3")],
    ids=["random", "page", "mp3"],
)  # fmt: skip
def test_bytes_that_are_no_sound_are_noise(data: bytes) -> None:
    assert is_noise(pcm(data))


@pytest.mark.parametrize("louder", [1, 4])
def test_speech_is_no_noise_however_loud(louder: int) -> None:
    said = np.clip(cached_samples("She sells six thick seashells.", "en").astype(int) * louder, -32768, 32767)
    assert not any(is_noise(said[at : at + 4800].astype(np.int16)) for at in range(0, len(said), 4800))


def event(text: object) -> stt.SpeechEvent:
    data = stt.SpeechData(language=LanguageCode("en"), text=text)  # type: ignore[arg-type]
    return stt.SpeechEvent(type=stt.SpeechEventType.FINAL_TRANSCRIPT, alternatives=[data])


@pytest.mark.parametrize("text", [None, "\x00\x01", "a\ufffdb", "word " * 100])
def test_what_nobody_can_have_said_in_the_time_was_not_heard(text: object) -> None:
    with pytest.raises(APIError):
        checked(event(text), 2.0)


@pytest.mark.parametrize("text", ["", "أريد التحدث إلى موظف", "word " * 20])
def test_what_can_have_been_said_was(text: str) -> None:
    assert checked(event(text), 2.0).alternatives[0].text == text
