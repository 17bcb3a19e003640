"""ElevenLabs' and Smallest.ai's speech over HTTP: text in, raw sound out as it is made, in the built-in voice."""

import asyncio
from typing import Any

from aiohttp import web

from tests.openai_server.control import Failure
from tests.openai_server.sound import speak
from tests.provider_servers.serving import LocalServer
from voicebot.receptionist.language import detect_language

_CHUNK = 4800
_STATUS = {Failure.UNAUTHORIZED: 401, Failure.RATE_LIMITED: 429, Failure.BROKEN: 500}


class SpeakingServer(LocalServer):
    """What both have in common: a key, a JSON text, streamed PCM of 24 kHz, failures of the endpoint `speech`."""

    api_key = "tests-only"

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self._stopping: asyncio.Event

    def make_app(self) -> web.Application:
        app = web.Application()
        self._stopping = asyncio.Event()
        app.on_shutdown.append(self._release)
        self.add_routes(app)
        return app

    def add_routes(self, app: web.Application) -> None:
        raise NotImplementedError

    async def _release(self, _: web.Application) -> None:
        self._stopping.set()

    def refused(self, status: int, message: str) -> web.Response:
        """An error as this provider words it."""
        raise NotImplementedError

    async def answer(self, request: web.Request, key: str | None, asked: dict[str, Any]) -> web.StreamResponse:
        """The spoken text, or the failure that is on."""
        if key != self.api_key:
            return self.refused(401, "invalid api key")
        self.control.requests.append(("speech", asked))
        failure = self.control.failure("speech")
        if failure is Failure.HANG:
            await self._stopping.wait()
        if failure in _STATUS:
            return self.refused(_STATUS[failure], f"failing on purpose: {failure}")
        text = str(asked["text"])
        pcm = await asyncio.to_thread(speak, text, detect_language(text, "en"), "pcm")
        return await _streamed(request, pcm, cut=failure is Failure.CUT)


async def _streamed(request: web.Request, pcm: bytes, *, cut: bool) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "audio/pcm"})
    response.enable_chunked_encoding()
    await response.prepare(request)
    for start in range(0, len(pcm) // 2 if cut else len(pcm), _CHUNK):
        await response.write(pcm[start : start + _CHUNK])
    if cut and request.transport is not None:
        request.transport.abort()
    return response


class ElevenLabsServer(SpeakingServer):
    """POST /v1/text-to-speech/<voice>/stream?output_format=…, key in `xi-api-key`."""

    @property
    def base_url(self) -> str:
        """For ELEVENLABS_BASE_URL."""
        return f"{self.address}/v1"

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post("/v1/text-to-speech/{voice}/stream", self._speech)

    def refused(self, status: int, message: str) -> web.Response:
        return web.json_response({"detail": {"status": "refused", "message": message}}, status=status)

    async def _speech(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        if request.query.get("output_format") != "pcm_24000" or not asked.get("model_id"):
            return self.refused(422, "output_format and model_id are required")
        asked["voice"] = request.match_info["voice"]
        return await self.answer(request, request.headers.get("xi-api-key"), asked)


class SmallestServer(SpeakingServer):
    """POST /waves/v1/tts, key as a bearer."""

    @property
    def base_url(self) -> str:
        """For SMALLEST_BASE_URL."""
        return f"{self.address}/waves/v1"

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post("/waves/v1/tts", self._speech)

    def refused(self, status: int, message: str) -> web.Response:
        return web.json_response({"status": "error", "message": message}, status=status)

    async def _speech(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        if asked.get("output_format") != "pcm" or asked.get("sample_rate") != 24_000 or not asked.get("voice_id"):
            return self.refused(400, "voice_id, output_format and sample_rate are required")
        asked["voice"] = asked["voice_id"]
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return await self.answer(request, key, asked)
