"""Typed turns, in the room by `lk.chat` or over HTTP: one conversation with the spoken ones."""

import json
from dataclasses import dataclass
from typing import Any

import structlog
from livekit import rtc
from livekit.agents import AgentSession, llm
from livekit.agents.voice.room_io import TextInputEvent

from voicebot.offline.llm import TYPED
from voicebot.receptionist import rules
from voicebot.receptionist.language import detect_language
from voicebot.receptionist.tools import run_tool
from voicebot.session_agent import Receptionist, turn_context
from voicebot.session_call import LiveCall

logger = structlog.get_logger(__name__)

TURN_TOPIC = "callcenter.turn"
_MAX_TEXT = 4000


@dataclass(slots=True)
class TypedTurns:
    """livekit-agents' text input callback, before and after there is a call to answer for."""

    call: LiveCall | None = None

    async def __call__(self, session: AgentSession[Any], event: TextInputEvent) -> None:
        call, text = self.call, event.text.replace("\x00", "").strip()[:_MAX_TEXT]
        if call is None or not text:
            return
        message = llm.ChatMessage(role="user", content=[text], extra={TYPED: True})
        if call.taking_turns:
            await _answer(call, message, text)
        else:
            # Somebody else answers, but it was said on this call.
            call.keep(message)


async def _answer(call: LiveCall, message: llm.ChatMessage, text: str) -> None:
    await _follow_language(call, text)
    await call.hush()
    if await _answered_directly(call, message, text):
        return
    for listener in call.turn_listeners:
        listener()
    call.session.generate_reply(user_input=message, input_modality="text")


async def _follow_language(call: LiveCall, text: str) -> None:
    language = detect_language(text, call.language)
    if language != call.language:
        await call.gateway.set_language(call.id, language)
        call.use_language(language)


async def _answered_directly(call: LiveCall, message: llm.ChatMessage, text: str) -> bool:
    """Asking for a person in so many words needs no model, whichever provider thinks."""
    wanted = rules.direct_request(call.facts, text)
    agent = call.session.current_agent
    if wanted is None or not isinstance(agent, Receptionist):
        return False
    await agent.remember(message)
    call.keep(message)
    context = turn_context(call, message.id, typed=True, chat_ctx=agent.chat_ctx)
    await call.apply(await run_tool(context, wanted.name, wanted.arguments))
    return True


def hear_http_turns(call: LiveCall) -> None:
    """Take turns answered over HTTP into the conversation, and speak their reply. Both lines are stored already."""

    def received(packet: rtc.DataPacket) -> None:
        # From the server only: a participant can send data, too.
        if packet.topic == TURN_TOPIC and packet.participant is None:
            call.spawn(_take(call, packet.data), "typed turn")

    call.room.on("data_received", received)


async def _take(call: LiveCall, data: bytes) -> None:
    news = json.loads(data)
    agent = call.session.current_agent
    if news.get("call_id") != call.id or not isinstance(agent, Receptionist):
        return
    user, reply = news["user"]["text"], news["reply"]["text"]
    messages = [llm.ChatMessage(role="user", content=[user], extra={TYPED: True})]
    if reply:
        messages.append(llm.ChatMessage(role="assistant", content=[reply]))
    await agent.remember(*messages)
    if news.get("actions"):
        await call.refresh()
    call.use_language(news["reply"]["language"])
    if reply and call.taking_turns:
        await call.hush()
        call.say(reply, remember=False)
    logger.info("turn taken over http", call_id=call.id, actions=news.get("actions", []))
