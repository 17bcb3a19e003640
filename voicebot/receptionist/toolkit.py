"""What a tool is given and what it gives back."""

import json
from dataclasses import dataclass, field

from voicebot.receptionist.chat import Message
from voicebot.receptionist.facts import CallFacts
from voicebot.receptionist.ports import Gateway


@dataclass(frozen=True, slots=True)
class ToolResult:
    """`text` is for the model, `say` the fixed sentence for the caller, verbatim
    (empty: the engine goes on by itself); `actions` names what was done.

    `language` is set when the conversation goes on in another one. With `ends_call` the caller of the tool says
    `say` to its end and then ends the call.
    """

    ok: bool
    text: str
    say: str = ""
    actions: tuple[str, ...] = ()
    ends_call: bool = False
    language: str = ""

    def output(self) -> str:
        """The function's result as JSON for a model, and for `rules.after_tool`."""
        told = {"ok": self.ok, "result": self.text, "say": self.say}
        return json.dumps(told, ensure_ascii=False)


@dataclass(slots=True)
class ToolContext:
    """One turn: a tool called twice with the same arguments in it runs once."""

    gateway: Gateway
    facts: CallFacts
    turn_id: str
    typed: bool
    history: tuple[Message, ...] = ()
    results: dict[tuple[str, str], ToolResult] = field(default_factory=dict)

    @property
    def language(self) -> str:
        return self.facts.language
