"""(d) One event to 500 sockets of one process: until it is there, and whether it is there everywhere."""

import asyncio
import gc
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import psutil
from asgiref.sync import sync_to_async

from bench.host import left_alone
from bench.line import people
from bench.line.bare_sockets import GROUP, LAYERS
from bench.numbers import Row, percentile
from calls.models import Call
from common.realtime import call_stream, publish, unit_of_work
from tools.setup import ROOT
from tools.stack import find_free_port
from tools.stack.ports import answers
from tools.stack.process import Running, start, tail

SOCKETS, EVENTS = 500, 20
AT_ONCE = 20
# What has not come by then counts as lost. All events of a run share it, and nobody waits for a socket that was closed:
# with one gone each event would otherwise wait all of it, and the run not end.
PATIENCE = 20.0
OPENING = 120.0
NOT_COUNTED = -1
# The text of event n, put on its way.
Tell = Callable[..., Awaitable[None]]


@dataclass
class Run:
    """What came of one server's run; seconds."""

    took: list[float] = field(default_factory=list)
    came: Counter[int] = field(default_factory=Counter)
    sent: dict[int, float] = field(default_factory=dict)
    # Of the server's processor, for one event at one socket.
    spent: float = 0.0
    # Codes of sockets that were closed before the end.
    closed: list[int | None] = field(default_factory=list)

    @property
    def lost(self) -> float:
        """Messages that never came."""
        return float(SOCKETS * EVENTS - len(self.took))


def measure() -> list[Row]:
    """Ours, the core layer, the raw loop."""
    people.empty()
    people.callers(1, people.departments(1))
    call = Call.objects.get()
    hello = json.dumps({"type": "hello", "call_secret": call.secret})

    async def ours(_: aiohttp.ClientWebSocketResponse, number: int) -> None:
        await sync_to_async(_publish, thread_sensitive=False)(call.pk, number)

    found = left_alone(lambda: _of("callcenter_site.asgi:application", f"/ws/call/{call.pk}/", ours, hello), tries=3)
    core = left_alone(lambda: _of("bench.line.bare_sockets:core", "/", _core, ""), tries=3)
    loop = left_alone(lambda: _of("bench.line.bare_sockets:loop", "/", _loop, ""), tries=3)
    row = Row(f"(d) event → {SOCKETS} sockets", "s", found.took, core.took, target="p99 ≤ 100 ms, none lost")
    row.within = percentile(found.took, 0.99) <= 0.1 and not found.lost
    return [
        row,
        Row("(d) … a raw ASGI loop", "s", loop.took),
        Row("(d) … server's processor time a socket (beside: raw loop)", "µs", [found.spent * 1e6], [loop.spent * 1e6]),
        Row("(d) … lost (beside: core layer)", "", [found.lost], [core.lost], target="0", within=not found.lost),
    ]


def _publish(call_id: str, number: int) -> None:
    with unit_of_work():
        publish(call_stream(call_id), "transcript", {"bench": number})


async def _core(_: aiohttp.ClientWebSocketResponse, number: int) -> None:
    from channels_redis.core import RedisChannelLayer

    layer = RedisChannelLayer(**LAYERS["default"]["CONFIG"])  # type: ignore[arg-type]
    await layer.group_send(GROUP, {"type": "news", "text": json.dumps({"bench": number})})


async def _loop(socket: aiohttp.ClientWebSocketResponse, number: int) -> None:
    await socket.send_str(json.dumps({"bench": number}))


def _of(application: str, path: str, tell: Tell, hello: str) -> Run:
    # Which of the three did not end is seen by whoever ends it.
    print(f"bench: sockets of {application} …", file=sys.stderr, flush=True)
    with daphne(application) as server:
        run = asyncio.run(_run(server, server.url + path, tell, hello))
    if run.lost:
        why = f"bench: {run.lost:.0f} lost; closed {run.closed}; the end of {server.log}:\n{tail(server.log, 3)}"
        print(why, file=sys.stderr, flush=True)
    return run


@contextmanager
def daphne(application: str, *options: str) -> Iterator[Running]:
    """One server process; its `url` is that of WebSockets."""
    port = find_free_port()
    with start(
        "daphne",
        [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "-v", "0", *options, application],
        url=f"ws://127.0.0.1:{port}",
        log=Path(os.environ["VAR_DIR"]) / "logs" / "sockets.log",
        ready=lambda: answers("127.0.0.1", port),
        seconds=60,
        cwd=ROOT,
    ) as running:
        yield running


async def _run(server: Running, url: str, tell: Tell, hello: str) -> Run:
    run = Run()
    timeout = aiohttp.ClientTimeout(total=OPENING)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as http:
        sockets: list[aiohttp.ClientWebSocketResponse] = []
        reading: list[asyncio.Task[None]] = []
        async with asyncio.timeout(OPENING):
            while len(sockets) < SOCKETS:
                opened = await asyncio.gather(*(_open(http, url, hello) for _ in range(AT_ONCE)))
                # At once: only who reads answers the server's pings.
                reading += [asyncio.create_task(_read(socket, run)) for socket in opened]
                sockets += opened
        await asyncio.sleep(2)
        # The measuring side shall not stop to collect its own garbage.
        gc.collect()
        gc.freeze()
        await _first(tell, sockets)
        before = processor_time(server)
        await _tell_all(run, tell, sockets[0])
        run.spent = (processor_time(server) - before) / SOCKETS / EVENTS
        for task in reading:
            task.cancel()
        await asyncio.gather(*(socket.close() for socket in sockets))
    return run


async def _tell_all(run: Run, tell: Tell, socket: aiohttp.ClientWebSocketResponse) -> None:
    patience = PATIENCE
    for number in range(EVENTS):
        run.sent[number] = time.perf_counter()
        await tell(socket, number)
        patience -= await _until(lambda number=number: run.came[number] >= SOCKETS - len(run.closed), patience)  # type: ignore[misc]
        await asyncio.sleep(0.2)


def processor_time(server: Running) -> float:
    """What the server has used so far: seconds, its own and the kernel's for it."""
    times = psutil.Process(server.process.pid).cpu_times()
    return float(times.user + times.system)


async def _first(tell: Tell, sockets: list[aiohttp.ClientWebSocketResponse]) -> None:
    """One event that does not count: whoever tells opens his connections with it."""
    await tell(sockets[0], NOT_COUNTED)
    await asyncio.sleep(2)


async def _open(http: aiohttp.ClientSession, url: str, hello: str) -> aiohttp.ClientWebSocketResponse:
    socket = await http.ws_connect(url)
    if hello:
        await socket.send_str(hello)
        await socket.receive_json(timeout=30)
    return socket


async def _read(socket: aiohttp.ClientWebSocketResponse, run: Run) -> None:
    async for message in socket:
        told = json.loads(message.data)
        if told.get("bench", NOT_COUNTED) != NOT_COUNTED:
            run.took.append(time.perf_counter() - run.sent[told["bench"]])
            run.came[told["bench"]] += 1
    run.closed.append(socket.close_code)


async def _until(look: Callable[[], bool], patience: float) -> float:
    """Until it is so, `patience` seconds at most; those that passed in vain."""
    begun = time.perf_counter()
    while not look():
        if time.perf_counter() - begun >= patience:
            return patience
        await asyncio.sleep(0.005)
    return 0.0
