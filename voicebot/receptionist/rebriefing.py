"""A model's own words for the agents, where the rules have briefed them first: nobody waits for it."""

import structlog

from calls.states import Mood, Speaker
from voicebot.receptionist.chat import Message
from voicebot.receptionist.engine import Engine, EngineError, Prompt, RulesEngine
from voicebot.receptionist.facts import FALLBACK_LANGUAGE
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


async def rebrief(gateway: Gateway, engine: Engine, call_id: str) -> None:
    """Ask the model for the summary of a call that waits for a person, and store it as an update."""
    if isinstance(engine, RulesEngine):
        return
    try:
        facts = await gateway.facts(call_id)
        lines = [line for line in await gateway.history(call_id) if line.speaker in (Speaker.CUSTOMER, Speaker.AI)]
        told = "\n".join(f"{line.speaker.value}: {line.text}" for line in lines)
        system = phrase(FALLBACK_LANGUAGE, "brief_system", tongue=facts.staff_language)
        decision = await engine.complete(Prompt(facts, system, (Message("user", redact(told)),), (_TOOL,)))
        given = next((call.arguments for call in decision.calls if call.name == _TOOL.name), None)
        words = check_arguments(_SCHEMA, given) if given is not None else "The model did not brief."
        if isinstance(words, str):
            logger.info("no briefing by the model", call_id=call_id, why=words)
        else:
            await gateway.rebrief(call_id, summary=redact(words["summary"]), mood=words["mood"])
    except (EngineError, GatewayError) as error:
        # The rules' briefing stands.
        logger.warning("no briefing by the model", call_id=call_id, error=repr(error))


async def _nothing(_: ToolContext, __: object) -> ToolResult:
    return ToolResult(True, "Stored.")


_TOOL = Tool("brief", "Store the summary and the mood.", _nothing, _SCHEMA)
