"""All agents at once, as lists show them."""

from datetime import datetime
from typing import NamedTuple

from django.db.models import QuerySet

from common.prepared import Prepared, Row
from queueing.models import Agent


class AgentRow(NamedTuple):
    """An agent as lists show him, without the two instances of the ORM: there may be hundreds."""

    pk: int
    username: str
    display_name: str
    first_name: str
    last_name: str
    presence: str
    away_reason: str
    presence_by: str
    after_call: str
    after_call_reason: str
    activity: str
    auto_answer: bool
    wrap_up_until: datetime | None
    wrap_up_extension: int
    lease_until: datetime | None

    @property
    def name(self) -> str:
        """What customers are told."""
        return self.display_name or f"{self.first_name} {self.last_name}".strip() or self.username


_OF_USER = frozenset({"username", "first_name", "last_name"})


def agent_rows() -> list[AgentRow]:
    """All active agents by user name."""
    return [AgentRow._make(row) for row in _AGENTS()]


def _active_agents() -> QuerySet[Agent, Row]:
    names = [f"user__{name}" if name in _OF_USER else name for name in AgentRow._fields]
    return Agent.objects.filter(is_active=True).order_by("user__username").values_list(*names)


_AGENTS = Prepared(_active_agents)
