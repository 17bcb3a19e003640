"""The kept sentences of a paid voice."""

from pathlib import Path

from voicebot.offline.tts import OfflineTTS
from voicebot.providers.cache import SoundCache

SENTENCE = "Hello, this is the automated assistant."


async def test_a_sentence_is_kept_and_comes_back_whole(tmp_path: Path) -> None:
    cache, voice = SoundCache(tmp_path / "cache", "test"), OfflineTTS()
    assert cache.frames(SENTENCE, "en", voice.sample_rate) is None
    await cache.make(SENTENCE, "en", voice)
    found = cache.frames(SENTENCE, "en", voice.sample_rate)
    assert found is not None
    seconds = sum([frame.duration async for frame in found])
    assert 1.0 < seconds < 5.0


async def test_another_voice_or_language_has_its_own_sound(tmp_path: Path) -> None:
    voice = OfflineTTS()
    await SoundCache(tmp_path, "one").make(SENTENCE, "en", voice)
    assert SoundCache(tmp_path, "two").frames(SENTENCE, "en", voice.sample_rate) is None
    assert SoundCache(tmp_path, "one").frames(SENTENCE, "ar", voice.sample_rate) is None
