"""The gate before the tools: every use is one row, repeated ones do nothing, and what cannot be undone is asked first.

A language model may be wrong, talked into things, or hostile. What it may do is decided here, by the database and by
the caller's own words, never by what the model says that the caller said.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Any

import structlog

from calls.states import ToolOutcome
from voicebot.receptionist.calling_back import is_as_wished, settled, wanted_at, when_key
from voicebot.receptionist.contact import find_contact
from voicebot.receptionist.details import detail_rules, normalised, read_back
from voicebot.receptionist.intents import Reading
from voicebot.receptionist.pending import pending
from voicebot.receptionist.ports import GatewayError, StoredUse
from voicebot.receptionist.prompts import moment_words, phrase
from voicebot.receptionist.rating import rating_of
from voicebot.receptionist.redaction import redact
from voicebot.receptionist.toolkit import ToolContext, ToolResult, passages_of

logger = structlog.get_logger(__name__)

Arguments = Mapping[str, str]
Do = Callable[[Arguments], Awaitable[ToolResult]]

# Uses of one tool in a call; refused ones count towards the call's and the turn's own limits only.
CAPS = {"request_callback": 3, "take_message": 3, "note_fact": 30, "set_language": 5, "rate_call": 3, "leave_queue": 5,
        "escalate_to_human": 10, "route_to_department": 10, "queue_status": 200, "look_up": 40,
        "remember_fact": 10, "forget_me": 3}  # fmt: skip
_DEFAULT_CAP = 20
_STORED_LENGTH = 500
_GOODBYE_QUESTIONS = ("anything_else", "welcome_thanks")
_ENDING_QUESTIONS = ("confirm_end", "closing_settled")
SURVEY_QUESTIONS = ("survey_ask", "survey_again")


async def pass_through(context: ToolContext, name: str, arguments: Arguments, do: Do) -> ToolResult:
    """Claim the use, ask the caller where that must be, do it, store what came of it."""
    arguments = {key: value if key == "contact" else redact(value) for key, value in arguments.items()}
    if name == "collect_detail":
        arguments = {**arguments, "value": _in_one_form(context, arguments)}
    wished = arguments.get("when", "") if name == "request_callback" else ""
    if wished and context.facts.callback and wanted_at(context.facts, wished) is None:
        return await refuse(context, name, arguments, f"when must be as in {when_key(context.facts.callback.now)!r}.")
    if wished:
        arguments = {**arguments, "when": _time_to_promise(context, wished)}
    claimed = await _claim(context, name, arguments)
    if isinstance(claimed, ToolResult):
        return claimed
    result = _question(context, name, arguments, wished) or await do(arguments)
    await settle(context, claimed.key, result)
    return result


async def refuse(context: ToolContext, name: str, given: object, why: str) -> ToolResult:
    """A use that the check has not let through: a row as well, and words for the model."""
    result = ToolResult(False, why)
    claimed = await _claim(context, name, _storable(given))
    if isinstance(claimed, StoredUse):
        await settle(context, claimed.key, result)
    return result


async def _claim(context: ToolContext, name: str, arguments: Arguments) -> StoredUse | ToolResult:
    try:
        use = await context.gateway.begin_use(
            context.facts.call_id,
            key=_key(context, name, arguments),
            turn=context.turn_id,
            tool=name,
            arguments=dict(arguments),
            cap=None if context.direct else CAPS.get(name, _DEFAULT_CAP),
        )
    except GatewayError as error:
        logger.warning("tool use not stored", call_id=context.facts.call_id, tool=name[:60], error=str(error))
        return ToolResult(False, "It did not work now.", phrase(context.language, "tool_failed"))
    if use is None:
        return ToolResult(False, f"{name[:60]} was used too often; go on without it, or offer a person.")
    return use if use.new else stored(use)


def stored(use: StoredUse) -> ToolResult:
    """What came of a use that was claimed before."""
    if use.outcome == ToolOutcome.RUNNING:
        return ToolResult(False, "That is being done already.")
    told = dict(use.result)
    restored = {"actions": tuple(told.get("actions", ())), "passages": passages_of(told.get("passages", ()))}
    return ToolResult(**{**told, **restored})


async def settle(context: ToolContext, key: str, result: ToolResult) -> None:
    """Store a result under its use. What has been done stays done where that fails: the row says `running`."""
    told = {name: value for name, value in asdict(result).items() if name != "outcome"}
    try:
        await context.gateway.settle_use(context.facts.call_id, key, result.settled, told)
    except GatewayError as error:
        logger.warning("outcome not stored", call_id=context.facts.call_id, key=key, error=str(error))


def _key(context: ToolContext, name: str, arguments: Arguments) -> str:
    # The same message is one message however often, and by whichever AI of the call, it is taken.
    turn = "" if name == "take_message" else context.turn_id
    told = json.dumps([turn, name, sorted(arguments.items())])
    return hashlib.sha256(told.encode("utf-8", "backslashreplace")).hexdigest()[:40]


def _storable(given: object) -> dict[str, str]:
    """What a model gave, as far as it is worth keeping."""
    items = list(given.items())[:8] if isinstance(given, Mapping) else [("given", given)]
    return {_short(key)[:60]: _short(value) for key, value in items}


def _short(value: Any) -> str:
    try:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = type(value).__name__
    clean = text[: 2 * _STORED_LENGTH].replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")
    return redact(clean)[:_STORED_LENGTH]


# --- what the caller says to a question ----------------------------------------------------------------------------
async def answered(context: ToolContext, key: str, answer: ToolOutcome) -> bool:
    """Store the answer; False where the question is not open any more, or the product cannot be asked."""
    try:
        return await context.gateway.answer_use(context.facts.call_id, key, answer)
    except GatewayError as error:
        logger.warning("answer not stored", call_id=context.facts.call_id, key=key, error=str(error))
        return False


def answer_of(said: str, tool: str, asked: str) -> ToolOutcome:
    """What the caller's words make of what he was asked: yes, no, or something else."""
    reading = Reading.of(said)
    if tool == "end_call" and asked in SURVEY_QUESTIONS:
        # Rated or not: who was asked has said goodbye already.
        done = rating_of(said) is not None or reading.no or reading.mainly("bye", slack=4) or reading.mainly("cancel")
        return ToolOutcome.RUNNING if done and not reading.wants_person else ToolOutcome.LAPSED
    agreed = reading.yes or (tool == "end_call" and reading.mainly("bye", slack=4))
    if agreed and not reading.wants_person:
        return ToolOutcome.RUNNING
    return ToolOutcome.DECLINED if reading.no or reading.mainly("cancel") else ToolOutcome.LAPSED


