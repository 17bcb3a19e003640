"""What many ask for at once is looked up together."""

import asyncio
import threading
from collections.abc import Collection, Iterator
from typing import Any

import pytest
from django import db

from common import rounds
from common.rounds import together


class Looks:
    """A look that waits to be let go, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.begun, self.go = threading.Event(), threading.Event()
        self.broken: set[str] = set()
        self.error: type[Exception] = LookupError

    def look(self, keys: Collection[str]) -> dict[str, str]:
        self.asked.append(sorted(keys))
        self.begun.set()
        assert self.go.wait(10)
        if self.broken & set(keys):
            raise self.error
        return {key: key.upper() for key in keys}


@pytest.fixture
def looks(db: None) -> Iterator[Looks]:
    made = Looks()
    yield made
    made.go.set()


async def asking(looks: Looks, *keys: str) -> "asyncio.Future[list[Any]]":
    """All have asked; the first is being looked up."""
    asked: asyncio.Future[list[Any]] = asyncio.ensure_future(
        asyncio.gather(*(together(looks.look, key) for key in keys), return_exceptions=True)
    )
    assert await asyncio.to_thread(looks.begun.wait, 10)
    return asked


async def test_who_asks_during_a_look_is_looked_up_with_all_others_after_it(looks: Looks) -> None:
    first = await asking(looks, "a")
    others = asyncio.ensure_future(asyncio.gather(*(together(looks.look, key) for key in "abc")))
    await asyncio.sleep(0)
    looks.go.set()
    assert await first == ["A"]
    assert await others == ["A", "B", "C"]
    # Whoever asks again may be told what was not so when the first look began.
    assert looks.asked == [["a"], ["a", "b", "c"]]


async def test_two_who_ask_for_the_same_at_once_are_told_the_same(looks: Looks) -> None:
    looks.go.set()
    assert await (await asking(looks, "a", "a")) == ["A", "A"]
    assert looks.asked == [["a"]]


async def test_no_round_is_longer_than_it_may_be(looks: Looks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "MOST", 2)
    looks.go.set()
    assert await (await asking(looks, *"abcde")) == list("ABCDE")
    assert [len(keys) for keys in looks.asked] == [2, 2, 1]


async def test_one_that_cannot_be_looked_up_does_not_take_the_others_along(looks: Looks) -> None:
    looks.go.set()
    looks.broken = {"b"}
    found = await (await asking(looks, *"abc"))
    assert [found[0], type(found[1]), found[2]] == ["A", LookupError, "C"]


async def test_without_a_database_nobody_is_asked_for_by_himself(looks: Looks) -> None:
    looks.go.set()
    looks.broken, looks.error = {"b"}, db.OperationalError
    assert [type(found) for found in await (await asking(looks, *"abc"))] == [db.OperationalError] * 3
    assert looks.asked == [["a", "b", "c"]]


async def test_who_has_gone_meanwhile_is_not_waited_for(looks: Looks) -> None:
    gone = asyncio.ensure_future(together(looks.look, "a"))
    stays = await asking(looks, "b")
    gone.cancel()
    looks.go.set()
    assert await stays == ["B"]
