"""The protocol's shapes: completions whole and in pieces, errors."""

import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from voicebot.receptionist.chat import Decision, ToolCall

FRAGMENT = 7  # characters of a tool call's arguments in one chunk: words are cut in the middle, as the real ones are
USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


def error(status: int, code: str, message: str) -> dict[str, Any]:
    """An error's body."""
    kind = {401: "invalid_request_error", 429: "rate_limit_error"}.get(status, "server_error")
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def completion(decision: Decision, model: str) -> dict[str, Any]:
    """A whole chat completion."""
    calls = [_call(call) for call in decision.calls]
    message = {"role": "assistant", "content": decision.say or None} | ({"tool_calls": calls} if calls else {})
    choice = {"index": 0, "message": message, "finish_reason": _reason(decision), "logprobs": None}
    return _envelope("chat.completion", model) | {"choices": [choice], "usage": USAGE}


def chunks(decision: Decision, model: str, *, usage: bool) -> Iterator[dict[str, Any]]:
    """The same in pieces: words, then each call's name, then its arguments in fragments."""
    base = _envelope("chat.completion.chunk", model)

    def piece(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
        return base | {"choices": [{"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}]}

    yield piece({"role": "assistant", "content": ""})
    for word in decision.say.split(" ") if decision.say else ():
        yield piece({"content": f"{word} "})
    for index, call in enumerate(decision.calls):
        yield from (piece({"tool_calls": [part]}) for part in _call_parts(index, call))
    yield piece({}, _reason(decision))
    if usage:
        yield base | {"choices": [], "usage": USAGE}


def _call_parts(index: int, call: ToolCall) -> Iterator[dict[str, Any]]:
    whole = _call(call)
    arguments = whole["function"]["arguments"]
    yield whole | {"index": index, "function": {"name": call.name, "arguments": ""}}
    for start in range(0, len(arguments), FRAGMENT):
        yield {"index": index, "function": {"arguments": arguments[start : start + FRAGMENT]}}


def _call(call: ToolCall) -> dict[str, Any]:
    arguments = json.dumps(dict(call.arguments), ensure_ascii=False)
    return {
        "id": call.id or f"call_{uuid4().hex[:12]}",
        "type": "function",
        "function": {"name": call.name, "arguments": arguments},
    }


def _reason(decision: Decision) -> str:
    return "tool_calls" if decision.calls else "stop"


def _envelope(kind: str, model: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{uuid4().hex[:12]}", "object": kind, "created": int(time.time()), "model": model}
