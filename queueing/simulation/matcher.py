"""The one place where the simulation calls the engine's matcher."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

from queueing import matching
from queueing.matching import Free, Rules, Waiting

_ZERO = datetime(2000, 1, 1, tzinfo=UTC)


def moment(second: float) -> datetime:
    """A second of the virtual clock as the engine writes time."""
    return _ZERO + timedelta(seconds=second)


def waiting(number: int, department: int, second: float) -> Waiting:
    """A caller in line since `second`."""
    return Waiting(id=number, department=department, priority=0, enqueued_at=moment(second))


def pairs(
    line: Collection[Waiting], agents: Collection[Free], rules: Mapping[int, Rules], second: float
) -> list[tuple[int, int]]:
    """(caller, agent) numbers of the offers the engine makes, of those for one caller or one agent the first."""
    found: dict[int, int] = {}
    for pair in matching.plan(line, agents, rules, moment(second)):
        if pair.entry not in found and pair.agent not in found.values():
            found[pair.entry] = pair.agent
    return list(found.items())
