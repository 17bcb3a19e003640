"""Sentences with a pause inside, and what becomes of them in no time: sound in, the moments the turn was over.

`|` is the pause. What stands before it is what people stop after: half a sentence, a group of digits, spelled letters,
a word of hesitation.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from voicebot.offline.espeak import SAMPLE_RATE as VOICE_RATE
from voicebot.offline.espeak import Samples, Voice
from voicebot.offline.speech import resample, samples_of
from voicebot.turn_taking.clock import Step, TurnClock
from voicebot.turn_taking.config import TurnTaking
from voicebot.turn_taking.detector import Detector
from voicebot.turn_taking.ears import SAMPLE_RATE, Sound

ENGLISH = (
    "i want to | talk to a human",
    "can i speak to | a real person please",
    "i have a question | about my bill",
    "where is | my order",
    "what are your | opening hours",
    "i would like to | cancel my subscription",
    "i was charged | twice",
    "no | thank you",
    "yes | please",
    "please | call me back",
    "how do i | reset my password",
    "i need help | with my account",
    "i forgot | my password",
    "can you | repeat that",
    "i want to | leave a message",
    "um | where is my order",
    "well | i want to talk to a human",
    "the problem is that | it does not work",
    "i bought it in may and | it does not work",
    "my order number is | four five seven | two nine",
    "my phone number is | zero five five | one two three",
    "the code is | a b c | one two",
    "my name is | s m i | t h",
    "my email is | j o h n | at example dot com",
    "it is the invoice from | the third of may",
)
ARABIC = (
    "أريد أن | أتحدث مع موظف",
    "رقم الطلب هو | أربعة خمسة سبعة | اثنين تسعة",
    "رقمي | صفر خمسة خمسة | واحد اثنين ثلاثة",
    "عندي مشكلة في | الفاتورة",
    "لم أدفع لأن | الخدمة لا تعمل",
    "أريد | إلغاء الاشتراك",
    "ممكن | تعاودوا الاتصال بي",
    "اسمي | محمد علي",
    "يعني | أين طلبي",
    "دفعت مرتين و | أريد استرداد المبلغ",
    "ما هي | ساعات العمل",
)
PAUSES = (0.3, 0.6, 0.9)
_VOICES = {
    "en": (Voice("en-us", 160), Voice("en-us+f3", 168), Voice("en-us+m3", 150), Voice("en-gb-x-rp+f2", 160)),
    "ar": (Voice("ar", 150), Voice("ar+f3", 150)),
}
_AUDIBLE = 300
_TAIL = 1.4

Recognise = Callable[[Samples, str], float]
"""(sound so far, the words in it) → the seconds of silence it needs."""


@dataclass(frozen=True, slots=True)
class Clip:
    """`samples` at 16 kHz; `ends`: for each part, (second of its last sound, its words)."""

    language: str
    pause: float
    samples: Samples
    ends: tuple[tuple[float, str], ...]

    def words_until(self, second: float) -> str:
        """What had been said by then."""
        return " ".join(words for end, words in self.ends if end <= second)

    @property
    def ends_at(self) -> float:
        return self.ends[-1][0]


def clips() -> Iterator[Clip]:
    """108 of them."""
    for language, sentences in (("en", ENGLISH), ("ar", ARABIC)):
        for number, sentence in enumerate(sentences):
            voices = _VOICES[language]
            for pause in PAUSES:
                yield _clip(sentence, language, pause, voices[number % len(voices)])


def whole(sentence: str, language: str = "en", voice: Voice | None = None) -> Clip:
    """The same without a pause."""
    return _clip(sentence, language, 0.0, voice or _VOICES[language][0])


def _clip(sentence: str, language: str, pause: float, voice: Voice) -> Clip:
    parts = [part.strip() for part in sentence.split("|")]
    sound, ends, length = [_silence(0.5)], [], round(0.5 * SAMPLE_RATE)
    for part in parts:
        spoken = _spoken(part, language, voice)
        length += len(spoken)
        ends.append((length / SAMPLE_RATE, part))
        rest = _silence(_TAIL if part is parts[-1] else pause)
        sound += [spoken, rest]
        length += len(rest)
    return Clip(language, pause, np.concatenate(sound), tuple(ends))


def _spoken(text: str, language: str, voice: Voice) -> Samples:
    samples = resample(samples_of(text, language, voice), VOICE_RATE, SAMPLE_RATE)
    heard = np.flatnonzero(np.abs(samples.astype(np.int32)) > _AUDIBLE)
    return samples[heard[0] : heard[-1] + 1]


def _silence(seconds: float) -> Samples:
    # A room is not digitally silent.
    return np.random.default_rng(0).normal(0, 8, round(seconds * SAMPLE_RATE)).astype(np.int16)


def turns_end(clip: Clip, config: TurnTaking, recognise: Recognise, *, takes: float = 0.05) -> list[float]:
    """The seconds at which the turn was taken for over; recognising `takes` some of them."""
    clock, detector, sound = TurnClock(config), Detector(config), Sound(round(config.lead * SAMPLE_RATE))
    ends: list[float] = []
    ready: tuple[float, float] | None = None
    for number, window in enumerate(sound.add(clip.samples), start=1):
        at = number * len(window) / SAMPLE_RATE
        step = clock.hear(detector.hear(window, talking=clock.talking))
        if step is Step.PAUSED:
            ready = (at + takes, recognise(clip.samples[: round(at * SAMPLE_RATE)], clip.words_until(at)))
        elif step is Step.WENT_ON:
            ready = None
        if ready is not None and at >= ready[0]:
            clock.judged(ready[1])
        if step is Step.OVER or clock.is_over:
            ends.append(at)
            clock.reset()
            ready = None
    return ends
