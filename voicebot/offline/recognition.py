"""English speech to one of a few hundred known phrases, or to nothing. No livekit import.

pocketsphinx with a JSGF grammar maps every sound onto some phrase, so what it says has to be
doubted. Three things together turn a stranger's sentence away (measured in
`tests/voicebot/test_recognition.py`): a phrase not spoken to its end is no phrase; every frame's
acoustic score is relative to the best senone, so its mean over the spoken frames says how well the
phrase fits; and loud sound that the search took for silence means that more was said.

A sentence is searched while it is said: a fifth of the work is left when it is over, which is what a
caller waits for. The means its features are normalised by are not known so early; those of usual
voices are taken. Where nothing fits, and the voice has turned out to be unlike those, the whole of it
is searched once more with its own.
"""

import functools
import math
import threading
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pocketsphinx

from voicebot.offline.conditioning import SAMPLE_RATE, Conditioner, loud_frames, trimmed
from voicebot.offline.espeak import Samples
from voicebot.offline.phrases import Phrases, intent_of, jsgf, key_of
from voicebot.offline.pronunciation import pronunciations
from voicebot.offline.speech import SAMPLE_RATE as ENGINE_RATE
from voicebot.offline.speech import cached_samples, resample
from voicebot.offline.voice_means import USUAL, Means, is_unusual, own_means, told

