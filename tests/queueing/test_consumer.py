"""`/ws/call/{call_id}/` as an outside client sees it, through a real Redis."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator

from calls.models import Call
from calls.services import lifecycle, transcript
from calls.states import Speaker
from common import clock, consumers
from common.realtime import call_stream
from queueing import presenters
from queueing.models import Agent, Department
from queueing.services import offers, transfers
from tests.queueing.helpers import direct_call, enters, fresh, ringing, seen_events, waiting_call

Message = dict[str, Any]


def in_database(act: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Await `act` in a thread."""
    return sync_to_async(act, thread_sensitive=False)(*args, **kwargs)


class Socket:
    """One client's socket."""

    def __init__(self, call_id: str, **headers: str) -> None:
        from callcenter_site.asgi import application

        raw = [(name.encode(), value.encode()) for name, value in {"host": "testserver", **headers}.items()]
        self.wire = WebsocketCommunicator(application, f"/ws/call/{call_id}/", headers=raw)
        self.ticks: list[Message] = []

    async def open(self) -> bool:
        """Whether the handshake was accepted."""
        accepted, _ = await self.wire.connect(timeout=5)
        return bool(accepted)

    async def hello(self, call: Call, **fields: Any) -> Message:
        """Open, greet; the acknowledgment."""
        assert await self.open()
        await self.say({"type": "hello", "call_secret": call.secret, **fields})
        return await self.next()

    async def say(self, message: Any) -> None:
        """Send JSON."""
        await self.wire.send_json_to(message)

    async def next(self) -> Message:
        """The next message."""
        message: Message = await self.wire.receive_json_from(timeout=10)
        return message

    async def until(self, type_: str) -> Message:
        """The next message of a type. A full value has no order among stored messages: one passed over is kept."""
        if type_ == "queue_update" and self.ticks:
            return self.ticks.pop(0)
        while (message := await self.next())["type"] != type_:
            if message["type"] == "queue_update":
                self.ticks.append(message)
        return message

    async def closed(self) -> int:
        """The code the server closed with."""
        while (output := await self.wire.receive_output(timeout=10))["type"] != "websocket.close":
            pass
        return int(output["code"])

    async def leave(self) -> None:
        """Close from our side."""
        await self.wire.disconnect()


@pytest.fixture
def call(support: Department) -> Call:
    """carol's call, with the AI."""
    from tests.cast import make_call

    return make_call()


async def test_the_first_answer_holds_the_call_as_http_shows_it(call: Call) -> None:
    await in_database(transcript.add_segment, call.pk, key="1", speaker=Speaker.AI, text="Welcome")
    socket = Socket(call.pk)
    answer = await socket.hello(call)
    assert (answer["type"], answer["seq"]) == ("acknowledgment", 1)
    snapshot = answer["snapshot"]
    assert [line["text"] for line in snapshot["transcript"]] == ["Welcome"]
    shown = await in_database(presenters.call_state, call, for_caller=True)
    assert {k: v for k, v in snapshot.items() if k not in ("token", "transcript")} == {
        k: v for k, v in shown.items() if k != "token"
    }
    assert snapshot["token"]
    await socket.leave()


async def test_ping_is_answered_before_and_after_hello(call: Call) -> None:
    socket = Socket(call.pk)
    assert await socket.open()
    await socket.say({"type": "ping"})
    assert await socket.next() == {"type": "pong"}
    await socket.say({"type": "hello", "call_secret": call.secret})
    assert (await socket.next())["type"] == "acknowledgment"
    await socket.say({"type": "ping"})
    assert await socket.next() == {"type": "pong"}
    await socket.leave()


@pytest.mark.parametrize("secret", [None, "", "cs_x_y", "ck_nonsense", "cs_" + "a" * 40])
async def test_an_unknown_credential_is_closed_with_4401(call: Call, secret: str | None) -> None:
    socket = Socket(call.pk)
    assert await socket.open()
    await socket.say({"type": "hello"} if secret is None else {"type": "hello", "call_secret": secret})
    assert await socket.closed() == 4401


async def test_somebody_elses_call_is_closed_with_4403(call: Call, support: Department) -> None:
    other = await in_database(direct_call, support)
    socket = Socket(other.call_id)
    assert await socket.open()
    await socket.say({"type": "hello", "call_secret": call.secret})
    assert await socket.closed() == 4403


async def test_without_a_hello_the_socket_is_closed_with_4408(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "HELLO_SECONDS", 0.05)
    socket = Socket(call.pk)
    assert await socket.open()
    assert await socket.closed() == 4408


async def test_malformed_messages_are_survived_up_to_the_twentieth(call: Call) -> None:
    socket = Socket(call.pk)
    await socket.hello(call)
    nonsense = ["{", "[]", "1", "null", '"x"', "{}", '{"type":1}', '{"type":"dance"}', "\x00", "[" * 5000]
    for text in nonsense:
        await socket.wire.send_to(text_data=text)
        assert (await socket.next()) == {"type": "error", "code": "malformed", "message": consumers_message(text)}
    await socket.wire.send_to(bytes_data=b"\xff")
    assert (await socket.next())["code"] == "malformed"
    await socket.say({"type": "ping"})
    assert await socket.next() == {"type": "pong"}
    for _ in range(20 - len(nonsense) - 1):
        await socket.wire.send_to(text_data="?")
    assert await socket.closed() == 4400


