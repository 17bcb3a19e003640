"""One typed turn of a call, from the caller's text to the stored reply."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

import structlog

from calls.states import CallState, Speaker
from voicebot.receptionist import rules
from voicebot.receptionist.chat import Message, ToolCall
from voicebot.receptionist.claims import honest
from voicebot.receptionist.engine import Engine, EngineError, Prompt, RulesEngine
from voicebot.receptionist.facts import CallFacts
from voicebot.receptionist.knowing import cited
from voicebot.receptionist.language import detect_language
from voicebot.receptionist.ports import CallOver, Gateway, Line, Source, TurnNews
from voicebot.receptionist.prompts import phrase
from voicebot.receptionist.system_prompt import system_prompt
from voicebot.receptionist.toolkit import ToolContext, ToolResult
from voicebot.receptionist.tools import answer_question, run_tool, tools_for

logger = structlog.get_logger(__name__)

_ROUNDS = 4  # of tools in one turn
_SPEAKERS = (Speaker.CUSTOMER, Speaker.AI)


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of a typed text. `actions` names what was done, in order."""

    reply: str
    language: str
    actions: tuple[str, ...] = ()
    ends_call: bool = False
    sources: tuple[Source, ...] = ()


async def converse(gateway: Gateway, engine: Engine, call_id: str, text: str, *, turn_id: str = "") -> Turn:
    """Answer a typed text, store both lines, tell the AI in the room. Raises CallUnknown, CallOver, GatewayError.

    `turn_id` names the turn where the same one may come twice: what its tools did is not done again.
    """
    turn_id = turn_id or uuid4().hex
    facts = await _facts_in_callers_language(gateway, call_id, text)
    history = messages_of(await gateway.history(call_id))
    await gateway.add_line(
        call_id,
        speaker=Speaker.CUSTOMER,
        text=text,
        language=facts.language,
        name=facts.caller_name,
        segment=f"typed-{turn_id}",
    )
    if facts.state == CallState.AGENT:
        return Turn("", facts.language, ("relayed",))
    turn = await _answer(ToolContext(gateway, facts, turn_id, True, history, text), engine)
    await _publish(gateway, facts, turn_id, text, turn)
    return turn


async def _facts_in_callers_language(gateway: Gateway, call_id: str, text: str) -> CallFacts:
    facts = await gateway.facts(call_id)
    if facts.over:
        raise CallOver
    language = detect_language(text, facts.language)
    if language == facts.language:
        return facts
    await gateway.set_language(call_id, language)
    return replace(facts, language=language)


async def _answer(context: ToolContext, engine: Engine) -> Turn:
    if answered := await answer_question(context):
        if not answered.goes_on or isinstance(engine, RulesEngine):
            return _turn(context, answered.say, (answered,))
        context = replace(context, facts=await context.gateway.facts(context.facts.call_id))
    if call := rules.direct_request(context.facts, context.said):
        result = await run_tool(replace(context, direct=True), call.name, call.arguments)
        return _turn(context, result.say or phrase(context.language, "tool_failed"), (result,))
    messages = (*context.history, Message("user", context.said))
    done = [answered] if answered else []
    try:
        return await _rounds(context, engine, messages, done)
    except EngineError as error:
        logger.warning("engine failed, the rules answer", call_id=context.facts.call_id, error=str(error))
        if answered:
            return _turn(context, answered.say, done)
        return await _rounds(context, RulesEngine(), messages, [])


async def _rounds(
    context: ToolContext, engine: Engine, messages: tuple[Message, ...], before: Sequence[ToolResult]
) -> Turn:
    """Let the engine speak and use tools until it has a reply; a tool's own sentence is the reply."""
    facts, system, tools = context.facts, system_prompt(context.facts), tools_for(context.facts)
    done = list(before)
    used: list[tuple[ToolCall, ToolResult]] = []
    for _ in range(_ROUNDS):
        decision = await engine.complete(Prompt(facts, system, messages, tools, context.typed))
        if not decision.calls:
            tools_done = {call.name for call, result in used if result.ok and not result.outcome}
            return _turn(context, honest(facts, decision.say, tools_done), done)
        calls = _numbered(decision.calls, len(messages))
        results = [await run_tool(context, call.name, call.arguments) for call in calls]
        done += results
        used += zip(calls, results, strict=True)
        if said := " ".join(dict.fromkeys(result.say for result in results if result.say)):
            return _turn(context, said, done)
        outputs = [
            Message("tool", result.output(), call_id=call.id, name=call.name)
            for call, result in zip(calls, results, strict=True)
        ]
        messages = (*messages, Message("assistant", decision.say, calls), *outputs)
    raise EngineError("no reply after the last round of tools")


def _numbered(calls: Sequence[ToolCall], start: int) -> tuple[ToolCall, ...]:
    return tuple(call if call.id else replace(call, id=f"call_{start}_{index}") for index, call in enumerate(calls))


def _turn(context: ToolContext, reply: str, results: Sequence[ToolResult]) -> Turn:
    language = next((result.language for result in reversed(results) if result.language), context.language)
    actions = tuple(dict.fromkeys(action for result in results for action in result.actions))
    reply = reply or phrase(language, "go_ahead")
    passages = tuple(passage for result in results for passage in result.passages)
    return Turn(reply, language, actions, any(result.ends_call for result in results), cited(passages, reply))


async def _publish(gateway: Gateway, facts: CallFacts, turn_id: str, text: str, turn: Turn) -> None:
    call_id = facts.call_id
    await gateway.add_line(
        call_id,
        speaker=Speaker.AI,
        text=turn.reply,
        language=turn.language,
        segment=f"reply-{turn_id}",
        sources=turn.sources,
    )
    await gateway.publish_turn(
        call_id, TurnNews(turn_id, text, facts.language, turn.reply, turn.language, turn.actions, turn.ends_call)
    )
    if turn.ends_call:
        await gateway.end_call(call_id)


def messages_of(lines: Sequence[Line]) -> tuple[Message, ...]:
    """Stored lines as an engine reads them: those of the caller and of the AI."""
    return tuple(
        Message("user" if line.speaker == Speaker.CUSTOMER else "assistant", line.text)
        for line in lines
        if line.speaker in _SPEAKERS
    )
