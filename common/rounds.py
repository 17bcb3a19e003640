"""What many ask for at once, looked up together.

The first who asks is looked up for at once. Who asks while that look goes on waits for its end and is then looked up
for with all others who have: when five hundred sockets come back after a restart, that is a few looks.
"""

import asyncio
from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from django import db

from common.threads import in_thread

# So many are looked up together at most: nobody shall wait for all others.
MOST = 100

# Gives by key what was found, in a thread; a key it leaves out gets None.
Look = Callable[[Collection[Any]], Mapping[Any, Any] | None]


async def together(look: Look, key: Hashable) -> Any:
    """What `look` finds for `key`, or the error it ends with for this key by itself."""
    looks = _rounds.setdefault(asyncio.get_running_loop(), {})
    if look not in looks:
        looks[look] = _Rounds(look)
    return await looks[look].find(key)


class _Rounds:
    """Those of one function and one event loop."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._waiting: dict[Hashable, list[asyncio.Future[Any]]] = {}
        self._at_work: asyncio.Task[None] | None = None

    async def find(self, key: Hashable) -> Any:
        loop = asyncio.get_running_loop()
        found: asyncio.Future[Any] = loop.create_future()
        self._waiting.setdefault(key, []).append(found)
        if self._at_work is None:
            self._at_work = loop.create_task(self._work())
        return await found

    async def _work(self) -> None:
        try:
            while self._waiting:
                now = {key: self._waiting.pop(key) for key in list(self._waiting)[:MOST]}
                await self._settle(now)
        finally:
            # In the same turn as the last look at who waits: nobody is left to a task that has just ended.
            self._at_work = None

    async def _settle(self, asked: dict[Hashable, list[asyncio.Future[Any]]]) -> None:
        try:
            found = await in_thread(self._look)(list(asked)) or {}
        except Exception as error:  # noqa: BLE001 -- raised again where it is awaited
            await self._part(asked, error)
            return
        for key, futures in asked.items():
            for future in _awaited(futures):
                future.set_result(found.get(key))

    async def _part(self, asked: dict[Hashable, list[asyncio.Future[Any]]], error: Exception) -> None:
        """One that cannot be looked up does not take the others along; without a database none can."""
        if len(asked) > 1 and not isinstance(error, db.Error):
            for key, futures in asked.items():
                await self._settle({key: futures})
            return
        for futures in asked.values():
            for future in _awaited(futures):
                future.set_exception(error)


def _awaited(futures: list[asyncio.Future[Any]]) -> list[asyncio.Future[Any]]:
    """Nobody waits any more who has closed his socket meanwhile."""
    return [future for future in futures if not future.done()]


_rounds: "WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Look, _Rounds]]" = WeakKeyDictionary()