def is_bare_no(said: str) -> bool:
    """Whether there is nothing more to answer than a no."""
    reading = Reading.of(said)
    return reading.mainly("no", slack=1) or reading.mainly("cancel", slack=1)


# --- what is asked first -------------------------------------------------------------------------------------------
def _question(context: ToolContext, name: str, arguments: Arguments, wished: str) -> ToolResult | None:
    """What cannot be undone is asked for, unless the caller has just said it in so many words."""
    meant = _MEANT.get(name)
    if meant is None:
        return None
    if wished and find_contact(arguments["contact"]):
        return _asked(_time_question(context, wished, arguments))
    if meant(context, arguments):
        return _closing(context) if name == "end_call" else None
    return _asked(phrase(context.language, _ASK[name], **_read_back(context, name, arguments)))


def _asked(said: str) -> ToolResult:
    text = "Not done yet: the caller was asked, and the system does it after a yes. Do not call it again."
    return ToolResult(False, text, said, ("asked",), outcome=ToolOutcome.ASKED)


def _time_to_promise(context: ToolContext, wished: str) -> str:
    """The wished time, or the nearest one there is, as it is asked about and kept."""
    at = settled(context.facts, wished)
    return when_key(at) if at is not None else ""


def _time_question(context: ToolContext, wished: str, arguments: Arguments) -> str:
    """The time read back, never promised before a yes."""
    at, rules = wanted_at(context.facts, arguments["when"]), context.facts.callback
    contact = _read_back(context, "request_callback", arguments)
    if at is None or rules is None:
        # No time to be had at all: what is left is as soon as somebody is free.
        return phrase(context.language, "confirm_callback", **contact)
    key = "confirm_callback_at" if is_as_wished(context.facts, wished, at) else "confirm_callback_nearest"
    return phrase(context.language, key, when=moment_words(context.language, at, rules.now), **contact)


