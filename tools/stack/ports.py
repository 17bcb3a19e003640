"""TCP and UDP ports on loopback."""

import random
import socket
from contextlib import suppress

HOST = "127.0.0.1"
# Below the range the kernel takes for outgoing connections, so that a port found free is not lost to one of them.
_RANGE = range(15000, 28000)
# LiveKit's media lie on the port two above its HTTP port.
MEDIA_OFFSET = 2


def is_free(port: int, *, media: bool = False) -> bool:
    """True if a server could listen on the port now; with `media`, also on the UDP port LiveKit would take."""
    return _binds(port, socket.SOCK_STREAM) and (not media or _binds(port + MEDIA_OFFSET, socket.SOCK_DGRAM))


def find_free_port(*, media: bool = False) -> int:
    """A port nobody listens on. Nothing reserves it: start the server soon, and try again if somebody was first."""
    for _ in range(200):
        port = random.choice(_RANGE)
        if is_free(port, media=media):
            return port
    raise OSError("no free port on loopback between 15000 and 28000")


def answers(host: str, port: int) -> bool:
    """True if something accepts connections there."""
    with suppress(OSError):
        socket.create_connection((host, port), timeout=1).close()
        return True
    return False


def _binds(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:
            # A connection closed a moment ago does not keep a server from listening.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
