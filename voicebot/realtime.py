"""A realtime model hears, thinks and speaks by itself. What a call with one needs beside that.

The fixed sentences, the tools, the transcript and the request for a person are ours, as with any other provider. Where
the model lets us, turns are ended by our VAD, so that we see what was said before it answers.
"""

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any

import structlog
from livekit import rtc
from livekit.agents import (
    AgentSession,
    APIError,
    ErrorEvent,
    TurnHandlingOptions,
    llm,
    stt,
)
from livekit.agents.types import NOT_GIVEN, NotGivenOr
from livekit.agents.voice.agent_session import SessionConnectOptions

from voicebot.providers.hearing import ModelHears
from voicebot.providers.voices import Voices
from voicebot.receptionist.spoken.stream import spoken_stream
from voicebot.session_call import LiveCall

logger = structlog.get_logger(__name__)

_NEVER = 1_000_000
_ECHO_SECONDS = 0.5
_TOLD_SECONDS = 5.0


def realtime_session(voices: Voices) -> AgentSession[Any]:
    """The session of a call with a realtime model."""
    return AgentSession(
        stt=realtime_ears(voices),
        llm=voices.llm,
        tts=voices.tts,
        vad=voices.vad,
        turn_handling=realtime_turns(voices),
        tts_text_transforms=["filter_markdown", "filter_emoji", spoken_stream(lambda: voices.language)],
        aec_warmup_duration=_ECHO_SECONDS,
        user_away_timeout=None,
        session_close_transcript_timeout=1.0,
        conn_options=SessionConnectOptions(max_unrecoverable_errors=_NEVER),
    )


def realtime_turns(voices: Voices) -> TurnHandlingOptions:
    """Who ends the turns."""
    return {
        "turn_detection": "vad" if we_take_turns(voices.llm) else "realtime_llm",
        "endpointing": {"mode": "fixed", "min_delay": 0.05, "max_delay": 2.0},
        "interruption": {"enabled": True, "mode": "vad", "min_duration": 0.4},
    }


def realtime_ears(voices: Voices) -> NotGivenOr[stt.STT[Any]]:
    """The recogniser beside the model, where there is one."""
    return NOT_GIVEN if isinstance(voices.stt, ModelHears) else voices.stt


def we_take_turns(model: object) -> bool:
    """Whether our VAD ends the turns; otherwise the model does."""
    return isinstance(model, llm.RealtimeModel) and model.capabilities.can_disable_turn_detection


def report(call: LiveCall, why: str | Exception) -> None:
    """Have it treated as any provider's failure: said, and somebody else brought."""
    cause = llm.RealtimeError(why) if isinstance(why, str) else why
    error = llm.RealtimeModelError(timestamp=time.time(), label="realtime", error=cause, recoverable=False)
    # To those who listen, not to the session itself, which would close.
    call.session.emit("error", ErrorEvent(error=error, source=call.session.llm))


async def tell_the_model(call: LiveCall) -> None:
    """Add what it does not know of to its conversation: sentences of the fixed voice, typed lines, an earlier job's."""
    agent = call.session.current_agent
    async with call.telling:
        model = agent.realtime_llm_session
        context = model.chat_ctx
        news = [message for message in call.untold if context.get_by_id(message.id) is None]
        call.untold.clear()
        if not news:
            return
        context.items.extend(news)
        try:
            await asyncio.wait_for(model.update_chat_ctx(context), _TOLD_SECONDS)
        except (llm.RealtimeError, APIError, TimeoutError) as error:
            logger.warning("model not told", call_id=call.id, error=repr(error))


async def begin_telling(call: LiveCall) -> None:
    """Have it on its way before the next reply is asked for; its receipt is not waited for."""
    if call.untold:
        call.spawn(tell_the_model(call), "tell")
        await asyncio.sleep(0)


async def unbroken(call: LiveCall, audio: AsyncIterable[rtc.AudioFrame]) -> AsyncIterator[rtc.AudioFrame]:
    """The model's sound; one that stops in mid-sentence is a failure. The wait for its first is the watchdog's."""
    sound, patience = aiter(audio), None
    while True:
        try:
            frame = await asyncio.wait_for(anext(sound, None), patience)
        except TimeoutError:
            report(call, "stopped in mid-sentence")
            return
        if frame is None:
            return
        patience = call.patience.speaking
        yield frame
