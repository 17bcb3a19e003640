"""Reads for matching: the frozen rows the plan is made from, in a constant number of queries."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Max, QuerySet, Sum, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from common import clock
from queueing.matching import Free, Rules, Waiting
from queueing.models import Agent, Department, Membership, Offer, QueueEntry
from queueing.selectors import routable
from queueing.states import EntryState, OfferState, Strategy

# So many callers of one kind are looked at in one round. The kinds are apart, so that many callers nobody can serve
# (another department's, say) do not hide the one who can be.
ROUND = 200
# Offers that ended like this keep their pair apart for the department's cool-down.
_COOLING = (OfferState.DECLINED, OfferState.TIMED_OUT, OfferState.CANCELLED, OfferState.SETUP_FAILED)
# Who is asked must know these figures; for the others nobody counts.
_BY_CALLS = frozenset({Strategy.FEWEST_CALLS, Strategy.LEAST_TALK_TIME})


def rules_of(departments: Collection[int]) -> dict[int, Rules]:
    """The rules as they are now: a change counts from the next match on, whoever waits."""
    rows = Department.objects.filter(pk__in=departments).values_list("pk", "strategy")
    return {pk: Rules(strategy=Strategy(strategy)) for pk, strategy in rows}


def waiting_entries(departments: Collection[int]) -> list[Waiting]:
    """Entries nobody is asked about, of each kind the first ROUND in line."""
    nth = Window(RowNumber(), partition_by=[F("department"), F("priority")], order_by=["enqueued_at", "id"])
    rows = QueueEntry.objects.filter(department__in=departments, state=EntryState.WAITING)
    rows = rows.annotate(nth=nth).filter(nth__lte=ROUND).order_by("-priority", "enqueued_at", "id")
    return [Waiting(*row) for row in rows.values_list("pk", "department_id", "priority", "enqueued_at")]


def free_agents(departments: Collection[int], strategies: Collection[Strategy] = ()) -> list[Free]:
    """Routable agents of any of the departments with all their departments, and the figures `strategies` need."""
    agents = Agent.objects.filter(routable(), departments__in=departments).distinct()
    orders: dict[int, dict[int, int]] = {}
    idle: dict[int, datetime] = {}
    members = Membership.objects.filter(agent__in=agents.values("pk"))
    for pk, since, department, order in members.values_list("agent", "agent__idle_since", "department", "order"):
        idle[pk] = since
        orders.setdefault(pk, {})[department] = order
    figures = _figures(list(idle), frozenset(strategies))
    return [Free(id=pk, idle_since=idle[pk], departments=orders[pk], **figures.get(pk, {})) for pk in idle]


def _figures(agents: list[int], strategies: frozenset[Strategy]) -> dict[int, dict[str, Any]]:
    """Today's figures by agent, counted from the stored rows: nothing an agent does with his presence resets them."""
    found: dict[int, dict[str, Any]] = {}
    if strategies & _BY_CALLS:
        for pk, calls, talk in _calls_today(agents):
            found[pk] = {"calls_today": calls, "talk_seconds_today": talk.total_seconds() if talk else 0}
    if Strategy.ROUND_ROBIN in strategies:
        for pk, department, at in _asked_today(agents):
            found.setdefault(pk, {}).setdefault("offered_at", {})[department] = at
    return found


def _calls_today(agents: Iterable[int]) -> QuerySet[QueueEntry, tuple[Any, ...]]:
    talk = ExpressionWrapper(F("ended_at") - F("connected_at"), output_field=DurationField())
    rows = QueueEntry.objects.filter(agent__in=agents, connected_at__gte=start_of_day()).order_by()
    return rows.values("agent").annotate(calls=Count("pk"), talk=Sum(talk)).values_list("agent", "calls", "talk")


def _asked_today(agents: Iterable[int]) -> QuerySet[Offer, tuple[Any, ...]]:
    rows = Offer.objects.filter(agent__in=agents, created_at__gte=start_of_day())
    asked = rows.order_by().values("agent", "entry__department").annotate(at=Max("created_at"))
    return asked.values_list("agent", "entry__department", "at")


def start_of_day() -> datetime:
    """Local midnight."""
    return timezone.localtime(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)


def cooling_pairs(entries: Collection[int]) -> set[tuple[int, int]]:
    """(entry, agent) pairs that came to nothing so lately that they are not tried again yet."""
    now = clock.now()
    rows = Offer.objects.filter(entry__in=entries, state__in=_COOLING, ended_at__isnull=False)
    found = rows.values_list("entry_id", "agent_id", "ended_at", "entry__department__decline_cooldown_seconds")
    return {
        (entry, agent)
        for entry, agent, ended, seconds in found
        if ended is not None and ended + timedelta(seconds=seconds) > now
    }
