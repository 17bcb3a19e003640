"""A local server in a thread of its own, so that tests of any kind can use it."""

import asyncio
import ssl
import threading
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.openai_server.control import Control


class LocalServer:
    """A context manager. `control` scripts it; a subclass says what it serves."""

    scheme = "http"
    tls: ssl.SSLContext | None = None

    def __init__(self, port: int = 0) -> None:
        self.control = Control()
        self.port = port
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=type(self).__name__, daemon=True)

    def make_app(self) -> web.Application:
        """What is served."""
        raise NotImplementedError

    @property
    def address(self) -> str:
        """Without a path."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()
        if self._error is not None:
            raise self._error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        runner = web.AppRunner(self.make_app(), shutdown_timeout=0.1)
        try:
            self._loop.run_until_complete(self._start(runner))
        except OSError as error:
            self._error = error
        finally:
            self._started.set()
        if self._error is None:
            self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    async def _start(self, runner: web.AppRunner) -> None:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port, ssl_context=self.tls)
        await site.start()
        self.port = runner.addresses[0][1]
