"""Database work of sockets, off the event loop."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import Context, copy_context
from functools import partial
from typing import Any, cast
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from django.db import close_old_connections, connections

# So many threads of a process, and so many connections to the database at most, do what its sockets want of it.
MOST = 4

_Job = tuple[Context, Callable[[], Any], "asyncio.Future[Any]"]


def in_thread(function: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    """`function` in one of a few threads.

    A thread keeps its connection for as long as there is something to do: when all sockets come back at once, it is
    not opened for each of them anew.
    """

    async def run(*args: Any, **kwargs: Any) -> Any:
        loop = asyncio.get_running_loop()
        if loop not in _crews:
            _crews[loop] = _Crew()
        return await _crews[loop].do(partial(function, *args, **kwargs))

    return run


class _Crew:
    """The threads of one event loop."""

    def __init__(self) -> None:
        self._jobs: deque[_Job] = deque()
        self._at_work: set[asyncio.Task[None]] = set()

    async def do(self, work: Callable[[], Any]) -> Any:
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._jobs.append((copy_context(), work, done))
        if len(self._at_work) < MOST:
            task = asyncio.get_running_loop().create_task(self._work())
            self._at_work.add(task)
        return await done

    async def _work(self) -> None:
        try:
            while self._jobs:
                await sync_to_async(self._work_off, thread_sensitive=False)(asyncio.get_running_loop())
        finally:
            # In the same turn as the last look at the jobs: none is left to somebody who has just gone.
            self._at_work.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    def _work_off(self, loop: asyncio.AbstractEventLoop) -> None:
        """In the thread: one job after the other until there is none."""
        close_old_connections()
        try:
            while True:
                try:
                    context, work, done = self._jobs.popleft()
                except IndexError:
                    return
                _run(loop, context, work, done)
                _close_broken()
        finally:
            close_old_connections()


def _run(
    loop: asyncio.AbstractEventLoop, context: Context, work: Callable[[], Any], done: "asyncio.Future[Any]"
) -> None:
    try:
        result = context.run(work)
    except Exception as error:  # noqa: BLE001 -- raised again where it is awaited
        loop.call_soon_threadsafe(_settle, done, done.set_exception, error)
    else:
        loop.call_soon_threadsafe(_settle, done, done.set_result, result)


def _settle(done: "asyncio.Future[Any]", settle: Callable[[Any], None], outcome: Any) -> None:
    # Nobody waits for it who has closed his socket meanwhile.
    if not done.done():
        settle(outcome)


def _close_broken() -> None:
    for connection in connections.all(initialized_only=True):
        if connection.errors_occurred:
            connection.close_if_unusable_or_obsolete()


_crews: "WeakKeyDictionary[asyncio.AbstractEventLoop, _Crew]" = WeakKeyDictionary()
