"""A day as a planner sees it: recorded callers, agents by the hour, and what came of it. Second 0 is midnight."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

from queueing.simulation.engine import simulate
from queueing.simulation.model import Arrival, Outcome, Rules, Worker
from queueing.simulation.results import Tally, tally
from queueing.simulation.theory import agents_needed

HOUR = 3600.0
MANY = 2_000


@dataclass(frozen=True, slots=True)
class Team:
    """Agents alike: the departments they serve, the first one first, with their skills and languages as a `Worker` has
    them.
    """

    departments: tuple[str, ...]
    skills: tuple[tuple[int, int], ...] | None = None
    languages: frozenset[str] = frozenset()


# Agents by team and hour of the day; departments alone are a team that can do everything.
Staffing = Mapping[Team, Mapping[int, int]]


class BadInput(ValueError):
    """What was given makes no sense; the text is for who gave it."""


@dataclass(frozen=True)
class Plan:
    """A department's rules in the simulation, and how its service level is reckoned. Seconds."""

    rules: Rules = field(default_factory=Rules)
    within: float = 20.0
    short: float = 0.0


@dataclass(frozen=True)
class Day:
    """What was played for one department, or for all of them under no name: by interval, and in all."""

    department: str
    intervals: tuple[Tally, ...]
    total: Tally
    by_priority: tuple[tuple[int, Tally], ...] = ()


def workers(staffing: Staffing) -> list[Worker]:
    """One worker for each agent; the first of a group has the longest day. An hour's shift ends with the hour."""
    found = []
    for team, hours in staffing.items():
        departments = {name: order for order, name in enumerate(team.departments)}
        skills = None if team.skills is None else dict(team.skills)
        for rank in range(max(hours.values(), default=0)):
            shifts = tuple((hour * HOUR, (hour + 1) * HOUR) for hour, agents in hours.items() if agents > rank)
            found.append(Worker(departments, shifts, skills, team.languages))
    return found


def play(
    arrivals: Collection[Arrival],
    staffing: Staffing,
    plans: Mapping[str, Plan],
    *,
    minutes: int = 60,
    seed: int = 0,
) -> list[Day]:
    """The day of every department that has callers, by name, and of all together if there are several.

    BadInput when a department has callers and nobody to take them.
    """
    names = sorted({arrival.department for arrival in arrivals})
    _check(names, staffing)
    rules = {name: plan.rules for name, plan in plans.items()}
    outcome = simulate(sorted(arrivals), workers(staffing), rules, seed=seed)
    edges = _edges(arrivals, minutes)
    days = []
    for name in names:
        plan = plans.get(name, Plan())
        rows = tally(outcome, edges, within=plan.within, short=plan.short, department=name)
        days.append(Day(name, tuple(rows), added(rows), _by_priority(outcome, edges, plan, name)))
    if len(days) > 1:
        rows = [added(parts, side_by_side=True) for parts in zip(*(day.intervals for day in days), strict=True)]
        days.append(Day("", tuple(rows), added(rows)))
    return days


def _by_priority(outcome: Outcome, edges: Sequence[float], plan: Plan, name: str) -> tuple[tuple[int, Tally], ...]:
    """Highest first; nothing where all are alike."""
    found = {call.priority for call in outcome.calls if call.department == name}
    if len(found) < 2:
        return ()
    ends = (edges[0], edges[-1])
    priorities = sorted(found, reverse=True)
    return tuple((one, tally(_only(outcome, one), ends, within=plan.within, department=name)[0]) for one in priorities)


def _only(outcome: Outcome, priority: int) -> Outcome:
    return Outcome(outcome.workers, [call for call in outcome.calls if call.priority == priority], end=outcome.end)


def _check(names: Iterable[str], staffing: Staffing) -> None:
    staffed = {name for team, hours in staffing.items() if any(hours.values()) for name in team.departments}
    for name in names:
        if name not in staffed:
            raise BadInput(f"Callers come for “{name}”, and nobody works for it.")


