"""The one place where the simulation calls the engine's matcher."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

from queueing import matching
from queueing.matching import Free, Rules, Waiting

_ZERO = datetime(2000, 1, 1, tzinfo=UTC)


def moment(second: float) -> datetime:
    """A second of the virtual clock as the engine writes time."""
    return _ZERO + timedelta(seconds=second)


def waiting(number: int, department: int, second: float, priority: int = 0, language: str = "") -> Waiting:
    """A caller in line since `second`."""
    return Waiting(number, department, priority, moment(second), language)


def pairs(
    line: Collection[Waiting],
    agents: Collection[Free],
    rules: Mapping[int, Rules],
    second: float,
    cooling: Collection[tuple[int, int]] = (),
) -> list[tuple[int, int]]:
    """(caller, agent) numbers of the offers the engine makes, of those for one caller or one agent the first.

    `cooling`: pairs that have just come to nothing.
    """
    found: dict[int, int] = {}
    for pair in matching.plan(line, agents, rules, moment(second), cooling=cooling):
        if pair.entry not in found and pair.agent not in found.values():
            found[pair.entry] = pair.agent
    return list(found.items())
