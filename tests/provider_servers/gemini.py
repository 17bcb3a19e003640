"""Gemini's live protocol over a WebSocket with TLS, which its client insists on.

It ends turns itself, half a second after sound: hears with the built-in ears (or what `control.hear` scripts), thinks
like the local OpenAI server, and answers with sound and its transcript. Failures: `gemini` at the connection, `turn`
for a reply.
"""

import asyncio
import base64
import datetime as dt
import ipaddress
import json
import re
import ssl
from pathlib import Path
from typing import Any

import numpy as np
from aiohttp import WSMsgType, web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.openai_server import brain, sound
from tests.openai_server.control import Control, Failure
from tests.openai_server.server import DEMO
from tests.provider_servers.serving import LocalServer
from voicebot.receptionist.chat import Decision
from voicebot.receptionist.grammar import grammar_phrases
from voicebot.receptionist.language import detect_language

_PATH = "/ws/google.ai.generativelanguage.{version}.GenerativeService.BidiGenerateContent"
_RATE_IN = 16_000
_CHUNK = 4800
_LOUD = 300.0
_QUIET_BYTES = _RATE_IN  # half a second


class GeminiServer(LocalServer):
    """GOOGLE_BASE_URL is `address`; the client must trust `certificate` (SSL_CERT_FILE)."""

    api_key = "tests-only"
    scheme = "https"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.certificate = folder / "certificate.pem"
        self.tls = _own_tls(self.certificate)

    def make_app(self) -> web.Application:
        app = web.Application()
        app.router.add_get(_PATH, self._converse)
        return app

    async def _converse(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("x-goog-api-key") != self.api_key or self.control.failure("gemini"):
            return web.Response(status=403)
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        await _Conversation(self.control, socket).run()
        return socket


class _Conversation:
    def __init__(self, control: Control, socket: web.WebSocketResponse) -> None:
        self._control, self._socket = control, socket
        self._phrases = grammar_phrases(DEMO)
        self._setup: dict[str, Any] = {}
        self._said: list[dict[str, Any]] = []
        self._heard, self._quiet, self._loud = bytearray(), 0, False

    async def run(self) -> None:
        async for message in self._socket:
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                await self._take(_camel(json.loads(message.data)))

    async def _send(self, **message: Any) -> None:
        await self._socket.send_json(message)

    async def _take(self, message: dict[str, Any]) -> None:
        for kind, told in message.items():
            if kind == "setup":
                self._setup = told
                self._control.requests.append(("setup", told))
                await self._send(setupComplete={})
            elif kind == "realtimeInput" and "audio" in told:
                # As the client writes bytes: with the alphabet for addresses.
                await self._listen(base64.urlsafe_b64decode(told["audio"]["data"]))
            elif kind == "clientContent":
                await self._content(told)
            elif kind == "toolResponse":
                self._control.requests.append(("tool", told))
                await self._results(told["functionResponses"])

    async def _content(self, told: dict[str, Any]) -> None:
        for turn in told.get("turns", ()):
            text = " ".join(part.get("text", "") for part in turn["parts"])
            self._control.requests.append(("content", {"role": turn["role"], "text": text}))
            if text != ".":
                role = {"model": "assistant"}.get(turn["role"], turn["role"])
                self._said.append({"role": role, "content": text})
        if told.get("turnComplete"):
            await self._reply()

    async def _results(self, responses: list[dict[str, Any]]) -> None:
        self._said.extend({"role": "tool", "content": json.dumps(one["response"])} for one in responses)
        if any(one.get("scheduling") != "SILENT" for one in responses):
            await self._reply()

    async def _listen(self, pcm: bytes) -> None:
        loud = float(np.sqrt(np.mean(np.frombuffer(pcm, dtype=np.int16).astype(np.float32) ** 2))) > _LOUD
        self._loud = self._loud or loud
        if self._loud:
            self._heard += pcm
            self._quiet = 0 if loud else self._quiet + len(pcm)
        if self._quiet >= _QUIET_BYTES:
            heard, self._heard, self._quiet, self._loud = bytes(self._heard), bytearray(), 0, False
            await self._turn(heard)

    async def _turn(self, pcm: bytes) -> None:
        text = self._control.next_transcript()
        if text is None:
            wav = sound.wav(pcm, _RATE_IN)
            text, _ = await asyncio.to_thread(sound.listen, wav, self._phrases)
        self._said.append({"role": "user", "content": text})
        if "inputAudioTranscription" in self._setup:
            await self._send(serverContent={"inputTranscription": {"text": text}})
        await self._reply()

    async def _reply(self) -> None:
        self._control.requests.append(("turn", {}))
        if self._control.failure("turn") is Failure.HANG:
            return
        decision = self._control.next_decision() or self._decide()
        if decision.calls:
            calls = [{"id": f"call-{call.name}", "name": call.name, "args": call.arguments} for call in decision.calls]
            await self._send(toolCall={"functionCalls": calls})
        if decision.say:
            await self._say(decision.say)
        await self._send(serverContent={"turnComplete": True})

    def _decide(self) -> Decision:
        prompt = self._setup.get("systemInstruction", {}).get("parts", [{}])[0].get("text", "")
        declared = [tool for one in self._setup.get("tools", ()) for tool in one.get("functionDeclarations", ())]
        messages = [{"role": "system", "content": prompt}, *self._said]
        return brain.decide({"messages": messages, "tools": [{"function": tool} for tool in declared]})

    async def _say(self, text: str) -> None:
        self._said.append({"role": "assistant", "content": text})
        pcm = await asyncio.to_thread(sound.speak, text, detect_language(text, "en"), "pcm")
        await self._send(serverContent={"outputTranscription": {"text": text}})
        for start in range(0, len(pcm), _CHUNK):
            data = base64.b64encode(pcm[start : start + _CHUNK]).decode()
            part = {"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": data}}
            await self._send(serverContent={"modelTurn": {"role": "model", "parts": [part]}})
        await self._send(serverContent={"generationComplete": True})


def _camel(value: Any) -> Any:
    """Names as the protocol writes them; it reads both ways, and its client sends both."""
    if isinstance(value, list):
        return [_camel(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {re.sub(r"_([a-z])", lambda found: found[1].upper(), key): _camel(one) for key, one in value.items()}


def _own_tls(path: Path) -> ssl.SSLContext:
    """A key and a certificate for this machine's loopback, both in the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests only")])
    today = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
