"""The server in a thread of its own, so that tests of any kind can use it."""

import asyncio
import threading
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.openai_server.app import make_app
from tests.openai_server.control import Control
from tests.openai_server.sound import Phrases
from voicebot.receptionist.facts import CallFacts, DepartmentFacts
from voicebot.receptionist.grammar import grammar_phrases

API_KEY = "sk-tests-only"
DEMO = CallFacts(
    "",
    "Demo",
    "en",
    departments=tuple(DepartmentFacts(name.lower(), {"en": name}) for name in ("Support", "Sales", "Billing")),
)


class OpenAIServer:
    """A context manager. `control` scripts it; `phrases` is what its ears know (the demo's departments by default)."""

    def __init__(self, port: int = 0, *, phrases: Phrases | None = None, api_key: str = API_KEY) -> None:
        self.control = Control()
        self.api_key = api_key
        self.port = port
        self._phrases = grammar_phrases(DEMO) if phrases is None else phrases
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="openai-server", daemon=True)

    @property
    def base_url(self) -> str:
        """For OPENAI_BASE_URL."""
        return f"http://127.0.0.1:{self.port}/v1"

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
        runner = web.AppRunner(make_app(self.control, self._phrases, api_key=self.api_key), shutdown_timeout=0.1)
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
        site = web.TCPSite(runner, "127.0.0.1", self.port)
        await site.start()
        self.port = runner.addresses[0][1]
