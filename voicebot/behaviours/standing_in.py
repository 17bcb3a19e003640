"""A realtime model that is lost: the next of its chain goes on with the call, with all that was said in it."""

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog
from livekit.agents import llm

from voicebot.behaviours.limits import mind_the_ears
from voicebot.pipeline import turn_ears, turn_handling, turn_taking
from voicebot.providers.chains import model_rest, next_awake
from voicebot.realtime import realtime_ears, realtime_turns, tell_the_model
from voicebot.session_agent import Receptionist
from voicebot.session_call import LiveCall

logger = structlog.get_logger(__name__)

# The one before has been stopped; what it may still wait for is not ours to wait for.
_CHANGE_SECONDS = 4.0


async def stand_in(call: LiveCall, why: Exception) -> bool:
    """Whether somebody else goes on with the call of a lost model; False: there is nobody, or none was lost."""
    lost = call.voices.config
    if not lost.realtime:
        return False
    following = next_awake(lost)
    if following is None:
        return False
    model_rest(lost).begin(why)
    logger.warning("another model goes on", call_id=call.id, lost=lost.provider, now=following.provider)
    owed, call.model_asked, call.model_owes = call.model_owes, False, False
    said = _said(call)
    call.voices.go_on_with(following, lambda: call.facts)
    agent = Receptionist(call, said=said, parts=_parts(call))
    call.session.update_agent(agent)
    try:
        await asyncio.wait_for(agent.entered.wait(), _CHANGE_SECONDS)
    except TimeoutError:
        logger.warning("the lost model does not let go", call_id=call.id)
        return False
    mind_the_ears(call)
    await _go_on(call, said, owed=owed)
    return True


def _said(call: LiveCall) -> llm.ChatContext:
    """The conversation; half an answer that was broken off is given anew, so it is left out."""
    lines = [item for item in call.session.history.items if isinstance(item, llm.ChatMessage)]
    if lines and lines[-1].role == "assistant" and lines[-1].interrupted:
        lines.pop()
    return llm.ChatContext(items=list(lines))


def _parts(call: LiveCall) -> Mapping[str, Any]:
    voices = call.voices
    if voices.realtime:
        ears, turns = realtime_ears(voices), realtime_turns(voices)
        return {"stt": ears, "vad": voices.vad, "llm": voices.llm, "turn_handling": turns}
    own = turn_ears(voices, lambda: call.session)
    return {"stt": own, "vad": own.vad, "llm": voices.llm, "turn_handling": turn_handling(turn_taking(voices))}


async def _go_on(call: LiveCall, said: llm.ChatContext, *, owed: bool) -> None:
    """Nobody has to ask twice, where his words are known; where nothing was asked, nobody notices."""
    asked = bool(said.items) and said.messages()[-1].role == "user"
    if call.voices.realtime:
        call.untold.extend(said.messages())
        await tell_the_model(call)
    if not (owed and call.taking_turns):
        return
    call.say_built_in(call.phrase("back_again" if asked else "back_again_ask"), remember=False)
    if asked:
        for listener in call.turn_listeners:
            listener()
        call.session.generate_reply()
