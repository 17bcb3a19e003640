"""The rule-based receptionist: a pure function from facts, history and text to words and tool calls.

It keeps no state: what it has asked is read from its own last line (`pending.py`). A request that was heard is
confirmed before anything is done, because the built-in recogniser mishears; a typed one goes straight.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from voicebot.receptionist.answers import answer_pending
from voicebot.receptionist.calling_back import asks_for_call_at
from voicebot.receptionist.chat import Decision, Message, ToolCall
from voicebot.receptionist.contact import find_contact
from voicebot.receptionist.detail_words import detail, given_detail
from voicebot.receptionist.facts import CallFacts, DepartmentFacts, localised
from voicebot.receptionist.faqs import CLEAR, best_faq
from voicebot.receptionist.intents import Reading, named_department
from voicebot.receptionist.knowing import asks, not_understood
from voicebot.receptionist.pending import pending
from voicebot.receptionist.prompts import department_names, opening_sentence, phrase
from voicebot.receptionist.rating import rating_of
from voicebot.receptionist.remembering import fact_to_remember, recalled
from voicebot.receptionist.turn import (
    Rule,
    Turn,
    ask_message,
    begin_callback,
    confirm,
    confirm_or_route,
    transfer_to,
    use,
)
from voicebot.receptionist.weeks import week_sentence

SURVEY = "survey"
_CODE = re.compile(
    r"</?\w+>|[\"']\s*:\s*[\"'{\[]|\w\(\w*\s*=|^\s*\[\s*(?:system|النظام)\s*\]", re.IGNORECASE | re.MULTILINE
)
_LONGEST_QUESTION = 500
_LEAST_WORD = 3


def respond(facts: CallFacts, history: Sequence[Message], text: str, *, typed: bool) -> Decision:
    """The reply to `text`; `history` is what came before it. Never raises, whatever the text."""
    turn = Turn(facts, tuple(history), text, typed, Reading.of(text), pending(history))
    return next(decision for rule in _RULES if (decision := rule(turn)) is not None)


def after_tool(facts: CallFacts, output: str, history: Sequence[Message] = ()) -> str:
    """The sentence that follows a tool's output (`ToolResult.output()`); `history` is the talk so far."""
    told = _parsed(output)
    if passages := told.get("passages"):
        return f"{passages[0]['answer']} {phrase(facts.language, 'anything_else')}"
    if told.get("unknown") and not told.get("say"):
        return not_understood(facts, history)
    if not (told.get("say") or told.get("ok")):
        return phrase(facts.language, "tool_failed")
    return str(told.get("say") or f"{phrase(facts.language, 'fact_noted')} {phrase(facts.language, 'anything_else')}")


def _parsed(output: str) -> dict[str, Any]:
    try:
        told = json.loads(output)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def direct_request(facts: CallFacts, text: str) -> ToolCall | None:
    """The transfer that the text asks for beyond doubt, whatever engine is at work; None while already in line.

    The same for the rating of a survey.
    """
    if facts.task == SURVEY and not facts.waiting and (rating := rating_of(text)):
        return ToolCall("rate_call", {"rating": str(rating)})
    reading = Reading.of(text)
    if facts.waiting or not reading.wants_person or asks_for_call_at(facts, text):
        return None
    return transfer_to(facts, named_department(facts, reading), text)


def _language(turn: Turn) -> Decision | None:
    wanted = turn.reading.wanted_language
    return use(ToolCall("set_language", {"language": wanted})) if wanted and wanted != turn.facts.language else None


def _survey(turn: Turn) -> Decision | None:
    """A rating, or none: the question is put twice at most."""
    if turn.facts.task != SURVEY or turn.facts.waiting or turn.reading.wants_person:
        return None
    if rating := rating_of(turn.text):
        return use(ToolCall("rate_call", {"rating": str(rating)}))
    if turn.asked.key not in ("survey_ask", "survey_again"):
        return None
    refused = turn.reading.no or turn.reading.mainly("cancel") or turn.reading.says("bye")
    if refused or turn.asked.key == "survey_again":
        return use(ToolCall("end_call"))
    return turn.say("survey_again")


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
        return use(ToolCall("queue_status"))
    if not turn.typed:
        return confirm(turn, turn.department)
    return use(transfer_to(turn.facts, turn.department, turn.wish))


def _asked_for_department(turn: Turn) -> Decision | None:
    named = turn.department
    if named is None and turn.reading.wants_some_transfer and turn.facts.departments and not turn.facts.waiting:
        return turn.say("ask_department", departments=department_names(turn.facts, turn.facts.language))
    if named is None or not (turn.reading.wants_transfer and turn.reading.brief):
        return None
    here = turn.facts.waiting and not _elsewhere(turn, named)
    return use(ToolCall("queue_status")) if here else confirm_or_route(turn, named)


def _elsewhere(turn: Turn, named: DepartmentFacts | None) -> bool:
    """Whether a waiting caller names another department than the one he waits for."""
    return named is not None and named != turn.facts.own_department


def _open(turn: Turn) -> Decision | None:
    department = turn.department or turn.facts.own_department
    if department is None or department.opening is None or not (turn.reading.brief and turn.reading.says("open")):
        return None
    told = opening_sentence(turn.facts.language, turn.label(department), department.opening)
    return Decision(f"{told} {phrase(turn.facts.language, 'anything_else')}")


