"""What the caller says to a question of ours."""

from voicebot.receptionist.calling_back import contact_named, when_wished
from voicebot.receptionist.chat import Decision, ToolCall
from voicebot.receptionist.contact import find_contact
from voicebot.receptionist.details import KINDS, detail_rules, normalised
from voicebot.receptionist.faqs import best_faq
from voicebot.receptionist.normalise import normalise
from voicebot.receptionist.prompts import languages, phrase
from voicebot.receptionist.turn import (
    Rule,
    Turn,
    ask_contact,
    ask_message,
    begin_callback,
    call_back,
    confirm_or_route,
    department_asked_for,
    labelled,
    route_to,
    transfer_to,
    use,
)
from voicebot.receptionist.wished_times import wants_it_soon


def answer_pending(turn: Turn) -> Decision | None:
    handler = _ANSWERS.get(turn.asked.key)
    # "Oh sorry, wrong number, bye" is no answer to what was offered.
    leaving = turn.asked.key not in _ENDING and turn.reading.mainly("bye", slack=4) and not turn.reading.mainly("bye")
    return handler(turn) if handler and not leaving else None


def _answer_person(turn: Turn) -> Decision | None:
    wanted = turn.department
    if turn.reading.no or turn.reading.mainly("cancel"):
        return turn.say("not_now")
    if turn.reading.yes or (turn.reading.wants_person and not wanted):
        return use(transfer_to(turn.facts, wanted, turn.wish))
    return use(route_to(wanted, turn.wish)) if wanted and turn.reading.brief else None


def _answer_department(turn: Turn) -> Decision | None:
    offered = labelled(turn.facts, turn.asked.values.get("department", "")) or department_asked_for(turn)
    named = turn.department
    if (turn.reading.no and not named) or turn.reading.mainly("cancel"):
        return turn.say("not_now")
    if named and named != offered:
        return confirm_or_route(turn, named)
    if offered and (turn.reading.yes or named or turn.reading.wants_person):
        return use(route_to(offered, turn.wish))
    return use(transfer_to(turn.facts, None, turn.wish)) if turn.reading.yes else None


def _answer_which_department(turn: Turn) -> Decision | None:
    named = turn.department
    if named is None:
        return turn.say("not_now") if turn.reading.no else None
    return confirm_or_route(turn, named)


def _answer_message_or_callback(turn: Turn) -> Decision | None:
    if turn.reading.says("message"):
        return ask_message(turn)
    if turn.reading.says("callback") or when_wished(turn.facts, (), turn.text):
        return begin_callback(turn)
    if turn.reading.no:
        return turn.say("not_now")
    return turn.say("ask_message_or_callback") if turn.reading.yes else None


def _answer_offer(turn: Turn) -> Decision | None:
    if turn.reading.yes and turn.asked.key == "offer_message":
        return ask_message(turn)
    return begin_callback(turn) if turn.reading.yes else _answer_message_or_callback(turn)


def _answer_contact(turn: Turn) -> Decision | None:
    when = when_wished(turn.facts, turn.history, turn.text)
    if contact := find_contact(turn.text):
        return call_back(contact, when)
    if turn.reading.no or turn.reading.mainly("cancel"):
        return turn.say("not_now")
    if turn.reading.wants_person or turn.department or best_faq(turn.facts, turn.text):
        return None
    return turn.say("contact_unclear")


def _answer_callback(turn: Turn) -> Decision | None:
    if contact := find_contact(turn.text):
        return call_back(contact, when_wished(turn.facts, turn.history, turn.text))
    when = when_wished(turn.facts, (), turn.text)
    if when and turn.facts.contact:
        return call_back(turn.facts.contact, when)
    if turn.reading.no:
        return ask_contact(turn)
    return call_back(turn.facts.contact, "") if turn.reading.yes and turn.facts.contact else None


def _answer_callback_time(turn: Turn) -> Decision | None:
    """Another time than the one read back, the time asked for, another number, or none after all."""
    when = when_wished(turn.facts, turn.history, turn.text, bare=True)
    named = when_wished(turn.facts, (), turn.text, bare=True)
    contact = contact_named(turn.facts, turn.history, turn.text)
    if contact and (named or wants_it_soon(turn.text)):
        return call_back(contact, named)
    if found := find_contact(turn.text):
        return call_back(found, when)
    if turn.reading.mainly("cancel") or (turn.reading.no and turn.asked.key == "ask_callback_time"):
        return turn.say("not_now")
    if turn.reading.wants_person or turn.department or best_faq(turn.facts, turn.text):
        return None
    # A yes to a question that is not open any more is asked for once more, with the time that was named.
    return call_back(contact, when) if contact and when and turn.reading.yes else turn.say("ask_callback_time")


def _answer_message(turn: Turn) -> Decision | None:
    if turn.reading.mainly("cancel", slack=1) or turn.reading.mainly("no", slack=0):
        return turn.say("not_now")
    # What the built-in recogniser hears is one of its few phrases, never a message.
    if not turn.typed or turn.reading.empty or (turn.reading.wants_person and turn.reading.brief):
        return None
    return use(ToolCall("take_message", {"message": turn.text.strip()}))


def _answer_end(turn: Turn) -> Decision | None:
    if turn.reading.yes or turn.reading.says("bye"):
        return use(ToolCall("end_call"))
    return turn.say("not_now") if turn.reading.no else None


def _answer_leave(turn: Turn) -> Decision | None:
    if not turn.facts.waiting:
        return None
    if turn.reading.yes:
        return use(ToolCall("leave_queue"))
    return turn.say("waiting_company") if turn.reading.no else None


def _answer_anything_else(turn: Turn) -> Decision | None:
    if turn.reading.no and turn.department is None:
        if turn.facts.waiting:
            return turn.say("still_waiting")
        return use(ToolCall("end_call")) if turn.typed else turn.say("confirm_end")
    return turn.say("go_ahead") if turn.reading.mainly("yes", slack=1) else None


_ENDING = frozenset({"ask_message", "ask_message_typed", "confirm_end", "anything_else", "welcome_thanks"})


def _answer_detail(turn: Turn) -> Decision | None:
    """The detail once more, or none after all."""
    asked = turn.asked.values.get("what", "")
    kind = next((kind for kind in KINDS for language in languages() if _called(language, kind) == asked), None)
    if turn.reading.mainly("cancel") or turn.reading.mainly("no", slack=1):
        return turn.say("not_now")
    if kind is None or turn.reading.wants_person or not normalised(kind, turn.text, detail_rules(turn.facts)):
        return None
    return use(ToolCall("collect_detail", {"kind": kind, "value": turn.text.strip()}))


def _called(language: str, kind: str) -> str:
    return normalise(phrase(language, f"detail_{kind}"))


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
    "confirm_callback_at": _answer_callback_time,
    "confirm_callback_nearest": _answer_callback_time,
    "ask_callback_time": _answer_callback_time,
    "ask_message": _answer_message,
    "ask_message_typed": _answer_message,
    "confirm_end": _answer_end,
    "closing_settled": _answer_end,
    "confirm_leave": _answer_leave,
    "anything_else": _answer_anything_else,
    "welcome_thanks": _answer_anything_else,
    "detail_again": _answer_detail,
    "detail_unclear": _answer_detail,
}
