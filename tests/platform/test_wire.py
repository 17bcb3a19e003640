"""What is written to a WebSocket without a detour is what Daphne would have written, in the same order."""

import socket
from collections.abc import Iterator
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any, cast

import pytest
from autobahn.exception import Disconnected
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet.tcp import Server

from callcenter_site.wire import CHECKED, Wire


class Reactor:
    """Whom Twisted would have watched, and nothing else of a reactor."""

    def __init__(self) -> None:
        self.writers: list[Any] = []
        self.addReader = self.removeReader = lambda _: None
        self.callLater = lambda *_: SimpleNamespace(cancel=lambda: None)

    def addWriter(self, writer: Any) -> None:  # noqa: N802 -- Twisted's name
        if writer not in self.writers:
            self.writers.append(writer)

    def removeWriter(self, writer: Any) -> None:  # noqa: N802
        if writer in self.writers:
            self.writers.remove(writer)

    def turn(self) -> None:
        """Whoever waits to write may."""
        for writer in list(self.writers):
            writer.doWrite()


class Line:
    """A WebSocket whose handshake is over, on a real connection to `client`."""

    def __init__(self, made_by: type[WebSocketProtocol]) -> None:
        self.reactor = Reactor()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.client = socket.create_connection(listening.getsockname())
            mine, _ = listening.accept()
        mine.setblocking(False)
        self.client.settimeout(5)
        factory = WebSocketFactory(SimpleNamespace())
        factory.protocol, factory.reactor = made_by, self.reactor
        self.protocol = factory.buildProtocol(None)
        port, reactor = cast("Any", None), cast("Any", self.reactor)
        self.transport: Any = Server(mine, self.protocol, ("127.0.0.1", 0), port, 1, reactor)
        self.protocol.transport = self.transport
        self.protocol._connectionMade()
        self.protocol.client_addr = None
        self.protocol.state = WebSocketProtocol.STATE_OPEN

    def say(self, text: str) -> None:
        self.protocol.handle_reply({"type": "websocket.send", "text": text})

    def read(self, size: int) -> bytes:
        """So many bytes, letting Twisted write meanwhile."""
        found = b""
        while len(found) < size:
            self.reactor.turn()
            found += self.client.recv(size - len(found))
        return found

    def close(self) -> None:
        self.client.close()
        self.transport.socket.close()


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line(Wire)
    yield made
    made.close()


def framed(text: str) -> bytes:
    """What Daphne's own WebSocket writes."""
    plain = Line(WebSocketProtocol)
    try:
        plain.say(text)
        return b"".join(plain.transport._tempDataBuffer)
    finally:
        plain.close()


def test_the_libraries_are_those_it_was_checked_with() -> None:
    """Newer ones: read what `wire` says of their insides again, then change CHECKED."""
    assert {name: version(name) for name in CHECKED} == CHECKED


def test_daphne_makes_its_websockets_this_way() -> None:
    from callcenter_site.asgi import application

    assert application
    assert type(WebSocketFactory(SimpleNamespace()).buildProtocol(None)) is Wire


@pytest.mark.parametrize("text", ["hello", "مرحبا", "x" * 126, "ب" * 40_000, ""], ids=["a", "ar", "126", "80k", "none"])
def test_the_bytes_are_those_daphne_would_have_written(line: Line, text: str) -> None:
    frame = framed(text)
    line.say(text)
    assert not frame or line.read(len(frame)) == frame


def test_a_socket_with_nothing_waiting_is_written_to_at_once(line: Line) -> None:
    line.say("hello")
    assert line.reactor.writers == []
    assert line.client.recv(100) == framed("hello")


def test_the_same_text_is_one_frame_for_all_sockets(line: Line) -> None:
    text, other = "to all of you", Line(Wire)
    other.close()
    assert line.protocol._frame(text) is other.protocol._frame(text)


def test_what_the_client_does_not_take_comes_later_in_order(line: Line) -> None:
    texts = [chr(97 + n % 26) * 300_000 for n in range(40)]
    for text in texts:
        line.say(text)
    assert line.reactor.writers == [line.transport]
    line.say("the last")
    whole = b"".join(framed(text) for text in [*texts, "the last"])
    assert line.read(len(whole)) == whole
    assert line.reactor.writers == []


def test_a_client_who_has_gone_is_found_where_twisted_writes(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    from twisted.internet.main import CONNECTION_LOST

    monkeypatch.setattr(line.transport, "writeSomeData", lambda _: CONNECTION_LOST)
    line.say("hello")
    assert line.reactor.writers == [line.transport]
    assert line.transport.doWrite() is CONNECTION_LOST


def test_after_the_closing_handshake_has_begun_nothing_is_sent(line: Line) -> None:
    line.protocol.state = WebSocketProtocol.STATE_CLOSING
    with pytest.raises(Disconnected):
        line.say("too late")


def test_a_transport_that_is_closing_gets_no_more_past_its_queue(line: Line) -> None:
    line.transport.write(b"before")
    line.transport.loseConnection()
    line.say("after")
    frame = framed("after")
    assert line.read(6 + len(frame)) == b"before" + frame


@pytest.mark.parametrize("kind", ["compressed", "tls"])
def test_what_it_does_not_know_goes_the_usual_way(line: Line, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    if kind == "compressed":
        line.protocol._perMessageCompress = object()
        monkeypatch.setattr(line.protocol, "sendMessage", lambda payload, binary: sent.append(payload))
        line.say("hello")
        assert sent == [b"hello"]
    else:
        line.protocol.transport = SimpleNamespace(write=sent.append)
        line.say("hello")
        assert sent == [framed("hello")]
