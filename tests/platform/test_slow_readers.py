"""Clients that do not read, at a real Daphne: its memory is bounded, and the others are told everything."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from calls.models import Call
from common.consumers import CLOSE_TOO_MUCH, UNREAD_BYTES
from common.realtime import call_stream, publish, unit_of_work
from tests.cast import make_call, make_department
from tests.voicebot.stack import database_url
from tools.setup import ROOT
from tools.stack import find_free_port
from tools.stack.ports import answers
from tools.stack.process import Running, start

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

DEAF = 6
TEXT = "x" * 30_000
# Six times what one socket may leave unread.
MESSAGES = 6 * UNREAD_BYTES // len(TEXT)
# Together the deaf ones could hold 144 MiB of it, and may hold 24.
MOST_GROWTH = 72 * 1024 * 1024


@pytest.fixture
def daphne(transactional_db: None, tmp_path: Path) -> Iterator[Running]:
    """The web process on the tests' database, with no ping within the test's time."""
    port = find_free_port()
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "callcenter_site.settings",
        "DATABASE_URL": database_url(connection.settings_dict),
    }
    command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "-v", "0"]
    with start(
        "daphne",
        [*command, "--ping-interval", "600", "callcenter_site.asgi:application"],
        url=f"ws://127.0.0.1:{port}",
        log=tmp_path / "daphne.log",
        ready=lambda: answers("127.0.0.1", port),
        seconds=60,
        env=environment,
        cwd=ROOT,
    ) as running:
        yield running


class Client:
    """A caller's page; it comes back with the last number whenever it is closed."""

    def __init__(self, http: aiohttp.ClientSession, url: str, call: Call) -> None:
        self._http, self._url, self._call = http, url, call
        self.numbers: list[int] = []
        self.codes: list[int | None] = []
        self.greeted = asyncio.Event()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """A greeted socket."""
        async with self._http.ws_connect(f"{self._url}/ws/call/{self._call.pk}/", max_msg_size=0) as socket:
            last = {"last_seq": self.numbers[-1]} if self.numbers else {}
            await socket.send_json({"type": "hello", "call_secret": self._call.secret, **last})
            assert (await socket.receive_json())["type"] == "acknowledgment"
            yield socket

    async def read(self, upto: int) -> None:
        """Everything up to that number."""
        while upto not in self.numbers:
            async with self.open() as socket:
                self.greeted.set()
                async for message in socket:
                    told: dict[str, Any] = json.loads(message.data)
                    if "seq" in told:
                        self.numbers.append(told["seq"])
                    if told.get("seq") == upto:
                        return
                self.codes.append(socket.close_code)


def _publish(call: Call) -> None:
    with unit_of_work():
        publish(call_stream(call.pk), "transcript", {"text": TEXT})


async def _publish_all(call: Call, server: psutil.Process) -> int:
    """The most memory that the server had meanwhile."""
    most = 0
    for _ in range(MESSAGES):
        await sync_to_async(_publish, thread_sensitive=False)(call)
        most = max(most, server.memory_info().rss)
    return most


def _call() -> Call:
    make_department("support", is_default=True)
    return make_call()


async def test_who_does_not_read_is_closed_and_costs_neither_memory_nor_the_others_their_news(daphne: Running) -> None:
    call = await sync_to_async(_call)()
    server = psutil.Process(daphne.process.pid)
    async with aiohttp.ClientSession() as http, AsyncExitStack() as opened:
        reader = Client(http, daphne.url, call)
        reading = asyncio.create_task(reader.read(MESSAGES))
        await reader.greeted.wait()
        deaf = [await opened.enter_async_context(Client(http, daphne.url, call).open()) for _ in range(DEAF)]
        before = server.memory_info().rss
        most = await _publish_all(call, server)
        await reading
        assert most - before < MOST_GROWTH
        # Who reads is told each message once, in order: at once, or when it has come back.
        assert reader.numbers == list(range(1, MESSAGES + 1))
        assert CLOSE_TOO_MUCH in reader.codes
        for socket in deaf:
            assert len([message async for message in socket]) < MESSAGES
            assert socket.closed
    assert daphne.log.read_text().count("too much unread") == DEAF + len(reader.codes)