def consumers_message(text: str) -> str:
    """The words for a client's mistake."""
    return "Unknown message type." if "dance" in text else "A message is a JSON object with a type."


async def test_a_foreign_origin_is_refused_and_our_own_is_not(call: Call) -> None:
    assert not await Socket(call.pk, origin="https://evil.example").open()
    own = Socket(call.pk, origin="http://testserver")
    assert await own.open()
    await own.leave()


async def test_the_place_in_line_is_told_as_it_changes(call: Call, support: Department) -> None:
    first = await in_database(waiting_call, support)
    socket = Socket(call.pk)
    await socket.hello(call)
    await in_database(transfers.create_transfer, call, reason="a person", actor="ai")
    assert (await socket.until("call_update"))["state"] == "waiting"
    assert await socket.until("queue_update") == {"type": "queue_update", "position": 2, "estimated_wait_time": 600}
    await in_database(lifecycle.hang_up, first.call_id, by_agent=False, actor="caller")
    assert (await socket.until("queue_update"))["position"] == 1
    await socket.leave()


# Scenario 28
async def test_who_is_passed_by_a_higher_priority_is_told_his_new_place(support: Department) -> None:
    line = [await in_database(waiting_call, support) for _ in range(2)]
    sockets = [Socket(entry.call_id) for entry in line]
    for place, (socket, entry) in enumerate(zip(sockets, line, strict=True), start=1):
        await socket.hello(entry.call)
        assert (await socket.until("queue_update"))["position"] == place
    urgent = await in_database(waiting_call, support, priority=5)
    ahead = Socket(urgent.call_id)
    await ahead.hello(urgent.call)
    told = [await socket.until("queue_update") for socket in (ahead, *sockets)]
    assert [(news["position"], news["estimated_wait_time"]) for news in told] == [(1, 300), (2, 600), (3, 900)]
    await in_database(lifecycle.hang_up, urgent.call_id, by_agent=False, actor="caller")
    assert [(await socket.until("queue_update"))["position"] for socket in sockets] == [1, 2]
    await asyncio.gather(*(socket.leave() for socket in (ahead, *sockets)))


async def test_the_way_to_the_agent_is_told_in_order(call: Call, alice: Agent) -> None:
    socket = Socket(call.pk)
    await socket.hello(call)
    await in_database(transfers.create_transfer, call, reason="a person", actor="ai")
    offer = await in_database(ringing, alice)
    await in_database(offers.accept_offer, str(offer.pk), agent=alice)
    assigned = await socket.until("customer_assigned")
    assert set(assigned) >= {"agent_id", "agent_name", "room_name", "access_token", "url", "seq"}
    await in_database(enters, call, alice)
    assert (await socket.until("call_update"))["state"] == "agent"
    await in_database(lifecycle.hang_up, call.pk, by_agent=True, actor="alice")
    ended = await socket.until("call_ended")
    assert ended["reason"] == "agent_hangup"
    await socket.leave()


async def test_what_was_missed_is_replayed_without_a_snapshot(call: Call) -> None:
    for number in range(3):
        await in_database(transcript.add_segment, call.pk, key=str(number), speaker=Speaker.AI, text=f"line {number}")
    socket = Socket(call.pk)
    answer = await socket.hello(call, last_seq=1)
    assert answer == {"type": "acknowledgment", "seq": 1}
    assert [(await socket.next())["text"] for _ in range(2)] == ["line 1", "line 2"]
    await socket.leave()


@pytest.mark.parametrize("last_seq", [-1, 99])
async def test_a_number_not_kept_or_from_the_future_gets_a_snapshot(call: Call, last_seq: int) -> None:
    socket = Socket(call.pk)
    assert "snapshot" in await socket.hello(call, last_seq=last_seq)
    await socket.leave()


