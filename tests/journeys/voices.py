"""What people say in the journeys, as sound files of the built-in voice."""

import base64
import tempfile
from functools import cache
from pathlib import Path


@cache
def spoken(text: str) -> str:
    """The sentence as a 48 kHz WAV file, base64. Silence around it, as a microphone would hear it."""
    from voicebot.offline.speech import write_wav

    with tempfile.TemporaryDirectory() as folder:
        path = write_wav(Path(folder) / "said.wav", text, "en", lead_silence=0.3, tail_silence=0.8)
        return base64.b64encode(path.read_bytes()).decode()
