"""When a turn is over: the clock on bare probabilities, the words, and sentences with pauses in them."""

import pytest

from tests.voicebot.pauses import PAUSES, Clip, Recognise, clips, turns_end, whole
from tests.voicebot.receptionist.cast import carol
from tests.voicebot.spoken_set import PHRASES
from voicebot.offline.espeak import Samples
from voicebot.offline.phrases import Phrases
from voicebot.offline.recognition import recogniser
from voicebot.offline.speech import Voice
from voicebot.receptionist.grammar import grammar_phrases
from voicebot.turn_taking.clock import Step, TurnClock
from voicebot.turn_taking.completeness import is_backchannel, question_reached, wait_for_phrase, wait_for_text
from voicebot.turn_taking.config import BUILT_IN, PAID, WINDOW, TurnTaking
from voicebot.turn_taking.ears import SAMPLE_RATE

LOUD, QUIET = 0.9, 0.05


def steps(clock: TurnClock, *runs: tuple[float, float]) -> list[Step]:
    """What becomes so in runs of (probability, seconds)."""
    heard = [clock.hear(probability) for probability, seconds in runs for _ in range(round(seconds / WINDOW))]
    return [step for step in heard if step is not None]


def test_one_loud_window_is_a_click_and_no_turn() -> None:
    assert steps(TurnClock(BUILT_IN), (QUIET, 1), (LOUD, WINDOW), (QUIET, 1)) == []


def test_a_turn_is_not_over_before_somebody_has_said_how_much_silence_it_needs() -> None:
    assert steps(TurnClock(BUILT_IN), (LOUD, 1), (QUIET, 30)) == [Step.BEGAN, Step.PAUSED]


def test_a_turn_is_over_after_the_silence_it_needs() -> None:
    clock = TurnClock(BUILT_IN)
    steps(clock, (LOUD, 1), (QUIET, BUILT_IN.guess))
    clock.judged(0.5)
    assert not clock.is_over
    assert steps(clock, (QUIET, 0.5))[:1] == [Step.OVER]
    assert clock.silence == pytest.approx(0.5, abs=2 * WINDOW + BUILT_IN.guess)


def test_going_on_after_a_pause_makes_the_judgement_void() -> None:
    clock = TurnClock(BUILT_IN)
    steps(clock, (LOUD, 1), (QUIET, 0.3))
    clock.judged(0.4)
    assert steps(clock, (LOUD, 0.3)) == [Step.WENT_ON]
    clock.judged(0.4)
    assert steps(clock, (QUIET, 2)) == [Step.PAUSED]


def test_a_breath_in_the_pause_does_not_go_on() -> None:
    clock = TurnClock(BUILT_IN)
    steps(clock, (LOUD, 1), (QUIET, 0.2))
    clock.judged(0.5)
    assert Step.WENT_ON not in steps(clock, (0.45, 0.1), (LOUD, WINDOW), (QUIET, 0.3))
    assert clock.is_over


def test_who_never_pauses_is_cut_off_once() -> None:
    clock = TurnClock(TurnTaking(longest_turn=2.0))
    assert steps(clock, (LOUD, 2.5)) == [Step.BEGAN, Step.PAUSED]
    clock.judged(1.0)
    assert clock.is_over


@pytest.mark.parametrize(
    ("text", "language", "wait"),
    [
        ("I want to talk to a human.", "en", PAID.complete),
        ("Where is my order?", "en", PAID.complete),
        ("I would like to", "en", PAID.unfinished),
        ("I cannot log in because", "en", PAID.unfinished),
        ("Well,", "en", PAID.unfinished),
        ("Can you", "en", PAID.unfinished),
        ("I forgot", "en", PAID.unfinished),
        ("My order number is 4 5 7", "en", PAID.listing),
        ("My order number is four five seven.", "en", PAID.listing),
        ("My name is S M T", "en", PAID.listing),
        ("Yes", "en", PAID.could_go_on),
        ("Goodbye.", "en", PAID.complete),
        ("the printer shows a red light", "en", PAID.unsure),
        ("", "en", PAID.unfinished),
        ("أريد التحدث إلى موظف.", "ar", PAID.complete),
        ("هل أنتم مفتوحون الآن؟", "ar", PAID.complete),
        ("لا أستطيع الدخول لأن", "ar", PAID.unfinished),
        ("رقم الطلب هو أربعة خمسة", "ar", PAID.listing),
        ("رقم الطلب ٤٥٧", "ar", PAID.listing),
        ("نعم", "ar", PAID.could_go_on),
    ],
)
def test_words_say_how_long_to_wait(text: str, language: str, wait: float) -> None:
    assert wait_for_text(PAID, text, language, asked=False) == wait


