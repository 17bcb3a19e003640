"""The routes."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from tests.openai_server import brain, faults, sound, wire
from tests.openai_server.control import Control, Failure
from voicebot.receptionist.language import detect_language

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
MODELS = ("gpt-4o-mini", "whisper-1", "gpt-4o-mini-tts", "tts-1")
_NAMES = {"en": "english", "ar": "arabic"}
_STATUS = {Failure.UNAUTHORIZED: (401, "invalid_api_key"), Failure.RATE_LIMITED: (429, "rate_limit_exceeded")}
_SPEECH_CHUNK = 4800
_CUT_AFTER = 2
CONTROL = web.AppKey("control", Control)
PHRASES: web.AppKey[sound.Phrases] = web.AppKey("phrases")
STOPPING: web.AppKey[asyncio.Event] = web.AppKey("stopping")
CUT: web.RequestKey[bool] = web.RequestKey("cut")


def make_app(control: Control, phrases: sound.Phrases, *, api_key: str) -> web.Application:
    """The application; any `Bearer` but `api_key` is a 401."""
    app = web.Application(middlewares=[_gate(api_key)], client_max_size=30 * 1024 * 1024)
    app[CONTROL], app[PHRASES], app[STOPPING] = control, phrases, asyncio.Event()
    app.on_shutdown.append(_release)
    app.router.add_get("/v1/models", models)
    app.router.add_post("/v1/chat/completions", chat)
    app.router.add_post("/v1/audio/transcriptions", transcriptions)
    app.router.add_post("/v1/audio/speech", speech)
    app.router.add_post("/_control", set_control)
    app.router.add_get("/_control", get_control)
    return app


async def _release(app: web.Application) -> None:
    app[STOPPING].set()


def _gate(api_key: str) -> Any:
    @web.middleware
    async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith("/v1/"):
            return await handler(request)
        if request.headers.get("Authorization") != f"Bearer {api_key}":
            return _failed(Failure.UNAUTHORIZED)
        endpoint = request.path.rsplit("/", 1)[-1].replace("completions", "chat")
        failure = request.app[CONTROL].failure(endpoint)
        if failure is Failure.HANG:
            await request.app[STOPPING].wait()
        if failure in faults.PLAYED:
            return await faults.play(request, failure, endpoint, request.app[CONTROL].pace, request.app[STOPPING])
        if failure is not None and failure is not Failure.CUT:
            return _failed(failure)
        request[CUT] = failure is Failure.CUT
        return await handler(request)

    return gate


def _failed(failure: Failure) -> web.Response:
    status, code = _STATUS.get(failure, (500, "server_error"))
    headers = {"Retry-After": "1"} if status == 429 else {}
    return web.json_response(wire.error(status, code, f"failing on purpose: {failure}"), status=status, headers=headers)


def _bad(message: str) -> web.Response:
    return web.json_response(wire.error(400, "invalid_request", message), status=400)


async def models(request: web.Request) -> web.Response:
    """GET /v1/models."""
    return web.json_response({"object": "list", "data": [{"id": name, "object": "model"} for name in MODELS]})


async def chat(request: web.Request) -> web.StreamResponse:
    """POST /v1/chat/completions, whole or streamed."""
    control = request.app[CONTROL]
    asked = await _json(request)
    if not isinstance(asked.get("messages"), list) or not asked.get("model"):
        return _bad("model and messages are required")
    control.requests.append(("chat", asked))
    tools = {str(tool.get("function", {}).get("name")) for tool in asked.get("tools") or () if isinstance(tool, dict)}
    decision = control.next_decision(tools) or brain.decide(asked)
    if not asked.get("stream"):
        answer = web.json_response(wire.completion(decision, asked["model"]))
        return await _half(request, answer) if request[CUT] else answer
    usage = bool((asked.get("stream_options") or {}).get("include_usage"))
    pieces = [json.dumps(piece) for piece in wire.chunks(decision, asked["model"], usage=usage)]
    return await _events(request, [*pieces, "[DONE]"])


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


async def _events(request: web.Request, events: list[str]) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
    await response.prepare(request)
    for event in events[:_CUT_AFTER] if request[CUT] else events:
        await response.write(f"data: {event}\n\n".encode())
    if request[CUT] and request.transport is not None:
        request.transport.abort()
    return response


async def _half(request: web.Request, answer: web.Response) -> web.StreamResponse:
    """The first half of an answer whose length promises the whole."""
    body = answer.body if isinstance(answer.body, bytes) else b""
    response = web.StreamResponse(headers={"Content-Type": answer.content_type, "Content-Length": str(len(body))})
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.abort()
    return response


async def transcriptions(request: web.Request) -> web.StreamResponse:
    """POST /v1/audio/transcriptions."""
    control = request.app[CONTROL]
    form = await request.post()
    upload = form.get("file")
    if not isinstance(upload, web.FileField):
        return _bad("file is required")
    data = upload.file.read()
    asked = {name: value for name, value in form.items() if isinstance(value, str)}
    control.requests.append(("transcriptions", asked | {"bytes": len(data)}))
    scripted = control.next_transcript()
    text, duration = (scripted, 0.0) if scripted is not None else await _listen(request.app, data)
    language = str(form.get("language") or detect_language(text, "en"))
    answer = _transcription(str(form.get("response_format", "json")), text, language, duration)
    return await _half(request, answer) if request[CUT] else answer


async def _listen(app: web.Application, data: bytes) -> tuple[str, float]:
    return await asyncio.to_thread(sound.listen, data, app[PHRASES])


def _transcription(form: str, text: str, language: str, duration: float) -> web.Response:
    if form == "text":
        return web.Response(text=text)
    verbose = {"task": "transcribe", "language": _NAMES.get(language, language), "duration": duration, "segments": []}
    return web.json_response({"text": text} | (verbose if form == "verbose_json" else {}))


async def speech(request: web.Request) -> web.StreamResponse:
    """POST /v1/audio/speech, as bytes or as events."""
    asked = await _json(request)
    text, form = asked.get("input"), asked.get("response_format", "mp3")
    if not isinstance(text, str) or not text or form not in sound.TYPES:
        return _bad("input is required, response_format is one of " + ", ".join(sound.TYPES))
    request.app[CONTROL].requests.append(("speech", asked))
    data = await asyncio.to_thread(sound.speak, text, detect_language(text, "en"), form)
    if asked.get("stream_format") != "sse":
        answer = web.Response(body=data, content_type=sound.TYPES[form])
        return await _half(request, answer) if request[CUT] else answer
    deltas = [base64.b64encode(data[at : at + _SPEECH_CHUNK]).decode() for at in range(0, len(data), _SPEECH_CHUNK)]
    events = [json.dumps({"type": "speech.audio.delta", "audio": delta}) for delta in deltas]
    done = {"type": "speech.audio.done", "usage": {"input_tokens": 5, "output_tokens": 5, "total_tokens": 10}}
    return await _events(request, [*events, json.dumps(done)])


async def set_control(request: web.Request) -> web.Response:
    """POST /_control: see Control.apply."""
    request.app[CONTROL].apply(await _json(request))
    return web.json_response({"ok": True})


async def get_control(request: web.Request) -> web.Response:
    """GET /_control: what was asked, in order."""
    return web.json_response({"requests": request.app[CONTROL].requests})