async def test_who_has_missed_too_much_gets_a_snapshot(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(3):
        await in_database(transcript.add_segment, call.pk, key=str(n), speaker=Speaker.AI, text=f"line {n}")
    monkeypatch.setattr("common.realtime.REPLAY_MOST", 2)
    late, later = Socket(call.pk), Socket(call.pk)
    assert "snapshot" not in await late.hello(call, last_seq=1)
    assert "snapshot" in await later.hello(call, last_seq=0)
    await asyncio.gather(late.leave(), later.leave())


async def test_a_reader_who_may_not_have_read_is_told_no_more(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "UNREAD_BYTES", 3000)
    socket = Socket(call.pk)
    seq = (await socket.hello(call))["seq"]
    for n in range(10):
        await in_database(transcript.add_segment, call.pk, key=str(n), speaker=Speaker.AI, text="x" * 1000)
    assert await socket.closed() == 4429
    again = Socket(call.pk)
    monkeypatch.setattr(consumers, "UNREAD_BYTES", 100_000)
    await again.hello(call, last_seq=seq)
    texts = [(await again.until("transcript"))["text"] for _ in range(10)]
    assert texts == ["x" * 1000] * 10
    await again.leave()


@pytest.mark.parametrize("last_seq", ["1", 1.5, True, [], {}])
async def test_a_number_that_is_none_is_malformed(call: Call, last_seq: Any) -> None:
    socket = Socket(call.pk)
    assert (await socket.hello(call, last_seq=last_seq))["code"] == "malformed"
    await socket.leave()


async def test_an_open_socket_keeps_a_direct_caller(support: Department) -> None:
    entry = await in_database(direct_call, support)
    await in_database(Call.objects.update, caller_deadline=clock.now() + timedelta(seconds=1))
    socket = Socket(entry.call_id)
    await socket.hello(entry.call)
    await socket.until("queue_update")
    deadline = (await in_database(fresh, entry.call)).caller_deadline
    assert deadline > clock.now() + timedelta(seconds=20)
    await socket.leave()


# Invariant 7
async def test_a_snapshot_and_what_came_after_make_a_fresh_snapshot(call: Call, alice: Agent) -> None:
    socket = Socket(call.pk)
    first = await socket.hello(call)
    view, lines = first["snapshot"], first["snapshot"]["transcript"]
    await in_database(transcript.add_segment, call.pk, key="1", speaker=Speaker.CUSTOMER, text="a person!")
    await in_database(transfers.create_transfer, call, reason="a person", actor="ai")
    offer = await in_database(ringing, alice)
    await in_database(offers.accept_offer, str(offer.pk), agent=alice)
    await in_database(enters, call, alice)
    await in_database(lifecycle.set_hold, call.pk, on=True, actor="alice")
    last = len(await in_database(seen_events, call_stream(call.pk)))
    seq = first["seq"]
    while seq < last:
        message = await socket.next()
        if message["type"] == "queue_update":
            continue
        assert message["seq"] == seq + 1
        seq = message["seq"]
        if message["type"] == "call_update":
            view |= {key: value for key, value in message.items() if key in view and key != "reason"}
        elif message["type"] == "transcript":
            lines.append({key: message[key] for key in ("id", "speaker", "name", "text", "language", "at")})
    again = Socket(call.pk)
    fresh_view = (await again.hello(call))["snapshot"]
    same = ("state", "on_hold", "agent_connected", "transcript")
    assert {key: view[key] for key in same} == {key: fresh_view[key] for key in same}
    await asyncio.gather(socket.leave(), again.leave())


# --- news that come with hints -----------------------------------------------------------------------------------
def _say(call: Call, number: int) -> None:
    transcript.add_segment(call.pk, key=str(number), speaker=Speaker.AI, text=f"line {number}")


async def test_what_a_hint_brings_is_sent_without_a_look(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    socket = Socket(call.pk)
    await socket.hello(call)
    await in_database(_say, call, 1)
    assert (await socket.until("transcript"))["text"] == "line 1"
    looks: list[str] = []

    def look(stream: str, seq: int) -> list[Any]:
        looks.append(stream)
        return []

    monkeypatch.setattr("common.realtime.events_after", look)
    await in_database(_say, call, 2)
    message = await socket.until("transcript")
    assert (message["text"], message["seq"]) == ("line 2", 2)
    assert looks in ([], [call_stream(call.pk)])  # at most the look every few seconds
    await socket.leave()


@pytest.mark.parametrize("happens", ["lost", "late", "twice"])
async def test_whatever_happens_to_hints_each_message_comes_once_in_order(
    call: Call, monkeypatch: pytest.MonkeyPatch, happens: str
) -> None:
    from common import realtime

    socket = Socket(call.pk)
    await socket.hello(call)
    kept: list[Any] = []
    send = realtime._send_hints
    monkeypatch.setattr(realtime, "_send_hints", lambda groups: kept.append(dict(groups)))
    for number in (1, 2, 3):
        await in_database(_say, call, number)
    kept = [groups for groups in kept if call_stream(call.pk) in groups]
    for groups in {"lost": kept[2:], "late": kept[::-1], "twice": [*kept, *kept]}[happens]:
        send(groups)
    said = [await socket.until("transcript") for _ in range(3)]
    assert [(message["seq"], message["text"]) for message in said] == [(n, f"line {n}") for n in (1, 2, 3)]
    await socket.leave()


async def test_a_slow_readers_news_wait_in_the_database(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "MOST_ARRIVED", 0)
    socket = Socket(call.pk)
    await socket.hello(call)
    for number in range(1, 9):
        await in_database(_say, call, number)
    said = [await socket.until("transcript") for _ in range(8)]
    assert [message["text"] for message in said] == [f"line {n}" for n in range(1, 9)]
    await socket.leave()
