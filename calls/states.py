"""States of a call and of its AI, with their transition tables."""

from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from common.transitions import Machine


class CallState(TextChoices):
    """Where a call stands."""

    CREATED = "created", _("created")
    AI = "ai", _("with the AI")
    WAITING = "waiting", _("waiting for a person")
    AGENT = "agent", _("with an agent")
    ENDED = "ended", _("ended")


LIVE = frozenset({CallState.CREATED, CallState.AI, CallState.WAITING, CallState.AGENT})
TERMINAL = frozenset({CallState.ENDED})

CALL = Machine[CallState](
    {
        CallState.CREATED: frozenset({CallState.AI, CallState.WAITING, CallState.ENDED}),
        CallState.AI: frozenset({CallState.WAITING, CallState.ENDED}),
        CallState.WAITING: frozenset({CallState.AI, CallState.AGENT, CallState.ENDED}),
        CallState.AGENT: frozenset({CallState.WAITING, CallState.AI, CallState.ENDED}),
        CallState.ENDED: frozenset(),
    }
)


class EndReason(TextChoices):
    """Why a call ended."""

    CONTAINED = "contained", _("finished by the AI")
    CUSTOMER_HANGUP = "customer_hangup", _("customer hung up")
    AGENT_HANGUP = "agent_hangup", _("agent hung up")
    ABANDONED = "abandoned", _("abandoned")
    CALLER_LOST = "caller_lost", _("caller lost")
    NO_AGENT = "no_agent", _("nobody available")
    CALLBACK = "callback", _("callback promised")
    NO_ANSWER = "no_answer", _("customer did not answer the callback")
    CALLED_AGAIN = "called_again", _("customer called again")
    FAILED = "failed", _("failed")


class AIState(TextChoices):
    """What is known of the AI of a call."""

    NONE = "none", _("none")
    DISPATCHED = "dispatched", _("on its way")
    LIVE = "live", _("in the room")
    GONE = "gone", _("gone")


AI = Machine[AIState](
    {
        AIState.NONE: frozenset({AIState.DISPATCHED}),
        # A lost AI is dispatched again from where it was, under the next epoch.
        AIState.DISPATCHED: frozenset({AIState.DISPATCHED, AIState.LIVE, AIState.GONE}),
        AIState.LIVE: frozenset({AIState.DISPATCHED, AIState.GONE}),
        AIState.GONE: frozenset({AIState.DISPATCHED}),
    },
    field="ai_state",
)


class AITask(TextChoices):
    """What an agent who has given his caller back left to the AI."""

    FINISH = "finish", _("help on and say goodbye")
    SURVEY = "survey", _("ask for a rating")


class AILeft(StrEnum):
    """Why the job of an AI ended; a fenced one, that a newer AI has replaced, tells nobody."""

    HANDED_OVER = "handed_over"
    ENDED = "ended"
    FAILED = "failed"
    FENCED = "fenced"


class Speaker(TextChoices):
    """Who said a line."""

    CUSTOMER = "customer", _("customer")
    AI = "ai", _("AI")
    AGENT = "agent", _("agent")
    SYSTEM = "system", _("system")


class Mood(TextChoices):
    """How the caller seems to feel, for whoever takes the call over."""

    CALM = "calm", _("calm")
    POSITIVE = "positive", _("friendly")
    ANNOYED = "annoyed", _("annoyed")
    UPSET = "upset", _("upset")
    ANGRY = "angry", _("angry")
    URGENT = "urgent", _("in a hurry")


class Resolution(TextChoices):
    """Whether the caller's matter was settled, by his own word."""

    UNKNOWN = "", _("not known")
    RESOLVED = "resolved", _("settled")
    UNRESOLVED = "unresolved", _("not settled")


class TurnChannel(TextChoices):
    """How the caller took a turn."""

    VOICE = "voice", _("spoken")
    TYPED = "typed", _("typed")


class Role(TextChoices):
    """What a participant is, as the server signed it into the token."""

    CUSTOMER = "customer", _("customer")
    AI = "ai", _("AI")
    AGENT = "agent", _("agent")
    SUPERVISOR = "supervisor", _("supervisor")


class Language(TextChoices):
    """Languages the receptionist speaks."""

    EN = "en", _("English")
    AR = "ar", _("Arabic")


class ToolOutcome(TextChoices):
    """What came of one use of a tool by the AI."""

    RUNNING = "running", _("being done")
    ASKED = "asked", _("the caller was asked")
    DONE = "done", _("done")
    REFUSED = "refused", _("refused")
    FAILED = "failed", _("failed")
    DECLINED = "declined", _("the caller said no")
    LAPSED = "lapsed", _("the caller did not say yes")


NOTED = "noted"
"""The kind of what a model says is left to do after a call: not a row, and not for the caller."""

AI_TOOLS = frozenset({
    "escalate_to_human", "route_to_department", "request_callback", "take_message", "note_fact", "set_language",
    "leave_queue", "end_call", "collect_detail", "rate_call", "queue_status", "look_up", "department_status",
    "remember_fact", "forget_me",
})  # fmt: skip
"""Every tool the AI has: what is counted by its name. A model may ask for others, under any name."""

TOOL_USE = Machine[ToolOutcome](
    {
        ToolOutcome.RUNNING: frozenset({ToolOutcome.ASKED, ToolOutcome.DONE, ToolOutcome.REFUSED, ToolOutcome.FAILED}),
        # Asked and answered with yes, it is done after all.
        ToolOutcome.ASKED: frozenset({ToolOutcome.RUNNING, ToolOutcome.DECLINED, ToolOutcome.LAPSED}),
        ToolOutcome.DONE: frozenset(),
        ToolOutcome.REFUSED: frozenset(),
        ToolOutcome.FAILED: frozenset(),
        ToolOutcome.DECLINED: frozenset(),
        ToolOutcome.LAPSED: frozenset(),
    },
    field="outcome",
)