def _edges(arrivals: Iterable[Arrival], minutes: int) -> list[float]:
    """From the first caller's interval to the last one's; beyond a day the clock goes on."""
    width = minutes * 60
    seconds = [arrival.second for arrival in arrivals]
    first, last = int(min(seconds, default=0) // width), int(max(seconds, default=0) // width)
    return [float(number * width) for number in range(first, last + 2)]


def added(rows: Sequence[Tally], *, side_by_side: bool = False) -> Tally:
    """The sum of intervals that follow each other, or of departments in one interval."""
    found = Tally(rows[0].begin, rows[0].until if side_by_side else rows[-1].until)
    for row in rows:
        for name in _SUMS:
            setattr(found, name, getattr(found, name) + getattr(row, name))
        found.longest = max(found.longest, row.longest)
    return found


_SUMS = (
    "offered", "answered", "abandoned", "short", "timed_out", "waiting", "delayed", "in_time",
    "waited", "waited_answered", "busy", "staffed",
)  # fmt: skip


@dataclass(frozen=True)
class Need:
    """Agents a department needs by the hour of the day, found by playing it, and what Erlang C would have said."""

    department: str
    target: float
    agents: Mapping[int, int]
    erlang: Mapping[int, int]

    @property
    def hours(self) -> int:
        """Agent-hours in all."""
        return sum(self.agents.values())


def needed(arrivals: Iterable[Arrival], department: str, plan: Plan, target: float) -> Need:
    """The agents by hour with whom every hour's service level is at least `target` (0 to 1).

    Each hour gets one more while it misses the target, then one less wherever all hours still meet it: nobody can be
    sent home alone without a miss. Between the first and the last caller somebody is always there. BadInput when no
    number of agents is enough.
    """
    mine = sorted(arrival for arrival in arrivals if arrival.department == department)
    if not mine:
        return Need(department, target, {}, {})
    by_hour: defaultdict[int, list[Arrival]] = defaultdict(list)
    for arrival in mine:
        by_hour[int(arrival.second // HOUR)].append(arrival)
    _must_be_possible(by_hour, plan, target)
    loads = {hour: _load(by_hour.get(hour, []), plan.rules) for hour in range(min(by_hour), max(by_hour) + 1)}
    agents = {hour: max(1, int(load)) for hour, load in loads.items()}
    while missed := _missed(mine, department, plan, target, agents):
        for hour in missed:
            agents[hour] += 1
    for hour in sorted(agents, key=lambda hour: -agents[hour]):
        while agents[hour] > 1 and not _missed(mine, department, plan, target, {**agents, hour: agents[hour] - 1}):
            agents[hour] -= 1
    erlang = {hour: _erlang(by_hour.get(hour, []), loads[hour], plan, target) for hour in agents}
    return Need(department, target, agents, erlang)


def _must_be_possible(by_hour: Mapping[int, Sequence[Arrival]], plan: Plan, target: float) -> None:
    """With an agent for each caller, who waits for the answer alone."""
    delay = plan.rules.answer_delay
    for hour, calls in sorted(by_hour.items()):
        counted = [call for call in calls if call.patience >= min(delay, plan.short)]
        met = sum(delay <= min(plan.within, call.patience) for call in counted)
        if counted and met / len(counted) < target:
            raise BadInput(
                f"No number of agents reaches {target:.0%} from {hour:02}:00: with one for every caller it is "
                f"{met / len(counted):.0%}, because of the answer delay ({delay:g} s)."
            )


def _load(calls: Sequence[Arrival], rules: Rules) -> float:
    return sum(call.handling + rules.answer_delay + rules.wrap_up for call in calls) / HOUR


def _missed(
    arrivals: Sequence[Arrival], department: str, plan: Plan, target: float, agents: Mapping[int, int]
) -> list[int]:
    """Hours below the target. Who is still waiting at the end has missed it, so no hour hides a backlog."""
    outcome = simulate(arrivals, workers({Team((department,)): agents}), {department: plan.rules})
    rows = tally(outcome, _edges(arrivals, 60), within=plan.within, short=plan.short)
    return [int(row.begin // HOUR) for row in rows if row.offered and row.service_level < target]


def _erlang(calls: Sequence[Arrival], load: float, plan: Plan, target: float) -> int:
    """For comparison: as if callers came at random all the hour and never gave up."""
    spare = plan.within - plan.rules.answer_delay
    if not calls or spare < 0 or load > MANY:
        return ceil(load)
    return agents_needed(load, load * HOUR / len(calls), spare, min(target, 0.9999))


def clock_time(second: float) -> str:
    """A second of the day as 09:30; the next day goes on counting, so that order is kept."""
    return f"{int(second // HOUR):02}:{int(second % HOUR // 60):02}"
