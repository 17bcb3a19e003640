"""What a tool is given and what it gives back."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from calls.states import ToolOutcome
from voicebot.receptionist.chat import Message
from voicebot.receptionist.facts import CallFacts
from voicebot.receptionist.ports import Gateway, Passage, Source


@dataclass(frozen=True, slots=True)
class ToolResult:
    """`text` is for the model, `say` the fixed sentence for the caller, verbatim
    (empty: the engine goes on by itself); `actions` names what was done.

    `passages` are what the answer may be taken from; the line that does cites their articles. `unknown`: nothing was
    found. `outcome` is set where it is neither done nor refused, `language` when the conversation goes on in another
    one. With `ends_call` the caller of the tool says `say` to its end and then ends the call.
    `goes_on`: a language model speaks on by itself from here, `say` is for the rules.
    """

    ok: bool
    text: str
    say: str = ""
    actions: tuple[str, ...] = ()
    ends_call: bool = False
    language: str = ""
    outcome: ToolOutcome | None = None
    goes_on: bool = False
    passages: tuple[Passage, ...] = ()
    unknown: bool = False

    @property
    def settled(self) -> ToolOutcome:
        """What is stored as having come of it."""
        return self.outcome or (ToolOutcome.DONE if self.ok else ToolOutcome.REFUSED)

    def output(self) -> str:
        """The function's result as JSON for a model, and for `rules.after_tool`."""
        told: dict[str, Any] = {"ok": self.ok, "result": self.text, "say": self.say}
        if self.passages:
            told["passages"] = [_passage(item) for item in self.passages]
        if self.unknown:
            told["unknown"] = True
        return json.dumps(told, ensure_ascii=False)


def _passage(passage: Passage) -> dict[str, str]:
    return {
        "id": passage.source.id,
        "article": passage.source.title,
        "heading": passage.heading,
        "language": passage.language,
        "text": passage.text,
        "answer": passage.answer,
    }


def passages_of(rows: Iterable[Mapping[str, Any]]) -> tuple[Passage, ...]:
    """Passages of a stored result."""
    return tuple(Passage(**{**row, "source": Source(**row["source"])}) for row in rows)


@dataclass(slots=True)
class ToolContext:
    """One turn of the caller: what was said before it (`history`), and what he `said`.

    A tool called twice with the same arguments in a turn, by whichever process, runs once: `turn_id` names the caller's
    line. `direct`: the caller asked for it beyond doubt, no model decided; no limit holds it up.
    """

    gateway: Gateway
    facts: CallFacts
    turn_id: str
    typed: bool
    history: tuple[Message, ...] = ()
    said: str = ""
    direct: bool = False

    @property
    def language(self) -> str:
        return self.facts.language
