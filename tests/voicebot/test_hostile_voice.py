"""The same through the voice session's function tools: the real AgentSession, a model that means harm, no room."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

from livekit.agents import AgentSession, llm, utils

from tests.voicebot.receptionist.cast import carol
from tests.voicebot.receptionist.fakes import FakeGateway
from voicebot.offline.llm import _Decided
from voicebot.receptionist.chat import Decision, ToolCall
from voicebot.session_agent import Receptionist
from voicebot.session_call import LiveCall

BAD: tuple[dict[str, Any], ...] = (
    {},
    {"reason": 7, "department": "secret", "contact": "mallory@example.net"},
    {"call_id": "other", "rating": "5"},
)
TOOLS = ("request_callback", "end_call", "leave_queue", "rate_call", "route_to_department", "drop_tables")


class Hostile(llm.LLM[Any]):
    """Every tool with bad arguments, then the claim that all is done."""

    def __init__(self) -> None:
        super().__init__()
        self.arguments: list[dict[str, Any]] = list(BAD)

    def chat(self, *, chat_ctx: llm.ChatContext, tools: Any = None, conn_options: Any = None, **_: Any) -> Any:
        after_tools = isinstance(chat_ctx.items[-1], llm.FunctionCallOutput)
        calls = () if after_tools or not self.arguments else self._calls(self.arguments.pop())
        return _Decided(cast("Any", self), Decision("Hm." * (not calls), calls), chat_ctx, [], conn_options)

    @staticmethod
    def _calls(arguments: dict[str, Any]) -> tuple[ToolCall, ...]:
        return tuple(ToolCall(name, arguments, utils.shortuuid("call_")) for name in TOOLS)


class Voices(SimpleNamespace):
    """As much of the voices as a call without sound needs."""

    def set_language(self, language: str) -> None:
        self.language = language

    def ready_made(self, text: str) -> None:
        return None


@asynccontextmanager
async def receptionist() -> AsyncIterator[tuple[Receptionist, LiveCall, FakeGateway, AgentSession[Any]]]:
    gateway = FakeGateway(carol())
    voices = Voices(language="en", realtime=False, config=SimpleNamespace(offline=False))
    async with AgentSession(llm=Hostile()) as session:
        live = LiveCall(1, gateway.call, cast("Any", gateway), cast("Any", None), cast("Any", voices), session)
        agent = Receptionist(live)
        await session.start(agent)
        yield agent, live, gateway, session
        await live.stop_tasks()


async def test_a_hostile_model_ends_nothing_and_promises_nothing_by_voice() -> None:
    async with receptionist() as (_, live, gateway, session):
        for text in ("my order has not come", "and it is late", "what now"):
            await session.run(user_input=text)
    assert (gateway.callbacks, gateway.ratings, gateway.left, gateway.ended) == ([], [], 0, 0)
    assert (gateway.call.state, live.ending) == ("ai", False)
    assert "asked" in {use["outcome"] for use in gateway.uses.values()}, "what cannot be undone is asked first"


async def test_a_yes_to_the_question_is_acted_on_without_the_model() -> None:
    async with receptionist() as (agent, live, gateway, session):
        await session.run(user_input="my order has not come")
        live.facts = gateway.call
        assert live.facts.question is not None
        assert live.facts.question.tool == "end_call"
        assert await agent.answer_directly(llm.ChatMessage(role="user", content=["yes"]))
        assert live.ending
        assert live.facts.question is None
