"""The event log and the only `group_send`.

A message is stored with its number in the transaction of the change it tells of, and a hint goes out on commit.
A hint to a stream carries its messages, written out once for all sockets; who misses none of them need not look.
Hints may be lost or reordered: on a gap a consumer reads the rows past its cursor, and every few seconds anyway.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

import structlog
from channels.layers import get_channel_layer
from django.db import connection, transaction
from django.db.models import Q

from common import background, bulk, clock
from common.models import Stream, StreamEvent

logger = structlog.get_logger(__name__)

# Who has missed more is given a snapshot.
REPLAY_MOST = 1000


# Messages of a stream as a hint carries them: number, type, text. None: too much for a hint, or no stream.
News = list[tuple[int, str, str]] | None
_MOST_CARRIED = 32 * 1024


@dataclass
class _Outbox:
    """What a unit of work tells: messages by stream, and whom to wake once, in order."""

    messages: dict[str, list[tuple[str, dict[str, Any]]]] = field(default_factory=dict)
    groups: dict[str, News] = field(default_factory=dict)


_outbox: ContextVar[_Outbox | None] = ContextVar("outbox", default=None)


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
    outbox = _Outbox()
    with transaction.atomic():
        # Before all that the work itself leaves for after the commit (matching, say): whoever waits for news is first.
        transaction.on_commit(lambda: _send_hints(outbox.groups), robust=True)
        token = _outbox.set(outbox)
        try:
            yield
        finally:
            # Before the commit: what runs on commit has units of work of its own.
            _outbox.reset(token)
        _store(outbox)


def publish(stream: str, kind: str, payload: dict[str, Any]) -> None:
    """Store one message on `stream` when the surrounding unit of work ends."""
    outbox = _outbox.get()
    if outbox is None:
        raise RuntimeError("publish outside a unit of work")
    outbox.messages.setdefault(stream, []).append((kind, payload))


def _store(outbox: _Outbox) -> None:
    """Number and store all messages, in two statements however many streams there are."""
    if not outbox.messages:
        return
    last = _reserve({stream: len(messages) for stream, messages in outbox.messages.items()})
    at = clock.now()
    rows: list[tuple[str, int, str, str, datetime]] = []
    for stream, messages in outbox.messages.items():
        first = last[stream] - len(messages) + 1
        # Written out once, for the table and for all sockets.
        told = [(seq, kind, bulk.text_of(payload)) for seq, (kind, payload) in enumerate(messages, start=first)]
        rows += [(stream, seq, kind, body, at) for seq, kind, body in told]
        outbox.groups[stream] = _carried(told)
    bulk.insert(StreamEvent, ("stream", "seq", "type", "payload", "created_at"), rows)


def _carried(told: Sequence[tuple[int, str, str]]) -> News:
    news = [(seq, kind, _around(seq, kind, body)) for seq, kind, body in told]
    return news if sum(len(text) for _, _, text in news) <= _MOST_CARRIED else None


def _text(seq: int, kind: str, payload: dict[str, Any]) -> str:
    return _around(seq, kind, bulk.text_of(payload))


def _around(seq: int, kind: str, body: str) -> str:
    """The message as sockets send it; `body` is its payload's JSON."""
    return f'{{"type": "{kind}", "seq": {seq}{", " if len(body) > 2 else ""}{body[1:]}'


def _reserve(counts: Mapping[str, int]) -> dict[str, int]:
    """The last of so many numbers taken from each stream; the rows, locked in order of names, stay so until commit."""
    table = connection.ops.quote_name(Stream._meta.db_table)  # noqa: SLF001
    rows = ", ".join(["(%s, %s)"] * len(counts))
    with connection.cursor() as cursor:
        # The ORM's upsert can replace a value, not add to it.
        cursor.execute(
            f"INSERT INTO {table} (name, last_seq) VALUES {rows} ON CONFLICT (name)"  # noqa: S608 -- a table's name
            f" DO UPDATE SET last_seq = {table}.last_seq + excluded.last_seq RETURNING name, last_seq",
            [value for stream in sorted(counts) for value in (stream, counts[stream])],
        )
        return dict(cursor.fetchall())


def hint(group: str) -> None:
    """After commit, tell whoever listens on `group` (a stream, `dept:<slug>` or `wallboard`) to look again."""
    outbox = _outbox.get()
    if outbox is not None:
        outbox.groups.setdefault(group, None)
    else:
        transaction.on_commit(lambda: _send_hints({group: None}), robust=True)


def _send_hints(groups: Mapping[str, News]) -> None:
    layer = get_channel_layer()
    if groups and layer is not None:
        sending = background.submit(_wake(layer, dict(groups)))
        sending.add_done_callback(lambda done: _log_lost(groups, done.exception()))


async def _wake(layer: Any, groups: Mapping[str, News]) -> None:
    await layer.groups_send(
        {group_name(group): {"type": "hint", "group": group, "news": news} for group, news in groups.items()}
    )


def _log_lost(groups: Collection[str], error: BaseException | None) -> None:
    # The message is stored; sockets find it at their next look. A lost Redis must not fail the change itself.
    if error is not None:
        logger.warning("hints not sent", groups=list(groups)[:5], error=repr(error))


def group_name(group: str) -> str:
    """The channel layer's name for `group`: letters, digits, hyphens, underscores and periods only."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-.") else f"_{ord(c):x}_" for c in group)[:99]


def last_seq(stream: str) -> int:
    """The number of the stream's last message, 0 for none."""
    return Stream.objects.filter(name=stream).values_list("last_seq", flat=True).first() or 0


def last_seqs(streams: Collection[str]) -> dict[str, int]:
    """The same of many streams; one without messages is left out."""
    return dict(Stream.objects.filter(name__in=streams).values_list("name", "last_seq"))


def texts_after(stream: str, seq: int) -> list[tuple[int, str]]:
    """Stored messages past `seq`, oldest first, as sockets send them."""
    return [(event.seq, _text(event.seq, event.type, event.payload)) for event in events_after(stream, seq)]


def events_after(stream: str, seq: int, *, limit: int = 500) -> list[StreamEvent]:
    """Stored messages past `seq`, oldest first."""
    return list(StreamEvent.objects.filter(stream=stream, seq__gt=seq).order_by("seq")[:limit])


def replayable(asked: Collection[tuple[str, int]]) -> dict[tuple[str, int], bool]:
    """Of streams and numbers in them: whether everything past is still kept, and little enough that a snapshot would
    not be shorter.
    """
    last = last_seqs({stream for stream, _ in asked})
    missed = {(stream, seq): last.get(stream, 0) - seq for stream, seq in asked}
    some = [one for one, many in missed.items() if one[1] >= 0 and 0 < many <= REPLAY_MOST]
    kept = _next_kept(some) if some else set()
    return {one: one in kept or (many == 0 and one[1] >= 0) for one, many in missed.items()}


def _next_kept(asked: Collection[tuple[str, int]]) -> set[tuple[str, int]]:
    """Those after whose number the next message is still there."""
    wanted = reduce(or_, (Q(stream=stream, seq=seq + 1) for stream, seq in asked))
    return {(stream, seq - 1) for stream, seq in StreamEvent.objects.filter(wanted).values_list("stream", "seq")}
