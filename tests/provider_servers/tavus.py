"""Tavus' REST interface, as far as an avatar is sent for. Nobody comes: its media service is not to be had here."""

import asyncio

from aiohttp import web

from tests.openai_server.control import Failure
from tests.provider_servers.serving import LocalServer

_STATUS = {Failure.UNAUTHORIZED: 401, Failure.RATE_LIMITED: 429, Failure.BROKEN: 500}


class TavusServer(LocalServer):
    """POST /v2/conversations, key in `x-api-key`."""

    api_key = "tests-only"

    @property
    def base_url(self) -> str:
        """For TAVUS_BASE_URL."""
        return f"{self.address}/v2"

    def make_app(self) -> web.Application:
        self._stopping = asyncio.Event()
        app = web.Application()
        app.on_shutdown.append(self._release)
        app.router.add_post("/v2/conversations", self._conversation)
        return app

    async def _release(self, _: web.Application) -> None:
        self._stopping.set()

    async def _conversation(self, request: web.Request) -> web.Response:
        if request.headers.get("x-api-key") != self.api_key:
            return web.json_response({"message": "Invalid access token"}, status=401)
        asked = await request.json()
        self.control.requests.append(("conversations", asked))
        failure = self.control.failure("conversations")
        if failure is Failure.HANG:
            await self._stopping.wait()
        if failure in _STATUS:
            return web.json_response({"message": f"failing on purpose: {failure}"}, status=_STATUS[failure])
        if not asked.get("pal_id") or not asked.get("face_id"):
            return web.json_response({"message": "pal_id and face_id are required"}, status=400)
        return web.json_response({"conversation_id": "c123", "status": "active"})
