"""The event log and the only `group_send`.

A message is stored with its number in the transaction of the change it tells of, and a hint goes out on commit.
Hints may be lost or reordered; a consumer reads the rows past its cursor and looks by itself every few seconds.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import structlog
from channels.layers import get_channel_layer
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import F

from common import background, clock
from common.models import Stream, StreamEvent

logger = structlog.get_logger(__name__)

_Pending = list[tuple[str, str, dict[str, Any]]]
_outbox: ContextVar[_Pending | None] = ContextVar("outbox", default=None)


def agent_stream(username: str) -> str:
    """The stream of one agent."""
    return f"agent:{username}"


def call_stream(call_id: str) -> str:
    """The stream of one call."""
    return f"call:{call_id}"


@contextmanager
def unit_of_work() -> Iterator[None]:
    """A transaction whose messages are numbered and stored at its end, streams in sorted order.

    Numbering locks the streams' rows until commit; one fixed order keeps two units from waiting for each other.
    A unit inside a unit joins it.
    """
    if _outbox.get() is not None:
        with transaction.atomic():
            yield
        return
    pending: _Pending = []
    with transaction.atomic():
        token = _outbox.set(pending)
        try:
            yield
        finally:
            # Before the commit: what runs on commit (matching) has units of work of its own.
            _outbox.reset(token)
        _store(pending)


def publish(stream: str, kind: str, payload: dict[str, Any]) -> None:
    """Store one message on `stream` when the surrounding unit of work ends."""
    pending = _outbox.get()
    if pending is None:
        raise RuntimeError("publish outside a unit of work")
    pending.append((stream, kind, payload))


def _store(pending: _Pending) -> None:
    by_stream: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for stream, kind, payload in pending:
        by_stream.setdefault(stream, []).append((kind, payload))
    for stream in sorted(by_stream):
        _append(stream, by_stream[stream])


def _append(stream: str, messages: list[tuple[str, dict[str, Any]]]) -> None:
    last = _reserve(stream, len(messages))
    at = clock.now()
    StreamEvent.objects.bulk_create(
        StreamEvent(stream=stream, seq=last - len(messages) + n, type=kind, payload=_plain(payload), created_at=at)
        for n, (kind, payload) in enumerate(messages, start=1)
    )
    hint(stream)


def _reserve(stream: str, count: int) -> int:
    """The last of `count` numbers taken from the stream; its row stays locked until commit."""
    rows = Stream.objects.filter(name=stream)
    if not rows.update(last_seq=F("last_seq") + count):
        Stream.objects.bulk_create([Stream(name=stream)], ignore_conflicts=True)
        rows.update(last_seq=F("last_seq") + count)
    return rows.values_list("last_seq", flat=True).get()


def _plain(payload: dict[str, Any]) -> dict[str, Any]:
    """The payload with times as RFC 3339 text, as JSON will carry it."""
    plain: dict[str, Any] = json.loads(json.dumps(payload, cls=DjangoJSONEncoder))
    return plain


def hint(group: str) -> None:
    """After commit, tell whoever listens on `group` (a stream, `dept:<slug>` or `wallboard`) to look again."""
    transaction.on_commit(lambda: _send_hint(group), robust=True)


def _send_hint(group: str) -> None:
    layer = get_channel_layer()
    if layer is not None:
        sending = background.submit(layer.group_send(group_name(group), {"type": "hint", "group": group}))
        sending.add_done_callback(lambda done: _log_lost(group, done.exception()))


def _log_lost(group: str, error: BaseException | None) -> None:
    # The message is stored; sockets find it at their next look. A lost Redis must not fail the change itself.
    if error is not None:
        logger.warning("hint not sent", group=group, error=repr(error))


def group_name(group: str) -> str:
    """The channel layer's name for `group`: letters, digits, hyphens, underscores and periods only."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-.") else f"_{ord(c):x}_" for c in group)[:99]


def last_seq(stream: str) -> int:
    """The number of the stream's last message, 0 for none."""
    return Stream.objects.filter(name=stream).values_list("last_seq", flat=True).first() or 0


def events_after(stream: str, seq: int, *, limit: int = 500) -> list[StreamEvent]:
    """Stored messages past `seq`, oldest first."""
    return list(StreamEvent.objects.filter(stream=stream, seq__gt=seq).order_by("seq")[:limit])


def can_replay(stream: str, seq: int) -> bool:
    """Whether everything past `seq` is still kept."""
    last = last_seq(stream)
    if seq < 0 or seq > last:
        return False
    return seq == last or StreamEvent.objects.filter(stream=stream, seq=seq + 1).exists()
