"""States of entries, offers, transfers and agents, with their transition tables."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from common.transitions import Machine


class EntryState(TextChoices):
    """Where a call's stay in a department stands."""

    WAITING = "waiting", _("waiting")
    OFFERING = "offering", _("offered to an agent")
    CONNECTING = "connecting", _("connecting")
    CONNECTED = "connected", _("connected")
    DONE = "done", _("done")
    ABANDONED = "abandoned", _("abandoned")
    TIMED_OUT = "timed_out", _("timed out")
    OVERFLOWED = "overflowed", _("overflowed")
    CALLBACK = "callback", _("callback")
    WITHDRAWN = "withdrawn", _("withdrawn")
    UNANSWERED = "unanswered", _("customer did not answer")
    REMOVED = "removed", _("removed by a supervisor")
    REJECTED_FULL = "rejected_full", _("rejected: full")
    REJECTED_CLOSED = "rejected_closed", _("rejected: closed")


ENTRY_QUEUED = frozenset({EntryState.WAITING, EntryState.OFFERING})
ENTRY_OPEN = ENTRY_QUEUED | {EntryState.CONNECTING, EntryState.CONNECTED}
ENTRY_HELD = ENTRY_OPEN - {EntryState.WAITING}
# Somebody's own: one that is offered rings at one desk, or at several and is nobody's yet.
ENTRY_TAKEN = ENTRY_HELD - {EntryState.OFFERING}
# The caller was told that nobody takes him.
ENTRY_REFUSED = frozenset(
    {EntryState.TIMED_OUT, EntryState.REJECTED_FULL, EntryState.REJECTED_CLOSED, EntryState.REMOVED}
)
_LEFT = frozenset(
    {
        EntryState.ABANDONED,
        EntryState.TIMED_OUT,
        EntryState.OVERFLOWED,
        EntryState.CALLBACK,
        EntryState.WITHDRAWN,
        EntryState.REMOVED,
    }
)

ENTRY = Machine[EntryState](
    {
        # A department may close while people wait in its line.
        EntryState.WAITING: _LEFT | {EntryState.OFFERING, EntryState.CONNECTING, EntryState.REJECTED_CLOSED},
        EntryState.OFFERING: _LEFT | {EntryState.WAITING, EntryState.CONNECTING},
        # Hanging up while the agent's media comes up is still an abandonment: nobody has spoken.
        EntryState.CONNECTING: frozenset(
            {
                EntryState.WAITING,
                EntryState.CONNECTED,
                EntryState.ABANDONED,
                EntryState.DONE,
                # An agent was there, the customer who should be called back was not.
                EntryState.UNANSWERED,
            }
        ),
        EntryState.CONNECTED: frozenset({EntryState.WAITING, EntryState.DONE}),
        EntryState.DONE: frozenset(),
        **{state: frozenset[EntryState]() for state in _LEFT},
        EntryState.UNANSWERED: frozenset(),
        EntryState.REJECTED_FULL: frozenset(),
        EntryState.REJECTED_CLOSED: frozenset(),
    }
)


class CallbackState(TextChoices):
    """Where a promise to call back stands. `next_call` of the request is the call that keeps it."""

    STORED = "stored", _("left for our people")
    SCHEDULED = "scheduled", _("planned")
    QUEUED = "queued", _("due, in line for an agent")
    RINGING = "ringing", _("ringing at the customer's")
    ANSWERED = "answered", _("answered")
    DONE = "done", _("done")
    FAILED = "failed", _("customer not reached")
    CALLED_AGAIN = "called_again", _("customer called again")
    CANCELLED = "cancelled", _("cancelled")


# A live call keeps the promise.
CALLBACK_LIVE = frozenset({CallbackState.QUEUED, CallbackState.RINGING, CallbackState.ANSWERED})
CALLBACK_OPEN = CALLBACK_LIVE | {CallbackState.SCHEDULED}
# The customer has not been reached, so another call of his takes its place.
CALLBACK_UNMET = CALLBACK_OPEN - {CallbackState.ANSWERED}

CALLBACK = Machine[CallbackState](
    {
        # A message, or a wish from before there were callbacks: people see to it.
        CallbackState.STORED: frozenset(),
        CallbackState.SCHEDULED: frozenset({CallbackState.QUEUED, CallbackState.CALLED_AGAIN, CallbackState.CANCELLED}),
        CallbackState.QUEUED: frozenset(
            {CallbackState.RINGING, CallbackState.SCHEDULED, CallbackState.CALLED_AGAIN, CallbackState.CANCELLED}
        ),
        CallbackState.RINGING: frozenset(
            {
                CallbackState.ANSWERED,
                # The agent did not arrive.
                CallbackState.QUEUED,
                CallbackState.SCHEDULED,
                CallbackState.FAILED,
                CallbackState.CALLED_AGAIN,
                CallbackState.CANCELLED,
            }
        ),
        # Answered, but never arrived in the room: tried again.
        CallbackState.ANSWERED: frozenset({CallbackState.DONE, CallbackState.SCHEDULED, CallbackState.FAILED}),
        CallbackState.DONE: frozenset(),
        CallbackState.FAILED: frozenset(),
        CallbackState.CALLED_AGAIN: frozenset(),
        CallbackState.CANCELLED: frozenset(),
    }
)


