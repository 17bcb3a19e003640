"""Single transitions: one compare-and-set and one history row each. Only services call them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q

from calls.models import Call
from calls.services import history
from calls.states import CallState
from common import bulk, clock
from common.transitions import move
from queueing import lookups
from queueing.models import Agent, AgentEvent, Offer, QueueEntry, Transfer
from queueing.services import news
from queueing.states import (
    ACTIVITY,
    ENTRY,
    OFFER,
    TRANSFER,
    Activity,
    EntryState,
    OfferState,
    Presence,
    TransferState,
)


class Lost(Exception):
    """Somebody was first: the unit of work must be taken back whole."""


def lock_waiting_call(call_id: str, *, agent_id: int | None = None) -> bool:
    """Take the call's row while it waits and belongs to user `agent_id` (None: to nobody); False when it does not."""
    return bool(
        Call.objects.filter(pk=call_id, state=CallState.WAITING, agent_id=agent_id).update(state=CallState.WAITING)
    )


def move_entry(
    entry: QueueEntry,
    to: EntryState,
    *,
    actor: str,
    sources: frozenset[EntryState] | None = None,
    where: Q | None = None,
    data: dict[str, Any] | None = None,
    **changes: Any,
) -> bool:
    """Move an entry; False when somebody was first."""
    return move(
        QueueEntry.objects.filter(pk=entry.pk),
        ENTRY,
        to,
        sources=sources,
        where=where,
        record=lambda: history.record(entry.call_id, f"entry.{to}", actor, entry=entry.pk, **(data or {})),
        **changes,
    )


def move_offer(
    offer: Offer, to: OfferState, *, call_id: str, actor: str, where: Q | None = None, reason: str = "", **changes: Any
) -> bool:
    """Move an offer; False when somebody was first."""
    if reason:
        changes["reason"] = reason[:200]
    if to is not OfferState.ACCEPTED:
        changes.setdefault("ended_at", clock.now())
    return move(
        Offer.objects.filter(pk=offer.pk),
        OFFER,
        to,
        where=where,
        record=lambda: history.record(
            call_id, f"offer.{to}", actor, offer=offer.pk, agent=offer.agent.username, reason=reason
        ),
        **changes,
    )


def move_transfer(transfer: Transfer, to: TransferState, *, actor: str, **changes: Any) -> bool:
    """Move a transfer and tell its department's desks when it stops or starts being pending."""
    moved = move(
        Transfer.objects.filter(pk=transfer.pk),
        TRANSFER,
        to,
        record=lambda: history.record(transfer.call_id, f"transfer.{to}", actor, transfer=transfer.public_id),
        **changes,
    )
    if moved:
        fresh = lookups.find_transfer(transfer.pk)
        if fresh is not None:
            news.transfer_changed(fresh)
    return moved


def move_activity(
    agent: Agent,
    to: Activity,
    *,
    actor: str,
    call_id: str = "",
    sources: frozenset[Activity] | None = None,
    where: Q | None = None,
    tell: bool = True,
    **changes: Any,
) -> bool:
    """Move what an agent does, write his log and (`tell`) tell his desks; False when somebody was first.

    `agent` is as fresh afterwards as his row.
    """

    def record() -> None:
        log_agent(agent.pk, "activity", to, actor=actor, call_id=call_id)
        if isinstance(changes.get("presence"), str):
            log_agent(agent.pk, "presence", changes["presence"], actor=actor, reason=changes.get("away_reason", ""))

    moved = move(
        Agent.objects.filter(pk=agent.pk),
        ACTIVITY,
        to,
        sources=sources,
        where=where,
        record=record,
        fresh=agent,
        **changes,
    )
    if moved and tell:
        news.presence_of(agent)
    return moved


_LOG = ("agent_id", "at", "kind", "value", "reason", "actor", "call_id_ref")


def log_agent(
    agent_id: int,
    kind: str,
    value: str,
    *,
    actor: str,
    reason: str = "",
    call_id: str = "",
    at: datetime | None = None,
) -> None:
    """One row of an agent's log."""
    bulk.insert(AgentEvent, _LOG, [(agent_id, at or clock.now(), kind, value, reason, actor, call_id)])


def log_agents(agents: Iterable[tuple[int, str]], kind: str, value: str, *, actor: str) -> None:
    """The same row for many: (agent, call's id)."""
    at = clock.now()
    rows = [(agent, at, kind, value, "", actor, call_id) for agent, call_id in agents]
    bulk.insert(AgentEvent, _LOG, rows)


def free_agent(agent: Agent, *, actor: str, call_id: str, sources: frozenset[Activity]) -> bool:
    """Back to idle through no fault or deed of his: his place among the idle is kept."""
    return move_activity(agent, Activity.IDLE, actor=actor, call_id=call_id, sources=sources)


def away_after_miss(agent: Agent, *, actor: str, call_id: str) -> bool:
    """An offer rang in vain: no more offers until the agent says that he is there."""
    return move_activity(
        agent,
        Activity.MISSED,
        actor=actor,
        call_id=call_id,
        sources=frozenset({Activity.OFFERED}),
        presence=Presence.AWAY,
        away_reason="missed",
        presence_by="",
    )
