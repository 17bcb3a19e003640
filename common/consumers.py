"""What every WebSocket of the public surface shares: hello, acknowledgment, numbered news, ping, malformed messages."""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import structlog
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.http.request import split_domain_port, validate_host

from common import realtime

logger = structlog.get_logger(__name__)

HELLO_SECONDS = 5.0
LOOK_SECONDS = 5.0
MALFORMED_LIMIT = 20
MALFORMED_SECONDS = 60.0
MAX_MESSAGE = 64 * 1024
MOST_ARRIVED = 200
# Full values are looked at so often at most.
TICK_SECONDS = 1.0
# Daphne closes a socket that has not answered its ping for so long; what is sent meanwhile may all lie unread.
UNREAD_SECONDS = 15.0
UNREAD_BYTES = 4 * 1024 * 1024

CLOSE_MALFORMED = 4400
CLOSE_UNAUTHENTICATED = 4401
CLOSE_FORBIDDEN = 4403
CLOSE_NO_HELLO = 4408
CLOSE_TOO_MUCH = 4429

Json = dict[str, Any]
Send = Callable[[Any], Awaitable[None]]


class Refused(Exception):
    """The hello does not entitle to this socket; `code` closes it."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class TooMuch(Exception):
    """More is to be sent than may lie unread; the socket is closed, and its client asks for the rest."""


class Outflow:
    """What was sent in the last seconds: neither Channels nor Daphne tells whether it was read."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most, self._seconds, self._total = most, seconds, 0
        self._sent: deque[tuple[float, int]] = deque()

    def spend(self, size: int, now: float) -> bool:
        """Whether `size` bytes may be sent at `now`. One message alone always may."""
        while self._sent and self._sent[0][0] <= now - self._seconds:
            self._total -= self._sent.popleft()[1]
        if self._total and self._total + size > self._most:
            return False
        self._sent.append((now, size))
        self._total += size
        return True


def in_thread(function: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    """`function` off the event loop; not thread-sensitive, or all sockets would share one database thread."""
    wrapped: Callable[..., Awaitable[Any]] = database_sync_to_async(function, thread_sensitive=False)
    return wrapped


class OriginGate:
    """Refuses foreign origins before the handshake; programs send no Origin and pass."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        """ASGI entry."""
        headers = dict(scope["headers"])
        if origin_allowed(headers.get(b"origin"), headers.get(b"host", b"")):
            await self.inner(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 403})


def origin_allowed(origin: bytes | None, host: bytes) -> bool:
    """Whether a browser's page of `origin` may open sockets here: our own host, or one configured."""
    if origin is None:
        return True
    text = origin.decode("latin-1")
    if text in settings.CORS_ALLOWED_ORIGINS:
        return True
    own = host.decode("latin-1")
    return urlsplit(text).netloc == own and validate_host(split_domain_port(own)[0], _hosts())


def _hosts() -> list[str]:
    return settings.ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]"]


class NewsConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """A socket that carries one stream's stored messages and some groups' full values.

    Subclasses give `admit`, `snapshot` and, where they need them, `topics`, `refresh` and `beat`.
    """

    stream: str | None = None
    cursor: int = 0

    async def admit(self, hello: Json) -> None:
        """Check the credential and set `self.stream`; raise Refused."""
        raise NotImplementedError

    def snapshot(self) -> Json:
        """The whole state as of now (runs in a thread)."""
        raise NotImplementedError

    def topics(self) -> list[str]:
        """Groups of unstored values to listen to (`groups` is a name of channels' own)."""
        return []

    async def refresh(self) -> None:
        """A group was hinted, or LOOK_SECONDS passed: send changed full values with `self.tell`."""

    async def beat(self) -> None:
        """Called once after the acknowledgment and then every LOOK_SECONDS while the socket is open."""

    # --- life of the socket ------------------------------------------------------------------------------------
    async def connect(self) -> None:
        """Accept, and wait for the hello."""
        self._joined: list[str] = []
        self._malformed: deque[float] = deque()
        self._wake = asyncio.Event()
        self._stale_groups = True
        self._behind = True
        self._arrived: deque[tuple[int, str]] = deque()
        self._later: asyncio.TimerHandle | None = None
        self._outflow = Outflow(UNREAD_BYTES, UNREAD_SECONDS)
        self._pump_task: asyncio.Task[None] | None = None
        await self.accept()
        loop = asyncio.get_running_loop()
        self._hello_timer = loop.call_later(HELLO_SECONDS, lambda: loop.create_task(self.close(CLOSE_NO_HELLO)))

    async def disconnect(self, code: int) -> None:
        """Stop everything that belongs to the socket."""
        self._hello_timer.cancel()
        if self._later is not None:
            self._later.cancel()
        if self._pump_task is not None:
            self._pump_task.cancel()
        for name in self._joined:
            await self.channel_layer.group_discard(name, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """One client message."""
        with suppress(TooMuch):
            await self._read(text_data)

    async def _read(self, text_data: str | None) -> None:
        message = _parse(text_data)
        kind = message.get("type") if message is not None else None
        if message is None or not isinstance(kind, str):
            await self._complain("A message is a JSON object with a type.")
        elif self._pump_task is None:
            await self._greet(message, kind)
        elif kind == "ping":
            await self.tell({"type": "pong"})
        else:
            await self._complain("Unknown message type.")

    async def hint(self, event: Json) -> None:
        """Channel layer message: something on one of our groups, with what was told where that fits in."""
        if event["group"] != self.stream:
            self._stale_groups = True
        elif event.get("news") is None or len(self._arrived) > MOST_ARRIVED:
            # A slow reader's news wait in the database, not in memory.
            self._behind = True
            self._arrived.clear()
        else:
            self._arrived.extend((seq, text) for seq, _, text in event["news"])
        self._wake.set()

    async def tell(self, message: Json) -> None:
        """Send one message; TooMuch closes the socket of a client who is told more than it may have read."""
        await self._send(json.dumps(message, ensure_ascii=False))

    async def _send(self, text: str) -> None:
        if not self._outflow.spend(len(text.encode()), asyncio.get_running_loop().time()):
            logger.warning("socket closed: too much unread", stream=self.stream)
            await self.close(CLOSE_TOO_MUCH)
            raise TooMuch
        await self.send(text_data=text)

    def too_soon(self, last: float) -> bool:
        """Whether the second since `last` is not over; then `refresh` is called again when it is."""
        loop = asyncio.get_running_loop()
        if loop.time() >= last + TICK_SECONDS:
            return False
        if self._later is None:
            self._later = loop.call_at(last + TICK_SECONDS, self._look_again)
        return True

    def _look_again(self) -> None:
        self._later = None
        self._stale_groups = True
        self._wake.set()

    # --- hello -------------------------------------------------------------------------------------------------
    async def _greet(self, message: Json, kind: str) -> None:
        if kind == "ping":
            await self.tell({"type": "pong"})
            return
        if kind != "hello" or not _well_formed_hello(message):
            await self._complain("The first message is a hello.")
            return
        try:
            await self.admit(message)
        except Refused as refused:
            await self.close(refused.code)
            return
        self._hello_timer.cancel()
        # Listen first, look second: what happens in between is then at worst hinted twice.
        for group in [*([self.stream] if self.stream else []), *self.topics()]:
            name = realtime.group_name(group)
            await self.channel_layer.group_add(name, self.channel_name)
            self._joined.append(name)
        await self._acknowledge(message.get("last_seq"))
        self._pump_task = asyncio.get_running_loop().create_task(self._pump())

    async def _acknowledge(self, last_seq: int | None) -> None:
        if last_seq is not None and self.stream and await in_thread(realtime.can_replay)(self.stream, last_seq):
            self.cursor = last_seq
            await self.tell({"type": "acknowledgment", "seq": last_seq})
            return
        self.cursor, snapshot = await in_thread(self._consistent_snapshot)()
        await self.tell({"type": "acknowledgment", "seq": self.cursor, "snapshot": snapshot})

    def _consistent_snapshot(self) -> tuple[int, Json]:
        """A snapshot and the number of the last message it contains."""
        if self.stream is None:
            return 0, self.snapshot()
        seq = realtime.last_seq(self.stream)
        for _ in range(5):
            snapshot = self.snapshot()
            after = realtime.last_seq(self.stream)
            if after == seq:
                break
            seq = after
        # A stream that never rests: the older number repeats messages rather than losing any.
        return seq, snapshot

    # --- news --------------------------------------------------------------------------------------------------
    async def _pump(self) -> None:
        """The only sender of news: what hints bring, and rows past the cursor every LOOK_SECONDS anyway."""
        try:
            await self.beat()
            due = asyncio.get_running_loop().time() + LOOK_SECONDS
            while True:
                await self._catch_up()
                if self._stale_groups:
                    self._stale_groups = False
                    await self.refresh()
                due = await self._rest(due)
        except asyncio.CancelledError:
            raise
        except TooMuch:
            return
        except Exception:
            # The client reconnects with its last_seq and loses nothing.
            logger.exception("socket failed", stream=self.stream)
            await self.close(1011)

    async def _rest(self, due: float) -> float:
        """Wait for a hint or for the next look, which also beats; the time of the look after it."""
        loop = asyncio.get_running_loop()
        try:
            await asyncio.wait_for(self._wake.wait(), max(0.0, due - loop.time()))
        except TimeoutError:
            await self.beat()
            self._stale_groups = self._behind = True
            due = loop.time() + LOOK_SECONDS
        self._wake.clear()
        return due

    async def _catch_up(self) -> None:
        """What came with the hints, as long as it follows on what was sent; else what is stored."""
        while self._arrived and not self._behind:
            seq, text = self._arrived.popleft()
            if seq == self.cursor + 1:
                await self._send(text)
                self.cursor = seq
            elif seq > self.cursor:
                self._behind = True
        if self._behind:
            self._behind = False
            await self._read_stored()

    async def _read_stored(self) -> None:
        while self.stream is not None:
            events = await in_thread(realtime.events_after)(self.stream, self.cursor)
            for event in events:
                await self.tell(event.message())
                self.cursor = event.seq
            if not events:
                return

    # --- malformed ---------------------------------------------------------------------------------------------
    async def _complain(self, text: str) -> None:
        moment = asyncio.get_running_loop().time()
        self._malformed.append(moment)
        while self._malformed[0] < moment - MALFORMED_SECONDS:
            self._malformed.popleft()
        if len(self._malformed) >= MALFORMED_LIMIT:
            await self.close(CLOSE_MALFORMED)
        else:
            await self.tell({"type": "error", "code": "malformed", "message": text})


def _parse(text: str | None) -> Json | None:
    if text is None or len(text) > MAX_MESSAGE:
        return None
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


def _well_formed_hello(message: Json) -> bool:
    last_seq = message.get("last_seq")
    if last_seq is not None and (not isinstance(last_seq, int) or isinstance(last_seq, bool) or abs(last_seq) > 2**62):
        return False
    texts = [message.get("call_secret"), message.get("api_key")]
    return all(text is None or (isinstance(text, str) and len(text) <= 512) for text in texts)
