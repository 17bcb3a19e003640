"""The models of one call: speech in, thought, speech out, and the fixed sentences."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import structlog
from livekit import rtc
from livekit.agents import inference, llm, stt, tts, vad

from voicebot.offline import speech
from voicebot.offline.espeak import Samples, SpeechError
from voicebot.offline.recognition import recogniser
from voicebot.offline.recorded import spoken_or_recorded
from voicebot.offline.stt import OfflineSTT
from voicebot.offline.tts import OfflineTTS
from voicebot.providers import chains
from voicebot.providers.cache import SoundCache
from voicebot.providers.config import VoiceConfig
from voicebot.providers.failsafe import FailsafeTTS
from voicebot.receptionist.facts import CallFacts
from voicebot.receptionist.language import written_in

logger = structlog.get_logger(__name__)

# What a realtime session's detector takes for the end of a sound.
SILENCE_SECONDS = 0.2
# One window of the detector.
SPEECH_SECONDS = 0.03
_MIXER_RATE = 48_000


@dataclass(slots=True)
class Voices:
    """What an AgentSession is made of; `language` switches all of it. `vad`: for a realtime model."""

    config: VoiceConfig
    stt: stt.STT[Any]
    llm: llm.LLM[Any] | llm.RealtimeModel
    tts: tts.TTS[Any]
    vad: vad.VAD | None
    language: str
    cache: SoundCache

    @property
    def realtime(self) -> bool:
        """Whether one model hears, thinks and speaks."""
        return isinstance(self.llm, llm.RealtimeModel)

    def go_on_with(self, config: VoiceConfig, facts: Callable[[], CallFacts]) -> None:
        """Other ears and another mind from now on; the voice of the fixed sentences stays."""
        self.config = config
        self.stt = chains.listening(config, facts)
        self.llm = chains.thinking(config, facts)

    def set_language(self, language: str) -> None:
        """Listen and speak in another language from the next sentence on."""
        self.language = language
        if isinstance(self.tts, OfflineTTS | FailsafeTTS):
            self.tts.set_language(language)
        if hasattr(self.stt, "update_options"):
            self.stt.update_options(language=language)

    def ready_made(self, text: str) -> AsyncIterable[rtc.AudioFrame] | None:
        """`text` as sound at once: the built-in voice makes it on the spot, of another one it may have been kept."""
        if isinstance(self.tts, OfflineTTS):
            return self._built_in(text)
        return self.cache.frames(text, self.language, self.tts.sample_rate)

    def _built_in(self, text: str) -> AsyncIterator[rtc.AudioFrame] | None:
        try:
            # A welcome in two languages has a voice for each.
            return _frames(speech.cached_samples(text, written_in(text, self.language)))
        except (SpeechError, OSError):
            # The session asks the voice itself, and hears of its failure as of any other's.
            logger.exception("built-in voice failed")
            return None

    async def rehearse_ears(self) -> None:
        """Where nobody in this process has listened for this call's words yet."""
        if isinstance(self.stt, OfflineSTT):
            await self.stt.rehearse()

    async def keep(self, text: str) -> None:
        """Keep the sound of a sentence that comes again in other calls."""
        if isinstance(self.tts, FailsafeTTS) and self.tts.works:
            # Of the voice itself: what the built-in one said in its place must not be kept as its own.
            await self.cache.make(text, self.language, self.tts.voice)


def built_in_sound(text: str, language: str) -> AsyncIterator[rtc.AudioFrame]:
    """`text` in the built-in voice, or recorded: what is left when a provider fails."""
    return _frames(spoken_or_recorded(text, language))


async def _frames(samples: Samples) -> AsyncIterator[rtc.AudioFrame]:
    async for part in speech.paced(samples):
        yield rtc.AudioFrame(part.tobytes(), speech.SAMPLE_RATE, 1, len(part))


async def aside_sound(text: str, language: str) -> AsyncIterator[rtc.AudioFrame]:
    """`text` in the built-in voice for a mixer: at its rate, and with the tail that closing it cuts off."""
    samples = await asyncio.to_thread(speech.cached_samples, text, language)
    sound = np.pad(speech.resample(samples, speech.SAMPLE_RATE, _MIXER_RATE), (0, _MIXER_RATE))
    size = _MIXER_RATE // 10
    for start in range(0, len(sound) - size + 1, size):
        yield rtc.AudioFrame(sound[start : start + size].tobytes(), _MIXER_RATE, 1, size)


def prewarm(config: VoiceConfig) -> Mapping[str, Any]:
    """What takes time and is the same for every call, loaded before there is one."""
    if any(one.offline for one in (config, *config.spare_ears, *config.stand_ins)):
        recogniser()
    if not config.realtime:
        return {}
    from livekit.plugins import silero

    return {"vad": silero.VAD.load(min_silence_duration=SILENCE_SECONDS, min_speech_duration=SPEECH_SECONDS)}


def _vad(config: VoiceConfig, warm: Mapping[str, Any]) -> vad.VAD | None:
    """A department's realtime model is not known of before the call: the same detector, without a plugin to load."""
    if not config.realtime:
        return None
    loaded: vad.VAD | None = warm.get("vad")
    return loaded or inference.VAD(min_silence_duration=SILENCE_SECONDS, min_speech_duration=SPEECH_SECONDS)


def voices_for(config: VoiceConfig, facts: Callable[[], CallFacts], warm: Mapping[str, Any]) -> Voices:
    """The models of one call. `facts` is asked at each turn of the built-in receptionist."""
    language = facts().language
    return Voices(
        config,
        chains.listening(config, facts),
        chains.thinking(config, facts),
        chains.speaking(config, language),
        _vad(config, warm),
        language,
        SoundCache(config.cache_folder, f"{config.speaker}/{config.tts_model}/{config.tts_voice}"),
    )
