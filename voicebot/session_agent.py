"""The receptionist as a livekit-agents Agent: its prompt, its tools, and requests that need no model."""

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import structlog
from livekit import rtc
from livekit.agents import Agent, ModelSettings, RunContext, StopResponse, function_tool, llm
from livekit.agents.types import NOT_GIVEN

from calls.states import Speaker
from voicebot.offline.llm import messages_of
from voicebot.providing import text_engine
from voicebot.realtime import begin_telling, unbroken
from voicebot.receptionist import rules
from voicebot.receptionist.chat import ToolCall
from voicebot.receptionist.claims import Spoken
from voicebot.receptionist.ports import Line, Pulse
from voicebot.receptionist.rebriefing import rebrief
from voicebot.receptionist.system_prompt import system_prompt
from voicebot.receptionist.toolkit import ToolContext, ToolResult
from voicebot.receptionist.tools import Tool, answer_question, run_tool, tools_for
from voicebot.session_call import LiveCall

logger = structlog.get_logger(__name__)

_ROLES: Mapping[Speaker, llm.ChatRole] = {Speaker.CUSTOMER: "user", Speaker.AI: "assistant"}


class Saying:
    """What is being said, as far as its words are known: they come before their sound."""

    def __init__(self) -> None:
        self.text = ""
        self.complete = asyncio.Event()
        self._since = 0.0

    @property
    def seconds(self) -> float:
        """Since its first words."""
        return time.monotonic() - self._since

    async def follow(self, words: AsyncIterable[str]) -> AsyncIterator[str]:
        """The same words, noted."""
        self.text, self._since = "", time.monotonic()
        self.complete.clear()
        async for piece in words:
            self.text += piece
            yield piece
        self.complete.set()