@pytest.mark.parametrize(("text", "language"), [("yes", "en"), ("No.", "en"), ("نعم", "ar"), ("لا", "ar")])
def test_a_short_answer_to_our_question_is_a_whole_one(text: str, language: str) -> None:
    assert wait_for_text(PAID, text, language, asked=True) == PAID.complete


@pytest.mark.parametrize(
    "text", ["mm-hm", "Uh huh.", "okay", "Yeah, right.", "I see", "نعم", "طيب تمام", "ممم", "أيوه"]
)
def test_back_channels_are_told_from_requests(text: str) -> None:
    assert is_backchannel(text)


@pytest.mark.parametrize("text", ["", "no", "okay but I want a human", "stop", "لا", "نعم أريد موظف"])
def test_what_wants_an_answer_is_no_back_channel(text: str) -> None:
    assert not is_backchannel(text)


@pytest.mark.parametrize("text", ["yes", "Yeah, sure.", "okay", "نعم", "أيوه", "تمام"])
def test_a_yes_to_our_question_is_no_back_channel(text: str) -> None:
    assert not is_backchannel(text, asked=True)
    assert is_backchannel(text)


def test_who_only_listens_to_our_question_does_not_answer_it() -> None:
    assert is_backchannel("mm-hm", asked=True)


@pytest.mark.parametrize(
    ("said", "seconds", "reached"),
    [
        ("Shall I put you through to billing?", 0.1, True),
        ("هل أحولك إلى قسم الفواتير؟", 0.1, True),
        ("I understand that your invoice is wrong. Shall I put you through?", 0.5, False),
        ("I understand that your invoice is wrong. Shall I put you through?", 3.0, True),
        ("We are open from nine to five.", 3.0, False),
        ("", 1.0, False),
    ],
)
def test_a_question_is_open_once_it_has_begun(said: str, seconds: float, reached: bool) -> None:
    assert question_reached(said, seconds) is reached


@pytest.fixture(scope="module")
def phrases() -> Phrases:
    """What the built-in recogniser listens for in a call to a company with a few frequent questions."""
    known = dict(PHRASES)
    for intent, texts in grammar_phrases(carol()).items():
        known[intent] = tuple(dict.fromkeys((*known.get(intent, ()), *texts)))
    return known


def test_no_more_than_a_tenth_of_the_pauses_inside_sentences_is_taken_for_the_end(phrases: Phrases) -> None:
    # The shortest pauses, where the recogniser is asked most; `make bench` takes all clips.
    some = [clip for clip in clips() if clip.language == "en" and clip.pause == min(PAUSES)]

    def needed(samples: Samples, _: str) -> float:
        known = recogniser().recognise(samples, SAMPLE_RATE, phrases)
        return wait_for_phrase(BUILT_IN, known.text, phrases, asked=False)

    cut = [clip for clip in some if turns_end(clip, BUILT_IN, needed)[0] < clip.ends_at]
    assert len(some) > 20
    assert len(cut) <= len(some) / 10, [clip.ends[0][1] for clip in cut]


def test_the_same_with_a_recogniser_of_free_text() -> None:
    every = list(clips())
    cut = [clip for clip in every if turns_end(clip, PAID, free_text(clip), takes=0.3)[0] < clip.ends_at]
    assert len(every) >= 100
    assert len(cut) <= len(every) / 10, [(clip.ends[0][1], clip.pause) for clip in cut]


def free_text(clip: Clip) -> Recognise:
    """A recogniser that writes down what was said, with a full stop at the end."""
    sentence = clip.words_until(clip.ends_at)

    def needed(_: Samples, words: str) -> float:
        return wait_for_text(PAID, f"{words}." if words == sentence else words, clip.language, asked=False)

    return needed


@pytest.mark.parametrize("sentence", ["i want to talk to a human", "no thank you", "what are your opening hours"])
def test_a_whole_sentence_is_over_long_before_a_pause_would_be(sentence: str, phrases: Phrases) -> None:
    clip = whole(sentence, voice=Voice("en-us", 160))

    def needed(samples: Samples, _: str) -> float:
        known = recogniser().recognise(samples, SAMPLE_RATE, phrases)
        return wait_for_phrase(BUILT_IN, known.text, phrases, asked=False)

    ends = turns_end(clip, BUILT_IN, needed)
    assert len(ends) == 1
    assert 0 < ends[0] - clip.ends_at < PAID.unsure