LANGUAGE = "en"
_NOT_SPEECH = frozenset({"<s>", "</s>", "<sil>", "(NULL)", "NULL", "SIL", "[NOISE]"})
_SMALLEST = 1e-300
# Searched in one go of what has been waiting, while nothing else of the process runs.
_PIECE = round(0.15 * SAMPLE_RATE)
# No phrase is as long.
_LONGEST = 10 * SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Recognition:
    """What was heard. `text` is empty when nothing fits; then `guess` is what it came closest to.

    `speech` says whether there was a voice at all; `fit` is the mean log score a frame (0 is best).
    """

    text: str = ""
    intent: str = ""
    fit: float = 0.0
    guess: str = ""
    speech: bool = False

    @property
    def rejected(self) -> bool:
        """Somebody spoke, and it was none of the phrases."""
        return self.speech and not self.text


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where doubt becomes rejection; tuned on the set in the tests."""

    fit: float = -5.5
    short_fit: float = -5.0
    short_letters: int = 5
    covered: float = 0.8


class Recogniser:
    """One decoder, and the grammars it has been given. 30 ms to make, 30 MB. It hears one utterance at a time."""

    def __init__(self, thresholds: Thresholds = Thresholds()) -> None:
        self._thresholds = thresholds
        self._grammars: dict[frozenset[str], str] = {}
        self._words: set[str] = set()
        self._active = ""
        self._heard: Utterance | None = None
        self._decoder = pocketsphinx.Decoder(
            hmm=pocketsphinx.get_model_path("en-us/en-us"),
            dict=None,
            lm=None,
            cmn="live",
            # Two of four densities: a quarter less time, and no phrase of the set is lost.
            topn=2,
            loglevel="FATAL",
        )
        self.lock = threading.Lock()
        """Held by whoever calls `start`, `search` or `found`."""

    def prepare(self, phrases: Phrases) -> None:
        """Build the grammar now, so that the first sentence does not wait for it."""
        with self.lock:
            self._stop()
            self._activate(phrases)

    def rehearse(self, phrases: Phrases) -> None:
        """The same, and hear one of them: a process that was forked has to touch all of the model once, and a grammar's
        first search all that is its own; that takes up to a quarter of a second. Nothing where they are known."""
        if not self.knows(phrases):
            said = next((text for texts in phrases.values() for text in texts), "")
            self.recognise(cached_samples(said, LANGUAGE), ENGINE_RATE, phrases)

    def knows(self, phrases: Phrases) -> bool:
        """Whether their grammar is built, so that a sentence can be heard at once."""
        return key_of(phrases) in self._grammars

    def recognise(self, samples: Samples, sample_rate: int, phrases: Phrases) -> Recognition:
        """The phrase in `samples` (int16 mono); blocks for 20–200 ms."""
        said = Utterance(self, phrases)
        said.end(trimmed(resample(samples, sample_rate, SAMPLE_RATE)))
        return said.again()

    def start(self, said: "Utterance", means: Means) -> None:
        """Hear it, from its beginning; whatever was being heard is not any more."""
        self._stop()
        self._activate(said.phrases)
        self._decoder.set_cmn(told(means))
        self._decoder.start_utt()
        self._heard = said

    def hears(self, said: "Utterance") -> bool:
        """Whether it is still the one that was started."""
        return self._heard is said

    def search(self, audio: Samples) -> None:
        """What comes next of it."""
        for start in range(0, len(audio), _PIECE):
            self._decoder.process_raw(audio[start : start + _PIECE].tobytes())

    def found(self, audio: Samples, phrases: Phrases) -> tuple[Recognition, Means]:
        """What all of it was, and the means of its own, where it was started with the usual ones."""
        self._stop()
        recognition = self._judged(audio, phrases)
        return recognition, own_means(self._decoder.get_cmn(True), self._decoder.n_frames())

    def _stop(self) -> None:
        if self._heard is not None:
            self._heard = None
            self._decoder.end_utt()

    def _activate(self, phrases: Phrases) -> None:
        key = key_of(phrases)
        name = self._grammars.get(key)
        if name is None:
            name = f"g{len(self._grammars)}"
            self._decoder.add_jsgf_string(name, jsgf(self._speakable(key)))
            self._grammars[key] = name
        if self._active != name:
            self._decoder.activate_search(name)
            self._active = name

    def _speakable(self, texts: Iterable[str]) -> list[str]:
        """The phrases all of whose words can be pronounced, taught to the decoder."""
        wanted = {text: text.split() for text in texts}
        ways = pronunciations({word for words in wanted.values() for word in words})
        for word in ways.keys() - self._words:
            for number, phones in enumerate(ways[word], start=1):
                name = word if number == 1 else f"{word}({number})"
                self._decoder.add_word(name, phones, update=True)
            self._words.add(word)
        return sorted(text for text, words in wanted.items() if all(word in ways for word in words))

    def _judged(self, audio: Samples, phrases: Phrases) -> Recognition:
        hypothesis = self._decoder.hyp()
        if hypothesis is None:
            return Recognition(speech=True)
        words = [segment for segment in self._decoder.seg() if segment.word not in _NOT_SPEECH]
        loud = loud_frames(audio)
        covered = sum(loud[word.start_frame : word.end_frame + 1].sum() for word in words)
        frames = sum(word.end_frame - word.start_frame + 1 for word in words)
        if not frames:
            return Recognition(speech=True)
        fit = sum(math.log(max(word.ascore, _SMALLEST)) for word in words) / frames
        guess = hypothesis.hypstr
        intent = intent_of(guess, phrases)
        if not intent or not self._fits(guess, fit, covered / max(1, loud.sum())):
            return Recognition(speech=True, fit=fit, guess=guess)
        return Recognition(text=guess, intent=intent, fit=fit, guess=guess, speech=True)

    def _fits(self, guess: str, fit: float, covered: float) -> bool:
        short = len(guess.replace(" ", "")) <= self._thresholds.short_letters
        needed = self._thresholds.short_fit if short else self._thresholds.fit
        return fit >= needed and covered >= self._thresholds.covered


class Utterance:
    """What somebody says, int16 of 16 kHz: `add` what has come, `end` it, and where `Recognition.rejected` ask `again`.

    `add` takes some 5 ms at most, once `Recogniser.knows` the phrases. Of one thread at a time.
    """

    def __init__(self, recogniser: Recogniser, phrases: Phrases) -> None:
        self.phrases = phrases
        self._recogniser = recogniser
        self._conditioner = Conditioner()
        self._audio: Samples = np.zeros(0, dtype=np.int16)
        self._searched = 0
        self._found = Recognition()
        self._own: Means = USUAL

    def add(self, samples: Samples) -> None:
        """The next of it."""
        self._keep(self._conditioner.add(samples))
        if self._searched < len(self._audio) <= _LONGEST:
            with self._recogniser.lock:
                self._search(_PIECE)

    def end(self, samples: Samples) -> Recognition:
        """What it was, and the last of it."""
        self._keep(self._conditioner.add(samples))
        self._keep(self._conditioner.end())
        if len(self._audio) > _LONGEST:
            self._found = Recognition(speech=True)
        elif len(self._audio) and any(self.phrases.values()):
            with self._recogniser.lock:
                self._search(len(self._audio))
                self._found, self._own = self._recogniser.found(self._audio, self.phrases)
        return self._found

    def again(self) -> Recognition:
        """The same; the whole of it heard with its own means where nothing fitted and they are unusual. 20–200 ms."""
        if self._found.rejected and is_unusual(self._own):
            with self._recogniser.lock:
                self._recogniser.start(self, self._own)
                self._recogniser.search(self._audio)
                found, _ = self._recogniser.found(self._audio, self.phrases)
            self._found = found if found.text else self._found
        return self._found

    def _keep(self, audio: Samples) -> None:
        if len(audio):
            self._audio = np.concatenate([self._audio, audio])

    def _search(self, most: int) -> None:
        if not self._recogniser.hears(self):
            self._searched = 0
            self._recogniser.start(self, USUAL)
        audio = self._audio[self._searched : self._searched + most]
        self._recogniser.search(audio)
        self._searched += len(audio)


@functools.cache
def recogniser() -> Recogniser:
    """This process's recogniser."""
    return Recogniser()


def recognise(pcm: bytes, sample_rate: int, phrases: Phrases) -> str:
    """The phrase spoken in `pcm` (s16le mono); empty when none was."""
    return recogniser().recognise(np.frombuffer(pcm, dtype=np.int16), sample_rate, phrases).text
