"""Whether a customer's page is open who is waited for: without it a callback cannot ring, and nobody is on the line.

Kept with the entry, so that whoever shows him is told of each change; the sweep notes it. A caller's own deadline
says it (his socket or his place in the room moves it); of a callback the page renews a lease.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from common import clock
from common.service import service
from queueing.models import CallbackRequest, QueueEntry
from queueing.services import news
from queueing.states import CALLBACK_OPEN, CALLBACK_UNMET, ENTRY_QUEUED, EntryState

# Sockets are looked at every five seconds: a page that is loaded again is back before anybody is told.
LEASE = timedelta(seconds=20)
_RENEW_BELOW = timedelta(seconds=10)
_MISSED = timedelta(seconds=10)
# Who is still to be reached.
_SHOWN = frozenset({*ENTRY_QUEUED, EntryState.CONNECTING})
_UNMET = Q(call__keeps_callback__state__in=sorted(CALLBACK_UNMET))


@service
def touch(call_ids: Collection[str]) -> None:
    """The pages of these calls are open: what their callers were promised can ring there."""
    now = clock.now()
    stale = Q(page_until__isnull=True) | Q(page_until__lt=now + _RENEW_BELOW)
    rows = CallbackRequest.objects.filter(stale, call__in=call_ids, state__in=CALLBACK_OPEN)
    # Never waiting for a row while holding others.
    free = list(rows.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True))
    if free:
        CallbackRequest.objects.filter(pk__in=free).update(page_until=now + LEASE)


def changed(most: int) -> list[int]:
    """Entries whose customer has opened or closed his page since it was last noted. Four queries."""
    now = clock.now()
    shown = QueueEntry.objects.filter(state__in=_SHOWN)
    # While he is being connected his deadline is the one to come into the room.
    left = shown.filter(state__in=ENTRY_QUEUED, page_gone=False, call__caller_deadline__lte=_missed(now))
    left = left.exclude(_UNMET)
    lapsed = Q(call__keeps_callback__page_until__isnull=True) | Q(call__keeps_callback__page_until__lte=now)
    silent = shown.filter(_UNMET, lapsed, page_gone=False)
    # Not of all who are gone some: who has come back must not stand behind many who have not.
    gone = shown.filter(page_gone=True)
    heard = gone.filter(_UNMET, call__keeps_callback__page_until__gt=now)
    seen = Q(call__caller_deadline__isnull=True) | Q(call__caller_deadline__gt=_missed(now))
    back = gone.filter(seen).exclude(_UNMET)
    return [pk for rows in (left, silent, heard, back) for pk in rows.values_list("pk", flat=True)[:most]]


def is_gone(entry: QueueEntry) -> bool:
    """Whether nobody can be reached on his page now."""
    now = clock.now()
    request = getattr(entry.call, "keeps_callback", None)
    if request is not None and request.state in CALLBACK_UNMET:
        return request.page_until is None or request.page_until <= now
    deadline = entry.call.caller_deadline
    return deadline is not None and deadline <= _missed(now)


@service
def note(entry_id: int) -> bool:
    """Note how it is now, and tell whoever shows him. False: noted already, or he is waited for no more."""
    rows = QueueEntry.objects.select_related("call__keeps_callback", "department", "agent__user")
    entry = rows.filter(pk=entry_id).first()
    if entry is None:
        return False
    gone = is_gone(entry)
    if not QueueEntry.objects.filter(pk=entry_id, page_gone=not gone, state__in=_SHOWN).update(page_gone=gone):
        return False
    entry.page_gone = gone
    news.page_changed(entry)
    return True


def _missed(now: datetime) -> datetime:
    """A deadline up to here says that two looks have not seen him."""
    grace = timedelta(seconds=settings.GRACE_SECONDS)
    return now + grace - min(_MISSED, grace / 2)
