"""One ear and one look for all sockets of a process.

Every socket by itself would cost Redis a subscription and the database several statements every few seconds, news or
none. So a process listens once for all its sockets, and every LOOK_SECONDS asks once what is stored for all of them:
whoever is behind is woken. Begun by the first socket, ended with the last.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import structlog
from channels.layers import get_channel_layer
from django import db

from common import realtime
from common.rounds import together
from common.threads import in_thread

logger = structlog.get_logger(__name__)

LOOK_SECONDS = 5.0
# Full values are looked up so often at most, for all sockets that ask for them by then.
GATHER_SECONDS = 0.25
# So many sockets are told in one turn of the loop.
AT_ONCE = 50

Json = dict[str, Any]
# A stored message: its number and its text.
Stored = list[tuple[int, str]]


class Watcher(Protocol):
    """A socket as the lookout sees it. Sockets of a kind are looked after together, by their keys."""

    stream: str | None
    cursor: int
    # Not before this moment of the loop's clock does it want full values again.
    rests_until: float

    @property
    def key(self) -> Hashable:
        """What `renew` and `look` know it by."""

    @classmethod
    def renew(cls, keys: Collection[Any]) -> None:
        """These are there (in a thread)."""

    @classmethod
    def look(cls, keys: Collection[Any]) -> Mapping[Any, Any]:
        """The full values of each (in a thread)."""

    def hinted(self, event: Json) -> None:
        """Something came for one of its groups."""

    def fall_behind(self) -> None:
        """More is stored than it has sent."""

    def shown(self, values: Any) -> None:
        """What `look` found, None for nothing."""

    def fail(self) -> None:
        """What was done for it has failed."""


class Lookout:
    """Of one event loop; see the module."""

    def __init__(self) -> None:
        self._layer: Any = get_channel_layer()
        self._channel = ""
        self._heard: set[str] = set()
        self._hearing = asyncio.Lock()
        self._groups: dict[str, set[Watcher]] = {}
        self._sockets: dict[Watcher, set[str]] = {}
        self._watched: set[Watcher] = set()
        self._stale: set[Watcher] = set()
        self._asked = asyncio.Event()
        self._reads: dict[tuple[str, int], asyncio.Task[Stored]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    # --- who is there ----------------------------------------------------------------------------------------------
    async def join(self, socket: Watcher, groups: Iterable[str]) -> None:
        """Hear `groups` for the socket. Once this is over nothing is missed."""
        wanted = set(groups)
        # Before the first await: who is in cannot be overlooked by the last one's leaving.
        self._sockets.setdefault(socket, set()).update(wanted)
        for group in wanted:
            self._groups.setdefault(group, set()).add(socket)
        for group in wanted:
            await self._hear(group)

    def watch(self, socket: Watcher) -> None:
        """From now on look for the socket, at once and then regularly."""
        self._watched.add(socket)
        self.ask(socket)

    def ask(self, socket: Watcher) -> None:
        """The socket's full values may have changed."""
        if socket in self._watched:
            self._stale.add(socket)
            self._asked.set()

    async def leave(self, socket: Watcher) -> None:
        """Forget the socket; without any left, end."""
        groups = self._sockets.pop(socket, set())
        self._watched.discard(socket)
        self._stale.discard(socket)
        for group in groups:
            self._groups[group].discard(socket)
            if not self._groups[group]:
                del self._groups[group]
        if self._sockets:
            for group in groups:
                await self._hear(group)
        else:
            self._retire()
            await self._end()

    def _retire(self) -> None:
        """Whoever comes now gets another one."""
        loop = asyncio.get_running_loop()
        if _lookouts.get(loop) is self:
            del _lookouts[loop]

    async def _hear(self, group: str) -> None:
        """Be subscribed to the group as long as somebody here wants it."""
        async with self._hearing:
            name = realtime.group_name(group)
            if group in self._groups and group not in self._heard:
                await self._begin()
                await self._layer.group_add(name, self._channel)
                self._heard.add(group)
            elif group not in self._groups and group in self._heard:
                self._heard.discard(group)
                await self._layer.group_discard(name, self._channel)

    async def _begin(self) -> None:
        if not self._tasks:
            self._channel = await self._layer.new_channel()
            works = (self._listen, self._patrol, self._gather)
            self._tasks = [asyncio.get_running_loop().create_task(self._work(work)) for work in works]

    async def _work(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception:
            # No socket may stay open that hears nothing: its client connects again.
            logger.exception("lookout failed", sockets=len(self._sockets))
            self._retire()
            _fail(self._sockets)

    async def _end(self) -> None:
        async with self._hearing:
            # The layer forgets the channel when its reader is cancelled.
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            while self._heard:
                await self._layer.group_discard(realtime.group_name(self._heard.pop()), self._channel)

    # --- what is told ----------------------------------------------------------------------------------------------
    async def _listen(self) -> None:
        while True:
            event = await self._layer.receive(self._channel)
            sockets = tuple(self._groups.get(event["group"], ()))
            for first in range(0, len(sockets), AT_ONCE):
                for socket in sockets[first : first + AT_ONCE]:
                    socket.hinted(event)
                # What these send goes out while the next are told, and others have their turn.
                await asyncio.sleep(0)

    async def stored(self, stream: str, cursor: int) -> Stored:
        """Messages past `cursor`, oldest first; read and written out once for all who ask in one turn of the loop."""
        # Mostly there is nothing: asked for all streams together.
        if (await together(realtime.last_seqs, stream) or 0) <= cursor:
            return []
        asked = (stream, cursor)
        if asked not in self._reads:
            self._reads[asked] = asyncio.get_running_loop().create_task(self._read(asked))
        return await asyncio.shield(self._reads[asked])

    async def _read(self, asked: tuple[str, int]) -> Stored:
        # Whoever asks from here on may know of more than this read will find.
        del self._reads[asked]
        found: Stored = await in_thread(realtime.texts_after)(*asked)
        return found

    # --- looks -----------------------------------------------------------------------------------------------------
    async def _patrol(self) -> None:
        """Every LOOK_SECONDS: all are there, who is behind, and full values anew."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due = max(due + LOOK_SECONDS, loop.time())
            await asyncio.sleep(due - loop.time())
            for kind, sockets in _by_kind(self._watched).items():
                await _together(kind.renew, sockets)
            await self._find_behind({socket for socket in self._watched if socket.stream})
            for socket in self._watched:
                self.ask(socket)

    async def _find_behind(self, sockets: Collection[Watcher]) -> None:
        try:
            last = await in_thread(realtime.last_seqs)({socket.stream for socket in sockets}) if sockets else {}
        except Exception:
            logger.exception("look failed", sockets=len(sockets))
            _fail(sockets)
            return
        for socket in sockets:
            if last.get(socket.stream, 0) > socket.cursor:
                socket.fall_behind()

    async def _gather(self) -> None:
        """Full values of all who have asked, at most every GATHER_SECONDS."""
        while True:
            await self._wait_for_asked()
            now = asyncio.get_running_loop().time()
            due = {socket for socket in self._stale if socket.rests_until <= now}
            # Who asks during the look is looked for again.
            self._stale -= due
            for kind, sockets in _by_kind(due).items():
                for key, found in (await _together(kind.look, sockets)).items():
                    for socket in sockets[key]:
                        socket.shown(found)
            await asyncio.sleep(GATHER_SECONDS)

    async def _wait_for_asked(self) -> None:
        """Until somebody asks, or the first of those who have asked has rested."""
        loop = asyncio.get_running_loop()
        wait = max(0.0, min(socket.rests_until for socket in self._stale) - loop.time()) if self._stale else None
        with suppress(TimeoutError):
            await asyncio.wait_for(self._asked.wait(), wait)
        self._asked.clear()


_ByKey = dict[Hashable, list[Watcher]]


def _by_kind(sockets: Iterable[Watcher]) -> dict[type[Watcher], _ByKey]:
    found: dict[type[Watcher], _ByKey] = {}
    for socket in sockets:
        found.setdefault(type(socket), {}).setdefault(socket.key, []).append(socket)
    return found


async def _together(act: Callable[[Collection[Any]], Any], sockets: _ByKey) -> dict[Hashable, Any]:
    """What `act` finds for each key. One that cannot be dealt with does not take the others along."""
    try:
        found = await in_thread(act)(list(sockets))
    except Exception as error:
        if len(sockets) > 1 and not isinstance(error, db.Error):
            parts = [await _together(act, {key: each}) for key, each in sockets.items()]
            return {key: found for part in parts for key, found in part.items()}
        logger.exception("look failed", sockets=len(sockets))
        for each in sockets.values():
            _fail(each)
        return {}
    return {key: found.get(key) for key in sockets} if found is not None else {}


def _fail(sockets: Iterable[Watcher]) -> None:
    for socket in sockets:
        socket.fail()


_lookouts: "WeakKeyDictionary[asyncio.AbstractEventLoop, Lookout]" = WeakKeyDictionary()


def lookout() -> Lookout:
    """The running event loop's."""
    loop = asyncio.get_running_loop()
    if loop not in _lookouts:
        _lookouts[loop] = Lookout()
    return _lookouts[loop]