def _closing(context: ToolContext) -> ToolResult | None:
    """The one question before a spoken goodbye: whether it is settled, or, where that is known, a rating.

    None where a question was just answered, and for who types: the page asks for the rating.
    """
    asked = pending(context.history).key
    if context.typed or context.facts.waiting or context.facts.task or asked in _ENDING_QUESTIONS:
        return None
    if asked in _GOODBYE_QUESTIONS:
        # The built-in recogniser listens for ratings in a survey only.
        if context.facts.voice == "offline":
            return None
        said = phrase(context.language, "survey_ask")
    else:
        said = phrase(context.language, "closing_settled")
    text = "The caller was asked one last question; the system ends the call after it."
    return ToolResult(False, text, said, ("asked", "closing"), outcome=ToolOutcome.ASKED)


def _read_back(context: ToolContext, name: str, arguments: Arguments) -> dict[str, str]:
    """What the question is filled in with: spelled where it is heard."""
    if name == "request_callback":
        contact = find_contact(arguments["contact"])
        kind = "email" if "@" in contact else "phone"
        return {"contact": read_back(context.language, kind, contact, typed=context.typed)}
    if name == "collect_detail":
        kind, value = arguments["kind"], arguments["value"]
        said = read_back(context.language, kind, value, typed=context.typed)
        return {"what": phrase(context.language, f"detail_{kind}"), "value": said}
    return dict(arguments)


def _in_one_form(context: ToolContext, arguments: Arguments) -> str:
    """The value as it will be kept; what is none stays as it is, and is refused."""
    return normalised(arguments["kind"], arguments["value"], detail_rules(context.facts)) or arguments["value"]


def _is_none(context: ToolContext, arguments: Arguments) -> bool:
    """Nothing to ask about: the tool says that it has not understood."""
    return not normalised(arguments["kind"], arguments["value"], detail_rules(context.facts))


def _wants_to_end(context: ToolContext, _: Arguments) -> bool:
    reading, asked = Reading.of(context.said), pending(context.history).key
    if asked in _ENDING_QUESTIONS and (reading.yes or reading.says("bye")):
        return True
    if context.facts.waiting:
        # Hanging up costs the place in line: that is asked first.
        return False
    if context.facts.task and asked in SURVEY_QUESTIONS:
        return True
    return reading.mainly("bye", slack=4) or (asked in _GOODBYE_QUESTIONS and reading.no)


def _wants_out(context: ToolContext, _: Arguments) -> bool:
    return pending(context.history).key == "confirm_leave" and Reading.of(context.said).yes


def _gave_contact(context: ToolContext, arguments: Arguments) -> bool:
    """Typed by himself just now, or read to him and answered with yes. What is no contact is refused by the tool."""
    contact = find_contact(arguments["contact"])
    if not contact or (context.typed and find_contact(context.said) == contact):
        return True
    asked = pending(context.history)
    read_back = asked.key == "confirm_callback" and contact == context.facts.contact
    return read_back and Reading.of(context.said).yes


def _never(_: ToolContext, __: Arguments) -> bool:
    return False


_MEANT: dict[str, Callable[[ToolContext, Arguments], bool]] = {
    "end_call": _wants_to_end,
    "leave_queue": _wants_out,
    "request_callback": _gave_contact,
    "collect_detail": _is_none,
    # Consent is what is said to the question, never what came before it.
    "remember_fact": _never,
    "forget_me": _never,
}
_ASK = {"end_call": "confirm_end", "leave_queue": "confirm_leave", "request_callback": "confirm_callback",
        "collect_detail": "confirm_detail", "remember_fact": "confirm_remember",
        "forget_me": "confirm_forget"}  # fmt: skip
