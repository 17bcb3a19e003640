"""What deadlines demand. Every function may run twice at once, late, or not at all for a while."""

from collections.abc import Callable, Iterable

import structlog

from calls.states import LIVE
from common import clock
from queueing import selectors, targets
from queueing.models import Agent, CallbackRequest, Offer, QueueEntry, Supervision
from queueing.services import agents, calling_back, consulting, matching, offers, pages, returning, supervision, waits
from queueing.standing import closed_departments, stranded_entries
from queueing.states import Activity, CallbackState, EntryState, OfferState
from queueing.supervising import SUPERVISION_LIVE

logger = structlog.get_logger(__name__)

BATCH = 500


def sweep() -> int:
    """Act on all that is due; the number of changes made."""
    return (
        _each(offers.expire_offer, _due_offers())
        + _each(returning.fail_setup, _due_connections())
        + _each(returning.give_back, _lost_agents())
        + _each(consulting.lose_second, _lost_consults())
        + _each(waits.time_out_entry, _due_waits())
        + _each(waits.send_on, stranded_entries(BATCH))
        + _each(calling_back.no_answer, _rung_out())
        + _each(calling_back.put_off, _closed_callbacks())
        + _each(calling_back.begin, _due_callbacks())
        + _each(agents.end_wrap_up, _due_wrap_ups())
        + _each(agents.note_closed_desk, _closed_desks())
        + _each(supervision.lapse, _lost_supervisors())
        + _each(pages.note, pages.changed(BATCH))
        + matching.match_everything()
    )


def _each(act: Callable[[int], bool], ids: Iterable[int]) -> int:
    """One bad row must not keep the others waiting; it is tried again at the next sweep."""
    done = 0
    for pk in ids:
        try:
            done += act(pk)
        except Exception:
            logger.exception("sweep step failed", step=act.__name__, id=pk)
    return done


def _due_offers() -> list[int]:
    rows = Offer.objects.filter(state=OfferState.PENDING, expires_at__lte=clock.now()).order_by("expires_at")
    return list(rows.values_list("pk", flat=True)[:BATCH])


def _due_connections() -> list[int]:
    rows = QueueEntry.objects.filter(state=EntryState.CONNECTING, connect_deadline__lte=clock.now())
    return list(rows.order_by("connect_deadline").values_list("pk", flat=True)[:BATCH])


def _lost_agents() -> list[int]:
    rows = QueueEntry.objects.filter(selectors.lost_for_good(clock.now()), state=EntryState.CONNECTED)
    return list(rows.values_list("pk", flat=True)[:BATCH])


def _lost_consults() -> list[int]:
    return list(targets.lost_consults(clock.now()).values_list("pk", flat=True)[:BATCH])


def _due_waits() -> list[int]:
    rows = QueueEntry.objects.filter(state=EntryState.WAITING, wait_deadline__lte=clock.now())
    return list(rows.order_by("wait_deadline").values_list("pk", flat=True)[:BATCH])


def _rung_out() -> list[int]:
    rows = CallbackRequest.objects.filter(state=CallbackState.RINGING, ring_until__lte=clock.now())
    return list(rows.values_list("pk", flat=True)[:BATCH])


def _due_callbacks() -> list[int]:
    """Nobody is called back while he is still on the line."""
    rows = CallbackRequest.objects.filter(state=CallbackState.SCHEDULED, due_at__lte=clock.now())
    rows = rows.exclude(call__state__in=LIVE)
    return list(rows.order_by("due_at").values_list("pk", flat=True)[:BATCH])


def _closed_callbacks() -> list[int]:
    """In line, with nobody asked, at a department that has closed since."""
    rows = CallbackRequest.objects.filter(state=CallbackState.QUEUED, next_call__entries__state=EntryState.WAITING)
    return list(
        rows.filter(next_call__entries__department__in=closed_departments()).values_list("pk", flat=True)[:BATCH]
    )


def _closed_desks() -> list[int]:
    rows = Agent.objects.filter(desk_open=True, lease_until__lte=clock.now())
    return list(rows.values_list("pk", flat=True)[:BATCH])


def _due_wrap_ups() -> list[int]:
    rows = Agent.objects.filter(activity=Activity.WRAPPING_UP, wrap_up_until__lte=clock.now())
    return list(rows.order_by("wrap_up_until").values_list("pk", flat=True)[:BATCH])


def _lost_supervisors() -> list[int]:
    rows = Supervision.objects.filter(state__in=SUPERVISION_LIVE, lease_until__lte=clock.now())
    return list(rows.order_by("lease_until").values_list("pk", flat=True)[:BATCH])
