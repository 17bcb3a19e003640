"""The plan, and the line as one agent sees it."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from queueing.matching.ranks import Rank, rank
from queueing.matching.rows import DEFAULT_RULES, Free, Pair, Rules, Waiting
from queueing.matching.skills import Needs, needs_of
from queueing.matching.strategies import asking_key
from queueing.states import Strategy


@dataclass(frozen=True)
class _Caller:
    """An entry with what it asks for at the moment of the plan; `kept` for one agent only."""

    entry: Waiting
    rank: Rank
    needs: Needs
    kept: int | None
    asks_all: bool


class _Pool:
    """Free agents of a department with one order in it, whoever is asked first at the end of the list."""

    __slots__ = ("_able", "agents")

    def __init__(self, agents: list[Free]) -> None:
        self.agents = agents
        self._able: dict[Needs, list[Free]] = {}

    def able(self, needs: Needs) -> list[Free]:
        """Those who may serve such a caller, whoever meets most of what is preferred at the end.

        Sorted once for all callers alike: thousands of them must not each look at thousands of agents.
        """
        found = self._able.get(needs)
        if found is None:
            rated = ((needs.unmet(agent), agent) for agent in self.agents)
            suited = [(unmet, agent) for unmet, agent in rated if unmet is not None]
            suited.sort(key=lambda pair: -pair[0])
            found = self._able[needs] = [agent for _, agent in suited]
        return found


_Pools = dict[tuple[int, int], _Pool]
_Apart = Collection[tuple[int, int]]


def plan(
    waiting: Collection[Waiting],
    free: Collection[Free],
    rules: Mapping[int, Rules],
    now: datetime,
    *,
    cooling: _Apart = (),
) -> list[Pair]:
    """Offers to make at `now`, at most one for each agent and, unless its department rings all, for each entry.

    Departments an agent serves first come first, then whoever is first in line, then the agents who meet most of what
    is preferred, then the department's strategy. Nobody is asked who lacks what is required.
    `rules` are by department, the default ones where none are given. `cooling` holds (entry, agent) pairs not to be
    tried now. An entry nobody can serve holds up no other. Who is left over joins in where it rings already.
    """
    line = [_caller(entry, rules.get(entry.department, DEFAULT_RULES), now, cooling) for entry in waiting]
    line.sort(key=lambda caller: caller.rank)
    pools = _pools(free, rules)
    pairs: list[Pair] = []
    entries: set[int] = set()
    agents: set[int] = set()
    orders = sorted({order for order, _ in pools})

    def ask(caller: _Caller, order: int) -> None:
        pool = pools.get((order, caller.entry.department))
        for chosen in _choose(caller, pool, agents, cooling) if pool else ():
            pairs.append(Pair(caller.entry.id, chosen.id, together=caller.asks_all))
            entries.add(caller.entry.id)
            agents.add(chosen.id)

    for order in orders:
        for caller in line:
            if not caller.entry.ringing and caller.entry.id not in entries:
                ask(caller, order)
    rings = [caller for caller in line if caller.asks_all and (caller.entry.ringing or caller.entry.id in entries)]
    for order in orders:
        for caller in rings:
            ask(caller, order)
    return pairs


def _caller(entry: Waiting, rules: Rules, now: datetime, cooling: _Apart) -> _Caller:
    needs, kept = needs_of(entry, rules, now), keeper(entry, rules, now, cooling)
    return _Caller(entry, rank(entry, rules, now), needs, kept, rules.strategy is Strategy.RING_ALL)


def _pools(free: Collection[Free], rules: Mapping[int, Rules]) -> _Pools:
    """Agents by their order in a department and the department."""
    pools: defaultdict[tuple[int, int], list[Free]] = defaultdict(list)
    for agent in free:
        for department, order in agent.departments.items():
            pools[order, department].append(agent)
    for (_, department), pool in pools.items():
        pool.sort(key=lambda agent: asking_key(agent, department, rules.get(department, DEFAULT_RULES)), reverse=True)
    return {key: _Pool(pool) for key, pool in pools.items()}


def _choose(caller: _Caller, pool: _Pool, taken: Collection[int], cooling: _Apart) -> list[Free]:
    """Whom to ask: one, or all who can; nobody."""
    agents = pool.agents
    # Whoever has got a call leaves the pool, or every later caller would look at him again.
    while agents and agents[-1].id in taken:
        agents.pop()
    if caller.asks_all:
        able = [agent for agent in reversed(agents) if agent.id not in taken and _may(caller, agent, cooling)]
        return [agent for agent in able if caller.needs.unmet(agent) is not None]
    best = _best(caller, pool.able(caller.needs), taken, cooling)
    return [best] if best is not None else []


def _may(caller: _Caller, agent: Free, cooling: _Apart) -> bool:
    return (caller.entry.id, agent.id) not in cooling and caller.kept in (None, agent.id)


def _best(caller: _Caller, able: list[Free], taken: Collection[int], cooling: _Apart) -> Free | None:
    while able and able[-1].id in taken:
        able.pop()
    suited = (agent for agent in reversed(able) if agent.id not in taken and _may(caller, agent, cooling))
    return next(suited, None)


def keeper(entry: Waiting, rules: Rules, now: datetime, cooling: _Apart) -> int | None:
    """The one agent the caller is kept for at `now`, unless the two have just come to nothing."""
    last = entry.last_agent
    if last is None or now >= entry.enqueued_at + timedelta(seconds=rules.sticky_seconds):
        return None
    return None if (entry.id, last) in cooling else last


def in_line(
    waiting: Collection[Waiting],
    agent: Free,
    rules: Mapping[int, Rules],
    now: datetime,
    *,
    cooling: _Apart = (),
    by_hand: bool = False,
) -> list[int]:
    """Entries in the order the agent takes them by his own act: his departments by their order, then by rank.

    Left out: callers who require what he lacks and, but when he picks `by_hand`, those kept for somebody else.
    """
    mine: list[tuple[int, Rank, int]] = []
    for entry in waiting:
        theirs = rules.get(entry.department, DEFAULT_RULES)
        order = agent.departments.get(entry.department)
        if order is None or needs_of(entry, theirs, now).unmet(agent) is None:
            continue
        if by_hand or keeper(entry, theirs, now, cooling) in (None, agent.id):
            mine.append((order, rank(entry, theirs, now), entry.id))
    return [entry for _, _, entry in sorted(mine)]
