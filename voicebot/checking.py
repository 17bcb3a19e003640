"""Each part of the voice tried once by itself: how long it takes, or why it does not work."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from livekit import rtc
from livekit.agents import APIConnectOptions, APIError, llm, stt, tts
from livekit.agents.utils import http_context

from voicebot.offline import speech
from voicebot.offline.recognition import LANGUAGE
from voicebot.offline.stt import OfflineSTT
from voicebot.providers.config import VoiceConfig
from voicebot.providers.failsafe import FailsafeSTT, FailsafeTTS
from voicebot.providers.hearing import ModelHears
from voicebot.providers.mind import FailsafeLLM
from voicebot.providers.table import SPEAKERS, VOICES
from voicebot.providers.voices import voices_for
from voicebot.receptionist.facts import CallFacts

SECONDS = 15.0
_ONCE = APIConnectOptions(max_retry=0, timeout=SECONDS)
_SENTENCE = {"en": "I want to talk to a human.", "ar": "أريد التحدث إلى موظف."}


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one part: `first_ms` until it began to answer, `all_ms` until it was done, or its `problem`."""

    part: str
    provider: str
    model: str
    server: str
    said: str = ""
    first_ms: int | None = None
    all_ms: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Answer:
    said: str
    first: float
    total: float


async def check(config: VoiceConfig, facts: CallFacts) -> list[Finding]:
    """Ears, mind and voice as a call would have them, one after the other, without what stands in for them."""
    async with http_context.open():
        voices = voices_for(config, lambda: facts, {})
        ears = voices.stt.ears if isinstance(voices.stt, FailsafeSTT) else voices.stt
        mind = voices.llm.mind if isinstance(voices.llm, FailsafeLLM) else voices.llm
        voice = voices.tts.voice if isinstance(voices.tts, FailsafeTTS) else voices.tts
        sentence, label = _SENTENCE[facts.language], VOICES[config.provider].label
        findings = [
            await _try("hears", config.provider, ears.model, config.stt_server.base_url or label,
                       lambda: _hear(ears, facts)),
            await _try("thinks", config.provider, mind.model, config.llm_server.base_url or label,
                       lambda: _think(mind, sentence)),
            await _try("speaks", config.speaker, voice.model,
                       config.tts_server.base_url or SPEAKERS[config.speaker].label, lambda: _speak(voice, sentence)),
        ]  # fmt: skip
        for part in (voices.stt, voices.llm, voices.tts):
            await part.aclose()
    return findings


async def _try(part: str, provider: str, model: str, server: str, ask: Callable[[], Awaitable[_Answer]]) -> Finding:
    where = server if provider != "offline" else "this machine"
    try:
        async with asyncio.timeout(SECONDS):
            answer = await ask()
    except TimeoutError:
        return Finding(part, provider, model, where, problem=f"no answer in {SECONDS:g} s")
    except APIError as error:
        return Finding(part, provider, model, where, problem=_why(error))
    problem = "" if answer.said else "it answered nothing"
    return Finding(part, provider, model, where, answer.said, _ms(answer.first), _ms(answer.total), problem)


def _why(error: APIError) -> str:
    cause = error.__cause__
    return f"{error.message} ({type(cause).__name__}: {cause})" if cause is not None else error.message


async def _hear(ears: stt.STT[Any], facts: CallFacts) -> _Answer:
    if isinstance(ears, ModelHears):
        return _Answer("as the realtime model hears", 0.0, 0.0)
    if isinstance(ears, OfflineSTT) and facts.language != LANGUAGE:
        raise APIError("the built-in recogniser knows English only: callers type, or press for a person")
    samples = await asyncio.to_thread(speech.cached_samples, _SENTENCE[facts.language], facts.language)
    frame = rtc.AudioFrame(samples.tobytes(), speech.SAMPLE_RATE, 1, len(samples))
    begun = time.perf_counter()
    event = await ears.recognize([frame], conn_options=_ONCE)
    took = time.perf_counter() - begun
    return _Answer(event.alternatives[0].text if event.alternatives else "", took, took)


async def _think(mind: llm.LLM[Any] | llm.RealtimeModel, sentence: str) -> _Answer:
    if isinstance(mind, llm.RealtimeModel):
        return await _think_aloud(mind, sentence)
    context = llm.ChatContext.empty()
    context.add_message(role="user", content=sentence)
    begun, first, said = time.perf_counter(), None, ""
    async with mind.chat(chat_ctx=context, conn_options=_ONCE) as stream:
        async for chunk in stream:
            if chunk.delta is None:
                continue
            first = first or time.perf_counter()
            said += chunk.delta.content or "".join(f"[{call.name}]" for call in chunk.delta.tool_calls)
    ended = time.perf_counter()
    return _Answer(said, (first or ended) - begun, ended - begun)


async def _think_aloud(mind: llm.RealtimeModel, sentence: str) -> _Answer:
    """What a realtime model says to a typed sentence; its time runs to its first sound."""
    begun, first, said = time.perf_counter(), None, ""
    session = mind.session()
    try:
        context = llm.ChatContext.empty()
        context.add_message(role="user", content=sentence)
        await session.update_chat_ctx(context)
        reply = await session.generate_reply()
        async for message in reply.message_stream:
            async for _ in message.audio_stream:
                first = first or time.perf_counter()
            said += "".join([text async for text in message.text_stream])
        calls = [call.name async for call in reply.function_stream]
    except llm.RealtimeError as error:
        raise APIError(str(error)) from error
    finally:
        await session.aclose()
    ended = time.perf_counter()
    return _Answer(said or "".join(f"[{name}]" for name in calls), (first or ended) - begun, ended - begun)


async def _speak(voice: tts.TTS[Any], sentence: str) -> _Answer:
    begun, first, length = time.perf_counter(), None, 0.0
    async with voice.synthesize(sentence, conn_options=_ONCE) as stream:
        async for sound in stream:
            first = first or time.perf_counter()
            length += sound.frame.duration
    ended = time.perf_counter()
    return _Answer(f"{length:.1f} s of sound" if length else "", (first or ended) - begun, ended - begun)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
