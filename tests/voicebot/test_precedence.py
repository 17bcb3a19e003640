"""Who owes a reply goes first on its processor."""

import asyncio
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from voicebot.turn_taking import precedence
from voicebot.turn_taking.precedence import Precedence


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    _forget()
    yield
    _forget()


def _forget() -> None:
    precedence._usual.cache_clear()
    precedence._may_choose.cache_clear()


@pytest.fixture
def puts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What the thread asked the kernel for, of a worker that may choose."""
    asked: list[int] = []
    monkeypatch.setattr(os, "sched_setscheduler", lambda *_: None)
    monkeypatch.setattr(os, "setpriority", lambda _which, _who, nice: asked.append(nice))
    monkeypatch.setattr(os, "getpriority", lambda _which, _who: 5)
    assert precedence._may_choose()
    asked.clear()
    return asked


async def test_it_is_given_back_after_its_time(puts: list[int]) -> None:
    Precedence(0.01).take()
    assert puts == [-20]
    await _until(lambda: puts == [-20, 5])


async def test_taken_again_it_lasts_from_then(puts: list[int]) -> None:
    first = Precedence(60)
    first.take()
    first.take()
    assert puts == [-20]
    first.give()
    first.give()
    assert puts == [-20, 5]
    first.take()
    assert puts == [-20, 5, -20]
    first.give()


async def test_a_worker_that_may_not_choose_shares_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", lambda *_: None)
    monkeypatch.setattr(os, "setpriority", refused)
    Precedence(60).take()
    # Nothing to be given back either.
    Precedence(60).give()


@pytest.mark.skipif(not hasattr(os, "SCHED_RESET_ON_FORK"), reason="only Linux has a place for each thread")
def test_no_other_thread_has_it() -> None:
    """In a thread of its own: what it was may only be had back where the kernel allows it."""

    def places() -> tuple[int, int, int, int]:
        async def run() -> tuple[int, int, int, int]:
            usual = os.getpriority(os.PRIO_PROCESS, 0)
            mine = Precedence(60)
            mine.take()
            taken = os.getpriority(os.PRIO_PROCESS, 0)
            with ThreadPoolExecutor(1) as pool:
                begun = await asyncio.get_running_loop().run_in_executor(pool, _place)
            mine.give()
            return usual, taken, begun, os.getpriority(os.PRIO_PROCESS, 0)

        return asyncio.run(run())

    found: list[tuple[int, int, int, int]] = []
    thread = threading.Thread(target=lambda: found.append(places()))
    thread.start()
    thread.join()
    [(usual, taken, begun, after)] = found
    assert taken == (-20 if precedence._may_choose() else usual)
    assert (begun, after) == (0 if taken == -20 else usual, usual)
    assert _place() == usual


def _place() -> int:
    return os.getpriority(os.PRIO_PROCESS, 0)


async def _until(true: Any) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110 -- a thing without an event
            await asyncio.sleep(0.005)