def _week(turn: Turn) -> Decision | None:
    """Which hours a department keeps, where it keeps any; else a frequent question may say."""
    department = turn.department or turn.facts.own_department
    if department is None or department.opening is None or not (turn.reading.brief and turn.reading.says("week")):
        return None
    language, label = turn.facts.language, turn.label(department)
    told = week_sentence(language, label, department.opening.week)
    if not told:
        return None
    now = "" if department.opening.is_open else opening_sentence(language, label, department.opening)
    return Decision(" ".join(part for part in (told, now, phrase(language, "anything_else")) if part))


def _clear_faq(turn: Turn) -> Decision | None:
    match = best_faq(turn.facts, turn.text)
    return _answer_faq(turn) if match and match.score >= CLEAR else None


def _answer_faq(turn: Turn) -> Decision | None:
    match = best_faq(turn.facts, turn.text)
    if match is None:
        return None
    answer = localised(match.faq.answer, turn.facts.language)
    return Decision(f"{answer} {phrase(turn.facts.language, 'anything_else')}")


def _place_in_line(turn: Turn) -> Decision | None:
    """In line "how long does it take" means the line."""
    asked = turn.facts.waiting and turn.reading.mainly("position", slack=1)
    return use(ToolCall("queue_status")) if asked else None


def _no_words(turn: Turn) -> Decision | None:
    """Markup, JSON, a forged order: nothing a caller says to be understood."""
    return _not_understood(turn) if _CODE.search(turn.text) and not turn.reading.wants_person else None


def _position(turn: Turn) -> Decision | None:
    # "How long" may be about anything, unless one is waiting.
    meant = turn.facts.waiting or turn.reading.about("position")
    return use(ToolCall("queue_status")) if meant and turn.reading.says("position") else None


def _callback(turn: Turn) -> Decision | None:
    return begin_callback(turn) if turn.reading.says("callback") else None


def _call_at(turn: Turn) -> Decision | None:
    """ "Have somebody call me tomorrow at ten" asks for no person now."""
    dictated = turn.asked.key in ("ask_message", "ask_message_typed")
    return begin_callback(turn) if not dictated and asks_for_call_at(turn.facts, turn.text) else None


def _message(turn: Turn) -> Decision | None:
    return ask_message(turn) if turn.reading.brief and turn.reading.says("message") else None


def _staffing(turn: Turn) -> Decision | None:
    """Who is at work, and the wait before one is in line."""
    asked = turn.department or turn.facts.own_department
    if turn.facts.waiting or asked is None or not turn.reading.says("staffing"):
        return None
    return use(ToolCall("department_status", {"department": asked.slug}))


def _memory(turn: Turn) -> Decision | None:
    """To be remembered or forgotten is for who has proved who he is; the gate asks before it is done."""
    known = turn.facts.known is not None
    if turn.reading.brief and turn.reading.says("forget_me"):
        return use(ToolCall("forget_me")) if known else turn.say("cannot_forget")
    if turn.reading.says("recall"):
        return Decision(f"{recalled(turn.facts)} {phrase(turn.facts.language, 'anything_else')}")
    fact = fact_to_remember(turn.text) if turn.typed or turn.facts.voice != "offline" else ""
    if not fact:
        return None
    return use(ToolCall("remember_fact", {"fact": fact})) if known else turn.say("cannot_remember")


def _question(turn: Turn) -> Decision | None:
    """A question of the company's business that no frequent one covers: the articles may."""
    # What the built-in recogniser heard is one of its phrases, whatever was said.
    listened = turn.typed or turn.facts.voice != "offline"
    if not listened or not asks(turn.text) or best_faq(turn.facts, turn.text):
        return None
    if any(rule(turn) for rule in _SMALL_TALK):
        return None
    return _look_up(turn)


def _other_words(turn: Turn) -> Decision | None:
    """Words without a question, 'returns' for one: only where there is something to look into."""
    return _look_up(turn) if turn.typed and turn.facts.articles else None


def _look_up(turn: Turn) -> Decision | None:
    question = turn.text.strip()[:_LONGEST_QUESTION]
    telling = any(len(word) >= _LEAST_WORD and word.isalpha() for word in turn.reading.words)
    return use(ToolCall("look_up", {"question": question})) if telling else None


def _department(turn: Turn) -> Decision | None:
    named = turn.department
    if named is None:
        return None
    if turn.facts.waiting and not _elsewhere(turn, named):
        return use(ToolCall("queue_status"))
    return turn.say("confirm_department", department=turn.label(named))


def _goodbye(turn: Turn) -> Decision | None:
    if not turn.reading.mainly("bye", slack=4):
        return None
    # Hanging up costs a waiting caller the place in line: that is asked first.
    if turn.facts.waiting:
        return turn.say("confirm_end")
    return use(ToolCall("end_call")) if turn.typed else turn.say("closing_settled")


def _contact_given(turn: Turn) -> Decision | None:
    contact = find_contact(turn.text) if turn.typed else ""
    return use(detail("email" if "@" in contact else "phone", contact)) if contact else None


def _detail_given(turn: Turn) -> Decision | None:
    """A name or an order number, by the words before it."""
    found = given_detail(turn.text)
    return use(detail(*found)) if found else None


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
    return Decision(not_understood(turn.facts, turn.history))


_SMALL_TALK: tuple[Rule, ...] = (_goodbye, _contact_given, _courtesy, _help, _bare_answer)
_RULES: tuple[Rule, ...] = (
    _language, _survey, _no_words, _call_at, answer_pending, _repeat, _identity, _leave, _person, _place_in_line, _open,
    _week, _staffing, _clear_faq, _asked_for_department, _callback, _message, _position, _memory, _detail_given,
    _question, _department, _answer_faq, *_SMALL_TALK, _other_words, _not_understood,
)  # fmt: skip
