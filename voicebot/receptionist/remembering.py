"""What a customer who has proved who he is wants remembered, or forgotten. The gate has asked before these run."""

from collections.abc import Mapping
from typing import Any

from voicebot.receptionist.facts import CallFacts
from voicebot.receptionist.intents import LONGEST
from voicebot.receptionist.lexicon import lexicons
from voicebot.receptionist.normalise import tokens
from voicebot.receptionist.prompts import phrase
from voicebot.receptionist.toolkit import ToolContext, ToolResult

LONGEST_FACT = 300
_LEAST_WORDS = 2
_LEAD = 8  # words of "could you please remember that I"

REMEMBER = (
    "Keep a fact about this verified customer for the next calls: a preference, how to be addressed. The system asks"
    " the customer for consent first."
)
FORGET = (
    "Delete everything that is remembered of this customer, and the link to earlier calls. Only when the customer asks"
    " for it; the system asks once more."
)


async def remember_fact(context: ToolContext, arguments: Mapping[str, Any]) -> ToolResult:
    """Stored with how and in which words the customer agreed."""
    consent = f"{'typed' if context.typed else 'spoken'}: {context.said}"
    await context.gateway.remember(context.facts.call_id, arguments["fact"], consent=consent)
    return ToolResult(True, "Remembered.", phrase(context.language, "fact_remembered"), ("fact_remembered",))


async def forget_me(context: ToolContext, _: Mapping[str, Any]) -> ToolResult:
    """Facts deleted, earlier calls parted from the customer."""
    await context.gateway.forget(context.facts.call_id)
    return ToolResult(True, "Forgotten.", phrase(context.language, "forgotten"), ("forgotten",))


def fact_to_remember(text: str) -> str:
    """What follows 'remember that'; empty where a text does not begin so."""
    words = text[:LONGEST].split()
    starts = {run for item in lexicons() for run in item.intents["remember"]}
    for size in range(min(_LEAD, len(words) - _LEAST_WORDS), 0, -1):
        if tokens(" ".join(words[:size])) in starts:
            return " ".join(words[size:])[:LONGEST_FACT].strip(" .!،")
    return ""


def recalled(facts: CallFacts) -> str:
    """What is remembered of the customer, as it is said."""
    known = facts.known
    if known is None or not known.remembered:
        return phrase(facts.language, "nothing_remembered")
    return phrase(facts.language, "remembered", facts="; ".join(known.remembered))
