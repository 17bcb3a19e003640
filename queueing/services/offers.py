"""Offers: accepted, declined, expired, cancelled."""

from typing import Any

from django.db.models import Q

from common import clock
from common.errors import Conflict, Forbidden, NotFound
from common.service import service
from queueing import presenters
from queueing.models import Agent, Offer, QueueEntry
from queueing.services import news
from queueing.services.matching import rematch, rematch_agent
from queueing.services.steps import Lost, away_after_miss, free_agent, move_entry, move_offer
from queueing.services.taking import Taking, take, why_lost
from queueing.states import Activity, EntryState, OfferOrigin, OfferState

_ANSWERED = (OfferState.ACCEPTED, OfferState.CONNECTED)


def get_offer(offer_id: str, agent: Agent) -> Offer:
    """The agent's offer; NotFound, or Forbidden for somebody else's."""
    rows = Offer.objects.select_related("entry__call", "entry__department", "entry__agent__user", "agent__user")
    found = (
        rows.filter(pk=int(offer_id)).first()
        if offer_id.isascii() and offer_id.isdigit() and len(offer_id) < 19
        else None
    )
    if found is None:
        raise NotFound("There is no such offer.")
    if found.agent_id != agent.pk:
        raise Forbidden("This offer is somebody else's.")
    return found


def accept_offer(offer_id: str, *, agent: Agent) -> QueueEntry:
    """Take the offered call. Asked again: the same entry. Late or lost: Conflict with the offer's final state."""
    offer = get_offer(offer_id, agent)
    try:
        return _accept(offer, agent)
    except Lost:
        expire_offer(offer.pk)
    return _again_or_conflict(get_offer(offer_id, agent))


@service
def _accept(offer: Offer, agent: Agent) -> QueueEntry:
    if offer.state != OfferState.PENDING:
        raise Lost
    if offer.is_from_agent:
        from queueing.services import handing_over

        return handing_over.accept(offer, agent)
    return take(
        Taking(offer.entry, agent, OfferOrigin.OFFERED, actor=agent.username, deadline_counts=True),
    )


def _again_or_conflict(offer: Offer) -> QueueEntry:
    entry = offer.entry
    if offer.state in _ANSWERED and entry.agent_id == offer.agent_id and entry.ended_at is None:
        return entry
    if offer.state == OfferState.ACCEPTED and offer.origin == OfferOrigin.CONSULT:
        return entry
    extra: dict[str, Any] = presenters.offer_conflict(offer)
    if "accepted_by" in extra:
        raise Conflict("Somebody else has taken this call.", code="already_accepted", **extra)
    if offer.state == OfferState.PENDING:
        raise why_lost(entry, offer.agent)
    raise Conflict("This offer is over.", code="offer_over", **extra)


def decline_offer(offer_id: str, *, agent: Agent, reason: str = "") -> Offer:
    """Pass the call on. Declined before: fine; otherwise over: Conflict with the final state."""
    offer = get_offer(offer_id, agent)
    if not withdraw_offer(offer.pk, OfferState.DECLINED, actor=agent.username, reason=reason):
        offer = get_offer(offer_id, agent)
        if offer.state != OfferState.DECLINED:
            raise Conflict("This offer is over.", code="offer_over", **presenters.offer_conflict(offer))
    return get_offer(offer_id, agent)


def expire_offer(offer_id: int) -> bool:
    """Time out an offer whose time has come; False when it was answered before."""
    return withdraw_offer(offer_id, OfferState.TIMED_OUT, actor="system", where=Q(expires_at__lte=clock.now()))


def withdraw_offer(offer_id: int, to: OfferState, *, actor: str, where: Q | None = None, reason: str = "") -> bool:
    """End a pending offer without a call: the caller goes back in line, the agent to what `to` means for him."""
    try:
        _withdraw(offer_id, to, actor=actor, where=where, reason=reason)
    except Lost:
        return False
    return True


@service
def _withdraw(offer_id: int, to: OfferState, *, actor: str, where: Q | None, reason: str) -> None:
    offer = Offer.objects.select_related("entry__department", "agent__user").get(pk=offer_id)
    return_to_line(offer, to, actor=actor, where=where, reason=reason)
    call_id = offer.entry.call_id
    if to is OfferState.TIMED_OUT:
        away_after_miss(offer.agent, actor=actor, call_id=call_id)
        rematch([offer.entry.department_id])
    else:
        free_agent(offer.agent, actor=actor, call_id=call_id, sources=frozenset({Activity.OFFERED}))
        rematch_agent(offer.agent, also=[offer.entry.department_id])


def _rings_on(offer: Offer) -> bool:
    """Whether other desks ring for the entry; its row is held first, so that of two who decline one is the last."""
    rows = QueueEntry.objects.filter(pk=offer.entry_id, state=EntryState.OFFERING, agent__isnull=True)
    if not offer.broadcast or not rows.update(state=EntryState.OFFERING):
        return False
    return Offer.objects.filter(entry=offer.entry_id, state=OfferState.PENDING).exclude(pk=offer.pk).exists()


def return_to_line(offer: Offer, to: OfferState, *, actor: str, where: Q | None = None, reason: str = "") -> None:
    """Entry back to waiting (or still its agent's, or ringing on at other desks) and offer to `to`; Lost when either
    has moved on.

    The asked agent is the caller's to move.
    """
    from queueing.services import handing_over

    if offer.is_from_agent:
        handing_over.refuse(offer, to, actor=actor, where=where, reason=reason)
        return
    entry = offer.entry
    if not _rings_on(offer) and not move_entry(
        entry,
        EntryState.WAITING,
        actor=actor,
        sources=frozenset({EntryState.OFFERING}),
        where=Q(agent__isnull=True) if offer.broadcast else Q(agent_id=offer.agent_id),
        agent=None,
    ):
        raise Lost
    if not move_offer(offer, to, call_id=entry.call_id, actor=actor, where=where, reason=reason):
        raise Lost
    news.offer_ended(offer, to.value)
    news.queue_changed(entry.department)
