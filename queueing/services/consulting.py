"""Two agents talk about a call while its caller hears music, in a room of their own; then perhaps with him.

The caller can have no token for that room, and the first agent gets his only after LiveKit has taken his voice out of
the caller's: neither depends on a page. In a conference the second agent is in the caller's room, whose agent is the
first until he gives him away. Rows in the order of the package: call, entry, offers, transfer, agents.
"""

from django.db import transaction
from django.db.models import Q

from calls.models import Participant
from calls.services import history, lifecycle, participants
from calls.states import CallState, Role
from common import clock
from common.errors import Conflict, Forbidden
from common.service import service
from queueing import presenters_handover, targets
from queueing.models import Agent, Offer, QueueEntry, Transfer
from queueing.services import media, narration, news, voices
from queueing.services.after_call import back_to_idle
from queueing.services.dropping import put_out
from queueing.services.giving import give, hold_call
from queueing.services.handing_over import get_handover
from queueing.services.steps import Lost, move_activity, move_offer, move_transfer
from queueing.states import Activity, OfferState, TransferState


class NoConsult(Conflict):
    """The two do not talk (any more); `state` is the transfer's."""

    code = "consult_over"

    def __init__(self, transfer: Transfer) -> None:
        super().__init__("You are not talking with a colleague about this call.", state=transfer.state)


def begin(held: QueueEntry, transfer: Transfer, offer: Offer, agent: Agent) -> QueueEntry:
    """The second agent has said yes: the two may talk. The call is held; inside a unit of work; Lost."""
    now = clock.now()
    if not move_offer(
        offer,
        OfferState.ACCEPTED,
        call_id=held.call_id,
        actor=agent.username,
        where=Q(expires_at__gt=now),
        answered_at=now,
    ):
        raise Lost
    if not move_transfer(transfer, TransferState.ACCEPTED, actor=agent.username, accepted_by=agent, accepted_at=now):
        raise Lost
    sources = frozenset({Activity.OFFERED})
    if not move_activity(agent, Activity.ON_CALL, actor=agent.username, call_id=held.call_id, sources=sources):
        raise Lost
    lifecycle.set_hold(held.call_id, on=True, actor=agent.username)
    # The agent who has the caller is silent there now, so it is the page that plays.
    lifecycle.tell_update(held.call_id, state=CallState.AGENT.value, on_hold=True, hold_music=True)
    news.handover(transfer)
    # After it, so that the desk has the same call in view throughout.
    news.offer_ended(offer, "accepted")
    voices.settle_later(held.call_id)
    return held


def enter(public_id: str, *, agent: Agent) -> Transfer:
    """One of the two comes to talk. NoConsult, Forbidden; TelephonyError when LiveKit cannot be told.

    The first agent's voice is out of the caller's room before he gets a way into this one.
    """
    transfer = _talking(public_id, agent)
    if transfer.requested_by == agent.username:
        voices.settle(transfer.call_id)
        # Over meanwhile: whoever ended it has given the voice back, or gives it back now.
        transfer = _talking(public_id, agent)
    return transfer


def _talking(public_id: str, agent: Agent) -> Transfer:
    transfer = get_handover(public_id)
    if agent.username != transfer.requested_by and agent.pk != transfer.target_id:
        raise Forbidden("This transfer is somebody else's.")
    talk = targets.consult(transfer.call_id)
    if talk is None or talk.pk != transfer.pk:
        raise NoConsult(transfer)
    if talk.conference_at is not None and agent.pk != talk.target_id:
        # With the caller the first agent is as ever: in the room he has never left.
        raise NoConsult(transfer)
    return talk


def begin_conference(public_id: str, *, agent: Agent) -> Transfer:
    """The first agent brings the second to the caller, who comes off hold. Asked again: fine. NoConsult, Forbidden."""
    transfer = get_handover(public_id)
    if transfer.requested_by != agent.username:
        raise Forbidden("This transfer is somebody else's.")
    try:
        _begin_conference(transfer, agent)
    except Lost:
        talk = targets.conference(transfer.call_id)
        if talk is None or talk.pk != transfer.pk:
            raise NoConsult(get_handover(public_id)) from None
    return get_handover(public_id)


@service
def _begin_conference(transfer: Transfer, agent: Agent) -> None:
    held = hold_call(transfer.call_id, agent)
    to = _accepted(held, transfer).agent
    rows = Transfer.objects.filter(pk=transfer.pk, entry=held, state=TransferState.ACCEPTED, conference_at__isnull=True)
    if not rows.update(conference_at=clock.now()):
        raise Lost
    history.record(held.call_id, "consult.conference", agent.username, transfer=transfer.public_id, agent=to.username)
    lifecycle.set_hold(held.call_id, on=False, actor=agent.username)
    lifecycle.tell_update(held.call_id, guest=presenters_handover.guest(targets.conference(held.call_id)))
    news.handover(transfer)
    voices.settle_later(held.call_id)
    close_room_later(transfer)


