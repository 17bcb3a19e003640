"""A model's own words for the agents and of what a call came to, where the rules' stand first: nobody waits for it."""

from collections.abc import Mapping

import structlog

from calls.states import Mood, Speaker
from voicebot.receptionist.chat import Message
from voicebot.receptionist.claims import honest
from voicebot.receptionist.engine import Engine, EngineError, Prompt, RulesEngine
from voicebot.receptionist.facts import FALLBACK_LANGUAGE, CallFacts
from voicebot.receptionist.ports import Gateway, GatewayError
from voicebot.receptionist.prompts import phrase
from voicebot.receptionist.redaction import redact
from voicebot.receptionist.toolkit import ToolContext, ToolResult
from voicebot.receptionist.tools import Tool, check_arguments

logger = structlog.get_logger(__name__)

_SCHEMA = {
    "type": "object",
    "properties": {
        "summary": {"type": "string", "description": "The two sentences.", "minLength": 1, "maxLength": 700},
        "mood": {"type": "string", "enum": Mood.values, "description": "How the caller seems to feel."},
    },
    "required": ["summary", "mood"],
    "additionalProperties": False,
}


_RECAP = {
    "type": "object",
    "properties": {
        "recap": {"type": "string", "description": "The two sentences.", "minLength": 1, "maxLength": 700},
        "follow_up": {"type": "string", "description": "What is left to do, in one sentence.", "maxLength": 300},
    },
    "required": ["recap"],
    "additionalProperties": False,
}


async def rebrief(gateway: Gateway, engine: Engine, call_id: str) -> None:
    """Ask the model for the summary of a call that waits for a person, and store it as an update."""
    try:
        facts = await gateway.facts(call_id)
        system = phrase(FALLBACK_LANGUAGE, "brief_system", tongue=facts.staff_language)
        words = await _words(gateway, engine, facts, system, _TOOL)
        if words is not None:
            await gateway.rebrief(call_id, summary=words["summary"], mood=words["mood"])
    except (EngineError, GatewayError) as error:
        # The rules' briefing stands.
        logger.warning("no briefing by the model", call_id=call_id, error=repr(error))


async def recap(gateway: Gateway, engine: Engine, call_id: str) -> None:
    """Ask the model what a call came to, in the caller's language, and store it in place of the rules' words.

    What it claims without a row is stored nowhere: the caller reads it.
    """
    try:
        facts = await gateway.facts(call_id)
        if not facts.over:
            return
        system = phrase(FALLBACK_LANGUAGE, "recap_system", tongue=facts.language)
        words = await _words(gateway, engine, facts, system, _RECAP_TOOL)
        if words is None:
            return
        if honest(facts, words["recap"]) == words["recap"]:
            await gateway.recap(call_id, recap=words["recap"], follow_up=words.get("follow_up", ""))
        else:
            logger.info("the model's recap claims what is not so", call_id=call_id)
    except (EngineError, GatewayError) as error:
        # The rules' recap stands.
        logger.warning("no recap by the model", call_id=call_id, error=repr(error))


async def _words(
    gateway: Gateway, engine: Engine, facts: CallFacts, system: str, tool: Tool
) -> Mapping[str, str] | None:
    """What the model gives the tool, of the conversation so far; None: the rules think, or nothing that fits."""
    if isinstance(engine, RulesEngine):
        return None
    lines = [line for line in await gateway.history(facts.call_id) if line.speaker in (Speaker.CUSTOMER, Speaker.AI)]
    told = "\n".join(f"{line.speaker.value}: {line.text}" for line in lines)
    prompt = Prompt(facts, system, (Message("user", redact(told)),), (tool,))
    decision = await engine.complete(prompt)
    given = next((call.arguments for call in decision.calls if call.name == tool.name), None)
    words = check_arguments(tool.parameters, given) if given is not None else "The model did not call the tool."
    if isinstance(words, str):
        logger.info("no words by the model", call_id=facts.call_id, tool=tool.name, why=words)
        return None
    return {name: redact(value) for name, value in words.items()}


async def _nothing(_: ToolContext, __: object) -> ToolResult:
    return ToolResult(True, "Stored.")


_TOOL = Tool("brief", "Store the summary and the mood.", _nothing, _SCHEMA)
_RECAP_TOOL = Tool("recap", "Store what the call came to.", _nothing, _RECAP)
