"""A call's history rows in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from calls.models import Call, CallEvent
from calls.states import AILeft, EndReason, Language, Role
from queueing.states import OfferOrigin
from queueing.supervising import SupervisionEnd

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
    "call.verified": _("The caller has proved who he is."),
    "customer.forgotten": _("What was remembered of the customer was deleted, as he asked."),
    "customer.remembered": _("Remembered for the customer's next calls, with his consent."),
    "call.claimed_by_agent": _("The agent is joining."),
    "call.disposition": _("Disposition: %(disposition)s."),
    "call.fact_noted": _("Noted: %(key)s."),
    "call.department": _("The department is now %(department)s."),
    "question.unanswered": _("A question could not be answered."),
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
    "entry.unanswered": _("The customer did not answer the callback."),
    "entry.removed": _("Removed from the queue by hand."),
    "entry.rejected_full": _("Not let in: the queue is full."),
    "entry.rejected_closed": _("Not let in: the department is closed."),
    "queue.cancelled": _("The callback was cancelled by hand."),
    "queue.priority": _("The priority is now %(priority)s."),
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
    "supervision.listen": _("A supervisor listens: %(supervisor)s."),
    "supervision.whisper": _("A supervisor speaks to the agent: %(supervisor)s."),
    "supervision.barge": _("A supervisor speaks to everybody: %(supervisor)s."),
    "supervision.taken_over": _("A supervisor took the call over: %(supervisor)s."),
    "supervision.ended": _("The supervisor is gone: %(supervisor)s."),
    "consult.conference": _("The second agent was brought into the call: %(agent)s."),
    "consult.ended": _("The agents' talk about the call ended."),
    "callback.stored": _("A callback was asked for."),
    "callback.scheduled": _("The callback was planned anew."),
    "callback.queued": _("The callback is due: in line for an agent."),
    "callback.ringing": _("It rings at the customer's."),
    "callback.answered": _("The customer answered the callback."),
    "callback.done": _("The customer was called back."),
    "callback.failed": _("The customer did not answer the last attempt."),
    "callback.called_again": _("The customer called again; the callback is no longer needed."),
    "callback.cancelled": _("The callback was cancelled."),
    "callback.handled": _("The callback was seen to."),
    "message.handled": _("The message was seen to."),
    "message.stored": _("A message was left."),
    "tool.asked": _("Asked the caller before using a tool: %(tool)s."),
    "tool.running": _("The caller said yes: %(tool)s."),
    "tool.done": _("Tool used: %(tool)s."),
    "tool.refused": _("A tool was refused: %(tool)s."),
    "tool.failed": _("A tool failed: %(tool)s."),
    "tool.declined": _("The caller said no: %(tool)s."),
    "tool.lapsed": _("The caller did not say yes: %(tool)s."),
}
_LAST_AI_LOST = _("The AI was lost for good.")
_ACTORS: dict[str, Words] = {"caller": _("the caller"), "ai": _("the AI"), "system": _("the system")}
_CHOICES: dict[str, dict[str, Words]] = {
    "language": {str(value): label for value, label in Language.choices},
    "role": {str(value): label for value, label in Role.choices},
}
_WHY_AI_LEFT: dict[str, Words] = {
    AILeft.HANDED_OVER: _("handed over to the agent"),
    AILeft.ENDED: _("the call was over"),
    AILeft.FAILED: _("it failed"),
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


@dataclass(frozen=True, slots=True)
class Names:
    """What the ids in the rows are called: agents by user name, the others by slug."""

    agents: Mapping[str, str] = field(default_factory=dict)
    departments: Mapping[str, str] = field(default_factory=dict)
    dispositions: Mapping[str, str] = field(default_factory=dict)
    decline_reasons: Mapping[str, str] = field(default_factory=dict)

    def of(self, field_name: str, value: str) -> str:
        """The name of an id, the id itself where it is gone."""
        return {
            "agent": self.agents, "department": self.departments, "disposition": self.dispositions,
            "decline_reason": self.decline_reasons,
        }.get(field_name, {}).get(value, value)  # fmt: skip


def timeline(call: Call, events: Iterable[CallEvent], names: Names) -> list[Moment]:
    """The rows in words of the active language, in their order."""
    return [_moment(call, event, names) for event in events]


def _moment(call: Call, event: CallEvent, names: Names) -> Moment:
    return Moment(
        at=event.at,
        at_second=max(0, int((event.at - call.created_at).total_seconds())),
        group=event.kind.partition(".")[0],
        text=_text(event, names),
        actor=_actor(event, names),
        detail=_detail(event, names),
    )


def _text(event: CallEvent, names: Names) -> str:
    words = WORDS.get(event.kind)
    if event.kind == "ai.lost" and event.data.get("final"):
        words = _LAST_AI_LOST
    if words is None:  # a kind that newer code wrote
        return event.kind.replace(".", ": ").replace("_", " ")
    return str(words) % _Values(event, names)


class _Values(dict[str, str]):
    """What the words of a kind ask for; a dash for what an older row does not say."""

    def __init__(self, event: CallEvent, names: Names) -> None:
        super().__init__()
        self.event, self.names = event, names

    def __missing__(self, name: str) -> str:
        value = self.event.data.get(name)
        if value in (None, ""):
            return "–"
        if name == "reason" and self.event.kind == "call.ended":
            return str(EndReason(value).label) if value in EndReason.values else str(value)
        if name in ("key", "tool"):
            return str(value).replace("_", " ")
        return str(_CHOICES.get(name, {}).get(str(value), self.names.of(name, str(value))))


def _detail(event: CallEvent, names: Names) -> str:
    origin = event.data.get("origin")
    if origin in OfferOrigin.values and origin != OfferOrigin.OFFERED:
        return str(OfferOrigin(origin).label)
    reason = str(event.data.get("reason") or "")
    if event.kind.startswith("supervision."):
        return _of_supervision(event, reason)
    if event.kind == "ai.left":
        return str(_WHY_AI_LEFT.get(reason, reason))
    if event.kind == "offer.declined":
        return names.of("decline_reason", reason)
    return reason if event.kind != "call.ended" else ""


def _of_supervision(event: CallEvent, reason: str) -> str:
    if reason in SupervisionEnd.values and reason != SupervisionEnd.TOOK_OVER:
        return str(SupervisionEnd(reason).label)
    return str(_("concealed from the agent")) if event.data.get("concealed") and event.kind.endswith("listen") else ""


def _actor(event: CallEvent, names: Names) -> str:
    if event.kind.startswith("participant."):
        return _person(event.actor, names)
    return str(_ACTORS.get(event.actor, names.of("agent", event.actor)))


def _person(identity: str, names: Names) -> str:
    """Who an identity of the room is: `customer_<id>`, `ai_<id>`, `agent_<user name>`, `supervisor_<user name>`."""
    role, _sep, name = identity.partition("_")
    words = {"customer": _ACTORS["caller"], "ai": _ACTORS["ai"]}.get(role, names.of("agent", name or identity))
    return str(words)