def complete(public_id: str, *, agent: Agent) -> Transfer:
    """The first agent gives the caller to the second, and is done. Completed before: fine; NoConsult, Forbidden."""
    transfer = get_handover(public_id)
    if transfer.requested_by != agent.username:
        raise Forbidden("This transfer is somebody else's.")
    try:
        _complete(transfer, agent)
    except Lost:
        transfer = get_handover(public_id)
        arrived = transfer.entry.agent_id == transfer.target_id
        if not arrived or transfer.state not in (TransferState.ACCEPTED, TransferState.COMPLETED):
            raise NoConsult(transfer) from None
    return get_handover(public_id)


@service
def _complete(transfer: Transfer, agent: Agent) -> None:
    held = hold_call(transfer.call_id, agent)
    give_to_second(held, transfer)


def give_to_second(held: QueueEntry, transfer: Transfer, *, where: Q | None = None, lost: bool = False) -> QueueEntry:
    """The second agent of a consult gets the caller; `lost`: for the first one is gone. The call is held; Lost.

    Who is with the caller already goes on talking: nobody will report his coming.
    """
    offer = _accepted(held, transfer)
    to = transfer.target
    if to is None:
        raise Lost
    talk = targets.conference(held.call_id)
    here = talk is not None and participants.present(held.call, Role.AGENT, identity=to.identity)
    placed = give(held, transfer, offer, to, where=where, lost=lost, here=here)
    if here:
        media.connect(held.call, placed, to, came=False)
    close_room_later(transfer)
    return placed


def _accepted(held: QueueEntry, transfer: Transfer) -> Offer:
    rows = Offer.objects.select_related("agent__user")
    found = rows.filter(entry=held, agent=transfer.target_id, state=OfferState.ACCEPTED).first()
    if found is None:
        raise Lost
    return found


def stop(transfer: Transfer, first: Agent, *, outcome: str, actor: str) -> None:
    """The talk is over and the caller is the first agent's again, who is told `outcome`.

    Inside a unit of work; Lost.
    """
    held = hold_call(transfer.call_id, first)
    release(held, transfer, outcome=outcome, actor=actor)
    lifecycle.set_hold(transfer.call_id, on=False, actor=actor)
    news.handover_ended(transfer, first.username, outcome)
    voices.settle_later(transfer.call_id)


def release(held: QueueEntry, transfer: Transfer, *, outcome: str, actor: str) -> None:
    """The second agent goes without the caller. The call's row is held; Lost."""
    offer = _accepted(held, transfer)
    _leave_caller(held, transfer, offer.agent)
    if not move_offer(offer, OfferState.CANCELLED, call_id=held.call_id, actor=actor, reason=outcome):
        raise Lost
    if not move_transfer(transfer, TransferState.CANCELLED, actor=actor, ended_at=clock.now()):
        raise Lost
    history.record(held.call_id, "consult.ended", actor, transfer=transfer.public_id, reason=outcome)
    back_to_idle(offer.agent, actor=actor, call_id=held.call_id)
    news.handover_ended(transfer, offer.agent.username, outcome)
    close_room_later(transfer)


def _leave_caller(held: QueueEntry, transfer: Transfer, second: Agent) -> None:
    """Out of the caller's room, if he was brought there."""
    since = Transfer.objects.values_list("conference_at", flat=True).get(pk=transfer.pk)
    if since is None:
        return
    rows = Participant.objects.filter(call=held.call_id, role=Role.AGENT, identity=second.identity)
    if rows.filter(joined_at__gte=since).exists():
        narration.tell_entry(held, "guest_left", agent=second, turn=transfer.pk)
    lifecycle.tell_update(held.call_id, guest=None)
    put_out(held.call, second)


def leave(public_id: str, *, agent: Agent) -> Transfer:
    """The second agent goes; gone before is fine."""
    transfer = get_handover(public_id)
    if transfer.target_id != agent.pk:
        raise Forbidden("This transfer is somebody else's.")
    try:
        _leave(transfer, "left", agent.username)
    except Lost:
        transfer = get_handover(public_id)
        if transfer.state not in (TransferState.CANCELLED, TransferState.EXPIRED):
            raise NoConsult(transfer) from None
    return get_handover(public_id)


def lose_second(transfer_id: int) -> bool:
    """Nothing is heard of the second agent's desk any more: the caller is the first one's. False: decided otherwise."""
    transfer = targets.lost_consults(clock.now()).filter(pk=transfer_id).first()
    if transfer is None:
        return False
    try:
        _leave(transfer, "lost", "system")
    except Lost:
        return False
    return True


@service
def _leave(transfer: Transfer, outcome: str, actor: str) -> None:
    first = transfer.entry.agent
    if first is None or first.pk == transfer.target_id:
        raise Lost
    stop(transfer, first, outcome=outcome, actor=actor)


def second_gets_it(entry: QueueEntry) -> Transfer | None:
    """The consult whose second agent is there to take the caller of an agent who is lost."""
    transfer = targets.open_handover(entry)
    if transfer is None or transfer.state != TransferState.ACCEPTED:
        return None
    return None if targets.lost_consults(clock.now()).filter(pk=transfer.pk).exists() else transfer


def close_room_later(transfer: Transfer) -> None:
    """After the commit nobody talks there any more."""
    from queueing.tasks import close_consult

    transaction.on_commit(lambda: close_consult.delay(transfer.consult_room), robust=True)
