"""One ear and one look for all sockets of a process."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

import pytest

from calls.models import Call
from common import lookout as module
from common import realtime
from common.realtime import call_stream
from queueing import lines
from queueing.consumers import CallConsumer
from queueing.models import Department
from tests.cast import make_call
from tests.queueing.test_consumer import Socket, _say, in_database

OFTEN = 0.05


@pytest.fixture
def calls(support: Department, monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """Two calls with the AI, and looks in quick succession."""
    monkeypatch.setattr(module, "LOOK_SECONDS", OFTEN)
    return [make_call(), make_call()]


async def opened(*calls: Call) -> list[Socket]:
    """Sockets that have been greeted."""
    sockets = [Socket(call.pk) for call in calls]
    for socket, call in zip(sockets, calls, strict=True):
        await socket.hello(call)
    return sockets


async def leave(sockets: list[Socket]) -> None:
    await asyncio.gather(*(socket.leave() for socket in sockets))


async def test_one_look_asks_for_the_streams_of_all_sockets(calls: list[Call], monkeypatch: pytest.MonkeyPatch) -> None:
    sockets = await opened(*calls, calls[0])
    streams = {call_stream(call.pk) for call in calls}
    last_seqs, both = realtime.last_seqs, asyncio.Event()
    loop = asyncio.get_running_loop()

    def look(asked: Collection[str]) -> dict[str, int]:
        if set(asked) == streams:
            loop.call_soon_threadsafe(both.set)
        return last_seqs(asked)

    monkeypatch.setattr(realtime, "last_seqs", look)
    await asyncio.wait_for(both.wait(), 10)
    await leave(sockets)


async def test_the_places_of_all_callers_are_looked_up_together(
    calls: list[Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    sockets = await opened(*calls)
    together = asyncio.Event()
    loop = asyncio.get_running_loop()

    def look(cls: type, keys: Collection[str]) -> Mapping[str, Any]:
        if set(keys) == {call.pk for call in calls}:
            loop.call_soon_threadsafe(together.set)
        return lines.places(keys)

    monkeypatch.setattr(CallConsumer, "look", classmethod(look))
    await asyncio.wait_for(together.wait(), 10)
    await leave(sockets)


async def test_a_message_whose_hint_was_lost_comes_with_the_next_look(
    calls: list[Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    sockets = await opened(calls[0], calls[0], calls[1])
    monkeypatch.setattr(realtime, "_send_hints", lambda _: None)
    await in_database(_say, calls[0], 1)
    assert [(await socket.until("transcript"))["text"] for socket in sockets[:2]] == ["line 1"] * 2
    await leave(sockets)


async def test_who_asks_in_one_turn_shares_one_read(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[tuple[str, int]] = []

    def read(stream: str, cursor: int) -> list[tuple[int, str]]:
        reads.append((stream, cursor))
        return [(1, "one")]

    monkeypatch.setattr(realtime, "texts_after", read)
    monkeypatch.setattr(realtime, "last_seqs", lambda streams: dict.fromkeys(streams, 1))
    of_all = module.lookout()
    assert await asyncio.gather(*(of_all.stored("call:a", 0) for _ in range(5))) == [[(1, "one")]] * 5
    assert await of_all.stored("call:a", 0) == [(1, "one")]
    assert await of_all.stored("call:a", 1) == []
    assert reads == [("call:a", 0)] * 2


async def test_with_the_last_socket_the_lookout_ends_and_with_the_next_it_begins(calls: list[Call]) -> None:
    sockets = await opened(*calls)
    first = module.lookout()
    await sockets[0].leave()
    assert module.lookout() is first
    await sockets[1].leave()
    assert all(task.done() for task in first._tasks)
    assert not first._heard
    again = await opened(calls[0])
    assert module.lookout() is not first
    await in_database(_say, calls[0], 1)
    assert (await again[0].until("transcript"))["text"] == "line 1"
    await leave(again)


async def test_one_that_cannot_be_looked_up_does_not_take_the_others_along(
    calls: list[Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    sockets = await opened(*calls)

    def look(cls: type, keys: Collection[str]) -> Mapping[str, Any]:
        if calls[0].pk in keys:
            raise ValueError(keys)
        return lines.places(keys)

    monkeypatch.setattr(CallConsumer, "look", classmethod(look))
    assert await sockets[0].closed() == 1011
    await in_database(_say, calls[1], 1)
    assert (await sockets[1].until("transcript"))["text"] == "line 1"
    await leave(sockets[1:])


async def test_a_lookout_that_fails_leaves_no_socket_open_that_hears_nothing(
    calls: list[Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    sockets = await opened(*calls)

    def nonsense(self: Any, event: Any) -> None:
        raise RuntimeError(event)

    monkeypatch.setattr(CallConsumer, "hinted", nonsense)
    await in_database(_say, calls[0], 1)
    assert [await socket.closed() for socket in sockets] == [1011, 1011]
