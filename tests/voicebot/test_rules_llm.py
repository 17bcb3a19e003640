"""The rules as a language model of livekit-agents."""

import json

from livekit.agents import llm

from voicebot.offline.llm import TYPED, RulesLLM, decide
from voicebot.receptionist.facts import CallFacts, DepartmentFacts

FACTS = CallFacts("c1", "Demo", "en", departments=(DepartmentFacts("support", {"en": "Support"}, is_default=True),))


def conversation(*lines: tuple[str, str], typed: bool = False) -> llm.ChatContext:
    context = llm.ChatContext.empty()
    for role, text in lines:
        context.add_message(role=role, content=text, extra={TYPED: typed})  # type: ignore[arg-type]
    return context


def test_a_heard_wish_is_confirmed_first() -> None:
    decision = decide(FACTS, conversation(("user", "i want to talk to a human")))
    assert "connect you" in decision.say
    assert not decision.calls


def test_a_typed_wish_is_done_at_once() -> None:
    decision = decide(FACTS, conversation(("user", "i want to talk to a human"), typed=True))
    assert [call.name for call in decision.calls] == ["escalate_to_human"]


def test_yes_answers_the_question_that_was_asked() -> None:
    asked = ("assistant", "Would you like me to connect you with a person?")
    decision = decide(FACTS, conversation(("user", "i want to talk to a human"), asked, ("user", "yes please")))
    assert [call.name for call in decision.calls] == ["escalate_to_human"]


def test_instructions_are_no_turn() -> None:
    assert not decide(FACTS, conversation(("system", "You are a receptionist."))).say


def test_a_tools_output_is_put_into_words() -> None:
    context = conversation(("user", "note my number"))
    output = json.dumps({"ok": True, "result": "Noted.", "say": "That is noted."})
    context.items.append(llm.FunctionCallOutput(name="note_fact", call_id="1", output=output, is_error=False))
    assert decide(FACTS, context).say == "That is noted."


async def test_the_stream_carries_words_and_tool_calls() -> None:
    model = RulesLLM(lambda: FACTS)
    stream = model.chat(chat_ctx=conversation(("user", "i want to talk to a human"), typed=True))
    chunks = [chunk async for chunk in stream]
    [call] = [call for chunk in chunks if chunk.delta for call in chunk.delta.tool_calls]
    assert call.name == "escalate_to_human"
    assert json.loads(call.arguments)["reason"]
