"""An agent takes an entry: by accepting an offer or a transfer, by picking, by becoming available, or is given it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Case, F, Q, QuerySet, When

from calls.models import Call
from calls.services import history
from calls.states import CallState
from common import clock
from common.errors import Conflict
from common.prepared import Changed, Prepared, Row
from queueing import lookups
from queueing.models import Agent, Offer, QueueEntry, Transfer
from queueing.services import news, ringing
from queueing.services.matching import rematch_agents
from queueing.services.steps import (
    Lost,
    free_agent,
    move_activity,
    move_entry,
    move_offer,
    move_transfer,
)
from queueing.states import (
    ENTRY_QUEUED,
    MAY_TAKE,
    Activity,
    EntryState,
    OfferOrigin,
    OfferState,
    TransferState,
)

CONNECT_SECONDS = 15
# A caller somebody is being asked about is taken away from him by a transfer's acceptance or a supervisor only.
_FROM = {
    OfferOrigin.OFFERED: frozenset({EntryState.OFFERING}),
    OfferOrigin.ASSIGNED: frozenset({EntryState.WAITING}),
    OfferOrigin.PICKED: frozenset({EntryState.WAITING}),
    OfferOrigin.TRANSFER: ENTRY_QUEUED,
    OfferOrigin.TAKEN_OVER: ENTRY_QUEUED,
    OfferOrigin.BY_HAND: ENTRY_QUEUED,
}
# A caller straight from the queue has not been in the room yet.
CALLER_JOIN_SECONDS = 60


@dataclass(frozen=True)
class Taking:
    """Who takes what, and how it came about. `deadline_counts`: an accept must come before the offer expires."""

    entry: QueueEntry
    agent: Agent
    origin: OfferOrigin
    actor: str
    deadline_counts: bool = False
    agent_where: Q | None = None
    agent_changes: dict[str, Any] | None = None


def take(taking: Taking) -> QueueEntry:
    """Give the entry to the agent; the fresh entry. Lost: somebody was first, and everything must be taken back.

    Runs inside the caller's unit of work. Rows in the order of the package: call, entry, offers, transfer, agents.
    """
    try:
        return _take(taking)
    except IntegrityError as error:
        # The unique constraints are the last word: the agent holds another entry, or the entry another agent.
        raise Lost from error


def _take(taking: Taking) -> QueueEntry:
    entry, agent = taking.entry, taking.agent
    if not _claim_call(entry.call_id, agent):
        raise Lost
    now = clock.now()
    connecting = move_entry(
        entry,
        EntryState.CONNECTING,
        actor=taking.actor,
        sources=_FROM[taking.origin],
        # Nobody's yet where it rings at several desks.
        where=Q(agent=agent) | Q(agent__isnull=True) if taking.origin is OfferOrigin.OFFERED else None,
        data={"agent": agent.username, "origin": taking.origin.value},
        agent=agent,
        answered_at=now,
        connect_deadline=now + timedelta(seconds=CONNECT_SECONDS),
    )
    if not connecting:
        raise Lost
    if entry.cause == ringing.CAUSE:
        ringing.ring(entry, actor=taking.actor)
    rescinded = _settle_offers(taking)
    _accept_transfer(taking)
    _settle_agents(taking, rescinded)
    fresh = lookups.get_entry(entry.pk)
    news.assigned(fresh, agent)
    news.presence(agent.pk)
    news.queue_changed(fresh.department)
    return fresh


def _claim_call(call_id: str, agent: Agent) -> bool:
    """The call's row first, as everywhere: the agent's, if it waits and is nobody's."""
    join_deadline = clock.now() + timedelta(seconds=CALLER_JOIN_SECONDS)
    claimed = _CLAIM(call=call_id, user=agent.user_id, join_deadline=join_deadline)
    if claimed:
        transaction.on_commit(lambda: _prepare_room(call_id), robust=True)
    return len(claimed) == 1


def _claim(call: str, user: int, join_deadline: datetime) -> Changed:
    still_outside = Q(direct_queue=True, caller_joined_at__isnull=True)
    rows = Call.objects.filter(pk=call, state=CallState.WAITING, agent__isnull=True)
    deadline = Case(When(still_outside, then=join_deadline), default=F("caller_deadline"))
    return rows, {"agent_id": user, "caller_deadline": deadline}


_CLAIM = Prepared(_claim)


def _prepare_room(call_id: str) -> None:
    from calls.tasks import ensure_room, nudge_ai

    nudge_ai.delay(call_id)
    ensure_room.delay(call_id)


