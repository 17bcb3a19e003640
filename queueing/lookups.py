"""Reads that each offer and each accept makes, by statements that are made once a process."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db.models import QuerySet

from common.prepared import Prepared, Row, columns, instance
from queueing.models import Agent, Membership, Offer, QueueEntry, Transfer
from queueing.selectors import routable, transfers
from queueing.states import OfferState

_AGENT = columns(Agent)
_USER = ("id", "username", "first_name", "last_name")
_OF_USER = tuple(f"user__{name}" for name in _USER)
_LINE = ("memberships__department_id", "memberships__department__slug")


def agent_in_lines(agent_id: int) -> tuple[Agent, dict[int, str]]:
    """The agent, and the slugs of his departments by their ids; DoesNotExist."""
    rows = _IN_LINES(agent=agent_id)
    if not rows:
        raise Agent.DoesNotExist
    own, of_user = rows[0][: len(_AGENT)], rows[0][len(_AGENT) : -len(_LINE)]
    agent = instance(Agent, own, _AGENT, user=instance(User, of_user, _USER))
    return agent, _lines(rows)


def _in_lines(agent: int) -> QuerySet[Agent, Row]:
    return Agent.objects.filter(pk=agent).order_by().values_list(*_AGENT, *_OF_USER, *_LINE)


_IN_LINES = Prepared(_in_lines)


def lines_of(agent_id: int) -> dict[int, str]:
    """The slugs of an agent's departments by their ids."""
    return _lines(_LINES(agent=agent_id))


def _lines(rows: Collection[Row]) -> dict[int, str]:
    # An agent without a department has a row, too.
    return {row[-2]: row[-1] for row in rows if row[-2] is not None}


def _lines_of(agent: int) -> QuerySet[Agent, Row]:
    return Agent.objects.filter(pk=agent).order_by().values_list(*_LINE)


_LINES = Prepared(_lines_of)


class Known(NamedTuple):
    """Who an agent is, and the slugs of his departments."""

    user: User
    lines: list[str]


def routable_users(agents: Collection[int], now: datetime) -> dict[int, Known]:
    """Those of the agents who may be offered a call."""
    found: dict[int, Known] = {}
    for pk, *of_user, slug in _ROUTABLE(agents=agents, now=now):
        if pk not in found:
            found[pk] = Known(instance(User, of_user, _USER), [])
        if slug is not None:
            found[pk].lines.append(slug)
    return found


def _routable(agents: Collection[int], now: datetime) -> QuerySet[Agent, Row]:
    rows = Agent.objects.filter(routable(now), pk__in=agents).order_by()
    return rows.values_list("pk", *_OF_USER, "memberships__department__slug")


_ROUTABLE = Prepared(_routable)


def get_entry(pk: int) -> QueueEntry:
    """An entry with its call, department and agent, as they are now; DoesNotExist."""
    for entry in _ENTRY(pk=pk):
        return entry  # type: ignore[no-any-return]
    raise QueueEntry.DoesNotExist


def _entry(pk: int) -> QuerySet[QueueEntry]:
    return QueueEntry.objects.select_related("call", "department", "agent__user").filter(pk=pk).order_by()


_ENTRY = Prepared(_entry)


def find_transfer(pk: int) -> Transfer | None:
    """A transfer with what its presenter needs."""
    return next(iter(_TRANSFER(pk=pk)), None)


def _transfer(pk: int) -> QuerySet[Transfer]:
    return transfers().filter(pk=pk).order_by()


_TRANSFER = Prepared(_transfer)


def pending_offers(entry: QueueEntry) -> dict[int, Offer]:
    """What rings for an entry, by agent, in the order of their keys."""
    return {offer.agent_id: offer for offer in _PENDING(entry=entry.pk)}


def _pending(entry: int) -> QuerySet[Offer]:
    rows = Offer.objects.select_related("agent__user").filter(entry=entry, state=OfferState.PENDING)
    return rows.order_by("agent_id")


_PENDING = Prepared(_pending)


def serves(agent: Agent, department_id: int) -> bool:
    """Whether the agent belongs to the department."""
    return bool(_SERVES(agent=agent.pk, department=department_id))


def _serves(agent: int, department: int) -> QuerySet[Membership, Row]:
    return Membership.objects.filter(agent=agent, department=department).order_by().values_list("pk")


_SERVES = Prepared(_serves)
