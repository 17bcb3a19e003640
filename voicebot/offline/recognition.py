"""English speech to one of a few hundred known phrases, or to nothing. No livekit import.

pocketsphinx with a JSGF grammar maps every sound onto some phrase, so what it says has to be
doubted. Three things together turn a stranger's sentence away (measured in
`tests/voicebot/test_recognition.py`): a phrase not spoken to its end is no phrase; every frame's
acoustic score is relative to the best senone, so its mean over the spoken frames says how well the
phrase fits; and loud sound that the search took for silence means that more was said.
"""

import functools
import math
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pocketsphinx

from voicebot.offline.espeak import Samples
from voicebot.offline.pronunciation import pronunciations
from voicebot.offline.speech import SAMPLE_RATE as ENGINE_RATE
from voicebot.offline.speech import cached_samples, resample

Phrases = Mapping[str, tuple[str, ...]]

LANGUAGE = "en"
SAMPLE_RATE = 16_000
_MIN_SECONDS = 0.12
_PADDING_SECONDS = 0.15
# The model was trained on rooms, and a codec's digital silence derails it: with a faint floor of
# noise it got 26 of 26 phrases right, without it 13.
_NOISE_RMS = 20.0
_PEAK = 14_000.0
_MIN_PEAK = 60
_AUDIBLE = 0.02
_MAX_GAIN = 30.0
_NOT_SPEECH = frozenset({"<s>", "</s>", "<sil>", "(NULL)", "NULL", "SIL", "[NOISE]"})
_SMALLEST = 1e-300
_FRAMES_PER_SECOND = 100
_LOUD = 0.1


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
    """One decoder, its lock, and the grammars it has been given. 30 ms to make, 30 MB."""

    def __init__(self, thresholds: Thresholds = Thresholds()) -> None:
        self._thresholds = thresholds
        self._lock = threading.Lock()
        self._grammars: dict[frozenset[str], str] = {}
        self._words: set[str] = set()
        self._active = ""
        self._decoder = pocketsphinx.Decoder(
            hmm=pocketsphinx.get_model_path("en-us/en-us"),
            dict=None,
            lm=None,
            cmn="batch",
            # Two of four densities: a quarter less time, 299 of 312 phrases right (300), 8 of 192 strangers taken (15).
            topn=2,
            loglevel="FATAL",
        )

    def prepare(self, phrases: Phrases) -> None:
        """Build the grammar now, so that the first sentence does not wait for it."""
        with self._lock:
            self._activate(phrases)

    def rehearse(self, phrases: Phrases) -> None:
        """The same, and hear one of them: a process that was forked has to touch all of the model once, and a grammar's
        first search all that is its own; that takes up to a quarter of a second. Nothing where they are known."""
        if _key(phrases) not in self._grammars:
            said = next((text for texts in phrases.values() for text in texts), "")
            self.recognise(cached_samples(said, LANGUAGE), ENGINE_RATE, phrases)

    def recognise(self, samples: Samples, sample_rate: int, phrases: Phrases) -> Recognition:
        """The phrase in `samples` (int16 mono); blocks for 20–200 ms."""
        audio = _conditioned(resample(samples, sample_rate, SAMPLE_RATE))
        if audio is None or not any(phrases.values()):
            return Recognition()
        with self._lock:
            self._activate(phrases)
            return self._decode(audio, phrases)

    def _activate(self, phrases: Phrases) -> None:
        key = _key(phrases)
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

    def _decode(self, audio: Samples, phrases: Phrases) -> Recognition:
        self._decoder.start_utt()
        self._decoder.process_raw(audio.tobytes(), full_utt=True)
        self._decoder.end_utt()
        hypothesis = self._decoder.hyp()
        if hypothesis is None:
            return Recognition(speech=True)
        words = [segment for segment in self._decoder.seg() if segment.word not in _NOT_SPEECH]
        loud = _loud_frames(audio)
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


def _key(phrases: Phrases) -> frozenset[str]:
    return frozenset(text for texts in phrases.values() for text in texts)


def intent_of(text: str, phrases: Phrases) -> str:
    """The intent a phrase belongs to; empty for a phrase broken off or unknown."""
    return next((intent for intent, texts in phrases.items() if text in texts), "")


def jsgf(texts: Iterable[str]) -> str:
    """A grammar of whole phrases. What several begin with stands in it once, and is searched once: in half the time."""
    return f"#JSGF V1.0;\ngrammar phrases;\npublic <phrase> = {_branches(_tree(texts))};\n"


class _Tree(dict[str, "_Tree"]):
    """How phrases go on, by their next word; `ends`: one of them is over here."""

    ends = False


def _tree(texts: Iterable[str]) -> _Tree:
    root = _Tree()
    for text in texts:
        at = root
        for word in text.split():
            at = at.setdefault(word, _Tree())
        at.ends = True
    return root


def _branches(tree: _Tree) -> str:
    ways = [f"{word} {_branches(rest)}".rstrip() for word, rest in sorted(tree.items())]
    if not ways:
        return ""
    inside = " | ".join(ways)
    if tree.ends:
        return f"[ {inside} ]"
    return inside if len(ways) == 1 else f"( {inside} )"


def _conditioned(samples: Samples) -> Samples | None:
    """Level evened out, padded, and on a faint noise floor; None when there is nothing to hear."""
    if len(samples) < _MIN_SECONDS * SAMPLE_RATE:
        return None
    peak = int(np.abs(samples.astype(np.int32)).max())
    if peak < _MIN_PEAK:
        return None
    gain = min(_MAX_GAIN, _PEAK / peak)
    padding = round(_PADDING_SECONDS * SAMPLE_RATE)
    # Long silence around the words shifts the means the features are normalised by, and every fit with them.
    voiced = np.flatnonzero(np.abs(samples.astype(np.int32)) > _AUDIBLE * peak)
    audio = np.pad(samples[voiced[0] : voiced[-1] + 1].astype(np.float32) * gain, padding)
    # The same noise each time: one sentence is always heard the same way.
    audio += np.random.default_rng(0).normal(0.0, _NOISE_RMS, len(audio)).astype(np.float32)
    return np.clip(audio, -32_768, 32_767).astype(np.int16)


def _loud_frames(audio: Samples) -> npt.NDArray[np.bool_]:
    """Per 10 ms: is it loud enough to be a voice (against the loudest frame)?"""
    size = SAMPLE_RATE // _FRAMES_PER_SECOND
    frames = audio[: len(audio) // size * size].astype(np.float32).reshape(-1, size)
    energy = np.sqrt((frames**2).mean(axis=1))
    return np.asarray(energy > _LOUD * energy.max(), dtype=np.bool_)


@functools.cache
def recogniser() -> Recogniser:
    """This process's recogniser."""
    return Recogniser()


def recognise(pcm: bytes, sample_rate: int, phrases: Phrases) -> str:
    """The phrase spoken in `pcm` (s16le mono); empty when none was."""
    return recogniser().recognise(np.frombuffer(pcm, dtype=np.int16), sample_rate, phrases).text
