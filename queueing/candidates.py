"""Reads for matching: the frozen rows the plan is made from, in a constant number of queries."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from django.db.models import (
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    Window,
)
from django.db.models.functions import RowNumber
from django.utils import timezone

from common import clock
from common.prepared import Prepared, Row
from queueing.matching import Free, Rules, SkillStep, Waiting
from queueing.models import Agent, AgentSkill, Department, Membership, Offer, QueueEntry, SkillNeed
from queueing.selectors import leased, routable
from queueing.states import ENTRY_QUEUED, EntryState, Need, OfferState, Presence, Strategy

# So many callers of one kind are looked at in one round. The kinds are apart, so that many callers nobody can serve
# (another department's, say) do not hide the one who can be.
ROUND = 200
# Offers that ended like this keep their pair apart for the department's cool-down.
_COOLING = (OfferState.DECLINED, OfferState.TIMED_OUT, OfferState.CANCELLED, OfferState.SETUP_FAILED)
# Beyond every cool-down and ringing a department may set, so that an agent's old offers are not read.
_LONGEST_COOLING = timedelta(days=1)
_WAITING = Q(state=EntryState.WAITING)
# Rings at several desks, and is nobody's yet.
_RINGING = Q(state=EntryState.OFFERING, agent__isnull=True)
# Who is asked must know these figures; for the others nobody counts.
_BY_CALLS = frozenset({Strategy.FEWEST_CALLS, Strategy.LEAST_TALK_TIME})


def rules_of(departments: Collection[int], *, waited_for: bool = False) -> dict[int, Rules]:
    """The rules as they are now: a change counts from the next match on, whoever waits.

    `waited_for`: only of the departments in which an agent who is free now could be asked about somebody.
    """
    found = _DEPARTMENTS(departments=departments, waited_for=waited_for)
    steps = _steps([pk for pk, asks_for_skills, *_ in found if asks_for_skills])
    return {pk: _rules(steps.get(pk, ()), values) for pk, _, *values in found}


_RULES = ("strategy", "language_need", "language_relax_seconds", "priority_per_minute", "sticky_seconds")


def _departments(departments: Collection[int], waited_for: bool) -> QuerySet[Department, Row]:
    rows = Department.objects.filter(pk__in=departments)
    if waited_for:
        waiting = QueueEntry.objects.filter(department=OuterRef("pk"), state=EntryState.WAITING)
        ringing = QueueEntry.objects.filter(_RINGING, department=OuterRef("pk"))
        rows = rows.filter(Exists(waiting) | Q(strategy=Strategy.RING_ALL) & Exists(ringing))
    skilled = Exists(SkillNeed.objects.filter(department=OuterRef("pk")))
    return rows.order_by().values_list("pk", skilled, *_RULES)


_DEPARTMENTS = Prepared(_departments)


def _steps(departments: Collection[int]) -> dict[int, list[SkillStep]]:
    found: defaultdict[int, list[SkillStep]] = defaultdict(list)
    for row in SkillNeed.objects.filter(department__in=departments) if departments else ():
        step = SkillStep(skill=row.skill_id, level=row.level, need=Need(row.need), after=row.after_seconds)
        found[row.department_id].append(step)
    return found


def _rules(steps: Iterable[SkillStep], values: Sequence[Any]) -> Rules:
    strategy, language, seconds, points, sticky = values
    return Rules(
        strategy=Strategy(strategy),
        skills=tuple(steps),
        language=Need(language),
        language_seconds=seconds,
        points_per_minute=points,
        sticky_seconds=sticky,
    )


def waiting_entries(
    departments: Collection[int], rules: Mapping[int, Rules] | None = None, *, first: int | None = None
) -> list[Waiting]:
    """Entries nobody is asked about, of each kind the `first` (None: ROUND) in line, with what `rules` look at."""
    return _entries(departments, rules, first=first)


def ringing_entries(rules: Mapping[int, Rules]) -> list[Waiting]:
    """Entries that ring at all desks of their departments, which who has come free since may join."""
    departments = [pk for pk, rule in rules.items() if rule.strategy is Strategy.RING_ALL]
    found = _entries(departments, rules, first=None, ringing=True) if departments else []
    return [replace(entry, ringing=True) for entry in found]


def _entries(
    departments: Collection[int], rules: Mapping[int, Rules] | None, *, first: int | None, ringing: bool = False
) -> list[Waiting]:
    wanted = {*(rules or {}).values()}
    first = ROUND if first is None else first
    if rules and not ringing and len(departments) <= _FEW_LINES and all(map(_is_one_kind, wanted)):
        found = _heads(departments, first)
    else:
        by_language = any(rule.language is not Need.NONE for rule in wanted)
        found = _LINE(departments=departments, first=first, by_language=by_language, ringing=ringing)
    sticky = {pk: rule.sticky_seconds for pk, rule in (rules or {}).items() if rule.sticky_seconds}
    kept = _last_agents(_RINGING if ringing else _WAITING, sticky)
    return [Waiting(pk, line, rank, at, spoken, kept.get(pk)) for pk, line, rank, at, spoken in found]


class _Head(Enum):
    """How much of a line is read, so that few statements do: for a match or two, by hand, for many."""

    SHORT, MIDDLE, LONG = 4, 22, ROUND


# The others of a plain line are not even looked at; that takes a statement for each line.
_FEW_LINES = 3


def _is_one_kind(rule: Rules) -> bool:
    """Nobody further back could come before, or suit better than, those at the head."""
    by_caller = rule.language is not Need.NONE or rule.sticky_seconds
    return not (by_caller or rule.skills or rule.points_per_minute)


def _heads(departments: Collection[int], first: int) -> list[Row]:
    head = next((head for head in _Head if head.value >= first), None)
    if head is None:
        return _LINE(departments=departments, first=first, by_language=False, ringing=False)
    rows = [row for department in departments for row in _HEAD(department=department, head=head)[:first]]
    return sorted(rows, key=lambda row: (-row[2], row[3], row[0]))


def _head(department: int, head: _Head) -> QuerySet[QueueEntry, Row]:
    rows = QueueEntry.objects.filter(_WAITING, department=department).order_by("-priority", "enqueued_at", "id")
    return rows.values_list("pk", "department_id", "priority", "enqueued_at", Value(""))[: head.value]


_HEAD = Prepared(_head)


def _line(departments: Collection[int], first: int, by_language: bool, ringing: bool) -> QuerySet[QueueEntry, Row]:
    kinds = ["department", "priority", *(["call__language"] if by_language else [])]
    nth = Window(RowNumber(), partition_by=[F(kind) for kind in kinds], order_by=["enqueued_at", "id"])
    rows = QueueEntry.objects.filter(_RINGING if ringing else _WAITING, department__in=departments)
    rows = rows.annotate(nth=nth).filter(nth__lte=first).order_by("-priority", "enqueued_at", "id")
    language: Any = F("call__language") if by_language else Value("")
    return rows.values_list("pk", "department_id", "priority", "enqueued_at", language)


_LINE = Prepared(_line)


def _last_agents(which: Q, sticky: Mapping[int, int]) -> dict[int, int]:
    """By entry still kept, the agent who had this customer last, if he is at work in the department."""
    if not sticky:
        return {}
    now = clock.now()
    fresh = Q()
    for department, seconds in sticky.items():
        fresh |= Q(department=department, enqueued_at__gt=now - timedelta(seconds=seconds))
    had = QueueEntry.objects.filter(call__customer=OuterRef("call__customer"), connected_at__isnull=False)
    rows = QueueEntry.objects.filter(which, fresh, call__customer__isnull=False)
    rows = rows.annotate(last=Subquery(had.order_by("-connected_at").values("agent")[:1]))
    there = Agent.objects.filter(
        leased(now), presence=Presence.AVAILABLE, pk=OuterRef("last"), departments=OuterRef("department")
    )
    return dict(rows.filter(Exists(there)).order_by().values_list("pk", "last"))


def free_agents(departments: Collection[int], rules: Mapping[int, Rules] | None = None) -> list[Free]:
    """Routable agents of any of the departments with all their departments, and what `rules` look at."""
    return _free(_MEMBERS(departments=departments, now=clock.now()), rules or {})


def _members(departments: Collection[int], now: datetime) -> QuerySet[Membership, Row]:
    return _places(Agent.objects.filter(routable(now), departments__in=departments))


def _places(agents: QuerySet[Agent]) -> QuerySet[Membership, Row]:
    rows = Membership.objects.filter(agent__in=agents.values("pk")).order_by()
    return rows.values_list("agent", "agent__idle_since", "agent__languages", "department", "order")


_MEMBERS = Prepared(_members)


def as_free(agent: Agent, rules: Mapping[int, Rules]) -> Free | None:
    """The agent by himself, whatever he is doing; None when he serves no department."""
    return next(iter(_free(_places(Agent.objects.filter(pk=agent.pk)), rules)), None)


def _free(places: Iterable[Row], rules: Mapping[int, Rules]) -> list[Free]:
    orders: dict[int, dict[int, int]] = {}
    plain: dict[int, dict[str, Any]] = {}
    for pk, since, languages, department, order in places:
        plain[pk] = {"idle_since": since, "languages": frozenset(languages)}
        orders.setdefault(pk, {})[department] = order
    figures = _figures(list(plain), frozenset(rule.strategy for rule in rules.values()))
    skills = _skills(list(plain)) if any(rule.skills for rule in rules.values()) else {}
    return [
        Free(id=pk, departments=orders[pk], skills=skills.get(pk, {}), **plain[pk], **figures.get(pk, {}))
        for pk in plain
    ]


def _skills(agents: Collection[int]) -> dict[int, dict[int, int]]:
    found: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for agent, skill, level in AgentSkill.objects.filter(agent__in=agents).values_list("agent", "skill", "level"):
        found[agent][skill] = level
    return found


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


def enough_for(free: Collection[Free], cooling: Collection[tuple[int, int]], rules: Mapping[int, Rules]) -> int:
    """How many callers of a kind must be looked at so that none is missed who could be offered to one of `free`.

    Those of a kind differ only in whom they have just come to nothing with, unless the rules tell them apart.
    """
    if any(rule.skills or rule.sticky_seconds for rule in rules.values()):
        return ROUND
    return len(free) + len({entry for entry, _ in cooling})


def cooling_pairs(entries: Collection[int]) -> set[tuple[int, int]]:
    """(entry, agent) pairs that came to nothing so lately that they are not tried again yet."""
    return _cooling(_ended(Offer.objects.filter(entry__in=entries)))


def cooling_with(agents: Collection[int]) -> set[tuple[int, int]]:
    """The same for these agents and whoever is in line."""
    return _cooling(_REFUSED(agents=agents, lately=clock.now() - _LONGEST_COOLING))


def _refused(agents: Collection[int], lately: datetime) -> QuerySet[Offer, Row]:
    return _ended(Offer.objects.filter(agent__in=agents, created_at__gt=lately, entry__state__in=ENTRY_QUEUED))


def _ended(offers: QuerySet[Offer]) -> QuerySet[Offer, Row]:
    rows = offers.filter(state__in=_COOLING, ended_at__isnull=False).order_by()
    return rows.values_list("entry_id", "agent_id", "ended_at", "entry__department__decline_cooldown_seconds")


_REFUSED = Prepared(_refused)


def _cooling(offers: Iterable[Row]) -> set[tuple[int, int]]:
    now = clock.now()
    return {(entry, agent) for entry, agent, ended, seconds in offers if ended + timedelta(seconds=seconds) > now}
