"""Past days as the simulation's input."""

import random as randomly
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from math import inf

from django.db.models import Count, Q

from queueing import candidates
from queueing.models import Agent, Department, Offer, QueueEntry, Skill
from queueing.simulation.day import BadInput, Plan, Staffing, Team
from queueing.simulation.model import Arrival, Rules
from queueing.states import EntryState, OfferOrigin, OfferState

# They came when nobody was meant to answer.
_TURNED_AWAY = (EntryState.REJECTED_CLOSED,)
_LEFT = frozenset({EntryState.ABANDONED, EntryState.CALLBACK, EntryState.WITHDRAWN})
_WITHOUT_HISTORY = 300.0
_DECIDED = (OfferState.DECLINED, OfferState.ACCEPTED, OfferState.CONNECTED, OfferState.SETUP_FAILED)
# Beyond it a day never ends.
MOST_DECLINED = 0.95


@dataclass
class _Caller:
    """What is known of one wait: its handling if it was answered, and how long it lasted."""

    department: str
    second: float
    waited: float
    handling: float | None
    left: bool
    priority: int
    language: str


def plans() -> dict[str, Plan]:
    """The departments' own settings, by slug."""
    rules = candidates.rules_of(list(Department.objects.values_list("pk", flat=True)))
    return {
        row.slug: Plan(
            rules=Rules(
                wrap_up=row.wrap_up_seconds,
                max_wait=row.max_wait_seconds or inf,
                choosing=rules[row.pk],
                cooldown=row.decline_cooldown_seconds,
            ),
            within=row.service_level_seconds,
            short=row.short_abandon_seconds,
        )
        for row in Department.objects.all()
    }


def of_day(
    day: date,
    zone: tzinfo,
    *,
    departments: Sequence[str] = (),
    seed: int = 0,
    patience: Callable[[], float] | None = None,
) -> list[Arrival]:
    """Callers who came on `day` in `zone`, of `departments` or of all, in the order they came.

    Unknown handling is drawn from the day's answered calls of the department. Who hung up had just that patience; who
    was answered would have waited at least so long: what is beyond is drawn from an exponential with the mean that
    is likeliest for the day (all waits ÷ those who left), or from `patience`, or without end when nobody left.
    BadInput when nobody came.
    """
    callers = _callers(day, zone, departments)
    if not callers:
        raise BadInput(f"Nobody called on {day:%Y-%m-%d}.")
    random = randomly.Random(seed)  # noqa: S311
    found: list[Arrival] = []
    for name in sorted({caller.department for caller in callers}):
        mine = [caller for caller in callers if caller.department == name]
        known = [caller.handling for caller in mine if caller.handling is not None] or [_WITHOUT_HISTORY]
        beyond = patience or _beyond(mine, random)
        for caller in mine:
            handling = random.choice(known) if caller.handling is None else caller.handling
            endures = caller.waited if caller.left else caller.waited + beyond()
            found.append(Arrival(caller.second, name, handling, endures, caller.priority, caller.language))
    return sorted(found)


def declines(day: date, zone: tzinfo) -> dict[str, float]:
    """By department, the share of the day's offers that agents declined; missed and rescinded ones do not count."""
    begin, until = _midnights(day, zone)
    rows = Offer.objects.filter(created_at__gte=begin, created_at__lt=until, origin=OfferOrigin.OFFERED)
    rows = rows.filter(state__in=_DECIDED).order_by()
    declined = Count("pk", filter=Q(state=OfferState.DECLINED))
    found = rows.values_list("entry__department__slug").annotate(declined=declined, all=Count("pk"))
    return {slug: min(share / offers, MOST_DECLINED) for slug, share, offers in found}


def skills() -> dict[str, int]:
    """The numbers of the skills there are, by slug."""
    return dict(Skill.objects.values_list("slug", "pk"))


def with_own_skills(staff: Staffing) -> dict[Team, dict[int, int]]:
    """The same agents with the skills and languages of those who belong to their first department, in turn; whoever's
    are told, and departments nobody belongs to, stay as they are.
    """
    found: dict[Team, dict[int, int]] = {}
    for team, hours in staff.items():
        people = _people(team.departments[0]) if team == Team(team.departments) else []
        for rank in range(max(hours.values(), default=0)):
            skilled, spoken = people[rank % len(people)] if people else (team.skills, team.languages)
            mine = found.setdefault(Team(team.departments, skilled, spoken), {})
            for hour, agents in hours.items():
                mine[hour] = mine.get(hour, 0) + (agents > rank)
    return found


def _people(department: str) -> list[tuple[tuple[tuple[int, int], ...], frozenset[str]]]:
    """Skills and languages of the department's agents, by name."""
    rows = Agent.objects.filter(departments__slug=department, is_active=True).prefetch_related("skills")
    return [
        (tuple(sorted((own.skill_id, own.level) for own in agent.skills.all())), frozenset(agent.languages))
        for agent in rows.order_by("user__username")
    ]


def _beyond(callers: Iterable[_Caller], random: randomly.Random) -> Callable[[], float]:
    """The patience of those who did not show it: the estimate of censored exponential times."""
    rows = list(callers)
    left = sum(caller.left for caller in rows)
    waited = sum(caller.waited for caller in rows)
    if not left or not waited:
        return lambda: inf
    return lambda: random.expovariate(left / waited)


def _callers(day: date, zone: tzinfo, departments: Sequence[str]) -> list[_Caller]:
    begin, until = _midnights(day, zone)
    rows = QueueEntry.objects.filter(enqueued_at__gte=begin, enqueued_at__lt=until).exclude(state__in=_TURNED_AWAY)
    # Who is called back came once already.
    rows = rows.exclude(cause="callback")
    if departments:
        rows = rows.filter(call__entries__department__slug__in=departments).distinct()
    # A caller whom one department handed to another while he waited keeps his clock: he came once, to the first.
    waits: dict[tuple[str, datetime], list[QueueEntry]] = {}
    for entry in rows.select_related("department", "call").order_by("enqueued_at", "id"):
        waits.setdefault((str(entry.call_id), entry.enqueued_at), []).append(entry)
    callers = [_caller(entries, begin) for entries in waits.values()]
    return [caller for caller in callers if not departments or caller.department in departments]


def _midnights(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """When the day begins and ends."""
    begin = datetime.combine(day, time(), zone)
    try:
        return begin, datetime.combine(day + timedelta(days=1), time(), zone)
    except OverflowError:
        return begin, begin


def _caller(entries: Sequence[QueueEntry], begin: datetime) -> _Caller:
    first, last = entries[0], entries[-1]
    talk = last.ended_at - last.connected_at if last.ended_at and last.connected_at else None
    return _Caller(
        department=first.department.slug,
        second=(first.enqueued_at - begin).total_seconds(),
        waited=float(last.waited()),
        handling=talk.total_seconds() if talk is not None else None,
        left=last.state in _LEFT,
        priority=last.priority,
        language=first.call.language,
    )


def known(names: Iterable[str], all_plans: Mapping[str, Plan]) -> None:
    """BadInput for a department that does not exist."""
    for name in names:
        if name not in all_plans:
            raise BadInput(f"There is no department “{name}”; there are {', '.join(sorted(all_plans)) or 'none'}.")
