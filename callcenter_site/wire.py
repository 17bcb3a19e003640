"""What Daphne writes to its WebSockets, with less between a text and the socket.

By itself a message to five hundred sockets is made a frame five hundred times, each frame is told in a debug line that
Autobahn colours before it knows that nobody reads it, and each socket is put into the poll set, waited for and taken
out of it again, although nearly always it could have taken the few bytes at once. Here the same text is one frame, and
a socket with nothing waiting is written to directly; what the kernel does not take goes Twisted's way, in order.
"""

from typing import Any, ClassVar

from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet.tcp import Server

# Whose insides this was checked with; a test says when they change.
CHECKED = {"daphne": "4.2.3", "autobahn": "26.10.2", "twisted": "26.10.0"}


class Wire(WebSocketProtocol):  # type: ignore[misc]
    """One WebSocket of Daphne."""

    # The last text and its frame: whoever tells all sockets the same hands them the same object.
    _last: ClassVar[tuple[str, bytes]] = ("", b"")

    def serverSend(self, content: Any, binary: bool = False) -> None:  # noqa: N802 -- Daphne's name
        """Send one message, as Daphne's own does."""
        plain = self._perMessageCompress is None and not self.send_queue and not self.autoFragmentSize
        if binary or not plain or self.state != self.STATE_OPEN:
            super().serverSend(content, binary)
        else:
            _write(self.transport, self._frame(content))

    def _frame(self, text: str) -> bytes:
        last, frame = Wire._last
        if last is not text:
            frame = self.factory.prepareMessage(text.encode(), False, True).payloadHybi
            Wire._last = (text, frame)
        return frame


def _write(transport: Any, data: bytes) -> None:
    """`transport.write`, at once if nothing is before it."""
    # Any other kind of transport (TLS, a Unix socket) has ways of its own.
    if type(transport) is Server and _is_idle(transport):
        written = transport.writeSomeData(data)
        # An error is found again, and dealt with, where Twisted writes.
        data = data[written:] if isinstance(written, int) else data
    if data:
        transport.write(data)


def _is_idle(transport: Server) -> bool:
    waits = transport.dataBuffer or transport._tempDataBuffer  # noqa: SLF001 -- what `write` puts aside
    return bool(transport.connected) and not (waits or transport.disconnecting or transport._writeDisconnected)  # noqa: SLF001


def install() -> None:
    """From now on Daphne makes its WebSockets this way."""
    WebSocketFactory.protocol = Wire
