"""A caller leaves the agent who had asked another to take him: what he began ends with it."""

from django.db import transaction

from calls.models import Call
from common import clock
from queueing.models import Agent, Offer, QueueEntry, Transfer
from queueing.services import news
from queueing.services.matching import rematch_agent
from queueing.services.steps import free_agent, move_offer, move_transfer
from queueing.states import FROM_AGENT, Activity, OfferState, TransferKind, TransferState


def drop_handover(entry: QueueEntry) -> None:
    """The agent who had this entry's caller is gone: nobody is asked on his behalf any more, and no consult goes on."""
    from queueing.services import consulting

    talking = Transfer.objects.filter(entry=entry, kind=TransferKind.CONSULT, state=TransferState.ACCEPTED)
    for transfer in talking.exclude(target=entry.agent_id):
        consulting.release(entry, transfer, outcome="ended", actor="system")
    for offer in _end_guests(entry, "agent lost"):
        free_agent(offer.agent, actor="system", call_id=entry.call_id, sources=frozenset({Activity.OFFERED}))
        rematch_agent(offer.agent)


def _end_guests(entry: QueueEntry, reason: str) -> list[Offer]:
    rows = Offer.objects.select_related("agent__user").filter(
        entry=entry, state=OfferState.PENDING, origin__in=FROM_AGENT
    )
    ended = [
        offer
        for offer in rows
        if move_offer(offer, OfferState.CANCELLED, call_id=entry.call_id, actor="system", reason=reason)
    ]
    for offer in ended:
        news.offer_ended(offer, "cancelled")
    for transfer in Transfer.objects.filter(entry=entry, target__isnull=False, state=TransferState.PENDING):
        move_transfer(transfer, TransferState.CANCELLED, actor="system", ended_at=clock.now())
    return ended


def put_out(call: Call, agent: Agent) -> None:
    """Whoever arrives late does not stay in a room that is not his any more."""
    from queueing.tasks import remove_agent

    transaction.on_commit(lambda: remove_agent.delay(call.pk, agent.pk), robust=True)
