"""What one call finds out about a provider is known to the next."""

from types import SimpleNamespace
from typing import Any

from voicebot.behaviours.sharing import share_rests
from voicebot.providers.resting import Board, News, Rest
from voicebot.receptionist.ports import GatewayError


class Gateway:
    def __init__(self, known: list[tuple[str, str, float]] | None) -> None:
        self.known = known
        self.stored: list[dict[str, Any]] = []

    async def resting_providers(self) -> list[tuple[str, str, float]]:
        if self.known is None:
            raise GatewayError("the database is away")
        return self.known

    async def provider_news(self, **news: Any) -> None:
        self.stored.append(news)


class Call(SimpleNamespace):
    """As much of a live call as the behaviour touches."""

    def __init__(self, gateway: Gateway, provider: str = "openai") -> None:
        config = SimpleNamespace(offline=provider == "offline", speaker=provider)
        super().__init__(id="c1", gateway=gateway, voices=SimpleNamespace(config=config), work=[])

    def spawn(self, work: Any, _: str) -> None:
        self.work.append(work)

    async def settled(self) -> None:
        while self.work:
            await self.work.pop(0)


async def test_what_others_found_out_is_read_and_what_is_new_is_stored() -> None:
    call, board = Call(Gateway([("llm", "openai/gpt", 20.0)])), Board()
    share_rests(call, board)  # type: ignore[arg-type]
    await call.settled()
    assert not Rest("llm", "openai/gpt", 10.0, board=board).over
    board.tell(News("stt", "openai/whisper", 15.0, "TimeoutError()"))
    await call.settled()
    assert call.gateway.stored == [
        {"part": "stt", "provider": "openai/whisper", "seconds": 15.0, "error": "TimeoutError()"}
    ]


async def test_without_the_database_everybody_is_asked() -> None:
    call, board = Call(Gateway(None)), Board()
    share_rests(call, board)  # type: ignore[arg-type]
    await call.settled()
    assert Rest("llm", "openai/gpt", 10.0, board=board).over


async def test_the_built_in_parts_have_no_news() -> None:
    call, board = Call(Gateway([]), "offline"), Board()
    share_rests(call, board)  # type: ignore[arg-type]
    assert not call.work
