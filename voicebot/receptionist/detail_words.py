"""Details in what a caller says, by the words that lead to them. Pure."""

import re
from collections.abc import Mapping

from voicebot.receptionist.chat import ToolCall
from voicebot.receptionist.details import digits_of
from voicebot.receptionist.files import kept
from voicebot.receptionist.intents import LONGEST
from voicebot.receptionist.lexicon import LEADS, any_of, lexicons

_VALUE = {"order_number": r"(?P<value>[\w#-]+(?: [\w-]+){0,11})", "name": r"(?P<value>[^\d,.;،؛!?؟]{2,60})"}


@kept
def _patterns() -> Mapping[str, re.Pattern[str]]:
    """What leads to each in any language, `[details]` of the lexicons, and what may follow."""
    leads = {kind: any_of(text for item in lexicons() for text in item.details.leads.get(kind, ())) for kind in LEADS}
    return {kind: re.compile(f"(?:{lead}){_VALUE[kind]}", re.IGNORECASE) for kind, lead in leads.items()}


def given_detail(text: str) -> tuple[str, str] | None:
    """(kind, value) of the first detail named in the text."""
    for kind, pattern in _patterns().items():
        for found in pattern.finditer(text[:LONGEST]):
            value = found["value"].strip() if kind == "name" else _number(found["value"])
            if value:
                return kind, value
    return None


def _number(words: str) -> str:
    """The digits and codes at the beginning of what follows: "12345 has not come" is 12345."""
    kept: list[str] = []
    for word in words.split():
        if not any(char.isdigit() for char in digits_of(word)):
            break
        kept.append(word)
    return digits_of(" ".join(kept))


def detail(kind: str, value: str) -> ToolCall:
    """The tool call that keeps it."""
    return ToolCall("collect_detail", {"kind": kind, "value": value})
