"""The plan, and the line as one agent sees it."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from queueing.matching.rows import DEFAULT_RULES, Free, Pair, Rules, Waiting
from queueing.matching.strategies import asking_key

Rank = tuple[int, datetime, int]
_Pools = dict[tuple[int, int], list[Free]]


def rank(entry: Waiting, rules: Rules, now: datetime) -> Rank:
    """Sorts first whoever is first in line."""
    return (-entry.priority, entry.enqueued_at, entry.id)


def plan(
    waiting: Collection[Waiting],
    free: Collection[Free],
    rules: Mapping[int, Rules],
    now: datetime,
    *,
    cooling: Collection[tuple[int, int]] = (),
) -> list[Pair]:
    """Offers to make at `now`, at most one for each entry and each agent.

    Departments an agent serves first come first, then whoever is first in line, then the department's strategy.
    `rules` are by department, the default ones where none are given. `cooling` holds (entry, agent) pairs not to be
    tried now. An entry nobody can serve holds up no other.
    """
    line = sorted(waiting, key=lambda entry: rank(entry, _rules(rules, entry.department), now))
    pools = _pools(free, rules)
    pairs: list[Pair] = []
    entries: set[int] = set()
    agents: set[int] = set()
    for order in sorted({order for order, _ in pools}):
        for entry in line:
            pool = pools.get((order, entry.department))
            if not pool or entry.id in entries:
                continue
            chosen = _choose(entry, pool, agents, cooling)
            if chosen is not None:
                pairs.append(Pair(entry.id, chosen.id))
                entries.add(entry.id)
                agents.add(chosen.id)
    return pairs


def _rules(rules: Mapping[int, Rules], department: int) -> Rules:
    return rules.get(department, DEFAULT_RULES)


def _pools(free: Collection[Free], rules: Mapping[int, Rules]) -> _Pools:
    """Agents by their order in a department and the department, whoever is asked first at the end of the list."""
    pools: defaultdict[tuple[int, int], list[Free]] = defaultdict(list)
    for agent in free:
        for department, order in agent.departments.items():
            pools[order, department].append(agent)
    for (_, department), pool in pools.items():
        pool.sort(key=lambda agent: asking_key(agent, department, _rules(rules, department)), reverse=True)
    return dict(pools)


def _choose(
    entry: Waiting, pool: list[Free], taken: Collection[int], cooling: Collection[tuple[int, int]]
) -> Free | None:
    # Whoever has got a call leaves the pool, or every later caller would look at him again.
    while pool and pool[-1].id in taken:
        pool.pop()
    for agent in reversed(pool):
        if agent.id not in taken and (entry.id, agent.id) not in cooling:
            return agent
    return None


def in_line(
    waiting: Collection[Waiting], departments: Mapping[int, int], rules: Mapping[int, Rules], now: datetime
) -> list[int]:
    """Entries in the order an agent of `departments` (department to order) takes them by his own act."""
    mine = [entry for entry in waiting if entry.department in departments]
    mine.sort(
        key=lambda entry: (departments[entry.department], rank(entry, _rules(rules, entry.department), now)),
    )
    return [entry.id for entry in mine]
