"""The tables of queueing."""

from queueing.models.agent import Agent, AgentEvent, Membership
from queueing.models.department import Department, Disposition, Faq
from queueing.models.hours import OpeningHours, SpecialDay
from queueing.models.queue import CallbackRequest, Offer, QueueEntry, Transfer

__all__ = [
    "Agent",
    "AgentEvent",
    "CallbackRequest",
    "Department",
    "Disposition",
    "Faq",
    "Membership",
    "Offer",
    "OpeningHours",
    "QueueEntry",
    "SpecialDay",
    "Transfer",
]
