"""The receptionist's tools as data: name, description, JSON schema, handler; and the one way to run them."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import structlog

from calls.states import Mood, ToolOutcome
from voicebot.receptionist import calling_back, gate, handlers, knowing, remembering, staffing
from voicebot.receptionist.details import KINDS, LONGEST
from voicebot.receptionist.facts import CALLBACK, MESSAGE, CallFacts
from voicebot.receptionist.pending import pending
from voicebot.receptionist.ports import CallOver, GatewayError, QueueClosed, WrongState
from voicebot.receptionist.prompts import languages, phrase, refusal_sentence
from voicebot.receptionist.rating import rating_of
from voicebot.receptionist.toolkit import ToolContext, ToolResult

logger = structlog.get_logger(__name__)

Handler = Callable[[ToolContext, Mapping[str, Any]], Awaitable[ToolResult]]
Schema = dict[str, Any]
_WITH_AGENT = ("connecting", "agent")
_LONGEST_ARGUMENTS = 50_000


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as a language model is told of it; `parameters` is a JSON schema of an object of strings."""

    name: str
    description: str
    handler: Handler
    parameters: Schema = field(default_factory=dict)


def _text(description: str, longest: int = 500) -> Schema:
    return {"type": "string", "description": description, "minLength": 1, "maxLength": longest}


def _object(properties: dict[str, Schema], *, optional: tuple[str, ...] = ()) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _department(facts: CallFacts) -> Schema:
    slugs = [item.slug for item in facts.departments]
    return {"type": "string", "enum": slugs, "description": "The department's key."}


def tools_for(facts: CallFacts) -> tuple[Tool, ...]:
    """The tools that make sense now: while the caller waits there is nothing to transfer."""
    common: tuple[Tool, ...] = (
        *_callback_tools(facts),
        *_small_tools(),
        _look_up_tool(),
        *_memory_tools(facts),
        *_status_tool(facts),
    )
    if facts.task == "survey" and not facts.waiting:
        common = (_rate_tool(), *common)
    if facts.waiting:
        return (*common, _leave_tool(), *(_move_tool(facts) if len(facts.departments) > 1 else ()))
    return (*_transfer_tools(facts), *common) if facts.departments else common


def _rate_tool() -> Tool:
    rating = {"type": "string", "enum": ["1", "2", "3", "4", "5"], "description": "5 is the best."}
    told = "Store the caller's rating of the call and say goodbye. Only a rating that the caller has given."
    return Tool("rate_call", told, handlers.rate_call, _object({"rating": rating}))


def _leave_tool() -> Tool:
    told = "Take the caller out of the queue, because he does not want to wait any longer."
    return Tool("leave_queue", told, handlers.leave_queue, _object({}))


def _move_tool(facts: CallFacts) -> tuple[Tool, ...]:
    route = next(tool for tool in _transfer_tools(facts) if tool.name == "route_to_department")
    told = "Let the waiting caller wait for another department instead. The time waited so far counts."
    return (replace(route, description=told, handler=handlers.move_in_queue),)


def _transfer_tools(facts: CallFacts) -> tuple[Tool, ...]:
    reason = _text("Why, in a few words, in the caller's language.")
    return (
        Tool(
            "escalate_to_human",
            "Put the caller into the queue for a person. Use it at once when the caller asks for a human being.",
            handlers.escalate_to_human,
            _object(
                {
                    "reason": reason,
                    "department": _department(facts),
                    "summary": _text(f"Two sentences for the agent who takes over, in {facts.staff_language}.", 700),
                    "mood": {"type": "string", "enum": Mood.values, "description": "How the caller seems to feel."},
                },
                optional=("department", "summary", "mood"),
            ),
        ),
        Tool(
            "route_to_department",
            "Put the caller into a department's queue. Ask the caller first, and call it after a yes.",
            handlers.route_to_department,
            _object({"department": _department(facts), "reason": reason}),
        ),
    )


def _callback_tools(facts: CallFacts) -> tuple[Tool, ...]:
    """Only what the department that refused the caller has for him."""
    tools = {CALLBACK: _callback_tool(facts), MESSAGE: _message_tool()}
    return tuple(tool for kind, tool in tools.items() if kind in facts.may_leave)


