"""The event log: numbered, stored with the change, hinted on commit."""

import json

import pytest
from django.db import transaction

from common import realtime
from common.models import StreamEvent
from common.realtime import call_stream, events_after, last_seq, publish, replayable, unit_of_work

pytestmark = pytest.mark.django_db


@pytest.fixture
def hints(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    sent: list[str] = []
    monkeypatch.setattr(realtime, "_send_hints", lambda groups: sent.extend(groups))
    return sent


def test_messages_of_a_stream_are_numbered_without_gaps() -> None:
    for n in range(3):
        with unit_of_work():
            publish("call:a", "call_update", {"n": n})
            publish("call:a", "call_update", {"n": n + 10})
    assert [event.seq for event in events_after("call:a", 0)] == [1, 2, 3, 4, 5, 6]
    assert [event.payload["n"] for event in events_after("call:a", 0)] == [0, 10, 1, 11, 2, 12]


def test_a_message_carries_type_and_number() -> None:
    with unit_of_work():
        publish("call:a", "call_update", {"state": "ai"})
    assert events_after("call:a", 0)[0].message() == {"type": "call_update", "seq": 1, "state": "ai"}


def test_a_rollback_stores_and_hints_nothing(hints: list[str], django_capture_on_commit_callbacks) -> None:
    def fail() -> None:
        with unit_of_work():
            publish("call:a", "call_update", {})
            raise RuntimeError

    with django_capture_on_commit_callbacks(execute=True), pytest.raises(RuntimeError):
        fail()
    assert not StreamEvent.objects.exists()
    assert last_seq("call:a") == 0
    assert hints == []


def test_hints_go_out_on_commit_only(hints: list[str], django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        with unit_of_work():
            publish("call:a", "call_update", {})
        assert hints == []
    assert hints == ["call:a"]


def test_an_inner_unit_joins_the_outer_one() -> None:
    with unit_of_work():
        publish("call:a", "first", {})
        with unit_of_work():
            publish("call:a", "second", {})
        assert not StreamEvent.objects.exists()
    assert [event.type for event in events_after("call:a", 0)] == ["first", "second"]


def test_publishing_outside_a_unit_is_a_defect() -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="outside"):
        publish("call:a", "call_update", {})


@pytest.mark.parametrize(("seq", "kept"), [(-1, False), (0, True), (2, True), (3, True), (4, False)])
def test_what_is_kept_can_be_replayed(seq: int, kept: bool) -> None:
    for _ in range(3):
        with unit_of_work():
            publish("call:a", "call_update", {})
    assert replayable([("call:a", seq)]) == {("call:a", seq): kept}


def test_what_was_forgotten_needs_a_snapshot() -> None:
    for _ in range(3):
        with unit_of_work():
            publish("call:a", "call_update", {})
    StreamEvent.objects.filter(seq=1).delete()
    assert replayable([("call:a", 0), ("call:a", 1), ("call:nobody", 0), ("call:nobody", 1)]) == {
        ("call:a", 0): False,
        ("call:a", 1): True,
        ("call:nobody", 0): True,
        ("call:nobody", 1): False,
    }


def test_group_names_are_what_the_channel_layer_takes() -> None:
    name = realtime.group_name(call_stream("a b/ü"))
    assert name.isascii()
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
    assert realtime.group_name("agent:a_b") != realtime.group_name("agent:a.b")


def test_a_hint_carries_the_messages_as_sockets_send_them(monkeypatch, django_capture_on_commit_callbacks) -> None:
    sent: list[dict[str, realtime.News]] = []
    monkeypatch.setattr(realtime, "_send_hints", lambda groups: sent.append(dict(groups)))
    with django_capture_on_commit_callbacks(execute=True), unit_of_work():
        realtime.hint("wallboard")
        publish("call:a", "transcript", {"text": "مرحبا"})
        publish("call:b", "transcript", {"text": "x" * 40_000})
    assert sent == [
        {
            "wallboard": None,
            "call:a": [(1, "transcript", '{"type": "transcript", "seq": 1, "text": "مرحبا"}')],
            "call:b": None,
        }
    ]
    (carried,) = sent[0]["call:a"] or []
    assert json.loads(carried[2]) == events_after("call:a", 0)[0].message()