def _settle_offers(taking: Taking) -> list[Agent]:
    """Accept the agent's own offer, or make one that is accepted; rescind the others', whose agents come back."""
    entry, agent = taking.entry, taking.agent
    pending = lookups.pending_offers(entry)
    own = pending.pop(agent.pk, None)
    if own is None and taking.origin is OfferOrigin.OFFERED:
        raise Lost
    for other in pending.values():
        reason = f"taken by {agent.username}"
        if not move_offer(other, OfferState.RESCINDED, call_id=entry.call_id, actor=taking.actor, reason=reason):
            raise Lost
        news.offer_ended(other, "rescinded", accepted_by=agent.username)
    if own is not None:
        _accept_own(own, taking)
    else:
        _record_unasked(taking)
    return [other.agent for other in pending.values()]


def _accept_own(own: Offer, taking: Taking) -> None:
    in_time = Q(expires_at__gt=clock.now()) if taking.deadline_counts else None
    call_id = taking.entry.call_id
    if not move_offer(
        own, OfferState.ACCEPTED, call_id=call_id, actor=taking.actor, where=in_time, answered_at=clock.now()
    ):
        raise Lost
    news.offer_ended(own, "accepted")


def _record_unasked(taking: Taking) -> None:
    now = clock.now()
    made = Offer.objects.create(
        entry=taking.entry,
        agent=taking.agent,
        state=OfferState.ACCEPTED,
        origin=taking.origin,
        created_at=now,
        answered_at=now,
    )
    history.record(
        taking.entry.call_id,
        "offer.accepted",
        taking.actor,
        offer=made.pk,
        agent=taking.agent.username,
        origin=taking.origin.value,
    )


def _accept_transfer(taking: Taking) -> None:
    for transfer in _ASKED_FOR(entry=taking.entry.pk):
        move_transfer(
            transfer,
            TransferState.ACCEPTED,
            actor=taking.actor,
            accepted_by=taking.agent,
            accepted_at=clock.now(),
        )


def _asked_for(entry: int) -> QuerySet[Transfer]:
    # One pending transfer a call: the database sees to it.
    return Transfer.objects.filter(entry=entry, state=TransferState.PENDING)


_ASKED_FOR = Prepared(_asked_for)


def _settle_agents(taking: Taking, rescinded: list[Agent]) -> None:
    """Rows of agents in the order of their keys, so that two takings cannot wait for each other."""
    for agent in sorted([*rescinded, taking.agent], key=lambda agent: agent.pk):
        if agent.pk == taking.agent.pk:
            _occupy(taking)
        else:
            _release(agent, taking)
    if rescinded:
        rematch_agents(rescinded)


def _occupy(taking: Taking) -> None:
    agent = taking.agent
    # An offer of another entry is answered first; of this one it has just been.
    rang = _RANG(agent=agent.pk, entry=taking.entry.pk)
    sources = MAY_TAKE if rang else MAY_TAKE - {Activity.OFFERED}
    if not move_activity(
        agent,
        Activity.ON_CALL,
        actor=taking.actor,
        call_id=taking.entry.call_id,
        sources=frozenset(sources),
        where=taking.agent_where,
        tell=False,
        wrap_up_until=None,
        **(taking.agent_changes or {}),
    ):
        raise Lost


def _rang(agent: int, entry: int) -> QuerySet[Offer, Row]:
    own = Offer.objects.filter(agent=agent, entry=entry, state=OfferState.ACCEPTED, expires_at__isnull=False)
    return own.order_by().values_list("pk")


_RANG = Prepared(_rang)


def _release(agent: Agent, taking: Taking) -> None:
    free_agent(agent, actor=taking.actor, call_id=taking.entry.call_id, sources=frozenset({Activity.OFFERED}))


def why_lost(entry: QueueEntry, agent: Agent) -> Conflict:
    """What to tell somebody who came too late for `entry`, from a fresh look."""
    entry = lookups.get_entry(entry.pk)
    owner = entry.agent if entry.state in (EntryState.CONNECTING, EntryState.CONNECTED, EntryState.DONE) else None
    if owner is not None and owner.pk != agent.pk:
        return Conflict(
            f"{owner.name} has taken this call.",
            code="already_accepted",
            accepted_by=owner.username,
            state=entry.state,
        )
    if entry.call.state != CallState.WAITING:
        return Conflict("This caller no longer waits.", state=entry.state)
    activity = Agent.objects.values_list("activity", flat=True).get(pk=agent.pk)
    if activity == Activity.OFFERED:
        return Conflict("Another call is ringing: answer that one first.", code="agent_busy", state=activity)
    if activity == Activity.ON_CALL:
        return Conflict("You are in another call.", code="agent_busy", state=activity)
    return Conflict("This call cannot be taken just now; try again.", state=entry.state)