def _callback_tool(facts: CallFacts) -> Tool:
    properties = {
        "contact": _text("The caller's email address or phone number, as given.", 254),
        "note": _text("What it is about."),
    }
    if facts.callback and (told := calling_back.when_told(facts.callback)):
        properties["when"] = _text(told, 30)
    return Tool(
        "request_callback",
        "Store a request to be called back on the caller's page. What is said back names the time.",
        handlers.request_callback,
        _object(properties, optional=("note", "when")),
    )


def _message_tool() -> Tool:
    return Tool(
        "take_message",
        "Store a message for the team.",
        handlers.take_message,
        _object({"message": _text("The message in the caller's words.", 4000)}),
    )


def _small_tools() -> tuple[Tool, ...]:
    language = {"type": "string", "enum": list(languages()), "description": "The language to go on in."}
    return (
        Tool("queue_status", "Where the caller stands in the queue.", handlers.queue_status, _object({})),
        Tool("set_language", "Go on in another language.", handlers.set_language, _object({"language": language})),
        Tool(
            "note_fact",
            "Keep something the next person should know.",
            handlers.note_fact,
            _object({"key": _text("What it is: order_number, problem …", 60), "value": _text("Its value.")}),
        ),
        Tool(
            "collect_detail",
            "Keep a detail the caller has given. The system reads it back and keeps it after a yes.",
            handlers.collect_detail,
            _object(
                {"kind": {"type": "string", "enum": list(KINDS), "description": "What it is."}, "value": _detail()}
            ),
        ),
        Tool("end_call", "Say goodbye and end the call, when the caller is done.", handlers.end_call, _object({})),
    )


def _look_up_tool() -> Tool:
    question = _text("The caller's question, as a question, in the caller's words and language.", 500)
    return Tool("look_up", knowing.LOOK_UP, knowing.look_up, _object({"question": question}))


def _detail() -> Schema:
    return _text("As the caller said it; a date as 2027-03-01.", LONGEST)


def _status_tool(facts: CallFacts) -> tuple[Tool, ...]:
    schema = _object({"department": _department(facts)})
    tool = Tool("department_status", staffing.STATUS, staffing.department_status, schema)
    return (tool,) if facts.departments else ()


def _memory_tools(facts: CallFacts) -> tuple[Tool, ...]:
    """Only for who has proved who he is."""
    if facts.known is None:
        return ()
    fact = _text("The fact in one short sentence, in the customer's language.", remembering.LONGEST_FACT)
    return (
        Tool("remember_fact", remembering.REMEMBER, remembering.remember_fact, _object({"fact": fact})),
        Tool("forget_me", remembering.FORGET, remembering.forget_me, _object({})),
    )


async def run_tool(context: ToolContext, name: str, arguments: Mapping[str, Any] | str) -> ToolResult:
    """Run a tool once per turn and arguments, as `gate` lets it. Bad input and refusals come back as `ok=False`."""
    tool = _tool_named(context, name)
    if tool is None:
        return await gate.refuse(context, name, arguments, f"There is no tool {name[:60]!r} now.")
    checked = check_arguments(tool.parameters, arguments)
    if isinstance(checked, str):
        return await gate.refuse(context, name, arguments, checked)
    return await gate.pass_through(context, name, checked, partial(_attempt, context, tool))


