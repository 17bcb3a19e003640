"""What streams are told, from inside units of work."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from calls.models import Call
from common.realtime import agent_stream, call_stream, hint, publish
from queueing import lookups, presenters, presenters_handover, presenters_supervision, selectors, targets
from queueing.models import Agent, Department, Offer, QueueEntry, Transfer
from queueing.states import TransferState

WALLBOARD = "wallboard"


def presence(agent_id: int) -> None:
    """Tell an agent's desks how he stands."""
    agent, lines = lookups.agent_in_lines(agent_id)
    presence_of(agent, lines.values())


def presence_of(agent: Agent, departments: Iterable[str] | None = None) -> None:
    """The same of one who has just been read, with his departments' slugs where they have been too."""
    publish(agent_stream(agent.username), "presence", presenters.agent_state(agent, departments))
    hint(WALLBOARD)


def queue_changed(department: Department) -> None:
    """Whoever shows a department's line looks again."""
    hint(f"dept:{department.slug}")
    hint(WALLBOARD)


def asked(offers: Sequence[Offer], reasons: Mapping[int, str | None], departments: Mapping[int, Iterable[str]]) -> None:
    """Agents are asked: each is told how he stands, then of his offer. `agent` and `entry` of each are fresh.

    `reasons`: by entry, the words of the last transfer. `departments`: by agent, their slugs.
    """
    for offer in offers:
        stream = agent_stream(offer.agent.username)
        reason = reasons.get(offer.entry_id)
        if reason is None and not offer.entry.call.callback_of_id:
            # Of a callback the words are its own; they are looked up.
            reason = ""
        publish(stream, "presence", presenters.agent_state(offer.agent, departments[offer.agent_id]))
        publish(stream, "offer", presenters.offer_payload(offer, reason=reason))
        queue_changed(offer.entry.department)


def offer(offer: Offer) -> None:
    """One agent is asked; how he stands has been told."""
    publish(agent_stream(offer.agent.username), "offer", presenters.offer_payload(offer))


def offer_ended(offer: Offer, outcome: str, **extra: Any) -> None:
    """The asking is over, one way or the other."""
    publish(agent_stream(offer.agent.username), "offer_ended", {"offer_id": str(offer.pk), "outcome": outcome, **extra})


def transfer_changed(transfer: Transfer) -> None:
    """A transfer became pending, or stopped being so. One from agent to agent is no department's affair."""
    if transfer.target_id is not None:
        return
    pending = transfer.state == TransferState.PENDING
    type_ = "transfer_pending" if pending else "transfer_ended"
    payload = {"transfer": presenters.transfer_payload(transfer) if pending else presenters.transfer_outcome(transfer)}
    if transfer.state != TransferState.COMPLETED:
        for username in selectors.reachable_usernames(transfer.entry.department):
            publish(agent_stream(username), type_, payload)


def handover(transfer: Transfer) -> None:
    """How it stands between the agent who hands his call over and the one who is asked, to whom it concerns."""
    fresh = targets.handovers().get(pk=transfer.pk)
    for agent in presenters_handover.concerned_by(fresh):
        publish(agent_stream(agent.username), "handover", {"handover": presenters_handover.handover(fresh, agent)})


def handover_ended(transfer: Transfer, username: str, outcome: str) -> None:
    """It came to nothing: the caller stays where he is."""
    told = {"handover": None, "transfer_id": transfer.public_id, "call_id": transfer.call_id, "outcome": outcome}
    publish(agent_stream(username), "handover", told)


def page_changed(entry: QueueEntry) -> None:
    """The customer's page was opened or closed: to who is asked about him or has him, and who may take him."""
    told = {"call_id": entry.call_id, "page_open": not entry.page_gone}
    for username in selectors.concerned_by_entry(entry):
        publish(agent_stream(username), "caller_page", told)
    queue_changed(entry.department)


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
