"""(d) One event to 500 sockets of one process: until it is there, and whether it is there everywhere."""

import asyncio
import gc
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
from asgiref.sync import sync_to_async

from bench.line import people
from bench.line.bare_sockets import GROUP, LAYERS
from bench.numbers import Row, percentile
from calls.models import Call
from common.realtime import call_stream, publish, unit_of_work
from tools.setup import ROOT
from tools.stack import find_free_port
from tools.stack.ports import answers
from tools.stack.process import Running, start

SOCKETS, EVENTS, PATIENCE = 500, 20, 20.0
AT_ONCE = 20
NOT_COUNTED = -1
# The text of event n, put on its way.
Tell = Callable[[int], Awaitable[None]]


def measure() -> list[Row]:
    """Ours, the core layer, the raw loop."""
    people.empty()
    people.callers(1, people.departments(1))
    call = Call.objects.get()
    hello = json.dumps({"type": "hello", "call_secret": call.secret})

    async def ours(_: aiohttp.ClientWebSocketResponse, number: int) -> None:
        await sync_to_async(_publish, thread_sensitive=False)(call.pk, number)

    found = _of("callcenter_site.asgi:application", f"/ws/call/{call.pk}/", ours, hello)
    core = _of("bench.line.bare_sockets:core", "/", _core, "")
    loop = _of("bench.line.bare_sockets:loop", "/", _loop, "")
    row = Row(f"(d) event → {SOCKETS} sockets", "s", found, core, target="p99 ≤ 100 ms, none lost")
    row.within = percentile(found, 0.99) <= 0.1 and len(found) == SOCKETS * EVENTS
    lost = [float(SOCKETS * EVENTS - len(samples)) for samples in (found, core, loop)]
    return [
        row,
        Row("(d) … a raw ASGI loop", "s", loop),
        Row("(d) … lost (beside: core layer)", "", lost[:1], lost[1:2], target="0", within=lost[0] == 0),
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


def _of(application: str, path: str, tell: Callable[..., Awaitable[None]], hello: str) -> list[float]:
    port = find_free_port()
    with _daphne(application, port):
        return asyncio.run(_run(f"ws://127.0.0.1:{port}{path}", tell, hello))


def _daphne(application: str, port: int) -> Running:
    return start(
        "daphne",
        [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "-v", "0", application],
        url=f"http://127.0.0.1:{port}",
        log=Path(os.environ["VAR_DIR"]) / "logs" / "sockets.log",
        ready=lambda: answers("127.0.0.1", port),
        seconds=60,
        cwd=ROOT,
    )


async def _run(url: str, tell: Callable[..., Awaitable[None]], hello: str) -> list[float]:
    """Seconds from sending until received, of everything that was received."""
    took: list[float] = []
    sent: dict[int, float] = {}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        sockets: list[aiohttp.ClientWebSocketResponse] = []
        reading: list[asyncio.Task[None]] = []
        while len(sockets) < SOCKETS:
            opened = await asyncio.gather(*(_open(http, url, hello) for _ in range(AT_ONCE)))
            # At once: only who reads answers the server's pings.
            reading += [asyncio.create_task(_read(socket, sent, took)) for socket in opened]
            sockets += opened
        await asyncio.sleep(2)
        # The measuring side shall not stop to collect its own garbage.
        gc.collect()
        gc.freeze()
        await _first(tell, sockets)
        for number in range(EVENTS):
            sent[number] = time.perf_counter()
            await tell(sockets[0], number)
            await _until(lambda number=number: len(took) >= SOCKETS * (number + 1))  # type: ignore[misc]
            await asyncio.sleep(0.2)
        for task in reading:
            task.cancel()
        await asyncio.gather(*(socket.close() for socket in sockets))
    return took


async def _first(tell: Callable[..., Awaitable[None]], sockets: list[aiohttp.ClientWebSocketResponse]) -> None:
    """One event that does not count: whoever tells opens his connections with it."""
    await tell(sockets[0], NOT_COUNTED)
    await asyncio.sleep(2)


async def _open(http: aiohttp.ClientSession, url: str, hello: str) -> aiohttp.ClientWebSocketResponse:
    socket = await http.ws_connect(url)
    if hello:
        await socket.send_str(hello)
        await socket.receive_json(timeout=30)
    return socket


async def _read(socket: aiohttp.ClientWebSocketResponse, sent: dict[int, float], took: list[float]) -> None:
    async for message in socket:
        told = json.loads(message.data)
        if told.get("bench", NOT_COUNTED) != NOT_COUNTED:
            took.append(time.perf_counter() - sent[told["bench"]])


async def _until(look: Callable[[], bool]) -> None:
    """Until it is so, or for PATIENCE: what has not come by then counts as lost."""
    end = time.perf_counter() + PATIENCE
    while not look() and time.perf_counter() < end:  # noqa: ASYNC110 -- what is looked at tells nobody
        await asyncio.sleep(0.005)
