"""The rule-based receptionist as a livekit-agents LLM: the same tool path as with a language model."""

import json
from collections.abc import Callable
from typing import Any

from livekit.agents import APIConnectOptions, llm, utils
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, NotGivenOr

from voicebot.receptionist import rules
from voicebot.receptionist.chat import Decision, Message
from voicebot.receptionist.facts import CallFacts

TYPED = "typed"
"""The mark in a user message's `extra` that it was typed: typed requests need no confirmation."""


class RulesLLM(llm.LLM[Any]):
    """`facts` is asked for at every turn, because a call's state changes under it.

    `heard_well`: the ears are better than the built-in ones, so that what they heard needs no confirmation.
    """

    def __init__(self, facts: Callable[[], CallFacts], *, heard_well: bool = False) -> None:
        super().__init__()
        self._facts = facts
        self._heard_well = heard_well

    @property
    def model(self) -> str:
        return "rules"

    @property
    def provider(self) -> str:
        return "offline"

    def chat(
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        parallel_tool_calls: NotGivenOr[bool] = NOT_GIVEN,
        tool_choice: NotGivenOr[llm.ToolChoice] = NOT_GIVEN,
        extra_kwargs: NotGivenOr[dict[str, Any]] = NOT_GIVEN,
    ) -> llm.LLMStream:
        return _Decided(self, decide(self._facts(), chat_ctx, self._heard_well), chat_ctx, tools or [], conn_options)


def decide(facts: CallFacts, chat_ctx: llm.ChatContext, heard_well: bool = False) -> Decision:
    """What the rules say to the last message or tool output of a conversation."""
    items = [item for item in chat_ctx.items if item.type in ("message", "function_call_output")]
    last = items[-1] if items else None
    if isinstance(last, llm.FunctionCallOutput):
        return Decision(rules.after_tool(facts, last.output, messages_of(items)))
    if not isinstance(last, llm.ChatMessage) or last.role != "user":
        return Decision()
    typed = heard_well or bool(last.extra.get(TYPED))
    return rules.respond(facts, messages_of(items[:-1]), last.text_content or "", typed=typed)


def messages_of(items: list[Any]) -> tuple[Message, ...]:
    """livekit's chat items as the receptionist's messages; instructions and tool traffic are left out."""
    return tuple(
        Message("user" if item.role == "user" else "assistant", item.text_content or "")
        for item in items
        if isinstance(item, llm.ChatMessage) and item.role in ("user", "assistant")
    )


class _Decided(llm.LLMStream):
    """A stream of one chunk: the rules have nothing to wait for."""

    def __init__(
        self,
        model: RulesLLM,
        decision: Decision,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool],
        conn_options: APIConnectOptions,
    ) -> None:
        self._decision = decision
        super().__init__(model, chat_ctx=chat_ctx, tools=tools, conn_options=conn_options)

    async def _run(self) -> None:
        calls = [
            llm.FunctionToolCall(
                name=call.name,
                arguments=json.dumps(dict(call.arguments), ensure_ascii=False),
                call_id=call.id or utils.shortuuid("call_"),
            )
            for call in self._decision.calls
        ]
        delta = llm.ChoiceDelta(role="assistant", content=self._decision.say or None, tool_calls=calls)
        self._event_ch.send_nowait(llm.ChatChunk(id=utils.shortuuid("rules_"), delta=delta))
