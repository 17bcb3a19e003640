"""What the plan is made from, and of. Ids are the rows' own; durations are seconds, times aware."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from queueing.states import Need, Strategy


@dataclass(frozen=True)
class SkillStep:
    """From `after` seconds of waiting on, `level` of `skill` is asked for; a later step replaces it."""

    skill: int
    level: int = 1
    need: Need = Need.REQUIRED
    after: int = 0


@dataclass(frozen=True)
class Rules:
    """How a department chooses. 0 seconds: never, or not at all.

    `language_seconds`: so long a required language is required, then only preferred. `points_per_minute`: priority
    gained by waiting. `sticky_seconds`: so long a caller waits for the agent who had this customer last.
    """

    strategy: Strategy = Strategy.LONGEST_IDLE
    skills: tuple[SkillStep, ...] = ()
    language: Need = Need.NONE
    language_seconds: int = 0
    points_per_minute: int = 0
    sticky_seconds: int = 0


DEFAULT_RULES = Rules()


@dataclass(frozen=True)
class Waiting:
    """An entry nobody is being asked about; or, `ringing`, one that rings at several desks already.

    `last_agent` had this customer last, and is at work in the department.
    """

    id: int
    department: int
    priority: int
    enqueued_at: datetime
    language: str = ""
    last_agent: int | None = None
    ringing: bool = False


@dataclass(frozen=True)
class Free:
    """An agent who may be offered a call, with the figures strategies go by.

    `departments` maps a department to the agent's order in it, `offered_at` one to when he was last asked there,
    `skills` a skill to the level (1 to 10). No `languages`: any.
    """

    id: int
    idle_since: datetime
    departments: Mapping[int, int] = field(default_factory=dict)
    calls_today: int = 0
    talk_seconds_today: float = 0
    offered_at: Mapping[int, datetime] = field(default_factory=dict)
    skills: Mapping[int, int] = field(default_factory=dict)
    languages: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Pair:
    """One offer to be made; `together`: one of several for the entry, of which the first accepted counts."""

    entry: int
    agent: int
    together: bool = False
