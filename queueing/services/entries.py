"""Entries: into the line, out of it, back into it."""

from datetime import datetime, timedelta

from django.db.models import Q

from calls.identity import Identity
from calls.models import Call
from calls.services import history, lifecycle
from calls.states import AIState, CallState, EndReason
from common import clock
from common.service import service
from queueing import selectors
from queueing.models import Agent, Department, Offer, QueueEntry, Transfer
from queueing.services import narration, news, ringing
from queueing.services.after_call import back_to_idle, begin_wrap_up
from queueing.services.matching import rematch, rematch_agent
from queueing.services.steps import (
    Lost,
    free_agent,
    move_entry,
    move_offer,
    move_transfer,
)
from queueing.states import (
    ENTRY_QUEUED,
    OFFER_OPEN,
    Activity,
    EntryState,
    OfferState,
    TransferKind,
    TransferState,
)

# The cause of an entry that a supervisor made for himself.
TAKEN_OVER = "taken_over"
# A direct-queue caller who asked for his call counts as present so long, before the grace time begins.
ASKED_SECONDS = 30


@service
def join_queue(
    *,
    email: str,
    department: Department,
    label: str,
    name: str = "",
    language: str = "",
    video: bool = False,
    callback_of: Call | None = None,
    identity: Identity | None = None,
) -> QueueEntry:
    """A call straight to people: made, and in line, or refused and over."""
    from queueing.services.admission import admit

    call = lifecycle.create_call(
        room_label=label,
        name=name,
        email=email,
        language=language,
        department=department.slug,
        video=video,
        direct_queue=True,
        wants_ai=False,
        callback_of=callback_of,
        identity=identity,
        actor="caller",
    )
    return admit(call, department, cause="direct", actor="caller", sources=frozenset({CallState.CREATED}))


@service
def enqueue(
    call: Call,
    department: Department,
    *,
    cause: str,
    actor: str,
    sources: frozenset[CallState],
    priority: int = 0,
    enqueued_at: datetime | None = None,
) -> QueueEntry:
    """Put a call in line, whatever the department says (`admission.admit` asks it).

    Lost when the call is not in one of `sources` any more.
    """
    news_of_cause = {"ai_full": {"reason": "ai_busy"}, "no_ai": {"reason": "no_worker"}}.get(cause)
    if not lifecycle.set_state(
        call.pk, CallState.WAITING, actor=actor, sources=sources, news=news_of_cause, department=department.slug
    ):
        raise Lost
    if call.direct_queue:
        lifecycle.touch_caller(call.pk, present_seconds=ASKED_SECONDS)
    return stand_in_line(call, department, cause=cause, actor=actor, priority=priority, enqueued_at=enqueued_at)


def stand_in_line(
    call: Call,
    department: Department,
    *,
    cause: str,
    actor: str,
    priority: int = 0,
    enqueued_at: datetime | None = None,
) -> QueueEntry:
    """The entry of a call that has just come to wait; its matching runs after the commit."""
    now = clock.now()
    entry = QueueEntry.objects.create(
        call=call,
        department=department,
        priority=priority,
        enqueued_at=enqueued_at or now,
        wait_deadline=deadline(department, now),
        cause=cause,
    )
    record_entry(entry, actor)
    call.refresh_from_db()
    narration.tell_entry(entry, "queued")
    news.queue_changed(department)
    rematch([department.pk])
    return entry


def record_entry(entry: QueueEntry, actor: str, *, cause: str = "") -> None:
    """The first row of the entry's history. `cause`: why he waits here, where that is not why he began to wait."""
    cause = cause or entry.cause
    history.record(entry.call_id, "entry.waiting", actor, entry=entry.pk, department=entry.department.slug, cause=cause)


def deadline(department: Department, now: datetime) -> datetime | None:
    """Until when a caller who comes now waits there; None: without limit."""
    seconds = department.max_wait_seconds
    return now + timedelta(seconds=seconds) if seconds else None


# --- the call has ended ------------------------------------------------------------------------------------------
_LEFT_QUEUE = {
    EndReason.NO_AGENT: EntryState.TIMED_OUT,
    EndReason.CALLBACK: EntryState.CALLBACK,
    EndReason.CALLED_AGAIN: EntryState.WITHDRAWN,
    EndReason.CONTAINED: EntryState.WITHDRAWN,
    EndReason.FAILED: EntryState.WITHDRAWN,
}


def close_for_ended_call(call: Call) -> None:
    """The call's row says ended (and is ours until commit): its entry, offers, transfer and agent follow."""
    entry = selectors.open_entry(call.pk)
    if entry is None or not _leave(entry, call):
        return
    agents = _end_offers(entry, call)
    guests = [agent for agent in agents if agent.pk != entry.agent_id]
    for transfer in Transfer.objects.filter(entry=entry, state__in=[TransferState.PENDING, TransferState.ACCEPTED]):
        move_transfer(transfer, TransferState.CANCELLED, actor="system", ended_at=clock.now())
        _close_consult(transfer)
    talked = entry.connected_at is not None
    for agent in sorted(agents, key=lambda agent: agent.pk):
        if agent in guests:
            _dismiss_guest(agent, call)
        else:
            _dismiss(agent, entry, call, talked=talked)
    news.queue_changed(entry.department)


