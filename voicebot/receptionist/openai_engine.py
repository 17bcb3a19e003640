"""A GPT-class model, or anything that speaks the same protocol, as the receptionist's engine."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import openai
from openai import AsyncOpenAI

from voicebot.receptionist.chat import Decision, Message, ToolCall
from voicebot.receptionist.engine import EngineError, Prompt
from voicebot.receptionist.tools import Tool


@dataclass(frozen=True, slots=True)
class OpenAIEngine:
    """`timeout` in seconds, for the whole answer with its retries: the caller waits in silence for it."""

    api_key: str
    model: str
    base_url: str | None = None
    timeout: float = 7.0
    retries: int = 1

    async def complete(self, prompt: Prompt) -> Decision:
        try:
            # The client's own limit is from byte to byte.
            async with asyncio.timeout(self.timeout), self._client() as client:
                answer = await client.chat.completions.create(**self._request(prompt))
        except (openai.OpenAIError, TimeoutError) as error:
            raise EngineError(type(error).__name__) from error
        # Whatever the client raises at what is no JSON: a proxy's page, half an answer, nothing.
        except Exception as error:
            raise EngineError(f"no answer: {type(error).__name__}") from error
        decision = _decision(_message_of(answer))
        if not decision.say and not decision.calls:
            raise EngineError("an empty answer")
        return decision

    def _client(self) -> AsyncOpenAI:
        return AsyncOpenAI(
            api_key=self.api_key, base_url=self.base_url or None, timeout=self.timeout, max_retries=self.retries
        )

    def _request(self, prompt: Prompt) -> dict[str, Any]:
        messages = [{"role": "system", "content": prompt.system}, *map(_message, prompt.messages)]
        request: dict[str, Any] = {"model": self.model, "messages": messages}
        return request | ({"tools": [_tool(tool) for tool in prompt.tools]} if prompt.tools else {})


def _message_of(answer: object) -> Any:
    """The client believes what a server sends: any JSON at all, or, of another type, its text."""
    choices = getattr(answer, "choices", None)
    message = getattr(choices[0], "message", None) if isinstance(choices, list) and choices else None
    if message is None:
        raise EngineError("no choices")
    return message


def _tool(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


def _message(message: Message) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.call_id, "content": message.text}
    if not message.calls:
        return {"role": message.role, "content": message.text}
    return {"role": "assistant", "content": message.text or None, "tool_calls": _calls(message.calls)}


def _calls(calls: Sequence[ToolCall]) -> list[dict[str, Any]]:
    return [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": json.dumps(dict(call.arguments))},
        }
        for call in calls
    ]


def _decision(message: Any) -> Decision:
    calls = [call for call in message.tool_calls or () if call.type == "function"]
    return Decision(
        (message.content or "").strip(),
        tuple(ToolCall(call.function.name, _arguments(call.function.arguments), call.id) for call in calls),
    )


def _arguments(text: str) -> Mapping[str, Any]:
    """The arguments a model wrote; broken JSON is an empty object, which the schema check then refuses in words."""
    try:
        parsed = json.loads(text or "{}")
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
