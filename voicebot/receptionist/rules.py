"""The rule-based receptionist: a pure function from facts, history and text to words and tool calls.

It keeps no state: what it has asked is read from its own last line (`pending.py`). A request that was heard is
confirmed before anything is done, because the built-in recogniser mishears; a typed one goes straight.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from voicebot.receptionist.chat import Decision, Message, ToolCall
from voicebot.receptionist.contact import find_contact
from voicebot.receptionist.facts import CallFacts, DepartmentFacts, localised
from voicebot.receptionist.faqs import CLEAR, best_faq
from voicebot.receptionist.intents import Reading, named_department
from voicebot.receptionist.normalise import normalise
from voicebot.receptionist.pending import Pending, failures, pending
from voicebot.receptionist.prompts import department_names, opening_sentence, phrase

_FAILURES_BEFORE_PERSON = 2
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


Rule = Callable[[Turn], Decision | None]


def respond(facts: CallFacts, history: Sequence[Message], text: str, *, typed: bool) -> Decision:
    """The reply to `text`; `history` is what came before it. Never raises, whatever the text."""
    turn = Turn(facts, tuple(history), text, typed, Reading.of(text), pending(history))
    return next(decision for rule in _RULES if (decision := rule(turn)) is not None)


def after_tool(facts: CallFacts, output: str) -> str:
    """The sentence that follows a tool's output (`ToolResult.output()`)."""
    try:
        told = json.loads(output)
    except ValueError:
        told = None
    if not isinstance(told, dict) or not (told.get("say") or told.get("ok")):
        return phrase(facts.language, "tool_failed")
    return str(told.get("say") or f"{phrase(facts.language, 'fact_noted')} {phrase(facts.language, 'anything_else')}")


def direct_request(facts: CallFacts, text: str) -> ToolCall | None:
    """The transfer that the text asks for beyond doubt, whatever engine is at work; None while already in line."""
    reading = Reading.of(text)
    if facts.waiting or not reading.wants_person:
        return None
    return _transfer(facts, named_department(facts, reading), text)


# Answers to a question of ours


def _answer_pending(turn: Turn) -> Decision | None:
    handler = _ANSWERS.get(turn.asked.key)
    return handler(turn) if handler else None


def _answer_person(turn: Turn) -> Decision | None:
    wanted = turn.department
    if turn.reading.no or turn.reading.mainly("cancel"):
        return turn.say("not_now")
    if turn.reading.yes or (turn.reading.wants_person and not wanted):
        return _call(_transfer(turn.facts, wanted, _reason(turn)))
    return _call(_route(wanted, _reason(turn))) if wanted and turn.reading.brief else None


def _answer_department(turn: Turn) -> Decision | None:
    offered = _labelled(turn.facts, turn.asked.values.get("department", "")) or _department_asked_for(turn)
    named = turn.department
    if (turn.reading.no and not named) or turn.reading.mainly("cancel"):
        return turn.say("not_now")
    if named and named != offered:
        return _confirm_or_route(turn, named)
    if offered and (turn.reading.yes or named or turn.reading.wants_person):
        return _call(_route(offered, _reason(turn)))
    return _call(_transfer(turn.facts, None, _reason(turn))) if turn.reading.yes else None


def _answer_which_department(turn: Turn) -> Decision | None:
    named = turn.department
    if named is None:
        return turn.say("not_now") if turn.reading.no else None
    return _confirm_or_route(turn, named)


def _answer_message_or_callback(turn: Turn) -> Decision | None:
    if turn.reading.says("message"):
        return _ask_message(turn)
    if turn.reading.says("callback"):
        return _begin_callback(turn)
    if turn.reading.no:
        return turn.say("not_now")
    return turn.say("ask_message_or_callback") if turn.reading.yes else None


def _answer_offer(turn: Turn) -> Decision | None:
    if turn.reading.yes and turn.asked.key == "offer_message":
        return _ask_message(turn)
    return _begin_callback(turn) if turn.reading.yes else _answer_message_or_callback(turn)


def _answer_contact(turn: Turn) -> Decision | None:
    if contact := find_contact(turn.text):
        return _call(ToolCall("request_callback", {"contact": contact}))
    if turn.reading.no or turn.reading.mainly("cancel"):
        return turn.say("not_now")
    if turn.reading.wants_person or turn.department or best_faq(turn.facts, turn.text):
        return None
    return turn.say("contact_unclear")


def _answer_callback(turn: Turn) -> Decision | None:
    if contact := find_contact(turn.text):
        return _call(ToolCall("request_callback", {"contact": contact}))
    if turn.reading.no:
        return _ask_contact(turn)
    if turn.reading.yes and turn.facts.contact:
        return _call(ToolCall("request_callback", {"contact": turn.facts.contact}))
    return None


