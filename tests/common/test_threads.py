"""Database work of sockets, off the event loop."""

import asyncio
import threading
from contextvars import ContextVar
from typing import Any

import pytest

from common.threads import MOST, in_thread

_who: ContextVar[str] = ContextVar("who", default="nobody")


async def test_what_a_job_returns_or_raises_reaches_who_waits_for_it() -> None:
    def double(number: int) -> int:
        if number < 0:
            raise ValueError(number)
        return number * 2

    assert await in_thread(double)(4) == 8
    with pytest.raises(ValueError, match="-1"):
        await in_thread(double)(-1)


async def test_many_jobs_share_a_few_threads() -> None:
    threads: set[int] = set()

    def note(number: int) -> int:
        threads.add(threading.get_ident())
        return number

    assert await asyncio.gather(*(in_thread(note)(n) for n in range(100))) == list(range(100))
    assert len(threads) <= MOST
    assert threading.get_ident() not in threads


async def test_a_job_sees_the_context_of_who_asked() -> None:
    _who.set("alice")
    assert await in_thread(_who.get)() == "alice"


async def test_who_has_gone_is_not_waited_for_and_the_others_are_served() -> None:
    begun, go = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        go.wait(10)

    gone = asyncio.create_task(_call(hold))
    await asyncio.get_running_loop().run_in_executor(None, begun.wait, 10)
    gone.cancel()
    go.set()
    assert await in_thread(len)("abc") == 3


async def _call(function: Any) -> Any:
    return await in_thread(function)()
