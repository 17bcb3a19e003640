"""What streams are told, from inside units of work."""

from collections.abc import Sequence
from typing import Any

from calls.models import Call
from common.realtime import agent_stream, call_stream, hint, publish
from queueing import presenters, presenters_supervision, selectors
from queueing.models import Agent, Department, Offer, QueueEntry, Transfer
from queueing.states import TransferState

WALLBOARD = "wallboard"


def presence(agent_id: int) -> None:
    """Tell an agent's desks how he stands."""
    agent = Agent.objects.select_related("user").get(pk=agent_id)
    publish(agent_stream(agent.username), "presence", presenters.agent_state(agent))
    hint(WALLBOARD)


def queue_changed(department: Department) -> None:
    """Whoever shows a department's line looks again."""
    hint(f"dept:{department.slug}")
    hint(WALLBOARD)


def asked(offers: Sequence[Offer]) -> None:
    """Agents are asked: each is told how he stands, then of his offer. `agent` and `entry` of each are fresh."""
    departments = selectors.department_slugs([offer.agent_id for offer in offers])
    reasons = selectors.reasons_of([offer.entry_id for offer in offers])
    for offer in offers:
        stream = agent_stream(offer.agent.username)
        # Of a callback the words are its own; they are looked up.
        reason = reasons.get(offer.entry_id, None if offer.entry.call.callback_of_id else "")
        publish(stream, "presence", presenters.agent_state(offer.agent, departments.get(offer.agent_id, ())))
        publish(stream, "offer", presenters.offer_payload(offer, reason=reason))
        queue_changed(offer.entry.department)


def offer_ended(offer: Offer, outcome: str, **extra: Any) -> None:
    """The asking is over, one way or the other."""
    publish(agent_stream(offer.agent.username), "offer_ended", {"offer_id": str(offer.pk), "outcome": outcome, **extra})


def transfer_changed(transfer: Transfer) -> None:
    """A transfer became pending, or stopped being so."""
    pending = transfer.state == TransferState.PENDING
    type_ = "transfer_pending" if pending else "transfer_ended"
    payload = {"transfer": presenters.transfer_payload(transfer) if pending else presenters.transfer_outcome(transfer)}
    if transfer.state != TransferState.COMPLETED:
        for username in selectors.reachable_usernames(transfer.entry.department):
            publish(agent_stream(username), type_, payload)


def assigned(entry: QueueEntry, agent: Agent) -> None:
    """Agent and customer learn of each other. `entry.call` is fresh."""
    call = entry.call
    publish(agent_stream(agent.username), "customer_assigned", presenters.assigned_to_agent(entry, agent))
    publish(call_stream(call.id), "customer_assigned", presenters.assigned_to_caller(call, agent))


def to_agent(username: str, type_: str, call: Call, **payload: Any) -> None:
    """Something about a call, to its agent."""
    publish(agent_stream(username), type_, {"call_id": call.id, **payload})


def supervision(call_id: str) -> None:
    """A supervisor came, changed what he does, or went: all who are in the call now, as its agent may know."""
    username = selectors.concerned_username(call_id)
    if username:
        told = {"call_id": call_id, "supervision": presenters_supervision.for_agent(call_id)}
        publish(agent_stream(username), "supervision", told)
    hint(WALLBOARD)