def _answer_message(turn: Turn) -> Decision | None:
    if turn.reading.mainly("cancel", slack=1) or turn.reading.mainly("no", slack=0):
        return turn.say("not_now")
    # What the built-in recogniser hears is one of its few phrases, never a message.
    if not turn.typed or turn.reading.empty or (turn.reading.wants_person and turn.reading.brief):
        return None
    return _call(ToolCall("take_message", {"message": turn.text.strip()}))


def _answer_end(turn: Turn) -> Decision | None:
    if turn.reading.yes or turn.reading.says("bye"):
        return _call(ToolCall("end_call"))
    return turn.say("not_now") if turn.reading.no else None


def _answer_leave(turn: Turn) -> Decision | None:
    if not turn.facts.waiting:
        return None
    if turn.reading.yes:
        return _call(ToolCall("leave_queue"))
    return turn.say("waiting_company") if turn.reading.no else None


def _answer_anything_else(turn: Turn) -> Decision | None:
    if turn.reading.no and turn.department is None:
        if turn.facts.waiting:
            return turn.say("still_waiting")
        return _call(ToolCall("end_call")) if turn.typed else turn.say("confirm_end")
    return turn.say("go_ahead") if turn.reading.mainly("yes", slack=1) else None


# What a caller may ask by himself


def _language(turn: Turn) -> Decision | None:
    wanted = turn.reading.wanted_language
    return _call(ToolCall("set_language", {"language": wanted})) if wanted and wanted != turn.facts.language else None


def _repeat(turn: Turn) -> Decision | None:
    if not turn.reading.mainly("repeat"):
        return None
    lines = [message.text for message in turn.history if message.role == "assistant" and message.text.strip()]
    return Decision(lines[-1]) if lines else turn.say("nothing_to_repeat")


def _identity(turn: Turn) -> Decision | None:
    return turn.say("who_am_i", company=turn.facts.company) if turn.reading.says("identity") else None


def _leave(turn: Turn) -> Decision | None:
    wanted = turn.reading.says("leave") or turn.reading.mainly("cancel")
    return turn.say("confirm_leave") if turn.facts.waiting and wanted else None


def _person(turn: Turn) -> Decision | None:
    if not turn.reading.wants_person:
        return None
    if turn.facts.waiting and not _elsewhere(turn, turn.department):
        return _call(ToolCall("queue_status"))
    if not turn.typed:
        return _confirm(turn, turn.department)
    return _call(_transfer(turn.facts, turn.department, _reason(turn)))


def _asked_for_department(turn: Turn) -> Decision | None:
    named = turn.department
    if named is None and turn.reading.wants_some_transfer and turn.facts.departments and not turn.facts.waiting:
        return turn.say("ask_department", departments=department_names(turn.facts, turn.facts.language))
    if named is None or not (turn.reading.wants_transfer and turn.reading.brief):
        return None
    here = turn.facts.waiting and not _elsewhere(turn, named)
    return _call(ToolCall("queue_status")) if here else _confirm_or_route(turn, named)


def _elsewhere(turn: Turn, named: DepartmentFacts | None) -> bool:
    """Whether a waiting caller names another department than the one he waits for."""
    return named is not None and named != turn.facts.own_department


def _open(turn: Turn) -> Decision | None:
    department = turn.department or turn.facts.own_department
    if department is None or department.opening is None or not (turn.reading.brief and turn.reading.says("open")):
        return None
    told = opening_sentence(turn.facts.language, _label(turn, department), department.opening)
    return Decision(f"{told} {phrase(turn.facts.language, 'anything_else')}")


def _clear_faq(turn: Turn) -> Decision | None:
    match = best_faq(turn.facts, turn.text)
    return _answer_faq(turn) if match and match.score >= CLEAR else None


def _answer_faq(turn: Turn) -> Decision | None:
    match = best_faq(turn.facts, turn.text)
    if match is None:
        return None
    answer = localised(match.faq.answer, turn.facts.language)
    return Decision(f"{answer} {phrase(turn.facts.language, 'anything_else')}")


def _position(turn: Turn) -> Decision | None:
    return _call(ToolCall("queue_status")) if turn.reading.says("position") else None


def _callback(turn: Turn) -> Decision | None:
    return _begin_callback(turn) if turn.reading.says("callback") else None


def _message(turn: Turn) -> Decision | None:
    return _ask_message(turn) if turn.reading.brief and turn.reading.says("message") else None


def _department(turn: Turn) -> Decision | None:
    named = turn.department
    if named is None:
        return None
    if turn.facts.waiting and not _elsewhere(turn, named):
        return _call(ToolCall("queue_status"))
    return turn.say("confirm_department", department=_label(turn, named))


def _goodbye(turn: Turn) -> Decision | None:
    if not turn.reading.mainly("bye", slack=4):
        return None
    # Hanging up costs a waiting caller the place in line: that is asked first.
    return _call(ToolCall("end_call")) if turn.typed and not turn.facts.waiting else turn.say("confirm_end")


