"""Uploaded sound to plain PCM."""

import io
import wave
from collections.abc import Iterator

import av
import av.error
from av.container import InputContainer

SAMPLE_RATE = 16_000
_SAMPLE_BYTES = 2
# Only these, by their first bytes: other formats may name further files to open, on this machine or elsewhere.
_FORMATS = ((b"RIFF", "wav"), (b"OggS", "ogg"), (b"\x1a\x45\xdf\xa3", "matroska"))


class NotAudio(ValueError):
    """The bytes hold no sound that can be read."""


class TooLong(ValueError):
    """The sound is longer than allowed."""


def decode(data: bytes, *, longest: float) -> bytes:
    """16 kHz mono s16le PCM of a wav, ogg or webm file, `longest` seconds at most. NotAudio, TooLong."""
    try:
        with av.open(io.BytesIO(data), mode="r", format=_format(data)) as container:
            if not container.streams.audio:
                raise NotAudio("no sound in it")
            return _collect(_chunks(container), int(longest * SAMPLE_RATE) * _SAMPLE_BYTES)
    except av.error.FFmpegError as error:
        raise NotAudio(str(error)) from error


def _format(data: bytes) -> str:
    found = next((name for magic, name in _FORMATS if data.startswith(magic)), None)
    if found is None:
        raise NotAudio("neither wav, ogg nor webm")
    return found


def _chunks(container: InputContainer) -> Iterator[bytes]:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    for frame in container.decode(audio=0):
        for plain in resampler.resample(frame):
            yield plain.to_ndarray().tobytes()
    for rest in resampler.resample(None):
        yield rest.to_ndarray().tobytes()


def _collect(chunks: Iterator[bytes], most: int) -> bytes:
    pcm = bytearray()
    for chunk in chunks:
        pcm += chunk
        if len(pcm) > most:
            raise TooLong
    return bytes(pcm)


def seconds(pcm: bytes) -> float:
    """How long the sound is."""
    return len(pcm) / _SAMPLE_BYTES / SAMPLE_RATE


def to_wav(pcm: bytes) -> bytes:
    """The same as a wav file."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(_SAMPLE_BYTES)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(pcm)
    return buffer.getvalue()
