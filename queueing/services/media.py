"""What the room reports of agents: arrived, gone, back. Inside the reporter's transaction."""

from datetime import timedelta

from django.db.models import Q

from calls.models import Call, Participant
from calls.services import lifecycle
from calls.states import CallState, Role
from common import clock
from queueing import selectors, targets
from queueing.models import Agent, Offer, QueueEntry, Transfer
from queueing.services import narration, news, ringing, voices
from queueing.services.dropping import put_out
from queueing.services.steps import Lost, move_entry, move_offer, move_transfer
from queueing.states import EntryState, OfferState, TransferState


def agent_joined(call: Call, participant: Participant) -> None:
    """The agent's media is up: the call is his. Back after a loss: the caller is told. Anybody else is put out."""
    entry = selectors.open_entry(call.pk)
    agent = entry.agent if entry is not None else None
    if entry is None or agent is None or agent.identity != participant.identity:
        _put_stranger_out(call, participant)
    elif entry.state == EntryState.CONNECTING:
        if not ringing.agent_waits(call, entry):
            connect(call, entry, agent)
    elif entry.state == EntryState.CONNECTED:
        _come_back(entry, agent)
        if targets.is_consulting(call.pk):
            # A token of before the consult would let him speak.
            voices.settle_later(call.pk)


def connect(call: Call, entry: QueueEntry, agent: Agent) -> None:
    """They can talk."""
    now = clock.now()
    from_waiting = frozenset({CallState.WAITING})
    # The call's row first, as everywhere; whoever changed owner or state meanwhile has decided.
    if not lifecycle.set_state(
        call.pk,
        CallState.AGENT,
        actor=agent.username,
        sources=from_waiting,
        where=Q(agent_id=agent.user_id),
        news={"agent_connected": True, "agent_name": agent.name, "on_hold": False},
        agent_joined_at=now,
    ):
        return
    narration.tell_entry(entry, "joined", agent=agent, turn=entry.answered_at)
    Call.objects.filter(pk=call.pk, answered_at__isnull=True).update(answered_at=now)
    if not move_entry(
        entry,
        EntryState.CONNECTED,
        actor=agent.username,
        sources=frozenset({EntryState.CONNECTING}),
        connected_at=now,
        connect_deadline=None,
    ):
        raise Lost
    for offer in Offer.objects.select_related("agent__user").filter(entry=entry, state=OfferState.ACCEPTED):
        move_offer(offer, OfferState.CONNECTED, call_id=call.pk, actor=agent.username)
    for transfer in Transfer.objects.filter(entry=entry, state=TransferState.ACCEPTED):
        move_transfer(transfer, TransferState.COMPLETED, actor=agent.username, ended_at=now)
    news.queue_changed(entry.department)


def _come_back(entry: QueueEntry, agent: Agent) -> None:
    rows = QueueEntry.objects.filter(pk=entry.pk, state=EntryState.CONNECTED, agent_lost_at__isnull=False)
    if rows.update(agent_lost_at=None, agent_lost_deadline=None):
        narration.tell_entry(entry, "returned", agent=agent, turn=entry.agent_lost_at)
        lifecycle.tell_update(entry.call_id, state=CallState.AGENT.value, agent_connected=True)


def agent_left(call: Call, participant: Participant) -> None:
    """The owner's last connection is gone: he has the grace time to come back."""
    entry = selectors.open_entry(call.pk)
    agent = entry.agent if entry is not None else None
    if entry is None or agent is None or agent.identity != participant.identity:
        return
    there = Participant.objects.filter(call=call, role=Role.AGENT, identity=agent.identity, left_at__isnull=True)
    if there.exclude(pk=participant.pk).exists():
        return
    now = clock.now()
    rows = QueueEntry.objects.filter(pk=entry.pk, state=EntryState.CONNECTED, agent_lost_at__isnull=True)
    deadline = now + timedelta(seconds=entry.department.grace_seconds)
    if rows.update(agent_lost_at=now, agent_lost_deadline=deadline):
        narration.tell_entry(entry, "lost", agent=agent, turn=now)
        lifecycle.tell_update(call.pk, state=CallState.AGENT.value, agent_connected=False)


def _put_stranger_out(call: Call, participant: Participant) -> None:
    """Somebody whose token outlived his claim to the call."""
    agent = (
        Agent.objects.select_related("user").filter(user__username=participant.identity.removeprefix("agent_")).first()
    )
    if agent is not None:
        put_out(call, agent)
