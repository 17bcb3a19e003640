"""The last of what a caller can hear: a few sentences as sound files, for when not even the built-in voice speaks.

`python -m voicebot.offline.recorded` makes the files anew; a test holds them to the sentences.
"""

import functools
from pathlib import Path

import av
import numpy as np
import structlog

from voicebot.offline.espeak import SAMPLE_RATE, VOICES, Samples, SpeechError
from voicebot.offline.speech import cached_samples, resample
from voicebot.receptionist.prompts import phrase

logger = structlog.get_logger(__name__)

FOLDER = Path(__file__).with_name("recordings")
# What is said when somebody is brought instead of us; any other sentence becomes the last.
KEYS = ("trouble", "still_waiting", "last_resort")
_OPUS_RATE = 24_000
_BITS_A_SECOND = 16_000


def spoken_or_recorded(text: str, language: str) -> Samples:
    """`text` in the built-in voice, else its recording, else the one that says that something is wrong."""
    try:
        return cached_samples(text, language)
    except (SpeechError, OSError) as error:
        logger.exception("built-in voice failed", error=repr(error))
        return recording(text, language)


def recording(text: str, language: str) -> Samples:
    """The file for the text, English for a language that has none: samples as the built-in voice's."""
    key = next((key for key in KEYS if phrase(language, key) == text), KEYS[-1])
    return _read(language if path_of(language, key).exists() else "en", key)


@functools.cache
def _read(language: str, key: str) -> Samples:
    with av.open(str(path_of(language, key))) as file:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
        frames = [part for frame in file.decode(audio=0) for part in resampler.resample(frame)]
        samples = np.concatenate([frame.to_ndarray()[0] for frame in (*frames, *resampler.resample(None))])
    samples.flags.writeable = False
    return samples


def path_of(language: str, key: str) -> Path:
    return FOLDER / f"{language}-{key}.ogg"


def text_of(path: Path) -> str:
    """The sentence a file was made of."""
    with av.open(str(path)) as file:
        return str(file.streams.audio[0].metadata.get("title", ""))


def record(language: str, key: str) -> None:
    """Make one file."""
    text = phrase(language, key)
    samples = resample(cached_samples(text, language), SAMPLE_RATE, _OPUS_RATE)
    with av.open(str(path_of(language, key)), "w", format="ogg") as file:
        stream = file.add_stream("libopus", rate=_OPUS_RATE, layout="mono")
        stream.bit_rate = _BITS_A_SECOND
        stream.metadata["title"] = text
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = _OPUS_RATE
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


if __name__ == "__main__":
    import voicebot.bootstrap  # noqa: F401 — the sentences are Django's to find

    for spoken in VOICES:
        for sentence in KEYS:
            record(spoken, sentence)
