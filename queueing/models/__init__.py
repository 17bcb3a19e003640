"""The tables of queueing."""

from queueing.models.agent import Agent, AgentEvent, Membership
from queueing.models.callback import CallbackRequest
from queueing.models.department import AwayReason, DeclineReason, Department, Disposition, Faq
from queueing.models.hours import OpeningHours, SpecialDay
from queueing.models.queue import Offer, QueueEntry, Transfer
from queueing.models.skills import AgentSkill, Skill, SkillNeed
from queueing.models.staff import StandardRight
from queueing.models.supervision import Supervision

__all__ = [
    "Agent",
    "AgentEvent",
    "AgentSkill",
    "AwayReason",
    "CallbackRequest",
    "DeclineReason",
    "Department",
    "Disposition",
    "Faq",
    "Membership",
    "Offer",
    "OpeningHours",
    "QueueEntry",
    "Skill",
    "SkillNeed",
    "SpecialDay",
    "StandardRight",
    "Supervision",
    "Transfer",
]
