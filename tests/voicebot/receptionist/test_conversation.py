"""A typed turn, whichever engine answers."""

import pytest

from calls.states import CallState
from tests.voicebot.receptionist.cast import carol
from tests.voicebot.receptionist.fakes import FakeGateway, ScriptedEngine
from voicebot.receptionist.chat import Decision, ToolCall
from voicebot.receptionist.conversation import converse
from voicebot.receptionist.engine import EngineError, RulesEngine
from voicebot.receptionist.ports import CallOver, CallUnknown
from voicebot.receptionist.prompts import phrase


async def say(gateway: FakeGateway, text: str, engine=None):
    return await converse(gateway, engine or RulesEngine(), "call1", text)


async def test_both_lines_are_stored_in_order():
    gateway = FakeGateway(carol(caller_name="Carol"))
    turn = await say(gateway, "opening hours")
    assert [(line.speaker, line.text) for line in gateway.lines] == [("customer", "opening hours"), ("ai", turn.reply)]
    assert gateway.lines[0].name == "Carol"


async def test_the_conversation_goes_on_from_the_stored_lines():
    gateway = FakeGateway()
    await say(gateway, "I have a question about my bill")
    turn = await say(gateway, "yes please")
    assert turn.actions == ("routed", "escalated")
    assert gateway.call.department == "billing"


async def test_the_callers_language_is_followed():
    gateway = FakeGateway()
    turn = await say(gateway, "متى تفتحون؟")
    assert (turn.language, gateway.call.language) == ("ar", "ar")
    assert "التاسعة" in turn.reply


async def test_arabic_question_then_a_person():
    gateway = FakeGateway(carol("ar"))
    await say(gateway, "متى تفتحون؟")
    turn = await say(gateway, "أريد التحدث مع موظف")
    assert turn.actions == ("escalated",)
    assert gateway.call.state == "waiting"
    assert gateway.escalations[0]["reason"] == "أريد التحدث مع موظف"


async def test_the_ai_in_the_room_hears_of_the_turn():
    gateway = FakeGateway()
    turn = await say(gateway, "hello")
    (news,) = gateway.news
    assert (news.user_text, news.reply) == ("hello", turn.reply)
    assert news.payload("call1")["user"] == {"text": "hello", "language": "en"}


async def test_goodbye_is_stored_before_the_call_ends():
    gateway = FakeGateway()
    turn = await say(gateway, "goodbye")
    assert turn.actions == ("ended",)
    assert (gateway.lines[-1].text, gateway.ended) == (phrase("en", "goodbye", company="Acme"), 1)


async def test_with_an_agent_on_the_line_the_text_is_only_passed_on():
    gateway = FakeGateway(carol(state=CallState.AGENT))
    turn = await say(gateway, "talk to a human")
    assert (turn.reply, turn.actions) == ("", ("relayed",))
    assert [line.speaker for line in gateway.lines] == ["customer"]
    assert gateway.news == []


async def test_an_ended_call_takes_no_turn():
    gateway = FakeGateway(carol(state=CallState.ENDED))
    with pytest.raises(CallOver):
        await say(gateway, "hello")
    assert gateway.lines == []


async def test_an_unknown_call_is_unknown():
    with pytest.raises(CallUnknown):
        await converse(FakeGateway(), RulesEngine(), "other", "hello")


async def test_a_model_answers_in_its_own_words():
    engine = ScriptedEngine([Decision("We sell shoes.")])
    assert (await say(FakeGateway(), "what do you sell", engine)).reply == "We sell shoes."
    assert engine.prompts[0].messages[-1].text == "what do you sell"
    assert "Acme" in engine.prompts[0].system


async def test_a_models_tool_speaks_for_itself():
    engine = ScriptedEngine(
        [Decision("One moment.", (ToolCall("route_to_department", {"department": "sales", "reason": "x"}),))]
    )
    turn = await say(FakeGateway(), "shoes", engine)
    assert turn.reply.startswith("I am transferring you to Sales")


async def test_a_tool_without_words_lets_the_model_go_on():
    engine = ScriptedEngine(
        [Decision(calls=(ToolCall("note_fact", {"key": "order", "value": "42"}),)), Decision("Order 42, noted.")]
    )
    turn = await say(FakeGateway(), "order 42", engine)
    assert (turn.reply, turn.actions) == ("Order 42, noted.", ("fact_noted",))
    call, output = engine.prompts[1].messages[-2:]
    assert call.calls[0].id == output.call_id != ""


async def test_a_model_corrects_its_bad_arguments():
    engine = ScriptedEngine(
        [Decision(calls=(ToolCall("route_to_department", {"department": "x"}),)), Decision("Which department?")]
    )
    assert (await say(FakeGateway(), "shoes", engine)).reply == "Which department?"


async def test_a_person_is_had_even_when_the_model_would_not_call_the_tool():
    engine = ScriptedEngine([Decision("I can help you myself!")])
    turn = await say(FakeGateway(), "talk to a human", engine)
    assert turn.actions == ("escalated",)
    assert engine.prompts == []


async def test_the_rules_answer_when_the_model_is_not_to_be_had():
    turn = await say(FakeGateway(), "opening hours", ScriptedEngine([EngineError("timeout")]))
    assert "nine to five" in turn.reply


async def test_the_rules_answer_when_the_model_only_plays_with_tools():
    play = [Decision(calls=(ToolCall("note_fact", {"key": f"k{n}", "value": "v"}),)) for n in range(4)]
    turn = await say(FakeGateway(), "opening hours", ScriptedEngine([*play]))
    assert "nine to five" in turn.reply


async def test_an_empty_answer_of_the_model_is_never_silence():
    assert (await say(FakeGateway(), "what do you sell", ScriptedEngine([Decision()]))).reply == phrase(
        "en", "go_ahead"
    )
