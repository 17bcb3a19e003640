"""One rendering of each thing, for pages, snapshots, answers and events alike."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import F, Q, QuerySet

from calls.models import Call, TranscriptSegment
from calls.services.transcript import segment_payload
from calls.states import NOTED, CallState, EndReason, Role
from calls.telephony import telephony
from common import clock
from common.prepared import Prepared, Row
from queueing import call_facts, presenters_handover, presenters_supervision, selectors, targets
from queueing.admission import Cause, Rule
from queueing.call_facts import CallFacts
from queueing.models import Agent, CallbackRequest, Offer, QueueEntry, Transfer
from queueing.roster import AgentRow
from queueing.states import CALLBACK_LIVE, Activity, OfferState, TransferState

Json = dict[str, Any]

# Why a call skipped the AI, in the words of the page.
_QUEUE_REASONS = {
    "ai_full": "ai_busy",
    "no_ai": "no_worker",
    "transferred": "transferred",
    "handed_over": "transferred",
    "moved": "moved",
    "agent_lost": "agent_lost",
    "setup_failed": "setup_failed",
}


def _when(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, milliseconds."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None


# --- agents ------------------------------------------------------------------------------------------------------
def agent_state(agent: Agent | AgentRow, departments: Iterable[str] | None = None) -> Json:
    """An agent as his desk, the wallboard and the API show him; `departments` by slug where they have been read."""
    if departments is None and isinstance(agent, Agent):
        departments = [one.slug for one in agent.departments.all()]
    return {
        "agent_id": agent.username,
        "username": agent.username,
        "name": agent.name,
        "presence": agent.presence,
        "status": agent.presence,
        "away_reason": agent.away_reason,
        "presence_by": agent.presence_by or None,
        "after_call": {"status": agent.after_call, "reason": agent.after_call_reason} if agent.after_call else None,
        "activity": agent.activity,
        "auto_answer": agent.auto_answer,
        "wrap_up_until": _when(agent.wrap_up_until),
        "wrap_up_extension": agent.wrap_up_extension if agent.activity == Activity.WRAPPING_UP else 0,
        "departments": sorted(departments or ()),
    }


def agent_public(agent: Agent | AgentRow, departments: Iterable[str] | None = None) -> Json:
    """The same in a list, with whether a desk of his is open."""
    return {**agent_state(agent, departments), "online": bool(agent.lease_until and agent.lease_until > clock.now())}


# --- customers, offers, transfers --------------------------------------------------------------------------------
def customer(entry: QueueEntry, *, reason: str | None = None) -> Json:
    """The caller's story as an agent reads it before accepting."""
    call = entry.call
    return {
        "name": call.customer_name,
        "email": call.customer_email,
        "verified": call.verified_at is not None,
        "language": call.language,
        "reason": reason_of(entry) if reason is None else reason,
        "summary": call.summary,
        "facts": call.facts,
        "mood": call.mood,
        "briefing": call.briefing or None,
        "waited_seconds": entry.waited(),
    }


def reason_of(entry: QueueEntry) -> str:
    """Why the caller wants a person: the words of the last transfer that brought him here, or of his callback."""
    last = next((reason for (reason,) in _REASONS(entry=entry.pk)), None)
    if last is None and entry.call.callback_of_id is not None:
        asked = CallbackRequest.objects.filter(call=entry.call.callback_of_id, kind=CallbackRequest.Kind.CALLBACK)
        last = asked.order_by("-pk").values_list("note", flat=True).first()
    return last or ""


def _reasons(entry: int) -> QuerySet[Transfer, Row]:
    given = Q(target=F("entry__agent"), state__in=[TransferState.ACCEPTED, TransferState.COMPLETED])
    rows = Transfer.objects.filter(Q(target__isnull=True) | given, entry=entry)
    return rows.order_by("-id").values_list("reason")[:1]


_REASONS = Prepared(_reasons)


def offer_payload(offer: Offer, *, reason: str | None = None) -> Json:
    """Event `offer`; `reason` where it has been read already."""
    entry, transfer = offer.entry, targets.offered_handover(offer)
    story = customer(entry, reason=transfer.reason or None if transfer is not None else reason)
    return {
        "offer_id": str(offer.pk),
        "expires_at": _when(offer.expires_at),
        "call_id": entry.call_id,
        "customer": story,
        "reason": story["reason"],
        "summary": story["summary"],
        "department": entry.department.slug,
        "waited_seconds": story["waited_seconds"],
        "enqueued_at": _when(entry.enqueued_at),
        "callback": callback_kept(entry),
        "page_open": not entry.page_gone,
        "handover": presenters_handover.asked_by(offer, transfer),
    }


def transfer_payload(transfer: Transfer) -> Json:
    """A transfer in lists and in `transfer_pending`."""
    entry, call = transfer.entry, transfer.call
    return {
        **transfer_outcome(transfer),
        "call_id": call.id,
        "room_name": call.room_name,
        "reason": transfer.reason,
        "department": entry.department.slug,
        "customer": {"name": call.customer_name, "email": call.customer_email, "language": call.language},
        "summary": call.summary,
        "mood": call.mood,
        "briefing": call.briefing or None,
        "priority": entry.priority,
        "page_open": not entry.page_gone,
        "waited_seconds": entry.waited(),
        "created_at": _when(transfer.created_at),
    }


