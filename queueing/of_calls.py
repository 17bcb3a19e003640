"""What belongs to calls, for many of them by one statement each."""

from collections.abc import Collection

from calls.models import Call
from calls.states import CallState
from queueing.models import CallbackRequest, QueueEntry
from queueing.states import ENTRY_OPEN, ENTRY_REFUSED


def open_entries(call_ids: Collection[str]) -> dict[str, QueueEntry]:
    """By call, its entry that has not ended."""
    rows = QueueEntry.objects.select_related("call", "department", "agent__user")
    return {entry.call_id: entry for entry in rows.filter(call__in=call_ids, state__in=ENTRY_OPEN)}


def last_refusals(calls: Collection[Call]) -> dict[str, QueueEntry]:
    """By call, the entry in which the caller was refused, as long as nothing has come of the call since."""
    asked = [call.pk for call in calls if call.state in (CallState.CREATED, CallState.AI, CallState.ENDED)]
    rows = QueueEntry.objects.select_related("department").filter(call__in=asked).order_by("pk")
    last = {entry.call_id: entry for entry in rows} if asked else {}
    return {call: entry for call, entry in last.items() if entry.state in ENTRY_REFUSED}


def last_callbacks(call_ids: Collection[str]) -> dict[str, CallbackRequest]:
    """By call, the last callback asked for in it, whatever has become of it."""
    rows = CallbackRequest.objects.select_related("department", "next_call").order_by("pk")
    return {row.call_id: row for row in rows.filter(call__in=call_ids, kind=CallbackRequest.Kind.CALLBACK)}
