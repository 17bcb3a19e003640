"""What the room reports of agents: arrived, gone, back. Inside the reporter's transaction."""

from datetime import timedelta

from django.db.models import F, Q

from calls.models import Call, Participant
from calls.services import lifecycle
from calls.states import CallState, Role
from common import clock
from queueing import presenters_handover, selectors, targets
from queueing.models import Agent, Offer, QueueEntry, Transfer
from queueing.services import narration, news, ringing, supervision, voices
from queueing.services.dropping import put_out
from queueing.services.steps import Lost, move_entry, move_offer, move_transfer
from queueing.states import EntryState, OfferState, TransferState


def agent_joined(call: Call, participant: Participant) -> None:
    """The agent's media is up: the call is his. Back after a loss: the caller is told. Anybody else is put out."""
    entry = _entry(call, participant)
    agent = entry.agent if entry is not None else None
    if entry is None or agent is None or agent.identity != participant.identity:
        if not _guest_moved(call, participant):
            _put_stranger_out(call, participant)
    elif entry.state == EntryState.CONNECTING:
        if not ringing.agent_waits(call, entry):
            connect(call, entry, agent)
    elif entry.state == EntryState.CONNECTED:
        _come_back(entry, agent)
        if targets.is_consulting(call.pk):
            # A token of before the consult would let him speak.
            voices.settle_later(call.pk)


def _entry(call: Call, participant: Participant) -> QueueEntry | None:
    """The call's open entry. A guest may just be getting it: for who has it not, the call's row is held, as it is by
    whoever gives it, and looked again."""
    entry = selectors.open_entry(call.pk)
    if entry is not None and entry.agent is not None and entry.agent.identity == participant.identity:
        return entry
    Call.objects.filter(pk=call.pk).update(state=F("state"))
    return selectors.open_entry(call.pk)


def _guest_moved(call: Call, participant: Participant) -> bool:
    """The second agent of a conference has come or gone: the caller is told. False: it is not he."""
    talk = targets.conference(call.pk)
    if talk is None or talk.target is None or talk.target.identity != participant.identity:
        return False
    guest = presenters_handover.guest(talk)
    if guest is not None:
        narration.tell_entry(talk.entry, "guest_joined", agent=talk.target, turn=talk.pk)
    lifecycle.tell_update(call.pk, guest=guest)
    return True


def connect(call: Call, entry: QueueEntry, agent: Agent, *, came: bool = True) -> None:
    """They can talk. `came` False: he was in the room before the call was his."""
    now = clock.now()
    from_waiting = frozenset({CallState.WAITING})
    # The call's row first, as everywhere; whoever changed owner or state meanwhile has decided.
    if not lifecycle.set_state(
        call.pk,
        CallState.AGENT,
        actor=agent.username,
        sources=from_waiting,
        where=Q(agent_id=agent.user_id),
        news={"agent_connected": True, "agent_name": agent.name, "on_hold": False, "guest": None},
        agent_joined_at=now,
    ):
        return
    if came:
        narration.tell_entry(entry, "joined", agent=agent, turn=entry.answered_at)
    else:
        supervision.agent_gone(call.pk)
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
    entry = _entry(call, participant)
    agent = entry.agent if entry is not None else None
    if entry is None or agent is None or agent.identity != participant.identity:
        _guest_moved(call, participant)
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