class Receptionist(Agent):
    """Answers turns. Everything around it is a behaviour."""

    def __init__(
        self,
        call: LiveCall,
        history: Sequence[Line] = (),
        *,
        said: llm.ChatContext | None = None,
        parts: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """`said`: the conversation, for one that takes a call over from another; `parts`: its own ears and mind."""
        super().__init__(
            instructions=system_prompt(call.facts),
            # A realtime model is told later: at its start, the job would wait for its receipt.
            chat_ctx=chat_context(()) if call.voices.realtime else said or chat_context(history),
            tools=[as_function_tool(call, tool) for tool in tools_for(call.facts)],
            **parts,
        )
        self.entered = asyncio.Event()
        self._call, self._told_tools = call, tools_for(call.facts)
        self.saying = Saying()
        # A realtime model has the conversation too late to answer it by itself.
        self.unanswered = bool(history) and history[-1].speaker == Speaker.CUSTOMER and not call.voices.realtime
        # At the news, not at the turn: a turn's prompt is copied before anybody is asked.
        call.listeners.append(self._informed)

    async def _informed(self, _: Pulse, __: Pulse | None) -> None:
        await self.renew()

    async def on_enter(self) -> None:
        """The session is this agent's now."""
        self.entered.set()

    async def on_user_turn_completed(self, turn_ctx: llm.ChatContext, new_message: llm.ChatMessage) -> None:
        """A spoken turn: not answered while a person takes over; asking for a person needs no model."""
        call = self._call
        if not call.taking_turns:
            raise StopResponse
        if await self.answer_directly(new_message):
            raise StopResponse
        if call.voices.realtime:
            if new_message.text_content:
                call.note(new_message)
            await begin_telling(call)

    async def answer_directly(self, message: llm.ChatMessage, *, stored: bool = False) -> bool:
        """Do what was asked for beyond doubt. The built-in rules do so themselves, and confirm what they heard.

        `stored`: the line is in the conversation and the transcript already.
        """
        call, said = self._call, message.text_content or ""
        wanted = None if call.voices.config.offline else rules.direct_request(call.facts, said)
        if wanted is None and call.facts.question is None:
            return False
        context = turn_context(call, message.id, typed=False, chat_ctx=call.conversation, said=said)
        result = await answered_without_a_model(call, context, wanted)
        if result is None:
            return False
        await self._take_in(message, stored=stored)
        await call.apply(result)
        return True

    async def _take_in(self, message: llm.ChatMessage, *, stored: bool) -> None:
        call = self._call
        if call.voices.realtime:
            call.model_owes = False
            await call.hush()
            if not stored:
                call.note(message)
            return
        await self.remember(message)
        call.keep(message)

    async def llm_node(
        self, chat_ctx: llm.ChatContext, tools: list[llm.Tool], model_settings: ModelSettings
    ) -> AsyncIterator[Any]:
        """What the model says, without claims of what no row says. The rules claim nothing."""
        reply = Agent.default.llm_node(self, chat_ctx, tools, model_settings)
        if self._call.voices.config.offline:
            async for chunk in reply:
                yield chunk
            return
        spoken = Spoken(lambda: self._call.facts)
        async for chunk in reply:
            if (told := _without_claims(chunk, spoken)) is not None:
                yield told
        if rest := spoken.end():
            yield rest

    def transcription_node(self, text: AsyncIterable[str], model_settings: ModelSettings) -> AsyncIterable[str]:
        """The words of whatever is said, on their way to captions and transcript."""
        return self.saying.follow(text)

    async def remember(self, *messages: llm.ChatMessage) -> None:
        """Add messages to the conversation."""
        if self._call.voices.realtime:
            self._call.session.history.insert(messages)
            self._call.untold.extend(messages)
            return
        chat_ctx = self.chat_ctx.copy()
        chat_ctx.items.extend(messages)
        await self.update_chat_ctx(chat_ctx)

    async def renew(self) -> None:
        """Take what the call has become into prompt and tools: its language, the wait, the department."""
        prompt = system_prompt(self._call.facts)
        if self._call.voices.config.offline or prompt == self.instructions:
            return
        await self.update_instructions(prompt)
        tools = tools_for(self._call.facts)
        if tools == self._told_tools:
            # Some realtime models connect anew for other tools.
            return
        self._told_tools = tools
        await self.update_tools([as_function_tool(self._call, tool) for tool in tools])

    def realtime_audio_output_node(
        self, audio: AsyncIterable[rtc.AudioFrame], model_settings: ModelSettings
    ) -> AsyncIterator[rtc.AudioFrame]:
        """A realtime model's sound."""
        return unbroken(self._call, audio)


def _without_claims(chunk: Any, spoken: Spoken) -> Any:
    """The chunk with the sentences that are complete and may be said; None where nothing is left of it."""
    if isinstance(chunk, str):
        return spoken.take(chunk) or None
    delta = chunk.delta if isinstance(chunk, llm.ChatChunk) else None
    if delta is None:
        return chunk
    spoken.acted = spoken.acted or bool(delta.tool_calls)
    text = spoken.take(delta.content or "")
    if not (text or delta.tool_calls or chunk.usage):
        return None
    return chunk.model_copy(update={"delta": delta.model_copy(update={"content": text or None})})


async def answered_without_a_model(call: LiveCall, context: ToolContext, wanted: ToolCall | None) -> ToolResult | None:
    """The answer to what the gate has asked, or what was asked for beyond doubt."""
    answered = await answer_question(context)
    call.facts = replace(call.facts, question=None)
    if answered is not None and answered.goes_on and not call.voices.config.offline:
        # What was kept stands in the prompt now; the model goes on from the yes.
        await call.refresh()
        if isinstance(agent := call.session.current_agent, Receptionist):
            await agent.renew()
        return None
    if answered is not None:
        return answered
    if wanted is None:
        return None
    result = await run_tool(replace(context, direct=True), wanted.name, wanted.arguments)
    if "escalated" in result.actions and not call.voices.config.offline:
        # The rules have briefed the agents; the model's words come as an update.
        call.spawn(rebrief(call.gateway, text_engine(), call.id), "briefing")
    return result


def as_function_tool(call: LiveCall, tool: Tool) -> llm.RawFunctionTool[..., Any]:
    """A receptionist's tool for livekit-agents; its fixed sentence is said instead of a model's."""

    async def run(raw_arguments: dict[str, object], context: RunContext[Any]) -> str:
        turn = turn_context(call, context.speech_handle.id, typed=_typed(context), chat_ctx=call.conversation)
        result = await run_tool(turn, tool.name, raw_arguments)
        logger.info("tool ran", call_id=call.id, tool=tool.name, ok=result.ok)
        if await call.apply(result):
            raise StopResponse
        return result.output()

    schema = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return function_tool(run, raw_schema=schema)


def _typed(context: RunContext[Any]) -> bool:
    return context.speech_handle.input_details.modality == "text"


def turn_context(call: LiveCall, turn_id: str, *, typed: bool, chat_ctx: Any, said: str | None = None) -> ToolContext:
    """What a tool is given. `said` where the caller's line is not in the conversation yet.

    The turn is named by the caller's line, which is stored under the same name: an AI that takes the call over does
    not do again what was done about it. A realtime model may act before that line is there.
    """
    items = [item for item in chat_ctx.items if isinstance(item, llm.ChatMessage)]
    if said is not None:
        return ToolContext(call.gateway, call.facts, turn_id, typed, messages_of(items), said)
    at = next((index for index in reversed(range(len(items))) if items[index].role == "user"), None)
    if at is None:
        return ToolContext(call.gateway, call.facts, turn_id, typed, messages_of(items))
    line = items[at]
    turn = turn_id if call.voices.realtime else line.id
    return ToolContext(call.gateway, call.facts, turn, typed, messages_of(items[:at]), line.text_content or "")


def chat_context(lines: Sequence[Line]) -> llm.ChatContext:
    """The stored conversation, for a job that goes on with it."""
    context = llm.ChatContext.empty()
    for line in lines:
        if line.speaker in _ROLES:
            context.add_message(role=_ROLES[line.speaker], content=line.text, id=line.key or NOT_GIVEN)
    return context