def _leave(entry: QueueEntry, call: Call) -> bool:
    """Close the entry from whatever open state it is in; refreshed, it says who held it."""
    now = clock.now()
    left = _LEFT_QUEUE.get(EndReason(call.end_reason), EntryState.ABANDONED)
    short = left is EntryState.ABANDONED and entry.waited(now) < entry.department.short_abandon_seconds
    called = entry.cause == ringing.CAUSE and call.caller_joined_at is None
    gone = EntryState.UNANSWERED if called else EntryState.ABANDONED
    moved = (
        move_entry(entry, left, actor="system", sources=ENTRY_QUEUED, ended_at=now, short_abandon=short)
        or move_entry(entry, EntryState.DONE, actor="system", sources=frozenset({EntryState.CONNECTED}), ended_at=now)
        or move_entry(entry, gone, actor="system", sources=frozenset({EntryState.CONNECTING}), ended_at=now)
    )
    entry.refresh_from_db()
    return moved


def _end_offers(entry: QueueEntry, call: Call) -> list[Agent]:
    """End the entry's offers; the agents who were asked, connecting or talking, each once."""
    agents = {entry.agent.pk: entry.agent} if entry.agent is not None else {}
    for offer in Offer.objects.select_related("agent__user").filter(entry=entry, state__in=OFFER_OPEN):
        if offer.state == OfferState.PENDING:
            move_offer(offer, OfferState.CANCELLED, call_id=call.pk, actor="system", reason=call.end_reason)
            news.offer_ended(offer, "cancelled")
        elif offer.agent_id != entry.agent_id:
            move_offer(offer, OfferState.CANCELLED, call_id=call.pk, actor="system", reason=call.end_reason)
        else:
            move_offer(offer, OfferState.SETUP_FAILED, call_id=call.pk, actor="system", reason=call.end_reason)
        # At several desks, or asked by the agent who has the caller.
        agents[offer.agent_id] = offer.agent
    return list(agents.values())


def _dismiss(agent: Agent, entry: QueueEntry, call: Call, *, talked: bool) -> None:
    """To wrap-up after a conversation; else back to idle at the old place, for nothing was the agent's doing."""
    seconds = entry.department.wrap_up_seconds
    on_call = frozenset({Activity.ON_CALL})
    if talked and seconds:
        begin_wrap_up(agent, entry.department, call, actor="system")
    elif talked:
        back_to_idle(agent, actor="system", call_id=call.pk)
    else:
        free_agent(agent, actor="system", call_id=call.pk, sources=on_call | {Activity.OFFERED})
        rematch_agent(agent)
    news.to_agent(agent.username, "call_ended", call, reason=call.end_reason)


def _dismiss_guest(agent: Agent, call: Call) -> None:
    """Asked by the agent who had the caller: he had nothing of it to wrap up."""
    if free_agent(agent, actor="system", call_id=call.pk, sources=frozenset({Activity.OFFERED})):
        rematch_agent(agent)
    else:
        back_to_idle(agent, actor="system", call_id=call.pk)
    news.to_agent(agent.username, "call_ended", call, reason=call.end_reason)


def _close_consult(transfer: Transfer) -> None:
    from queueing.services.consulting import close_room_later

    if transfer.kind == TransferKind.CONSULT and transfer.state == TransferState.ACCEPTED:
        close_room_later(transfer)


# --- out of the line ----------------------------------------------------------------------------------------------
def leave_line(entry: QueueEntry, reason: EndReason, *, transfer_to: TransferState, actor: str) -> None:
    """The entry has just left the line: settle its transfer, then back to a living AI, or the call is over."""
    settle_transfer(entry, transfer_to, actor=actor)
    if not back_to_ai(entry.call_id, reason.value, actor=actor):
        lifecycle.end_call(entry.call_id, reason, actor=actor)


def settle_transfer(entry: QueueEntry, to: TransferState, *, actor: str) -> None:
    """Nobody is asked for any more."""
    for transfer in Transfer.objects.filter(entry=entry, state=TransferState.PENDING):
        move_transfer(transfer, to, actor=actor, ended_at=clock.now())
    news.queue_changed(entry.department)


def back_to_ai(call_id: str, reason: str, *, actor: str) -> bool:
    """A call that waits no more is the AI's again; False when there is none."""
    return lifecycle.set_state(
        call_id,
        CallState.AI,
        actor=actor,
        sources=frozenset({CallState.WAITING}),
        where=Q(ai_state__in=[AIState.LIVE, AIState.DISPATCHED]),
        news={"reason": reason},
    )
