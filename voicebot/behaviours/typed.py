"""Typed turns, in the room by `lk.chat` or over HTTP: one conversation with the spoken ones."""

import asyncio
import json

import structlog
from livekit import rtc
from livekit.agents import llm

from voicebot.offline.llm import TYPED
from voicebot.realtime import begin_telling
from voicebot.receptionist import rules
from voicebot.receptionist.language import detect_language
from voicebot.session_agent import Receptionist, answered_without_a_model, turn_context
from voicebot.session_call import LiveCall

logger = structlog.get_logger(__name__)

TURN_TOPIC = "callcenter.turn"
CHAT_TOPIC = "lk.chat"
_MAX_TEXT = 4000


class TypedTurns:
    """What the caller types in the room, from before we have joined.

    livekit-agents' own text input drops what comes from somebody it has not seen join yet, and a caller may type in
    the very moment both join; so we trust the identity, which the server signed.
    """

    def __init__(self, room: rtc.Room, customer: str) -> None:
        self._customer = customer
        self._call: asyncio.Future[LiveCall] = asyncio.get_running_loop().create_future()
        self._one_by_one = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        room.register_text_stream_handler(CHAT_TOPIC, self._received)

    def begin(self, call: LiveCall) -> None:
        """The session runs: take what has come meanwhile, and all that comes."""
        self._call.set_result(call)

    def _received(self, reader: rtc.TextStreamReader, identity: str) -> None:
        if identity != self._customer:
            return
        task = asyncio.create_task(self._read(reader))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("typed turn failed", exc_info=error)

    async def _read(self, reader: rtc.TextStreamReader) -> None:
        async with self._one_by_one:
            text = (await reader.read_all()).replace("\x00", "").strip()[:_MAX_TEXT]
            call = await self._call
            if not text:
                return
            message = llm.ChatMessage(role="user", content=[text], extra={TYPED: True})
            # Before anything else, and under the message's id: the conversation's copy of it is the same line.
            call.keep(message)
            if call.taking_turns:
                await _answer(call, message, text)


async def _answer(call: LiveCall, message: llm.ChatMessage, text: str) -> None:
    call.sign_of_life()
    await _follow_language(call, text)
    await call.hush()
    if await _answered_directly(call, message, text):
        return
    for listener in call.turn_listeners:
        listener()
    if isinstance(agent := call.session.current_agent, Receptionist):
        await agent.renew()
    if call.voices.realtime:
        call.note(message)
        await begin_telling(call)
        call.session.generate_reply(input_modality="text")
    else:
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
    if not isinstance(agent, Receptionist) or (wanted is None and call.facts.question is None):
        return False
    context = turn_context(call, message.id, typed=True, chat_ctx=call.conversation, said=text)
    result = await answered_without_a_model(call, context, wanted)
    if result is None:
        return False
    await agent.remember(message)
    await call.apply(result)
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
    call.sign_of_life()
    await agent.remember(*messages)
    if news.get("actions"):
        await call.refresh()
    call.use_language(news["reply"]["language"])
    if reply and call.taking_turns:
        await call.hush()
        call.say(reply, remember=False)
    logger.info("turn taken over http", call_id=call.id, actions=news.get("actions", []))