def transfer_outcome(transfer: Transfer) -> Json:
    """What became of it."""
    return {
        "id": transfer.public_id,
        "status": transfer.state,
        "accepted_by": transfer.accepted_by.username if transfer.accepted_by else None,
    }


def transfer_created(transfer: Transfer) -> Json:
    """Answer of create-transfer."""
    position, wait = selectors.place(transfer.entry)
    return {
        "id": transfer.public_id,
        "room_name": transfer.call.room_name,
        "reason": transfer.reason,
        "status": transfer.state,
        "queue_position": position,
        "estimated_wait_time": wait,
        "call_id": transfer.call_id,
        "department": transfer.entry.department.slug,
        "kind": transfer.kind,
        "agent_id": transfer.target.username if transfer.target else None,
    }


# --- callbacks ---------------------------------------------------------------------------------------------------
def callback(request: CallbackRequest | None) -> Json | None:
    """A callback as its customer's page, the event `callback` and the agent's desk show it."""
    if request is None:
        return None
    department = request.department
    return {
        "id": str(request.pk),
        "state": request.state,
        "department": department.slug if department is not None else None,
        "asked_at": _when(request.created_at),
        "due_at": _when(request.due_at),
        "chosen_time": request.chosen_time,
        "attempts": request.attempts,
        "attempts_allowed": department.callback_attempts if department is not None else 1,
        "ring_until": _when(request.ring_until),
        "contact": request.contact,
        "note": request.note,
    }


def callback_kept(entry: QueueEntry) -> Json | None:
    """The callback that an agent is offered or has with this entry; None for a caller who is on the line himself."""
    if entry.cause != "callback" or entry.ended_at is not None:
        return None
    rows = CallbackRequest.objects.select_related("department")
    return callback(rows.filter(next_call=entry.call_id, state__in=CALLBACK_LIVE).first())


# --- who got whom ------------------------------------------------------------------------------------------------
def agent_token(call: Call, agent: Agent, display: str = "") -> str:
    """A fresh token for the agent's place in the call's room; while he consults a colleague he is silent there."""
    return telephony().token(
        identity=agent.identity,
        name=display or agent.name,
        room=call.room_name,
        role=Role.AGENT,
        video=call.video,
        publish=not targets.is_consulting(call.pk),
    )


def consult_access(transfer: Transfer, agent: Agent) -> Json:
    """The way into the room where two agents talk about a call; into the caller's in a conference alone."""
    call, room = transfer.call, transfer.consult_room
    if transfer.conference_at is not None:
        room, token = call.room_name, agent_token(call, agent)
    else:
        token = telephony().token(identity=agent.identity, name=agent.name, room=room, role=Role.AGENT)
    return {
        "token": token,
        "room_name": room,
        "url": settings.LIVEKIT_PUBLIC_URL,
        "identity": agent.identity,
        "call_id": transfer.call_id,
        "transfer_id": transfer.public_id,
        "consult": True,
        "conference": transfer.conference_at is not None,
    }


def caller_token(call: Call) -> str:
    """A fresh token for the caller's place in the call's room."""
    return telephony().token(
        identity=call.caller_identity, name=call.display_name, room=call.room_name, role=Role.CUSTOMER, video=call.video
    )


def accepted(entry: QueueEntry, agent: Agent, *, display: str = "") -> Json:
    """Answer of accept-transfer and of accepting an offer; the token is signed anew each time.

    Accepting a consult leads to the room of the two agents: the caller is still the other's.
    """
    consult = targets.handover_of(agent) if entry.agent_id != agent.pk else None
    if consult is not None:
        return {**consult_access(consult, agent), "customer": customer(entry), "department": entry.department.slug}
    return {
        "token": agent_token(entry.call, agent, display),
        "room_name": entry.call.room_name,
        "url": settings.LIVEKIT_PUBLIC_URL,
        "identity": agent.identity,
        "customer": customer(entry),
        "call_id": entry.call_id,
        "department": entry.department.slug,
    }


def assigned_to_agent(entry: QueueEntry, agent: Agent) -> Json:
    """`customer_assigned` to the agent, and the answer of pick-next."""
    return {
        "agent_id": agent.username,
        "customer_email": entry.call.customer_email,
        "customer": customer(entry),
        "call_id": entry.call_id,
        "room_name": entry.call.room_name,
        "agent_token": agent_token(entry.call, agent),
        "url": settings.LIVEKIT_PUBLIC_URL,
        "department": entry.department.slug,
        "assigned_at": _when(entry.answered_at),
        "supervision": presenters_supervision.for_agent(entry.call_id),
        "callback": callback_kept(entry),
        "page_open": not entry.page_gone,
    }


