"""A caller goes from the agent who has him to another who has said yes."""

from datetime import timedelta

from django.db.models import Q

from calls.models import Call
from calls.services import history, lifecycle
from calls.states import CallState
from common import clock
from queueing import selectors, targets
from queueing.models import Agent, Offer, QueueEntry, Transfer
from queueing.services import narration, news
from queueing.services.steps import Lost, move_activity, move_entry, move_offer, move_transfer
from queueing.services.taking import CONNECT_SECONDS
from queueing.states import Activity, EntryState, OfferState, TransferState

REASON = "transferred"
# Why an entry is there that another agent gave; its caller did not wait in the line.
HANDED = "handed_over"


def hold_call(call_id: str, agent: Agent) -> QueueEntry:
    """The row of the agent's call, held until commit, and his entry; Lost when he does not have the caller (any more).

    The call's row first, as everywhere.
    """
    if not Call.objects.filter(pk=call_id, state=CallState.AGENT, agent=agent.user_id).update(state=CallState.AGENT):
        raise Lost
    held = selectors.open_entry(call_id)
    if held is None or held.state != EntryState.CONNECTED or held.agent_id != agent.pk:
        raise Lost
    return held


def finish(held: QueueEntry, agent: Agent, *, actor: str, where: Q | None = None, cause: str = REASON) -> None:
    """The agent's part of the call is over; Lost when it was already."""
    moved = move_entry(
        held,
        EntryState.DONE,
        actor=actor,
        sources=frozenset({EntryState.CONNECTED}),
        where=Q(agent=agent) & (where or Q()),
        data={"cause": cause},
        ended_at=clock.now(),
        agent_lost_at=None,
        agent_lost_deadline=None,
    )
    if not moved:
        raise Lost


def let_go(agent: Agent, held: QueueEntry, call: Call, *, reason: str = REASON) -> None:
    """To wrap-up by the rules of the department he took the call in, and out of the room."""
    from queueing.services.after_call import back_to_idle, begin_wrap_up
    from queueing.services.dropping import put_out

    news.to_agent(agent.username, "call_ended", call, reason=reason)
    if held.department.wrap_up_seconds:
        begin_wrap_up(agent, held.department, call, actor=agent.username)
    else:
        back_to_idle(agent, actor=agent.username, call_id=call.pk)
    put_out(call, agent)
    news.queue_changed(held.department)


def _lose(agent: Agent, call: Call) -> None:
    """His browser died: no more calls until he says so."""
    from queueing.services.after_call import lose_agent
    from queueing.services.dropping import put_out

    lose_agent(agent, call_id=call.pk)
    news.to_agent(agent.username, "call_ended", call, reason="agent_lost")
    put_out(call, agent)


def give(
    held: QueueEntry,
    transfer: Transfer,
    offer: Offer,
    to: Agent,
    *,
    where: Q | None = None,
    lost: bool = False,
    here: bool = False,
) -> QueueEntry:
    """The caller is the new agent's, who has the usual time to be in the room; the entry he takes him by.

    `where` narrows the first agent's entry; `lost`: he is gone; `here`: the new one is with the caller already, who is
    not told that he waits. The call's row is held. Lost: somebody was first, and everything must be taken back.
    """
    first = held.agent
    if first is None:
        raise Lost
    finish(held, first, actor=to.username, where=where, cause=HANDED)
    placed = _place(held, transfer, to, tell=not here)
    _claim(offer, transfer, placed, to)
    call = Call.objects.get(pk=held.call_id)
    narration.tell_entry(placed, "handed_over", agent=first, other=to)
    for agent in sorted((first, to), key=lambda agent: agent.pk):
        if agent.pk == to.pk:
            _occupy(to, call.pk)
        elif lost:
            _lose(first, call)
        else:
            let_go(first, held, call, reason=HANDED)
    fresh = QueueEntry.objects.select_related("call", "department", "agent__user").get(pk=placed.pk)
    news.assigned(fresh, to)
    news.presence(to.pk)
    news.queue_changed(fresh.department)
    return fresh


def _place(held: QueueEntry, transfer: Transfer, to: Agent, *, tell: bool) -> QueueEntry:
    """The new agent's entry, connecting; the call is his, after the entry, so that the first is not told that his
    caller waits."""
    department, now = targets.line_for(to, held.department), clock.now()
    moved = lifecycle.set_state(
        held.call_id,
        CallState.WAITING,
        actor=to.username,
        sources=frozenset({CallState.AGENT}),
        news={"reason": REASON},
        tell=tell,
        agent_id=to.user_id,
        agent_joined_at=None,
        on_hold=False,
        department=department.slug,
    )
    if not moved:
        raise Lost
    placed = QueueEntry.objects.create(
        call_id=held.call_id,
        department=department,
        state=EntryState.CONNECTING,
        priority=held.priority,
        # He has waited for this agent since he was asked; in line again, his first wait counts (`returning`).
        enqueued_at=transfer.created_at,
        agent=to,
        answered_at=now,
        connect_deadline=now + timedelta(seconds=CONNECT_SECONDS),
        cause=HANDED,
    )
    history.record(
        held.call_id,
        "entry.connecting",
        to.username,
        entry=placed.pk,
        agent=to.username,
        department=department.slug,
        cause=HANDED,
    )
    return placed


def _claim(offer: Offer, transfer: Transfer, placed: QueueEntry, to: Agent) -> None:
    """Offer and transfer go along; what rings is answered now, and in time."""
    now = clock.now()
    if offer.state == OfferState.ACCEPTED:
        # A consult's: he said yes when he came to talk.
        _take_along(offer, transfer, placed)
        return
    if not move_offer(
        offer,
        OfferState.ACCEPTED,
        call_id=placed.call_id,
        actor=to.username,
        where=Q(expires_at__gt=now),
        answered_at=now,
        entry=placed,
    ):
        raise Lost
    news.offer_ended(offer, "accepted")
    if not move_transfer(
        transfer, TransferState.ACCEPTED, actor=to.username, accepted_by=to, accepted_at=now, entry=placed
    ):
        raise Lost


def _take_along(offer: Offer, transfer: Transfer, placed: QueueEntry) -> None:
    offers = Offer.objects.filter(pk=offer.pk, state=OfferState.ACCEPTED)
    transfers = Transfer.objects.filter(pk=transfer.pk, state=TransferState.ACCEPTED)
    if not offers.update(entry=placed) or not transfers.update(entry=placed):
        raise Lost


def _occupy(to: Agent, call_id: str) -> None:
    # From a consult he comes on the call he is in.
    if Agent.objects.filter(pk=to.pk, activity=Activity.ON_CALL).update(activity=Activity.ON_CALL):
        return
    sources = frozenset({Activity.OFFERED})
    if not move_activity(to, Activity.ON_CALL, actor=to.username, call_id=call_id, sources=sources, tell=False):
        raise Lost
