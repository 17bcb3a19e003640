"""Who gets whom: a pure function over frozen rows."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Waiting:
    """An entry nobody is being asked about."""

    id: int
    department: int
    priority: int
    enqueued_at: datetime

    @property
    def rank(self) -> tuple[int, datetime, int]:
        """Sorts first whoever is first in line."""
        return (-self.priority, self.enqueued_at, self.id)


@dataclass(frozen=True)
class Free:
    """An agent who may be offered a call. `departments` maps a department to the agent's order in it."""

    id: int
    idle_since: datetime
    departments: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Pair:
    """One offer to be made."""

    entry: int
    agent: int


def plan(waiting: Collection[Waiting], free: Collection[Free], cooling: Collection[tuple[int, int]] = ()) -> list[Pair]:
    """Offers to make, at most one for each entry and each agent.

    Departments an agent serves first come first, then whoever is first in line, then the longest idle agent.
    `cooling` holds (entry, agent) pairs not to be tried now. An entry nobody can serve holds up no other.
    """
    candidates = sorted(
        (agent.departments[entry.department], entry.rank, agent.idle_since, agent.id, entry.id)
        for entry in waiting
        for agent in free
        if entry.department in agent.departments and (entry.id, agent.id) not in cooling
    )
    pairs: list[Pair] = []
    entries: set[int] = set()
    agents: set[int] = set()
    for _, _, _, agent_id, entry_id in candidates:
        if entry_id not in entries and agent_id not in agents:
            pairs.append(Pair(entry_id, agent_id))
            entries.add(entry_id)
            agents.add(agent_id)
    return pairs


def in_line(waiting: Collection[Waiting], departments: Mapping[int, int]) -> list[int]:
    """Entries in the order an agent of `departments` (department to order) takes them by his own act."""
    mine = [entry for entry in waiting if entry.department in departments]
    return [entry.id for entry in sorted(mine, key=lambda entry: (departments[entry.department], entry.rank))]