class OfferState(TextChoices):
    """How one agent answered for one entry."""

    PENDING = "pending", _("ringing")
    ACCEPTED = "accepted", _("accepted")
    CONNECTED = "connected", _("connected")
    SETUP_FAILED = "setup_failed", _("set-up failed")
    DECLINED = "declined", _("declined")
    TIMED_OUT = "timed_out", _("timed out")
    RESCINDED = "rescinded", _("rescinded")
    CANCELLED = "cancelled", _("cancelled")


OFFER_OPEN = frozenset({OfferState.PENDING, OfferState.ACCEPTED})

OFFER = Machine[OfferState](
    {
        OfferState.PENDING: frozenset(
            {
                OfferState.ACCEPTED,
                OfferState.DECLINED,
                OfferState.TIMED_OUT,
                OfferState.RESCINDED,
                OfferState.CANCELLED,
            }
        ),
        # Cancelled: a consult that ended without the second agent getting the caller.
        OfferState.ACCEPTED: frozenset({OfferState.CONNECTED, OfferState.SETUP_FAILED, OfferState.CANCELLED}),
        OfferState.CONNECTED: frozenset(),
        OfferState.SETUP_FAILED: frozenset(),
        OfferState.DECLINED: frozenset(),
        OfferState.TIMED_OUT: frozenset(),
        OfferState.RESCINDED: frozenset(),
        OfferState.CANCELLED: frozenset(),
    }
)


class OfferOrigin(TextChoices):
    """How agent and entry came together."""

    OFFERED = "offered", _("offered")
    ASSIGNED = "assigned", _("assigned on becoming available")
    PICKED = "picked", _("picked by the agent")
    TRANSFER = "transfer", _("transfer accepted")
    TAKEN_OVER = "taken_over", _("taken over by a supervisor")
    BY_HAND = "by_hand", _("assigned by a supervisor")
    HANDED = "handed", _("handed over by an agent")
    CONSULT = "consult", _("asked for advice by an agent")


# The entry is another agent's while these ring.
FROM_AGENT = frozenset({OfferOrigin.HANDED, OfferOrigin.CONSULT})


class TransferKind(TextChoices):
    """Who is to get the call."""

    REQUEST = "request", _("anybody of a department")
    BLIND = "blind", _("one agent, at once")
    CONSULT = "consult", _("one agent, after talking with him")


class TransferState(TextChoices):
    """Where a request to hand a call on stands."""

    PENDING = "pending", _("pending")
    ACCEPTED = "accepted", _("accepted")
    COMPLETED = "completed", _("completed")
    CANCELLED = "cancelled", _("cancelled")
    EXPIRED = "expired", _("expired")


TRANSFER = Machine[TransferState](
    {
        TransferState.PENDING: frozenset({TransferState.ACCEPTED, TransferState.CANCELLED, TransferState.EXPIRED}),
        # An agent who never arrives, or is lost, gives the request back.
        TransferState.ACCEPTED: frozenset({TransferState.COMPLETED, TransferState.PENDING, TransferState.CANCELLED}),
        TransferState.COMPLETED: frozenset({TransferState.PENDING}),
        TransferState.CANCELLED: frozenset(),
        TransferState.EXPIRED: frozenset(),
    }
)


class Strategy(TextChoices):
    """Which of a department's free agents is asked first."""

    LONGEST_IDLE = "longest_idle", _("longest idle")
    FEWEST_CALLS = "fewest_calls", _("fewest calls today")
    LEAST_TALK_TIME = "least_talk_time", _("least talk time today")
    ROUND_ROBIN = "round_robin", _("in turn")
    SKILL_BASED = "skill_based", _("best skilled")
    RING_ALL = "ring_all", _("all at once")


class Need(TextChoices):
    """How much a skill or a language matters."""

    NONE = "none", _("does not matter")
    PREFERRED = "preferred", _("preferred")
    REQUIRED = "required", _("required")


class Presence(TextChoices):
    """What the agent chose."""

    AVAILABLE = "available", _("available")
    AWAY = "away", _("away")
    OFFLINE = "offline", _("offline")


class Activity(TextChoices):
    """What the engine knows of the agent."""

    IDLE = "idle", _("idle")
    OFFERED = "offered", _("being offered a call")
    ON_CALL = "on_call", _("on a call")
    WRAPPING_UP = "wrapping_up", _("wrapping up")
    MISSED = "missed", _("missed a call")


# Whoever is in one of these may take a call by his own act (pick next, accept a transfer).
MAY_TAKE = frozenset({Activity.IDLE, Activity.OFFERED, Activity.WRAPPING_UP, Activity.MISSED})

ACTIVITY = Machine[Activity](
    {
        Activity.IDLE: frozenset({Activity.OFFERED, Activity.ON_CALL}),
        Activity.OFFERED: frozenset({Activity.IDLE, Activity.ON_CALL, Activity.MISSED}),
        Activity.ON_CALL: frozenset({Activity.WRAPPING_UP, Activity.IDLE}),
        Activity.WRAPPING_UP: frozenset({Activity.IDLE, Activity.ON_CALL}),
        Activity.MISSED: frozenset({Activity.IDLE, Activity.ON_CALL}),
    },
    field="activity",
)
