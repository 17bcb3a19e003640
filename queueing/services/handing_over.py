"""An agent hands his call over to another, who is asked first: until he has accepted, the caller is the first one's.

Refused, missed or taken back, nothing has changed but that the caller was on hold. Rows in the order of the package:
call, entry, offers, transfer, agents.
"""

from datetime import timedelta

from django.db import IntegrityError
from django.db.models import Q

from calls.models import Call
from calls.services import history, lifecycle
from calls.states import CallState
from common import clock
from common.errors import Conflict, Forbidden, Invalid, NotFound
from common.service import service
from queueing import candidates, matching, selectors, targets
from queueing.models import Agent, Department, Offer, QueueEntry, Transfer
from queueing.services import news
from queueing.services.giving import give, hold_call
from queueing.services.matching import rematch_agent
from queueing.services.steps import Lost, free_agent, move_activity, move_offer, move_transfer
from queueing.states import Activity, EntryState, OfferOrigin, OfferState, TransferKind, TransferState

_TRIES = 3
_ORIGIN = {TransferKind.BLIND: OfferOrigin.HANDED, TransferKind.CONSULT: OfferOrigin.CONSULT}


class Unreachable(Conflict):
    """The agent asked for cannot be asked just now; `state` says why, as `targets.standing` names it."""

    def __init__(self, to: Agent) -> None:
        state = targets.standing(to)
        super().__init__(
            f"{to.name} cannot take a call just now.", code="agent_unavailable", state=state, agent_id=to.username
        )


def hand_over(
    call: Call, *, agent: Agent, to: Agent, reason: str = "", kind: TransferKind = TransferKind.BLIND
) -> Transfer:
    """Ask `to` to take the call; it rings at his desk alone. Asked again: the same transfer.

    Invalid for himself; Conflict `agent_unavailable` (with `state`), `transfer_open` when another is on its way,
    `wrong_state` when the call is not this agent's or not connected yet.
    """
    if to.pk == agent.pk:
        raise Invalid("That is you.", fields={"agent": "is yourself"})
    try:
        return _ask(call.pk, agent, to, reason, kind)
    except (Lost, IntegrityError):
        # Asked twice, or either agent has got something else to do at this instant.
        call.refresh_from_db()
    held = selectors.open_entry(call.pk)
    if held is None or held.agent_id != agent.pk or call.state != CallState.AGENT:
        raise Conflict("This call is not yours to hand over now.", state=call.state)
    found = targets.open_handover(held)
    if found is None:
        raise Unreachable(selectors.get_agent(to.username))
    if found.target_id == to.pk and found.kind == kind:
        return found
    raise Conflict("This call is being handed over already.", code="transfer_open", state=found.state)


@service
def _ask(call_id: str, agent: Agent, to: Agent, reason: str, kind: TransferKind) -> Transfer:
    held = hold_call(call_id, agent)
    now = clock.now()
    department = targets.line_for(to, held.department)
    offer = Offer.objects.create(
        entry=held,
        agent=to,
        origin=_ORIGIN[kind],
        created_at=now,
        expires_at=now + timedelta(seconds=department.offer_seconds),
    )
    history.record(call_id, "offer.pending", agent.username, offer=offer.pk, agent=to.username)
    made = Transfer.objects.create(
        call_id=call_id,
        entry=held,
        kind=kind,
        target=to,
        reason=reason,
        requested_by=agent.username,
        created_at=now,
    )
    history.record(
        call_id, "transfer.pending", agent.username, transfer=made.public_id, reason=reason, agent=to.username
    )
    # Presence, lease and activity are looked at by the UPDATE itself.
    if not move_activity(to, Activity.OFFERED, actor=agent.username, call_id=call_id, where=selectors.routable(now)):
        raise Lost
    lifecycle.set_hold(call_id, on=True, actor=agent.username)
    news.offer(offer)
    news.handover(made)
    return made


def accept(offer: Offer, agent: Agent) -> QueueEntry:
    """The agent takes the caller over, or comes to talk about him.

    Inside a unit of work; Lost when somebody was first or the time is over."""
    transfer, first = _open(offer)
    held = hold_call(transfer.call_id, first)
    if transfer.kind == TransferKind.CONSULT:
        from queueing.services import consulting

        return consulting.begin(held, transfer, offer, agent)
    return give(held, transfer, offer, agent)


