"""A call's history rows in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from calls.models import Call, CallEvent
from calls.states import EndReason, Language, Role
from queueing.states import OfferOrigin

Words = Promise | str

WORDS: dict[str, Words] = {
    "call.created": _("The call began."),
    "call.claimed": _("The caller joined the prepared call."),
    "call.ai": _("The AI has the call."),
    "call.waiting": _("The call waits for a person."),
    "call.agent": _("The agent has the call."),
    "call.ended": _("The call ended: %(reason)s."),
    "call.language": _("The language is now %(language)s."),
    "call.hold": _("Put on hold."),
    "call.resumed": _("Taken off hold."),
    "call.rated": _("Rated %(rating)s of 5."),
    "call.claimed_by_agent": _("The agent is joining."),
    "call.disposition": _("Disposition: %(disposition)s."),
    "call.fact_noted": _("Noted: %(key)s."),
    "call.department": _("The department is now %(department)s."),
    "ai.dispatched": _("An AI was sent for."),
    "ai.live": _("The AI is in the room."),
    "ai.left": _("The AI left."),
    "ai.lost": _("The AI was lost; another one was sent for."),
    "ai.lapsed": _("Nothing was heard of the AI."),
    "participant.joined": _("Joined the room: %(role)s."),
    "participant.left": _("Left the room: %(role)s."),
    "entry.waiting": _("In the queue of %(department)s."),
    "entry.offering": _("Offered to an agent."),
    "entry.connecting": _("Being connected with the agent."),
    "entry.connected": _("Connected with the agent."),
    "entry.done": _("Done with the queue."),
    "entry.abandoned": _("Left the queue by hanging up."),
    "entry.timed_out": _("Nobody answered within the longest wait."),
    "entry.overflowed": _("Moved on to another queue."),
    "entry.callback": _("Left the queue for a callback."),
    "entry.withdrawn": _("Taken out of the queue."),
    "entry.rejected_full": _("Not let in: the queue is full."),
    "entry.rejected_closed": _("Not let in: the department is closed."),
    "offer.pending": _("Offer to %(agent)s."),
    "offer.accepted": _("Accepted by %(agent)s."),
    "offer.connected": _("%(agent)s is on the line."),
    "offer.setup_failed": _("%(agent)s could not be connected."),
    "offer.declined": _("Declined by %(agent)s."),
    "offer.timed_out": _("%(agent)s did not answer."),
    "offer.rescinded": _("The offer to %(agent)s was taken back."),
    "offer.cancelled": _("The offer to %(agent)s was cancelled."),
    "transfer.pending": _("A person was asked for."),
    "transfer.accepted": _("The request for a person was accepted."),
    "transfer.completed": _("The request for a person was met."),
    "transfer.cancelled": _("The request for a person was cancelled."),
    "transfer.expired": _("The request for a person ran out."),
    "callback.stored": _("A callback was asked for."),
    "callback.handled": _("The callback was seen to."),
    "message.handled": _("The message was seen to."),
    "message.stored": _("A message was left."),
}
_LAST_AI_LOST = _("The AI was lost for good.")
_ACTORS: dict[str, Words] = {"caller": _("the caller"), "ai": _("the AI"), "system": _("the system")}
_CHOICES: dict[str, dict[str, Words]] = {
    "language": {str(value): label for value, label in Language.choices},
    "role": {str(value): label for value, label in Role.choices},
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One row of a call's history as people read it. `at_second` counts from the call's start."""

    at: datetime
    at_second: int
    group: str
    text: str
    actor: str
    detail: str = ""


def timeline(call: Call, events: Iterable[CallEvent]) -> list[Moment]:
    """The rows in words of the active language, in their order."""
    return [_moment(call, event) for event in events]


def _moment(call: Call, event: CallEvent) -> Moment:
    return Moment(
        at=event.at,
        at_second=max(0, int((event.at - call.created_at).total_seconds())),
        group=event.kind.partition(".")[0],
        text=_text(event),
        actor=_actor(event),
        detail=_detail(event),
    )


def _text(event: CallEvent) -> str:
    words = WORDS.get(event.kind)
    if event.kind == "ai.lost" and event.data.get("final"):
        words = _LAST_AI_LOST
    if words is None:  # a kind that newer code wrote
        return event.kind.replace(".", ": ").replace("_", " ")
    return str(words) % _Values(event)


class _Values(dict[str, str]):
    """What the words of a kind ask for; a dash for what an older row does not say."""

    def __init__(self, event: CallEvent) -> None:
        super().__init__()
        self.event = event

    def __missing__(self, name: str) -> str:
        value = self.event.data.get(name)
        if value in (None, ""):
            return "–"
        if name == "reason" and self.event.kind == "call.ended":
            return str(EndReason(value).label) if value in EndReason.values else str(value)
        return str(_CHOICES.get(name, {}).get(str(value), value))


def _detail(event: CallEvent) -> str:
    origin = event.data.get("origin")
    if origin in OfferOrigin.values and origin != OfferOrigin.OFFERED:
        return str(OfferOrigin(origin).label)
    reason = event.data.get("reason")
    return str(reason) if reason and event.kind != "call.ended" else ""


def _actor(event: CallEvent) -> str:
    if event.kind.startswith("participant."):
        return _person(event.actor)
    return str(_ACTORS.get(event.actor, event.actor))


def _person(identity: str) -> str:
    """Who an identity of the room is: `customer_<id>`, `ai_<id>`, `agent_<user name>`, `supervisor_<user name>`."""
    role, _sep, name = identity.partition("_")
    words = {"customer": _ACTORS["caller"], "ai": _ACTORS["ai"]}.get(role, name or identity)
    return str(words)
