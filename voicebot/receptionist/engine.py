"""Who decides what to say: the rules, or a language model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from voicebot.receptionist import rules
from voicebot.receptionist.chat import Decision, Message
from voicebot.receptionist.facts import CallFacts
from voicebot.receptionist.tools import Tool

logger = structlog.get_logger(__name__)


class EngineError(Exception):
    """The engine is not to be had now; the message names the cause, for logs."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """All an engine decides by: the last message is the caller's, or a tool's output."""

    facts: CallFacts
    system: str
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...]
    typed: bool = True


class Engine(Protocol):
    """Raises EngineError only."""

    async def complete(self, prompt: Prompt) -> Decision: ...


class FirstThatAnswers:
    """Several, asked in their order."""

    def __init__(self, engines: Sequence[Engine]) -> None:
        self.engines = engines

    async def complete(self, prompt: Prompt) -> Decision:
        error = EngineError("nobody to ask")
        for engine in self.engines:
            try:
                return await engine.complete(prompt)
            except EngineError as failed:
                logger.warning("engine failed", call_id=prompt.facts.call_id, error=str(failed))
                error = failed
        raise error


class RulesEngine:
    """The offline provider's engine."""

    async def complete(self, prompt: Prompt) -> Decision:
        *before, last = prompt.messages
        if last.role == "tool":
            return Decision(rules.after_tool(prompt.facts, last.text, before))
        return rules.respond(prompt.facts, before, last.text, typed=prompt.typed)
