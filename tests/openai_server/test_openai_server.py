"""The local server against the official client: what the product's tests stand on."""

from collections.abc import Iterator
from dataclasses import replace

import openai
import pytest

from tests.openai_server import Failure, OpenAIServer
from tests.voicebot.receptionist.cast import carol
from voicebot import audio
from voicebot.receptionist.chat import Decision, Message, ToolCall
from voicebot.receptionist.engine import EngineError, FirstThatAnswers, Prompt
from voicebot.receptionist.openai_engine import OpenAIEngine
from voicebot.receptionist.prompts import phrase
from voicebot.receptionist.system_prompt import system_prompt
from voicebot.receptionist.tools import tools_for


@pytest.fixture(scope="module")
def running() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


@pytest.fixture
def server(running: OpenAIServer) -> Iterator[OpenAIServer]:
    yield running
    running.control.recover()
    running.control.requests.clear()


@pytest.fixture
def client(server: OpenAIServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=server.api_key, base_url=server.base_url, max_retries=0, timeout=10) as made:
        yield made


def engine(server: OpenAIServer, **changes) -> OpenAIEngine:
    return replace(OpenAIEngine(server.api_key, "gpt-4o-mini", server.base_url, retries=0), **changes)


def prompt(*messages: Message, language: str = "en") -> Prompt:
    facts = carol(language)
    return Prompt(facts, system_prompt(facts), messages, tools_for(facts))


def test_models_are_listed(client):
    assert "whisper-1" in {model.id for model in client.models.list()}


async def test_the_engine_gets_words(server):
    server.control.answer("Hello there.")
    assert await engine(server).complete(prompt(Message("user", "hi"))) == Decision("Hello there.")


async def test_the_engine_gets_a_tool_call(server):
    decision = await engine(server).complete(prompt(Message("user", "connect me to billing")))
    (call,) = decision.calls
    assert (call.name, call.arguments["department"]) == ("route_to_department", "billing")
    assert call.id


async def test_the_model_reads_questions_out_of_the_prompt(server):
    assert "nine to five" in (await engine(server).complete(prompt(Message("user", "what are your opening hours")))).say


async def test_the_model_answers_in_arabic(server):
    told = await engine(server).complete(prompt(Message("user", "شكرا"), language="ar"))
    assert told.say == phrase("ar", "welcome_thanks")


async def test_a_tools_output_is_answered(server):
    call = ToolCall("end_call", {}, "call_1")
    said = Message("tool", '{"ok": true, "result": "x", "say": "Goodbye!"}', call_id="call_1", name="end_call")
    decision = await engine(server).complete(prompt(Message("user", "bye"), Message("assistant", "", (call,)), said))
    assert decision.say == "Goodbye!"


@pytest.mark.parametrize("failure", Failure)
async def test_a_failure_is_an_engine_error_within_the_time(server, failure):
    server.control.pace = 0.05
    server.control.fail(failure, "chat")
    with pytest.raises(EngineError):
        await engine(server, timeout=0.5).complete(prompt(Message("user", "hi")))


async def test_an_empty_answer_is_none(server):
    server.control.answer("")
    with pytest.raises(EngineError, match="empty"):
        await engine(server).complete(prompt(Message("user", "hi")))


async def test_another_model_answers_for_one_that_fails(server):
    server.control.fail(Failure.PAGE, "chat", times=1)
    server.control.answer("I am the second.")
    both = FirstThatAnswers([engine(server), engine(server)])
    assert await both.complete(prompt(Message("user", "hi"))) == Decision("I am the second.")


async def test_a_wrong_key_is_an_engine_error(server):
    with pytest.raises(EngineError, match="AuthenticationError"):
        await engine(server, api_key="sk-wrong").complete(prompt(Message("user", "hi")))


async def test_an_address_nobody_answers_is_an_engine_error():
    lonely = OpenAIEngine("x", "m", "http://127.0.0.1:9/v1", timeout=1, retries=0)
    with pytest.raises(EngineError, match="APIConnectionError"):
        await lonely.complete(prompt(Message("user", "hi")))


def test_a_failure_passes_after_its_times(client, server):
    server.control.fail(Failure.BROKEN, "models", times=1)
    with pytest.raises(openai.InternalServerError):
        client.models.list()
    assert client.models.list().data


def test_a_stream_carries_the_call_in_fragments(client, server):
    server.control.answer(Decision("One moment.", (ToolCall("take_message", {"message": "مرحبا يا أصدقاء"}),)))
    messages = [{"role": "user", "content": "x"}]
    options = {"include_usage": True}
    chunks = list(client.chat.completions.create(model="m", messages=messages, stream=True, stream_options=options))
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    parts = [call for delta in deltas for call in delta.tool_calls or ()]
    assert "".join(delta.content or "" for delta in deltas).strip() == "One moment."
    assert parts[0].function.name == "take_message"
    assert len(parts) > 3
    assert "".join(part.function.arguments for part in parts) == '{"message": "مرحبا يا أصدقاء"}'
    assert chunks[-1].usage.total_tokens == 15


def test_a_cut_stream_is_noticed(client, server):
    server.control.fail(Failure.CUT, "chat")
    server.control.answer("one two three four")
    stream = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}], stream=True)
    with pytest.raises(openai.APIConnectionError):
        list(stream)


@pytest.mark.parametrize("form", ["wav", "pcm", "mp3", "opus", "flac"])
def test_speech_comes_in_every_form(client, form):
    data = client.audio.speech.create(model="tts-1", voice="alloy", input="Good morning", response_format=form).read()
    assert len(data) > 1000


def test_what_is_spoken_is_heard(client):
    data = client.audio.speech.create(
        model="tts-1", voice="alloy", input="I want to talk to a human", response_format="wav"
    ).read()
    heard = client.audio.transcriptions.create(model="whisper-1", file=("a.wav", data), response_format="verbose_json")
    assert (heard.text, heard.language) == ("i want to talk to a human", "english")
    assert heard.duration == pytest.approx(audio.seconds(audio.decode(data, longest=10)), abs=0.01)


def test_hearing_can_be_scripted(client, server):
    server.control.hear("أريد التحدث مع موظف")
    heard = client.audio.transcriptions.create(model="whisper-1", file=("a.wav", b"x"), response_format="verbose_json")
    assert (heard.text, heard.language) == ("أريد التحدث مع موظف", "arabic")


def test_bad_requests_are_told_so(client):
    with pytest.raises(openai.BadRequestError):
        client.audio.speech.create(model="tts-1", voice="alloy", input="x", response_format="aac")
