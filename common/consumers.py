"""What every WebSocket of the public surface shares: hello, acknowledgment, numbered news, ping, malformed messages."""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import structlog
from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.sessions import InstanceSessionWrapper
from django.conf import settings
from django.http.request import split_domain_port, validate_host

from common import realtime
from common.lookout import Lookout, lookout
from common.rounds import together

logger = structlog.get_logger(__name__)

HELLO_SECONDS = 5.0
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
CLOSE_FAILED = 1011

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


class SessionReader:
    """The session in the scope, for sockets, which never save one.

    Channels' own middleware looks at it again with every message sent.
    """

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        """ASGI entry."""
        wrapper = InstanceSessionWrapper(scope, send)
        await wrapper.resolve_session()
        await self.inner(wrapper.scope, receive, send)


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

    Subclasses give `admit`, `snapshot` and, where they need them, `key`, `topics`, `renew`, `look` and `show`.
    """

    # The process's lookout listens for all sockets (common/lookout.py).
    channel_layer_alias = ""
    stream: str | None = None
    cursor: int = 0
    rests_until: float = 0.0
    _lookout: Lookout | None = None
    _hello_timer: asyncio.TimerHandle | None = None
    _pump_task: asyncio.Task[None] | None = None

    async def admit(self, hello: Json) -> None:
        """Check the credential and set `self.stream`; raise Refused."""
        raise NotImplementedError

    async def snapshot(self) -> Json:
        """The whole state as of now."""
        raise NotImplementedError

    @property
    def key(self) -> Hashable:
        """What `renew` and `look` know the socket by."""
        return ""

    def topics(self) -> list[str]:
        """Groups of unstored values to listen to (`groups` is a name of channels' own)."""
        return []

    @classmethod
    def renew(cls, keys: Collection[Any]) -> None:
        """These sockets are open: called before the snapshot and then every LOOK_SECONDS (runs in a thread)."""

    @classmethod
    def look(cls, keys: Collection[Any]) -> Mapping[Any, Any]:
        """Full values by key, after a hint and every LOOK_SECONDS (runs in a thread); for all in few statements."""
        return dict.fromkeys(keys)

    async def show(self, values: Any) -> None:
        """Send what has changed of the values of `look` (None: it found none) with `self.tell`, and call `rest`."""

    # --- life of the socket ------------------------------------------------------------------------------------
    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        """ASGI entry; however it ends, nothing of the socket stays."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self._hello_timer is not None:
                self._hello_timer.cancel()
            if self._pump_task is not None:
                self._pump_task.cancel()
            if self._lookout is not None:
                await self._lookout.leave(self)

    async def connect(self) -> None:
        """Accept, and wait for the hello."""
        self._malformed: deque[float] = deque()
        self._wake = asyncio.Event()
        self._behind = True
        self._arrived: deque[tuple[int, str]] = deque()
        # At most one value waits to be shown: the last.
        self._values: list[Any] = []
        self._seen: Any = self
        self._failed = False
        self._outflow = Outflow(UNREAD_BYTES, UNREAD_SECONDS)
        await self.accept()
        loop = asyncio.get_running_loop()
        self._hello_timer = loop.call_later(HELLO_SECONDS, lambda: loop.create_task(self.close(CLOSE_NO_HELLO)))

    async def dispatch(self, message: Json) -> None:
        """One message of the server. Channels would look after database connections first, in a thread: threads that
        have some do that themselves here.
        """
        await getattr(self, get_handler_name(message))(message)

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

    async def tell(self, message: Json) -> None:
        """Send one message; TooMuch closes the socket of a client who is told more than it may have read."""
        await self.tell_text(json.dumps(message, ensure_ascii=False))

    async def tell_text(self, text: str) -> None:
        """The same, written out already."""
        size = len(text) if text.isascii() else len(text.encode())
        if not self._outflow.spend(size, asyncio.get_running_loop().time()):
            logger.warning("socket closed: too much unread", stream=self.stream)
            await self.close(CLOSE_TOO_MUCH)
            raise TooMuch
        await self.base_send({"type": "websocket.send", "text": text})

    def rest(self) -> None:
        """Values were told: no others for a second."""
        self.rests_until = asyncio.get_running_loop().time() + TICK_SECONDS

    # --- what the lookout says ---------------------------------------------------------------------------------
    def hinted(self, event: Json) -> None:
        """Something on one of our groups, with what was told where that fits in."""
        if event["group"] != self.stream:
            self.ask()
        elif event.get("news") is None or len(self._arrived) > MOST_ARRIVED:
            # A slow reader's news wait in the database, not in memory.
            self.fall_behind()
        else:
            self._arrived.extend((seq, text) for seq, _, text in event["news"])
            self._wake.set()

    def fall_behind(self) -> None:
        """More is stored than was sent."""
        self._behind = True
        self._arrived.clear()
        self._wake.set()

    def shown(self, values: Any) -> None:
        """What `look` found; mostly it is what it was."""
        if values != self._seen:
            self._seen = values
            self._values = [values]
            self._wake.set()

    def fail(self) -> None:
        """What was done for this socket has failed."""
        self._failed = True
        self._wake.set()

    def ask(self) -> None:
        """Full values may have changed."""
        if self._lookout is not None:
            self._lookout.ask(self)

    async def listen(self, group: str) -> None:
        """One group more."""
        if self._lookout is not None:
            await self._lookout.join(self, [group])

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
        if self._hello_timer is not None:
            self._hello_timer.cancel()
        await together(self.renew, self.key)
        # Listen first, look second: what happens in between is then at worst hinted twice.
        self._lookout = lookout()
        await self._lookout.join(self, [*([self.stream] if self.stream else []), *self.topics()])
        await self._acknowledge(message.get("last_seq"))
        self._pump_task = asyncio.get_running_loop().create_task(self._pump())
        self._lookout.watch(self)

    async def _acknowledge(self, last_seq: int | None) -> None:
        asked = (self.stream, last_seq)
        if last_seq is not None and self.stream and await together(realtime.replayable, asked):
            self.cursor = last_seq
            await self.tell({"type": "acknowledgment", "seq": last_seq})
            return
        self.cursor, snapshot = await self._consistent_snapshot()
        await self.tell({"type": "acknowledgment", "seq": self.cursor, "snapshot": snapshot})

    async def _consistent_snapshot(self) -> tuple[int, Json]:
        """A snapshot and the number of the last message it contains."""
        seq = await self._last_seq()
        for _ in range(5):
            snapshot = await self.snapshot()
            after = await self._last_seq()
            if after == seq:
                break
            seq = after
        # A stream that never rests: the older number repeats messages rather than losing any.
        return seq, snapshot

    async def _last_seq(self) -> int:
        return (await together(realtime.last_seqs, self.stream) or 0) if self.stream else 0

    # --- news --------------------------------------------------------------------------------------------------
    async def _pump(self) -> None:
        """The only sender of news: what hints bring, rows past the cursor, full values."""
        try:
            while not self._failed:
                await self._catch_up()
                if self._values:
                    await self.show(self._values.pop())
                await self._wake.wait()
                self._wake.clear()
            await self.close(CLOSE_FAILED)
        except TooMuch:
            return
        except Exception:
            # The client reconnects with its last_seq and loses nothing.
            logger.exception("socket failed", stream=self.stream)
            await self.close(CLOSE_FAILED)

    async def _catch_up(self) -> None:
        """What came with the hints, as long as it follows on what was sent; else what is stored."""
        while self._arrived and not self._behind:
            seq, text = self._arrived.popleft()
            if seq == self.cursor + 1:
                await self._pass_on(seq, text)
            elif seq > self.cursor:
                self._behind = True
        if self._behind:
            self._behind = False
            await self._read_stored()

    async def _read_stored(self) -> None:
        while self.stream is not None and self._lookout is not None:
            found = await self._lookout.stored(self.stream, self.cursor)
            for seq, text in found:
                await self._pass_on(seq, text)
            if not found:
                return

    async def _pass_on(self, seq: int, text: str) -> None:
        await self.tell_text(text)
        self.cursor = seq

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