async def answer_question(context: ToolContext) -> ToolResult | None:
    """What the caller says to a question of the gate, before any engine is asked; None: something else.

    A yes does what was asked about. Anything else drops it: whoever wants it after all is asked again.
    """
    question = context.facts.question
    if question is None:
        return None
    asked = pending(context.history).key
    answer = gate.answer_of(context.said, question.tool, asked)
    if question.tool == "request_callback" and calling_back.another_time(
        context.facts, question.arguments, context.said
    ):
        # "Yes, but at eleven" is no yes to ten.
        answer = ToolOutcome.LAPSED
    if not await gate.answered(context, question.key, answer):
        return None
    if answer == ToolOutcome.RUNNING and (tool := _tool_named(context, question.tool)):
        arguments = question.arguments
        if tool.name == "end_call" and asked in gate.SURVEY_QUESTIONS and (rating := rating_of(context.said)):
            tool, arguments = replace(tool, handler=handlers.rate_call), {"rating": str(rating)}
        result = await _attempt(context, tool, arguments)
        await gate.settle(context, question.key, result)
        return result
    if not gate.is_bare_no(context.said):
        return None
    if question.tool == "collect_detail":
        what = phrase(context.language, f"detail_{question.arguments['kind']}")
        return ToolResult(True, "", phrase(context.language, "detail_again", what=what))
    asks_time = question.tool == "request_callback" and "when" in question.arguments
    return ToolResult(True, "", phrase(context.language, "ask_callback_time" if asks_time else "not_now"))


def _tool_named(context: ToolContext, name: str) -> Tool | None:
    return next((item for item in tools_for(context.facts) if item.name == name), None) or _late_transfer(context, name)


def _late_transfer(context: ToolContext, name: str) -> Tool | None:
    """A transfer asked for while the caller is in line already: to another department, or the place in line."""
    if not context.facts.waiting:
        return None
    tool = next((item for item in _transfer_tools(context.facts) if item.name == name), None)
    return replace(tool, handler=handlers.move_in_queue) if tool else None


async def _attempt(context: ToolContext, tool: Tool, arguments: Mapping[str, Any]) -> ToolResult:
    try:
        return await tool.handler(context, arguments)
    except QueueClosed as error:
        offer = "keep" if context.facts.waiting else error.offer
        said = refusal_sentence(context.facts, error.department, error.cause, offer)
        return ToolResult(False, "The department takes nobody now.", said, ("refused",))
    except CallOver:
        return ToolResult(False, "The call has ended.", actions=("ended",))
    except WrongState as error:
        if error.state in _WITH_AGENT:
            return ToolResult(False, "A person has just taken the call.", phrase(context.language, "being_connected"))
        return _refused(context, f"Not possible while the call is {error.state!r}.")
    except GatewayError as error:
        logger.warning("tool failed", call_id=context.facts.call_id, tool=tool.name, error=str(error))
        failed = _refused(context, "It did not work now; it may be tried again later.")
        return replace(failed, outcome=ToolOutcome.FAILED)


def _refused(context: ToolContext, text: str) -> ToolResult:
    return ToolResult(False, text, phrase(context.language, "tool_failed"))


def check_arguments(schema: Schema, arguments: Mapping[str, Any] | str) -> dict[str, str] | str:
    """The arguments as the schema wants them, surplus ones dropped, or what is wrong in one sentence."""
    given = _parsed(arguments)
    if given is None:
        return "The arguments must be a JSON object of texts."
    properties: dict[str, Schema] = schema.get("properties", {})
    kept = {name: given[name] for name in properties if given.get(name) not in (None, "")}
    if missing := [name for name in schema.get("required", ()) if name not in kept]:
        return f"Missing: {', '.join(missing)}."
    wrong = [problem for name, value in kept.items() if (problem := _problem(name, value, properties[name]))]
    return wrong[0] if wrong else {name: _clean(value) for name, value in kept.items()}


def _parsed(arguments: Mapping[str, Any] | str) -> Mapping[str, Any] | None:
    if isinstance(arguments, Mapping):
        return arguments
    if len(arguments) > _LONGEST_ARGUMENTS:
        return None
    try:
        parsed = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _problem(name: str, value: object, schema: Schema) -> str:
    if not isinstance(value, str) or not _clean(value):
        return f"{name} must be a text."
    if "enum" in schema and value not in schema["enum"]:
        return f"{name} must be one of: {', '.join(schema['enum'])}."
    if len(value) > schema.get("maxLength", len(value)):
        return f"{name} is too long: at most {schema['maxLength']} characters."
    return ""


def _clean(value: str) -> str:
    """Without NUL and lone surrogates, which no database takes."""
    return value.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8").strip()
