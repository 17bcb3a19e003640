"""OpenAI's realtime protocol over a WebSocket, beside the rest of the local OpenAI server.

It hears committed sound with the built-in ears (or what `control.hear` scripts), thinks like the chat endpoint, and
answers with sound and its transcript. Failures: `realtime`, the connection, `response`, a reply, `audio` in one.
"""

import asyncio
import base64
import json
from typing import Any
from uuid import uuid4

from aiohttp import WSMsgType, web

from tests.openai_server import brain, sound
from tests.openai_server.app import CONTROL, PHRASES, STOPPING
from tests.openai_server.control import Failure
from tests.openai_server.server import OpenAIServer
from voicebot.receptionist.chat import Decision, ToolCall
from voicebot.receptionist.language import detect_language

_CHUNK = 4800


class RealtimeServer(OpenAIServer):
    """The local OpenAI server with GET /v1/realtime."""

    def make_app(self) -> web.Application:
        app = super().make_app()
        app.router.add_get("/v1/realtime", converse)
        return app


async def converse(request: web.Request) -> web.WebSocketResponse:
    """One conversation."""
    socket = web.WebSocketResponse(max_msg_size=0)
    await socket.prepare(request)
    await _Conversation(request.app, socket).run()
    return socket


class _Conversation:
    def __init__(self, app: web.Application, socket: web.WebSocketResponse) -> None:
        self._app, self._socket, self._control = app, socket, app[CONTROL]
        self._session: dict[str, Any] = {}
        self._items: list[dict[str, Any]] = []
        self._heard = bytearray()
        self._replying: asyncio.Task[None] | None = None

    async def run(self) -> None:
        await self._send("session.created", session={})
        stopping = asyncio.create_task(self._stop())
        async for message in self._socket:
            if message.type == WSMsgType.TEXT:
                event = json.loads(message.data)
                await getattr(self, "_" + event["type"].replace(".", "_"), self._unknown)(event)
        stopping.cancel()
        if self._replying is not None:
            self._replying.cancel()

    async def _stop(self) -> None:
        await self._app[STOPPING].wait()
        await self._socket.close()

    async def _send(self, kind: str, **fields: Any) -> None:
        await self._socket.send_json({"type": kind, "event_id": f"event_{uuid4().hex[:12]}", **fields})

    async def _unknown(self, event: dict[str, Any]) -> None:
        error = {"type": "invalid_request_error", "message": f"unknown event {event['type']}", "event_id": None}
        await self._send("error", error=error)

    async def _session_update(self, event: dict[str, Any]) -> None:
        self._session |= event["session"]
        self._control.requests.append(("session", event["session"]))
        await self._send("session.updated", session=self._session)

    async def _input_audio_buffer_append(self, event: dict[str, Any]) -> None:
        self._heard += base64.b64decode(event["audio"])

    async def _input_audio_buffer_clear(self, event: dict[str, Any]) -> None:
        self._heard.clear()

    async def _input_audio_buffer_commit(self, event: dict[str, Any]) -> None:
        pcm = bytes(self._heard)
        self._heard.clear()
        text = await self._listen(pcm)
        # The sound itself is no text, to a client that asked for no transcript.
        item = {
            "id": f"item_{uuid4().hex[:12]}",
            "type": "message",
            "role": "user",
            "content": [{"type": "input_audio"}],
        }
        await self._add(item, text)
        if (self._session.get("audio") or {}).get("input", {}).get("transcription"):
            told = {"item_id": item["id"], "content_index": 0, "transcript": text, "usage": None}
            await self._send("conversation.item.input_audio_transcription.completed", **told)

    async def _listen(self, pcm: bytes) -> str:
        if (scripted := self._control.next_transcript()) is not None:
            return scripted
        text, _ = await asyncio.to_thread(sound.listen, sound.wav(pcm, sound.RATE), self._app[PHRASES])
        return text

    async def _add(self, item: dict[str, Any], text: str) -> None:
        before = self._items[-1]["id"] if self._items else None
        self._items.append(item | {"said": text})
        await self._send("conversation.item.added", previous_item_id=before, item=item)

    async def _conversation_item_create(self, event: dict[str, Any]) -> None:
        item = event["item"]
        self._control.requests.append(("item", item))
        texts = [part.get("text") or "" for part in item.get("content") or ()]
        await self._add(item, " ".join(texts) or item.get("output", ""))

    async def _conversation_item_delete(self, event: dict[str, Any]) -> None:
        self._items = [item for item in self._items if item["id"] != event["item_id"]]
        await self._send("conversation.item.deleted", item_id=event["item_id"])

    async def _conversation_item_truncate(self, event: dict[str, Any]) -> None:
        await self._send("conversation.item.truncated", item_id=event["item_id"])

    async def _response_cancel(self, event: dict[str, Any]) -> None:
        if self._replying is None or self._replying.done():
            await self._send("error", error={"type": "invalid_request_error", "message": "Cancellation failed: none"})
        else:
            self._replying.cancel()

    async def _response_create(self, event: dict[str, Any]) -> None:
        self._control.requests.append(("response", event.get("response") or {}))
        self._replying = asyncio.create_task(self._reply(event))

    async def _reply(self, event: dict[str, Any]) -> None:
        failure = self._control.failure("response")
        if failure is Failure.HANG:
            await self._app[STOPPING].wait()
        response = {"id": f"resp_{uuid4().hex[:12]}", "metadata": (event.get("response") or {}).get("metadata")}
        await self._send("response.created", response=response | {"status": "in_progress"})
        status, details = "completed", None
        try:
            if failure is Failure.BROKEN:
                status = "failed"
                details = {"type": "failed", "error": {"type": "server_error", "code": None}}
            else:
                await self._answer()
        except asyncio.CancelledError:
            status = "cancelled"
        await self._send("response.done", response=response | {"status": status, "status_details": details})

    async def _answer(self) -> None:
        decision = self._control.next_decision() or brain.decide(self._asked())
        for number, call in enumerate(decision.calls):
            await self._call(call, number)
        if decision.say:
            await self._say(decision)

    def _asked(self) -> dict[str, Any]:
        messages = [{"role": "system", "content": self._session.get("instructions", "")}]
        for item in self._items:
            if item["type"] == "message":
                messages.append({"role": item["role"], "content": item["said"]})
            elif item["type"] == "function_call_output":
                messages.append({"role": "tool", "content": item["output"]})
        return {"messages": messages, "tools": [{"function": tool} for tool in self._session.get("tools", ())]}

    async def _call(self, call: ToolCall, number: int) -> None:
        arguments = json.dumps(dict(call.arguments), ensure_ascii=False)
        item = {"id": f"item_{uuid4().hex[:12]}", "type": "function_call", "name": call.name, "status": "completed"}
        item |= {"call_id": f"call_{uuid4().hex[:12]}", "arguments": ""}
        await self._send("response.output_item.added", output_index=number, item=item)
        await self._add(item, "")
        await self._send("response.output_item.done", output_index=number, item=item | {"arguments": arguments})

    async def _say(self, decision: Decision) -> None:
        text = decision.say
        pcm = await asyncio.to_thread(sound.speak, text, detect_language(text, "en"), "pcm")
        item: dict[str, Any] = {"id": f"item_{uuid4().hex[:12]}", "type": "message", "role": "assistant", "content": []}
        where = {"item_id": item["id"], "output_index": 0, "content_index": 0}
        await self._send("response.output_item.added", output_index=0, item=item)
        await self._add(item, text)
        await self._send("response.content_part.added", **where, part={"type": "audio", "transcript": ""})
        for word in text.split(" "):
            await self._send("response.output_audio_transcript.delta", **where, delta=f"{word} ")
        failure = self._control.failure("audio")
        for start in range(0, len(pcm) if failure is None else len(pcm) // 4, _CHUNK):
            delta = base64.b64encode(pcm[start : start + _CHUNK]).decode()
            await self._send("response.output_audio.delta", **where, delta=delta)
        if failure is Failure.HANG:
            await self._app[STOPPING].wait()
        await self._send("response.output_item.done", output_index=0, item=item | {"status": "completed"})
