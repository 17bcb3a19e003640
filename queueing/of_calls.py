"""What belongs to calls, for many of them by one statement each, and for one by a statement made before."""

from collections.abc import Collection

from django.db.models import QuerySet

from calls.models import Call
from calls.states import CallState
from common.prepared import Prepared
from queueing.models import CallbackRequest, QueueEntry
from queueing.states import ENTRY_OPEN, ENTRY_REFUSED

# With a person it does not count any more that he was refused before.
_WITHOUT_ONE = (CallState.CREATED, CallState.AI, CallState.ENDED)


def open_entry(call_id: str) -> QueueEntry | None:
    """The call's entry that has not ended."""
    return next(iter(_OPEN(call=call_id)), None)


def _open(call: str) -> QuerySet[QueueEntry]:
    return _with_all().filter(call=call, state__in=ENTRY_OPEN).order_by()


_OPEN = Prepared(_open)


def last_entry(call_id: str) -> QueueEntry | None:
    """Where the caller stood in line last, with its department."""
    return next(iter(_LAST(call=call_id)), None)


def _last(call: str) -> QuerySet[QueueEntry]:
    return QueueEntry.objects.select_related("department").filter(call=call).order_by("-pk")[:1]


_LAST = Prepared(_last)


def last_refusal(call: Call) -> QueueEntry | None:
    """The entry in which the caller was refused, as long as nothing has come of the call since."""
    last = last_entry(call.pk) if call.state in _WITHOUT_ONE else None
    return last if last is not None and last.state in ENTRY_REFUSED else None


def _with_all() -> QuerySet[QueueEntry]:
    return QueueEntry.objects.select_related("call", "department", "agent__user")


def open_entries(call_ids: Collection[str]) -> dict[str, QueueEntry]:
    """By call, its entry that has not ended."""
    return {entry.call_id: entry for entry in _with_all().filter(call__in=call_ids, state__in=ENTRY_OPEN)}


def last_refusals(calls: Collection[Call]) -> dict[str, QueueEntry]:
    """The same of many, by call."""
    asked = [call.pk for call in calls if call.state in _WITHOUT_ONE]
    rows = QueueEntry.objects.select_related("department").filter(call__in=asked).order_by("pk")
    last = {entry.call_id: entry for entry in rows} if asked else {}
    return {call: entry for call, entry in last.items() if entry.state in ENTRY_REFUSED}


def last_callbacks(call_ids: Collection[str]) -> dict[str, CallbackRequest]:
    """By call, the last callback asked for in it, whatever has become of it."""
    rows = CallbackRequest.objects.select_related("department", "next_call").order_by("pk")
    return {row.call_id: row for row in rows.filter(call__in=call_ids, kind=CallbackRequest.Kind.CALLBACK)}
