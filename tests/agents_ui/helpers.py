"""What the desk's tests do: open sockets, and let the page's own reducer read messages."""

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from tests.cast import signed_in

HERE = Path(__file__).parent
SECONDS = 5.0

Json = dict[str, Any]


class Socket:
    """A WebSocket client."""

    def __init__(self, path: str, cookie: str = "", origin: str = "") -> None:
        from callcenter_site.asgi import application

        headers = [(b"host", b"testserver")]
        headers += [(b"cookie", cookie.encode())] if cookie else []
        headers += [(b"origin", origin.encode())] if origin else []
        self.communicator = WebsocketCommunicator(application, path, headers=headers)

    async def open(self) -> bool:
        """Whether the handshake was accepted."""
        accepted, _ = await self.communicator.connect(timeout=SECONDS)
        return bool(accepted)

    async def hello(self, **values: Any) -> Json:
        """Say hello; the first answer."""
        assert await self.open()
        await self.say(type="hello", **values)
        return await self.hear()

    async def say(self, **message: Any) -> None:
        """Send one message."""
        await self.communicator.send_to(text_data=json.dumps(message))

    async def hear(self, *types: str) -> Json:
        """The next message, of one of `types` if given."""
        while True:
            message = json.loads(await self.communicator.receive_from(timeout=SECONDS))
            if not types or message["type"] in types:
                return dict(message)

    async def closed(self) -> int:
        """The code with which the server closes; what it still says before is dropped."""
        while True:
            output = await self.communicator.receive_output(timeout=SECONDS)
            if output["type"] == "websocket.close":
                await self.close()
                return int(output["code"])

    async def close(self) -> None:
        """Leave."""
        await self.communicator.disconnect()


class SocketOpener:
    """Sockets by path, with somebody's session or none."""

    async def __call__(self, path: str, user: User | None = None, *, origin: str = "") -> Socket:
        """A socket not yet open."""
        cookie = ""
        if user is not None:
            client: Client = await sync_to_async(signed_in)(user)
            cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
        return Socket(path, cookie, origin)


def reduced(snapshot: Json, events: list[Json], *, lines: bool = False) -> Json:
    """The state of the desk's page after `snapshot` and `events`, by the page's own module; with `lines`, if wanted."""
    return node("reduce.mjs", {"snapshot": snapshot, "events": events, "lines": lines})


def node(script: str, data: Any) -> Json:
    """What one of our scripts makes of `data`."""
    running = _running(script)
    assert running.stdin is not None
    assert running.stdout is not None
    running.stdin.write(json.dumps(data) + "\n")
    running.stdin.flush()
    line = running.stdout.readline()
    assert line, f"{script} has ended: {running.wait(10)}"
    answer: Json = json.loads(line)
    return answer


@cache
def _running(script: str) -> "subprocess.Popen[str]":
    """The script in a process of its own, which starts once and answers line by line until we end."""
    program = shutil.which("node")
    assert program, "Node 20 or later is wanted, see the README"
    return subprocess.Popen(
        [program, str(HERE / "desk" / script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
