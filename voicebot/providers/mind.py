"""Language models one after the other, and the built-in rules when none of them answers in time."""

import asyncio
from collections.abc import Sequence
from typing import Any

from livekit.agents import APIConnectOptions, llm
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN, NotGivenOr

from voicebot.patience import Patience
from voicebot.providers.resting import Implausible, Link, Rest, awake

# Our own stream is not begun anew: whoever is asked twice is asked so by the chain.
_ONCE = APIConnectOptions(max_retry=0)
# Ten minutes of speech: what goes on after that will not end.
_MOST_CHARACTERS = 8000
_BREAK = "… "


class FailsafeLLM(llm.LLM[Any]):
    """Answers always: `rules`, which need nobody, are the last to be asked.

    An answer without words and without a tool call is none. A model that stops in the middle of its words is followed
    by the next one's whole answer; after a tool call by nobody, for the call is made.
    """

    def __init__(self, minds: Sequence[llm.LLM[Any]], rules: llm.LLM[Any], patience: Patience) -> None:
        super().__init__()
        rest = patience.spare_mind
        self.chain = tuple(Link(one, Rest("llm", f"{one.provider}/{one.model}", rest)) for one in minds)
        self.rules = rules
        self.seconds = patience.thinking

    @property
    def mind(self) -> llm.LLM[Any]:
        """The first model itself."""
        return self.chain[0].part

    @property
    def model(self) -> str:
        return self._next.model

    @property
    def provider(self) -> str:
        return self._next.provider

    @property
    def _next(self) -> llm.LLM[Any]:
        return next((link.part for link in awake(self.chain)), self.rules)

    def chat(
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[llm.Tool] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        parallel_tool_calls: NotGivenOr[bool] = NOT_GIVEN,
        tool_choice: NotGivenOr[llm.ToolChoice] = NOT_GIVEN,
        extra_kwargs: NotGivenOr[dict[str, Any]] = NOT_GIVEN,
    ) -> llm.LLMStream:
        options = {
            "parallel_tool_calls": parallel_tool_calls,
            "tool_choice": tool_choice,
            "extra_kwargs": extra_kwargs,
        }
        return _Answer(self, chat_ctx, tools or [], options)

    def prewarm(self, *, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self.mind.prewarm(loop=loop)

    async def aclose(self) -> None:
        for link in self.chain:
            await link.part.aclose()


class _Answer(llm.LLMStream):
    def __init__(
        self, model: FailsafeLLM, chat_ctx: llm.ChatContext, tools: list[llm.Tool], options: dict[str, Any]
    ) -> None:
        self._model = model
        self._options = options
        self._said = 0
        self._acted = False
        super().__init__(model, chat_ctx=chat_ctx, tools=tools, conn_options=_ONCE)

    async def _run(self) -> None:
        model = self._model
        asked = awake(model.chain)
        for link in asked:
            try:
                await self._answer_by(link.part, model.seconds / len(asked))
            # Whatever a plugin raises at what a server sent: there is somebody else to ask.
            except Exception as error:  # noqa: BLE001
                link.rest.begin(error)
                if self._acted:
                    return
            else:
                link.rest.end()
                return
        await self._answer_by(model.rules, model.seconds)

    async def _answer_by(self, one: llm.LLM[Any], seconds: float) -> None:
        """Raises when there is nothing in `seconds`, or nothing more."""
        before, now = self._said, asyncio.get_running_loop().time
        twice = APIConnectOptions(max_retry=1, retry_interval=0.2, timeout=seconds)
        async with (
            asyncio.timeout(seconds) as limit,
            one.chat(chat_ctx=self._chat_ctx, tools=self._tools, conn_options=twice, **self._options) as stream,
        ):
            # As livekit-agents' own adapter does: words that were said are not said again by a second attempt.
            stream._retry_on_chunk_sent = False  # noqa: SLF001
            async for chunk in stream:
                if chunk.has_response():
                    # Words only: one byte a second, or a thought that has no end, is no progress to a caller.
                    limit.reschedule(now() + seconds)
                    self._pass_on(chunk, follows=before > 0 and self._said == before)
                elif chunk.usage is not None:
                    self._event_ch.send_nowait(chunk)
                if self._said - before > _MOST_CHARACTERS:
                    return
        if self._said == before and not self._acted:
            raise Implausible("it answered nothing")

    def _pass_on(self, chunk: llm.ChatChunk, *, follows: bool) -> None:
        delta = chunk.delta
        if delta is None:
            return
        if delta.content and follows:
            delta.content = _BREAK + delta.content
        self._said += len(delta.content or "")
        self._acted = self._acted or bool(delta.tool_calls)
        self._event_ch.send_nowait(chunk)