def refuse(offer: Offer, to: OfferState, *, actor: str, where: Q | None = None, reason: str = "") -> None:
    """The asked agent does not take it: the caller is the first one's as before. His own activity is moved by the
    caller of this. Inside a unit of work; Lost."""
    transfer, first = _open(offer)
    hold_call(transfer.call_id, first)
    if not move_offer(offer, to, call_id=transfer.call_id, actor=actor, where=where, reason=reason):
        raise Lost
    news.offer_ended(offer, to.value)
    _settle(transfer, first, to, actor)


def _settle(transfer: Transfer, first: Agent, outcome: OfferState, actor: str) -> None:
    ended = TransferState.EXPIRED if outcome is OfferState.TIMED_OUT else TransferState.CANCELLED
    if not move_transfer(transfer, ended, actor=actor, ended_at=clock.now()):
        raise Lost
    lifecycle.set_hold(transfer.call_id, on=False, actor=actor)
    news.handover_ended(transfer, first.username, outcome.value)


def _open(offer: Offer) -> tuple[Transfer, Agent]:
    """The handover the offer asks about, and who has the caller."""
    transfer = targets.offered_handover(offer)
    if transfer is None or transfer.entry.agent is None or transfer.entry.agent_id == offer.agent_id:
        raise Lost
    return transfer, transfer.entry.agent


def consult_department(call: Call, *, agent: Agent, department: Department, reason: str = "") -> Transfer:
    """Ask whoever of a department its rules would ask first now. Conflict `nobody_available`; else as `hand_over`."""
    for _ in range(_TRIES):
        to = _first_of(department, call)
        if to is None:
            break
        try:
            return hand_over(call, agent=agent, to=to, reason=reason, kind=TransferKind.CONSULT)
        except Unreachable:
            # Somebody else was quicker with him.
            continue
    raise Conflict("Nobody there is free just now.", code="nobody_available", state="busy", department=department.slug)


def _first_of(department: Department, call: Call) -> Agent | None:
    now = clock.now()
    rules = candidates.rules_of([department.pk])
    asking = matching.Waiting(0, department.pk, 0, now, call.language)
    pairs = matching.plan([asking], candidates.free_agents([department.pk], rules), rules, now)
    return Agent.objects.select_related("user").get(pk=pairs[0].agent) if pairs else None


# --- taken back --------------------------------------------------------------------------------------------------
def get_handover(public_id: str) -> Transfer:
    """A transfer from agent to agent by its public id, or NotFound."""
    pk = Transfer.parse_id(public_id)
    found = targets.handovers().filter(pk=pk).first() if pk is not None else None
    if found is None or found.public_id != public_id:
        raise NotFound("There is no such transfer.")
    return found


def take_back(public_id: str, *, agent: Agent) -> Transfer:
    """The first agent has thought better of it. Taken back before: fine. Conflict when the other was quicker."""
    transfer = get_handover(public_id)
    if transfer.requested_by != agent.username:
        raise Forbidden("This transfer is somebody else's.")
    try:
        _take_back(transfer, agent)
    except Lost:
        transfer = get_handover(public_id)
        if transfer.state not in (TransferState.CANCELLED, TransferState.EXPIRED):
            raise _too_late(transfer) from None
    return get_handover(public_id)


def _too_late(transfer: Transfer) -> Conflict:
    words, taker = "The call is no longer yours to take back.", transfer.accepted_by
    if taker is None:
        return Conflict(words, state=transfer.state)
    return Conflict(words, code="already_accepted", state=transfer.state, accepted_by=taker.username)


@service
def _take_back(transfer: Transfer, agent: Agent) -> None:
    hold_call(transfer.call_id, agent)
    offer = targets.ringing_offer(transfer)
    if offer is None or transfer.entry.state != EntryState.CONNECTED:
        raise Lost
    actor = agent.username
    if offer.state == OfferState.ACCEPTED:
        from queueing.services import consulting

        consulting.stop(transfer, agent, outcome=OfferState.RESCINDED.value, actor=actor)
        return
    if not move_offer(offer, OfferState.RESCINDED, call_id=transfer.call_id, actor=actor, reason="taken back"):
        raise Lost
    news.offer_ended(offer, "rescinded")
    _settle(transfer, agent, OfferState.RESCINDED, actor)
    free_agent(offer.agent, actor=actor, call_id=transfer.call_id, sources=frozenset({Activity.OFFERED}))
    rematch_agent(offer.agent)