def _contact_given(turn: Turn) -> Decision | None:
    contact = find_contact(turn.text) if turn.typed else ""
    return _call(ToolCall("note_fact", {"key": "contact", "value": contact})) if contact else None


def _courtesy(turn: Turn) -> Decision | None:
    if turn.reading.says("thanks") and turn.reading.brief:
        return turn.say("welcome_thanks")
    return turn.say("hello") if turn.reading.mainly("hello") else None


def _help(turn: Turn) -> Decision | None:
    if not turn.reading.mainly("help", slack=3):
        return None
    if not turn.facts.departments:
        return turn.say("go_ahead")
    return turn.say("capabilities", departments=department_names(turn.facts, turn.facts.language))


def _bare_answer(turn: Turn) -> Decision | None:
    if turn.reading.mainly("cancel") or turn.reading.mainly("no", slack=1):
        return turn.say("waiting_company" if turn.facts.waiting else "not_now")
    return turn.say("go_ahead") if turn.reading.mainly("yes", slack=1) else None


def _not_understood(turn: Turn) -> Decision:
    if turn.facts.waiting:
        return turn.say("did_not_understand_waiting")
    tries = failures(turn.history)
    if tries >= _FAILURES_BEFORE_PERSON or not turn.facts.departments:
        return turn.say("offer_person")
    key = "did_not_understand_again" if tries else "did_not_understand"
    return turn.say(key, departments=department_names(turn.facts, turn.facts.language))


# Shared steps


def _call(call: ToolCall) -> Decision:
    return Decision(calls=(call,))


def _transfer(facts: CallFacts, department: DepartmentFacts | None, reason: str) -> ToolCall:
    reason = " ".join(reason.split())[:_REASON_LENGTH]
    if department is None or department == facts.own_department:
        return ToolCall("escalate_to_human", {"reason": reason})
    return ToolCall("escalate_to_human", {"reason": reason, "department": department.slug})


def _route(department: DepartmentFacts, reason: str) -> ToolCall:
    return ToolCall("route_to_department", {"department": department.slug, "reason": reason})


def _confirm_or_route(turn: Turn, department: DepartmentFacts) -> Decision:
    if turn.typed:
        return _call(_route(department, _reason(turn)))
    return _confirm(turn, department)


def _confirm(turn: Turn, department: DepartmentFacts | None) -> Decision:
    if department is None:
        return turn.say("confirm_person")
    return turn.say("confirm_department", department=_label(turn, department))


def _begin_callback(turn: Turn) -> Decision:
    if turn.typed and (contact := find_contact(turn.text)):
        return _call(ToolCall("request_callback", {"contact": contact}))
    return turn.say("confirm_callback", contact=turn.facts.contact) if turn.facts.contact else _ask_contact(turn)


def _ask_contact(turn: Turn) -> Decision:
    return turn.say("ask_contact" if turn.typed else "ask_contact_typed")


def _ask_message(turn: Turn) -> Decision:
    return turn.say("ask_message" if turn.typed else "ask_message_typed")


def _label(turn: Turn, department: DepartmentFacts) -> str:
    return department.label(turn.facts.language)


def _labelled(facts: CallFacts, text: str) -> DepartmentFacts | None:
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


def _department_asked_for(turn: Turn) -> DepartmentFacts | None:
    """The department of the caller's last line: our question was cut off before its name."""
    own = [message.text for message in turn.history if message.role == "user"]
    return named_department(turn.facts, Reading.of(own[-1])) if own else None


def _reason(turn: Turn) -> str:
    """What the caller wanted, in the caller's words: the last line that says more than yes."""
    own = [message.text for message in turn.history if message.role == "user"]
    telling = [text for text in (*own, turn.text) if not Reading.of(text).only("yes")]
    return " ".join((telling or [turn.text])[-1].split())[:_REASON_LENGTH]


_ANSWERS: dict[str, Rule] = {
    "confirm_person": _answer_person,
    "offer_person": _answer_person,
    "confirm_department": _answer_department,
    "ask_department": _answer_which_department,
    "offer_either": _answer_message_or_callback,
    "offer_message": _answer_offer,
    "offer_callback": _answer_offer,
    "ask_message_or_callback": _answer_message_or_callback,
    "ask_contact": _answer_contact,
    "ask_contact_typed": _answer_contact,
    "contact_unclear": _answer_contact,
    "confirm_callback": _answer_callback,
    "ask_message": _answer_message,
    "ask_message_typed": _answer_message,
    "confirm_end": _answer_end,
    "confirm_leave": _answer_leave,
    "anything_else": _answer_anything_else,
    "welcome_thanks": _answer_anything_else,
}

_RULES: tuple[Rule, ...] = (
    _language, _answer_pending, _repeat, _identity, _leave, _person, _open, _clear_faq, _asked_for_department,
    _callback, _message, _position, _department, _answer_faq, _goodbye, _contact_given, _courtesy, _help, _bare_answer,
    _not_understood,
)  # fmt: skip
