"""What the rendering of a call needs besides its row: as many statements for a hundred calls as for one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from calls.models import Call, CallEvent
from calls.selectors import participants_of
from calls.states import CallState
from queueing import lines, of_calls, selectors, targets
from queueing.models import CallbackRequest, QueueEntry, Transfer

# From so many a whole line is read once, not each caller's rank in it.
_MANY = 4


@dataclass(frozen=True, kw_only=True)
class CallFacts:
    """Of one call. `place`: position and estimated wait in seconds, inside the line only."""

    entry: QueueEntry | None = None
    place: tuple[int | None, int | None] = (None, None)
    talk: Transfer | None = None
    # Why it waits, as the last event says.
    cause: str | None = None
    refused: QueueEntry | None = None
    callback: CallbackRequest | None = None
    participants: tuple[dict[str, Any], ...] = ()


def of(calls: Collection[Call]) -> dict[str, CallFacts]:
    """By call."""
    ids = [call.pk for call in calls]
    entries = of_calls.open_entries(ids)
    waiting = [call.pk for call in calls if call.state == CallState.WAITING and call.pk in entries]
    places, causes = _places(list(entries.values())), _causes(waiting)
    talks, participants = targets.consults(ids), participants_of(ids)
    refused, callbacks = of_calls.last_refusals(calls), of_calls.last_callbacks(ids)
    return {
        pk: CallFacts(
            entry=entries.get(pk),
            place=places.get(pk, (None, None)),
            talk=talks.get(pk),
            cause=causes.get(pk),
            refused=refused.get(pk),
            callback=callbacks.get(pk),
            participants=tuple(participants.get(pk, ())),
        )
        for pk in ids
    }


def _places(entries: Collection[QueueEntry]) -> Mapping[str, tuple[int | None, int | None]]:
    if len(entries) < _MANY:
        return {entry.call_id: selectors.place(entry) for entry in entries}
    found = lines.places([entry.call_id for entry in entries])
    return {call: place or (None, None) for call, (_, place) in found.items()}


def _causes(call_ids: Collection[str]) -> dict[str, str]:
    """What the last event said of each."""
    rows = CallEvent.objects.filter(call__in=call_ids, kind="entry.waiting", data__cause__isnull=False)
    return dict(rows.order_by("pk").values_list("call", "data__cause")) if call_ids else {}
