"""One turn as the rule-based receptionist sees it, and the steps its rules share."""

from collections.abc import Callable
from dataclasses import dataclass

from voicebot.receptionist.calling_back import when_wished
from voicebot.receptionist.chat import Decision, Message, ToolCall
from voicebot.receptionist.contact import find_contact
from voicebot.receptionist.facts import CALLBACK, MESSAGE, CallFacts, DepartmentFacts
from voicebot.receptionist.intents import Reading, named_department
from voicebot.receptionist.normalise import normalise
from voicebot.receptionist.pending import Pending
from voicebot.receptionist.prompts import phrase

_REASON_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn as every rule sees it."""

    facts: CallFacts
    history: tuple[Message, ...]
    text: str
    typed: bool
    reading: Reading
    asked: Pending

    def say(self, key: str, **values: object) -> Decision:
        return Decision(phrase(self.facts.language, key, **values))

    @property
    def department(self) -> DepartmentFacts | None:
        return named_department(self.facts, self.reading)

    @property
    def wish(self) -> str:
        """What the caller wanted, in the caller's words: the last line that says more than yes."""
        own = [message.text for message in self.history if message.role == "user"]
        telling = [text for text in (*own, self.text) if not Reading.of(text).only("yes")]
        return " ".join((telling or [self.text])[-1].split())[:_REASON_LENGTH]

    def label(self, department: DepartmentFacts) -> str:
        return department.label(self.facts.language)


Rule = Callable[[Turn], Decision | None]


def use(call: ToolCall) -> Decision:
    """The turn is one tool call."""
    return Decision(calls=(call,))


def transfer_to(facts: CallFacts, department: DepartmentFacts | None, reason: str) -> ToolCall:
    reason = " ".join(reason.split())[:_REASON_LENGTH]
    if department is None or department == facts.own_department:
        return ToolCall("escalate_to_human", {"reason": reason})
    return ToolCall("escalate_to_human", {"reason": reason, "department": department.slug})


def route_to(department: DepartmentFacts, reason: str) -> ToolCall:
    return ToolCall("route_to_department", {"department": department.slug, "reason": reason})


def confirm_or_route(turn: Turn, department: DepartmentFacts) -> Decision:
    if turn.typed:
        return use(route_to(department, turn.wish))
    return confirm(turn, department)


def confirm(turn: Turn, department: DepartmentFacts | None) -> Decision:
    if department is None:
        return turn.say("confirm_person")
    return turn.say("confirm_department", department=turn.label(department))


def begin_callback(turn: Turn) -> Decision:
    if CALLBACK not in turn.facts.may_leave:
        return turn.say(f"offer_{turn.facts.queue_offer}")
    contact = find_contact(turn.text) if turn.typed else ""
    when = when_wished(turn.facts, turn.history, turn.text)
    if contact or (when and turn.facts.contact):
        return call_back(contact or turn.facts.contact, when)
    return turn.say("confirm_callback", contact=turn.facts.contact) if turn.facts.contact else ask_contact(turn)


def call_back(contact: str, when: str) -> Decision:
    """The request; with a time the gate reads it back first."""
    return use(ToolCall("request_callback", {"contact": contact, **({"when": when} if when else {})}))


def ask_contact(turn: Turn) -> Decision:
    return turn.say("ask_contact" if turn.typed else "ask_contact_typed")


def ask_message(turn: Turn) -> Decision:
    if MESSAGE not in turn.facts.may_leave:
        return turn.say(f"offer_{turn.facts.queue_offer}")
    return turn.say("ask_message" if turn.typed else "ask_message_typed")


def labelled(facts: CallFacts, text: str) -> DepartmentFacts | None:
    """The department whose name in any language begins the text."""
    return next(
        (
            item
            for item in facts.departments
            for name in item.name.values()
            if text and text.startswith(normalise(name))
        ),
        None,
    )


def department_asked_for(turn: Turn) -> DepartmentFacts | None:
    """The department of the caller's last line: our question was cut off before its name."""
    own = [message.text for message in turn.history if message.role == "user"]
    return named_department(turn.facts, Reading.of(own[-1])) if own else None
