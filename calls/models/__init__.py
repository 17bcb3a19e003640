"""The tables of calls."""

from calls.models.access import SCOPES, ApiKey, IdempotentAnswer
from calls.models.call import Call, CallEvent, Customer, Feedback, Participant, TranscriptSegment
from calls.models.plumbing import Company, Heartbeat, WebhookDelivery
from calls.models.tool_use import ToolCount, ToolUse
from calls.models.turn import Turn, TurnBucket

__all__ = [
    "SCOPES",
    "ApiKey",
    "Call",
    "CallEvent",
    "Company",
    "Customer",
    "Feedback",
    "Heartbeat",
    "IdempotentAnswer",
    "Participant",
    "ToolCount",
    "ToolUse",
    "TranscriptSegment",
    "Turn",
    "TurnBucket",
    "WebhookDelivery",
]
