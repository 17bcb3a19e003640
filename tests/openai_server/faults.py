"""Answers that look like a success and are none."""

import asyncio
import json
import random
from contextlib import suppress

from aiohttp import web

from tests.openai_server import sound, wire
from tests.openai_server.control import Failure
from voicebot.receptionist.chat import Decision

PLAYED = (Failure.SILENT, Failure.GARBAGE, Failure.PAGE, Failure.EMPTY, Failure.TRICKLE)
_TYPES = {"chat": "text/event-stream", "transcriptions": "application/json", "speech": "audio/pcm"}
_PAGE = b"<html><head><title>Sign in</title></head><body>Please sign in to use this network.</body></html>\n" * 400
_GARBAGE_BYTES = 40_000


async def play(
    request: web.Request, failure: Failure, endpoint: str, pace: float, stopping: asyncio.Event
) -> web.StreamResponse:
    """One of PLAYED at an endpoint."""
    await request.read()
    kind = "text/html" if failure is Failure.PAGE else _TYPES.get(endpoint, "application/json")
    response = web.StreamResponse(headers={"Content-Type": kind})
    await response.prepare(request)
    if failure is Failure.SILENT:
        await stopping.wait()
    elif failure is Failure.TRICKLE:
        with suppress(ConnectionError):
            await _trickle(response, _good(endpoint), pace, stopping)
    elif failure is not Failure.EMPTY:
        await response.write(_PAGE if failure is Failure.PAGE else _garbage(endpoint))
    return response


async def _trickle(response: web.StreamResponse, body: bytes, pace: float, stopping: asyncio.Event) -> None:
    for byte in body:
        await response.write(bytes([byte]))
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), pace)
            return


def _garbage(endpoint: str) -> bytes:
    made = random.Random(endpoint).randbytes(_GARBAGE_BYTES)
    return b"data: {" + made.replace(b"\n", b"") + b"\n\n" if endpoint == "chat" else made


def _good(endpoint: str) -> bytes:
    if endpoint == "speech":
        return sound.speak("We are open from nine to five.", "en", "pcm")
    if endpoint == "transcriptions":
        return json.dumps({"text": "what are your opening hours"}).encode()
    pieces = wire.chunks(Decision("We are open from nine to five."), "gpt-4o-mini", usage=False)
    return b"".join(f"data: {json.dumps(piece)}\n\n".encode() for piece in pieces)
