"""Strategies: in which order the agents of a department are asked. Lower keys first; ties by idle time, then id."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from queueing.matching.rows import Free, Rules
from queueing.states import Strategy

Key = tuple[Any, ...]

_NEVER = datetime.min.replace(tzinfo=UTC)


def _longest_idle(agent: Free, department: int, rules: Rules) -> Key:
    return ()


def _fewest_calls(agent: Free, department: int, rules: Rules) -> Key:
    return (agent.calls_today,)


def _least_talk_time(agent: Free, department: int, rules: Rules) -> Key:
    return (agent.talk_seconds_today,)


def _round_robin(agent: Free, department: int, rules: Rules) -> Key:
    return (agent.offered_at.get(department, _NEVER),)


def _skill_based(agent: Free, department: int, rules: Rules) -> Key:
    return (-sum(agent.skills.get(skill, 0) for skill in {step.skill for step in rules.skills}),)


_KEYS: dict[Strategy, Callable[[Free, int, Rules], Key]] = {
    Strategy.LONGEST_IDLE: _longest_idle,
    Strategy.FEWEST_CALLS: _fewest_calls,
    Strategy.LEAST_TALK_TIME: _least_talk_time,
    Strategy.ROUND_ROBIN: _round_robin,
    Strategy.SKILL_BASED: _skill_based,
    Strategy.RING_ALL: _longest_idle,
}


def asking_key(agent: Free, department: int, rules: Rules) -> Key:
    """Sorts first whoever of the department is asked first."""
    return (*_KEYS[rules.strategy](agent, department, rules), agent.idle_since, agent.id)