def assigned_to_caller(call: Call, agent: Agent) -> Json:
    """`customer_assigned` to the customer."""
    return {
        "agent_id": agent.username,
        "agent_name": agent.name,
        "room_name": call.room_name,
        "access_token": caller_token(call),
        "url": settings.LIVEKIT_PUBLIC_URL,
    }


# --- calls -------------------------------------------------------------------------------------------------------
def call_state(
    call: Call, *, for_agent: Agent | None = None, for_caller: bool = False, facts: CallFacts | None = None
) -> Json:
    """GET /api/calls/{call_id} and the snapshot of the caller's socket. The token is the reader's own, or null.

    `facts` where they have been read already.
    """
    facts = facts or call_facts.of([call])[call.pk]
    entry, talk, (position, wait) = facts.entry, facts.talk, facts.place
    owner = for_agent is not None and call.agent_id == for_agent.user_id and call.is_live
    token = None
    if owner and for_agent is not None:
        token = agent_token(call, for_agent)
    elif for_caller and caller_may_enter(call):
        token = caller_token(call)
    return {
        "call_id": call.id,
        "room_name": call.room_name,
        "state": call.state,
        "reason": call.end_reason or None,
        "refusal": refusal(facts.refused),
        "callback": callback(facts.callback),
        "queue_reason": queue_reason(call, facts),
        "language": call.language,
        "department": call.department or None,
        "queue_position": position,
        "estimated_wait_time": wait,
        "participants": list(facts.participants),
        "agent": agent_of(call, entry),
        "on_hold": call.on_hold,
        "hold_music": talk is not None and talk.conference_at is None,
        "guest": presenters_handover.guest(talk),
        "agent_connected": call.state == CallState.AGENT and (entry is None or entry.agent_lost_at is None),
        "recap": call.completion.get("recap", {}).get(call.language) if call.completion else None,
        # What a model noted for the staff is not for the caller's page.
        "follow_up": [item["kind"] for item in call.completion.get("follow_up", ()) if item["kind"] != NOTED],
        "created_at": _when(call.created_at),
        "ended_at": _when(call.ended_at),
        "identity": for_agent.identity if owner and for_agent is not None else call.caller_identity,
        "url": settings.LIVEKIT_PUBLIC_URL,
        "token": token,
    }


def queue_reason(call: Call, facts: CallFacts) -> str | None:
    """Why a caller waits who did not ask for it, or not here: what `call_update` said last."""
    if facts.entry is None or call.state != CallState.WAITING:
        return None
    return _QUEUE_REASONS.get(facts.cause or facts.entry.cause)


def refusal(entry: QueueEntry | None) -> Json | None:
    """Why no department took a caller who is not in line (any more), and what the one that refused offers."""
    return {**refusal_news(entry), "department": entry.department.slug} if entry else None


def refusal_news(entry: QueueEntry) -> Json:
    """What `call_update` says of it. `offer` is a rule's name; a wait that became too long is called `no_agent`."""
    timed_out = entry.refusal in ("", Cause.TIMED_OUT)
    return {
        "reason": EndReason.NO_AGENT.value if timed_out else entry.refusal,
        "offer": entry.rule or Rule.EITHER.value,
    }


def caller_may_enter(call: Call) -> bool:
    """Whether the room is open to the caller: a direct-queue call's only once somebody was assigned."""
    known = call.agent_id is not None or call.caller_joined_at is not None
    return call.is_live and (known or not call.direct_queue)


def agent_of(call: Call, entry: QueueEntry | None) -> Json | None:
    """Who has the call now, for the caller."""
    if entry is None or entry.agent is None or call.agent_id is None:
        return None
    return {"agent_id": entry.agent.username, "name": entry.agent.name}


def segment(line: TranscriptSegment) -> Json:
    """One transcript line; event `transcript` adds `call_id`."""
    return {**segment_payload(line), "at": _when(line.at)}


def stay(entry: QueueEntry) -> Json:
    """A caller's stay in a line, to a supervisor; place and wait are null outside the line."""
    position, wait = selectors.place(entry)
    return {
        "entry_id": str(entry.pk),
        "call_id": entry.call_id,
        "department": entry.department.slug,
        "state": entry.state,
        "agent_id": entry.agent.username if entry.agent else None,
        "priority": entry.priority,
        "queue_position": position,
        "estimated_wait_time": wait,
        "enqueued_at": _when(entry.enqueued_at),
        "offer": (entry.rule or Rule.EITHER.value) if entry.refusal else None,
    }


def queue_place(place: tuple[int, int]) -> Json:
    """Position and estimated wait in seconds, as `queue_update` tells the customer."""
    position, wait = place
    return {"position": position, "estimated_wait_time": wait}


def offer_conflict(offer: Offer) -> Json:
    """Why an offer can no longer be answered: its final state, and who was first."""
    extra: Json = {"state": offer.state}
    if offer.state == OfferState.RESCINDED and offer.entry.agent is not None:
        extra["accepted_by"] = offer.entry.agent.username
    return extra
