"""Matching: runs after the commit of whatever changed; the sweep only catches what was missed."""

from collections.abc import Collection
from datetime import timedelta

import structlog
from django.db import IntegrityError, transaction

from calls.services import history
from common import clock
from common.service import service
from queueing import candidates, matching, selectors
from queueing.models import Agent, Department, Offer, QueueEntry
from queueing.services import news
from queueing.services.steps import Lost, move_activity, move_entry
from queueing.states import Activity, EntryState

logger = structlog.get_logger(__name__)


def rematch(departments: Collection[int]) -> None:
    """Match these departments once the surrounding transaction has committed."""
    wanted = frozenset(departments)
    transaction.on_commit(lambda: match(wanted), robust=True)


def rematch_agent(agent: Agent, *, also: Collection[int] = ()) -> None:
    """The same for all departments of an agent who may have become free, and `also` for others."""
    rematch({*selectors.department_order(agent), *also})


def match(departments: Collection[int]) -> int:
    """Make the offers that can be made now; their number. Each is a transaction of its own."""
    rules = candidates.rules_of(departments)
    free = candidates.free_agents(departments, rules)
    if not free:
        return 0
    cooling = candidates.cooling_with([agent.id for agent in free])
    waiting = candidates.waiting_entries(departments, rules, first=candidates.enough_for(free, cooling, rules))
    pairs = matching.plan(waiting, free, rules, clock.now(), cooling=cooling)
    return sum(make_offer(pair.entry, pair.agent) for pair in pairs)


def make_offer(entry_id: int, agent_id: int) -> bool:
    """Ask the agent to take the entry; False when either has changed meanwhile."""
    try:
        _make_offer(entry_id, agent_id)
    except (Lost, IntegrityError):
        # The unique constraints are the last word between two matchers.
        logger.info("offer not made", entry=entry_id, agent=agent_id)
        return False
    return True


@service
def _make_offer(entry_id: int, agent_id: int) -> None:
    entry = QueueEntry.objects.select_related("call", "department").get(pk=entry_id)
    agent = Agent.objects.select_related("user").get(pk=agent_id)
    now = clock.now()
    sources = frozenset({EntryState.WAITING})
    if not move_entry(
        entry, EntryState.OFFERING, actor="system", sources=sources, data={"agent": agent.username}, agent=agent
    ):
        raise Lost
    expires_at = now + timedelta(seconds=entry.department.offer_seconds)
    offer = Offer.objects.create(entry=entry, agent=agent, created_at=now, expires_at=expires_at)
    history.record(entry.call_id, "offer.pending", "system", offer=offer.pk, agent=agent.username)
    # Presence, lease and activity once more, in the UPDATE itself: the plan was made from an older look.
    if not move_activity(
        agent,
        Activity.OFFERED,
        actor="system",
        call_id=entry.call_id,
        where=selectors.routable(now),
    ):
        raise Lost
    news.offer(offer)
    news.queue_changed(entry.department)


def match_everything() -> int:
    """Match every department in which somebody waits."""
    waiting = QueueEntry.objects.filter(state=EntryState.WAITING).values("department")
    return match(list(Department.objects.filter(pk__in=waiting).values_list("pk", flat=True)))
