"""Speech out and in by the product's built-in voice and ears."""

import io
import wave
from collections.abc import Mapping

import av
import numpy as np

from voicebot import audio
from voicebot.offline.recognition import recognise
from voicebot.offline.speech import resample, samples_of

RATE = 24_000  # what the real service sends
TYPES = {"wav": "audio/wav", "pcm": "audio/pcm", "mp3": "audio/mpeg", "opus": "audio/opus", "flac": "audio/flac"}
_CODECS = {"mp3": ("libmp3lame", "mp3"), "opus": ("libopus", "ogg"), "flac": ("flac", "flac")}

Phrases = Mapping[str, tuple[str, ...]]


def speak(text: str, language: str, form: str) -> bytes:
    """The text as sound in one of TYPES."""
    from voicebot.offline.espeak import SAMPLE_RATE

    samples = resample(samples_of(text, language), SAMPLE_RATE, RATE)
    if form == "pcm":
        return samples.tobytes()
    return wav(samples.tobytes(), RATE) if form == "wav" else _encoded(samples, *_CODECS[form])


def listen(data: bytes, phrases: Phrases) -> tuple[str, float]:
    """What the built-in recogniser makes of a sound file, and its seconds."""
    pcm = audio.decode(data, longest=120)
    return recognise(pcm, audio.SAMPLE_RATE, phrases), audio.seconds(pcm)


def wav(pcm: bytes, rate: int) -> bytes:
    """16-bit mono as a sound file."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm)
    return buffer.getvalue()


def _encoded(samples: np.ndarray, codec: str, container: str) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as file:
        stream = file.add_stream(codec, rate=RATE)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return buffer.getvalue()
