"""What the plan is made from, and of. Ids are the rows' own; durations are seconds, times aware."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from queueing.states import Strategy


@dataclass(frozen=True)
class Rules:
    """How a department chooses."""

    strategy: Strategy = Strategy.LONGEST_IDLE


DEFAULT_RULES = Rules()


@dataclass(frozen=True)
class Waiting:
    """An entry nobody is being asked about."""

    id: int
    department: int
    priority: int
    enqueued_at: datetime


@dataclass(frozen=True)
class Free:
    """An agent who may be offered a call, with the figures strategies go by.

    `departments` maps a department to the agent's order in it, `offered_at` one to when he was last asked there.
    """

    id: int
    idle_since: datetime
    departments: Mapping[int, int] = field(default_factory=dict)
    calls_today: int = 0
    talk_seconds_today: float = 0
    offered_at: Mapping[int, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Pair:
    """One offer to be made."""

    entry: int
    agent: int
