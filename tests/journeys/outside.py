"""Clients of one's own, as an outside program would write them: a WebSocket, and a participant of a room."""

import asyncio
from typing import Any

import aiohttp
from livekit import rtc

from common import background
from tests.journeys.waiting import PATIENCE, until


class Socket:
    """One WebSocket; everything received is kept in `messages`, in order."""

    def __init__(self, base: str, path: str, hello: dict[str, Any] | None = None, **headers: str) -> None:
        self.messages: list[dict[str, Any]] = []
        self.closed: int | None = None
        background.wait(self._open(base.replace("http", "ws", 1) + path, headers), timeout=PATIENCE)
        if hello is not None:
            self.send({"type": "hello", **hello})

    async def _open(self, url: str, headers: dict[str, str]) -> None:
        self._session = aiohttp.ClientSession()
        try:
            self._socket = await self._session.ws_connect(url, headers=headers)
        except BaseException:
            await self._session.close()
            raise
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type == aiohttp.WSMsgType.TEXT:
                self.messages.append(message.json())
        self.closed = self._socket.close_code

    def send(self, message: Any) -> None:
        """Send JSON, or a text as it is."""
        sending = self._socket.send_str(message) if isinstance(message, str) else self._socket.send_json(message)
        background.wait(sending, timeout=PATIENCE)

    def send_bytes(self, message: bytes) -> None:
        background.wait(self._socket.send_bytes(message), timeout=PATIENCE)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """What has come of that type."""
        return [message for message in self.messages if message["type"] == kind]

    def gets(self, kind: str, **values: Any) -> dict[str, Any]:
        """Waits for a message of the type with these values; the first."""

        def found() -> dict[str, Any] | None:
            return next((m for m in self.of(kind) if all(m.get(k) == v for k, v in values.items())), None)

        message = until(found, f"a message {kind} {values or ''}")
        assert message is not None
        return message

    def is_closed_with(self, code: int) -> None:
        assert until(lambda: self.closed, f"the socket is closed with {code}") == code

    def close(self) -> None:
        async def end() -> None:
            await self._socket.close()
            self._reading.cancel()
            await self._session.close()

        background.wait(end(), timeout=PATIENCE)


class Guest:
    """Somebody in a room by the rtc library."""

    def __init__(self, url: str, token: str) -> None:
        background.wait(self._join(url, token), timeout=PATIENCE)

    async def _join(self, url: str, token: str) -> None:
        self.room = rtc.Room()
        await self.room.connect(url, token)

    def others(self) -> set[str]:
        return set(self.room.remote_participants)

    def leave(self) -> None:
        background.wait(self.room.disconnect(), timeout=PATIENCE)
