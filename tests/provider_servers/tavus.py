"""Tavus' REST interface, as far as an avatar is sent for; who comes is a `Face` of ours, where one is wanted."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp import web

from tests.openai_server.control import Failure
from tests.provider_servers.serving import LocalServer
from tests.provider_servers.tavus_face import Face

_STATUS = {Failure.UNAUTHORIZED: 401, Failure.RATE_LIMITED: 429, Failure.BROKEN: 500}


class TavusServer(LocalServer):
    """POST /v2/conversations, key in `x-api-key`. `sends_faces`: somebody joins the room that is named there."""

    api_key = "tests-only"

    def __init__(self, port: int = 0, *, sends_faces: bool = False) -> None:
        super().__init__(port)
        self._sends_faces = sends_faces
        self._faces: list[Face] = []

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
        if self._sends_faces:
            told = asked["properties"]
            face = Face(told["livekit_ws_url"], told["livekit_room_token"])
            self._faces.append(face)
            # Tavus answers first; whoever is sent takes a moment.
            self._joining = asyncio.create_task(face.join())
        return web.json_response({"conversation_id": "c123", "status": "active"})

    def lose_faces(self) -> None:
        """Those who came leave without a word."""
        self._have(Face.leave)
        self._faces.clear()

    def hang(self) -> None:
        """Those who came stay, and say nothing any more."""
        self._have(Face.fall_silent)

    def _have(self, act: Callable[[Face], Coroutine[Any, Any, None]]) -> None:
        for face in self._faces:
            asyncio.run_coroutine_threadsafe(act(face), self._loop).result(timeout=10)
