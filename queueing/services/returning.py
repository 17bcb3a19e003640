"""Back into the line: the agent did not arrive, or was lost."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from calls.models import Call
from calls.services import ai, lifecycle
from calls.states import CallState
from common import clock
from common.service import service
from queueing import selectors
from queueing.models import Agent, Offer, QueueEntry, Transfer
from queueing.services import consulting, narration, news, ringing
from queueing.services.after_call import lose_agent
from queueing.services.dropping import drop_handover, put_out
from queueing.services.entries import TAKEN_OVER, deadline
from queueing.services.giving import HANDED
from queueing.services.matching import rematch, rematch_agent
from queueing.services.steps import Lost, free_agent, move_entry, move_offer, move_transfer
from queueing.states import ENTRY_OPEN, Activity, EntryState, OfferState, TransferKind, TransferState

# Causes of entries whose callers came straight from somebody who had them.
_FROM_SOMEBODY = (HANDED, TAKEN_OVER)


def fail_setup(entry_id: int) -> bool:
    """The agent has not reached the room in time: back in line at the old rank. False: he has, or the call is over."""
    try:
        _fail_setup(entry_id)
    except Lost:
        return False
    return True


@service
def _fail_setup(entry_id: int) -> None:
    entry = _held_entry(entry_id, CallState.WAITING)
    agent = _holder(entry)
    back = move_entry(
        entry,
        EntryState.WAITING,
        actor="system",
        sources=frozenset({EntryState.CONNECTING}),
        where=Q(connect_deadline__lte=clock.now(), agent=agent),
        data={"cause": "setup_failed"},
        enqueued_at=_waits_since(entry),
        agent=None,
        answered_at=None,
        connect_deadline=None,
    )
    if not back:
        raise Lost
    Call.objects.filter(pk=entry.call_id).update(agent=None)
    for offer in Offer.objects.select_related("agent__user").filter(entry=entry, state=OfferState.ACCEPTED):
        move_offer(
            offer, OfferState.SETUP_FAILED, call_id=entry.call_id, actor="system", reason="not in the room in time"
        )
        news.offer_ended(offer, "setup_failed")
    if entry.cause == ringing.CAUSE:
        ringing.stop(entry)
    narration.tell_entry(entry, "not_reached", agent=agent, turn=entry.connect_deadline)
    _reopen_transfer(entry)
    free_agent(agent, actor="system", call_id=entry.call_id, sources=frozenset({Activity.ON_CALL}))
    put_out(entry.call, agent)
    lifecycle.tell_update(entry.call_id, state=CallState.WAITING.value, reason="setup_failed")
    news.queue_changed(entry.department)
    rematch_agent(agent, also=[entry.department_id])
    if entry.cause in _FROM_SOMEBODY:
        # Who had him before is gone.
        transaction.on_commit(lambda: _keep_company(entry.call_id), robust=True)


def _waits_since(entry: QueueEntry) -> datetime:
    """The clock of the wait; of one who was with somebody and never waited here, that of his first."""
    if entry.cause not in _FROM_SOMEBODY:
        return entry.enqueued_at
    first = QueueEntry.objects.filter(call=entry.call_id).order_by("enqueued_at", "pk").first()
    return first.enqueued_at if first is not None else entry.enqueued_at


def give_back(entry_id: int) -> bool:
    """The agent is lost for good: the caller is in line again with the old place, an AI keeps him company."""
    try:
        _give_back(entry_id)
    except Lost:
        return False
    return True


@service
def _give_back(entry_id: int) -> None:
    entry = _held_entry(entry_id, CallState.AGENT)
    agent = _holder(entry)
    now = clock.now()
    lost = QueueEntry.objects.filter(selectors.lost_for_good(now), pk=entry.pk, agent_lost_at=entry.agent_lost_at)
    if entry.agent_lost_at is None or not lost.exists():
        raise Lost
    consult = consulting.second_gets_it(entry)
    if consult is not None:
        consulting.give_to_second(entry, consult, where=Q(agent_lost_at=entry.agent_lost_at), lost=True)
        return
    if not lifecycle.set_state(
        entry.call_id,
        CallState.WAITING,
        actor="system",
        sources=frozenset({CallState.AGENT}),
        where=Q(agent_id=agent.user_id),
        news={"reason": "agent_lost"},
        agent=None,
        agent_joined_at=None,
        on_hold=False,
    ):
        raise Lost
    if not move_entry(
        entry,
        EntryState.WAITING,
        actor="system",
        sources=frozenset({EntryState.CONNECTED}),
        # Own columns only: PostgreSQL would not look at a joined row again after waiting for this one.
        where=Q(agent=agent, agent_lost_at=entry.agent_lost_at),
        data={"cause": "agent_lost"},
        agent=None,
        answered_at=None,
        connected_at=None,
        connect_deadline=None,
        agent_lost_at=None,
        agent_lost_deadline=None,
        wait_deadline=deadline(entry.department, now),
    ):
        raise Lost
    drop_handover(entry)
    narration.tell_entry(entry, "back_in_line", turn=entry.agent_lost_at)
    _reopen_transfer(entry)
    lose_agent(agent, call_id=entry.call_id)
    news.to_agent(agent.username, "call_ended", entry.call, reason="agent_lost")
    put_out(entry.call, agent)
    news.queue_changed(entry.department)
    transaction.on_commit(lambda: _keep_company(entry.call_id), robust=True)
    rematch([entry.department_id])


def _held_entry(entry_id: int, state: CallState) -> QueueEntry:
    """An entry somebody holds, its call's row locked first; Lost when it is held no more."""
    rows = QueueEntry.objects.select_related("call", "department", "agent__user")
    entry = rows.filter(pk=entry_id, state__in=ENTRY_OPEN, agent__isnull=False).first()
    if entry is None or not Call.objects.filter(pk=entry.call_id, state=state).update(state=state):
        raise Lost
    return entry


def _holder(entry: QueueEntry) -> Agent:
    if entry.agent is None:
        raise Lost
    return entry.agent


def _reopen_transfer(entry: QueueEntry) -> None:
    """Give the request back to the desks."""
    held = [TransferState.ACCEPTED, TransferState.COMPLETED]
    transfer = Transfer.objects.filter(entry=entry, state__in=held).order_by("-id").first()
    if transfer is not None:
        move_transfer(
            transfer,
            TransferState.PENDING,
            actor="system",
            kind=TransferKind.REQUEST,
            target=None,
            accepted_by=None,
            accepted_at=None,
            conference_at=None,
            ended_at=None,
        )


def _keep_company(call_id: str) -> None:
    ai.redispatch(call_id, actor="system")
