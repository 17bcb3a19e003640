"""What our sockets are measured against: channels' core layer with the smallest consumer, and a loop over raw ASGI.

`daphne bench.line.bare_sockets:core`, `daphne bench.line.bare_sockets:loop`. No database, no hello.
"""

import os
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

GROUP = "bench"
LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {"hosts": [os.environ.get("REDIS_URL", "")]},
    }
}
if not settings.configured:
    settings.configure(SECRET_KEY="bench", CHANNEL_LAYERS=LAYERS)

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402

Send = Callable[[Any], Awaitable[None]]


class Core(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Sends on what its group is sent."""

    async def connect(self) -> None:
        await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def news(self, event: dict[str, Any]) -> None:
        """Channel layer message."""
        await self.send(text_data=event["text"])


core = Core.as_asgi()
_open: list[Send] = []


async def loop(scope: Any, receive: Callable[[], Awaitable[Any]], send: Send) -> None:
    """Whatever one socket says is sent to all, one after the other."""
    await receive()
    await send({"type": "websocket.accept"})
    _open.append(send)
    while (message := await receive())["type"] == "websocket.receive":
        for each in _open:
            await each({"type": "websocket.send", "text": message["text"]})
    _open.remove(send)
