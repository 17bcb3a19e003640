"""What queueing theory says of callers who come at random: Erlang C without, Erlang A with impatience.

Loads are in erlang (arrivals a second times handling seconds), times in seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, expm1


@dataclass(frozen=True)
class Expected:
    """Figures in the long run. `within` is the share of all callers answered within the threshold."""

    p_wait: float
    within: float
    mean_wait: float
    occupancy: float
    abandoned: float = 0.0


def erlang_b(load: float, agents: int) -> float:
    """The share of callers lost when nobody may wait.

    Source: A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in automatic
    telephone exchanges" (1917), by the usual recursion B(0) = 1, B(n) = aB(n-1) / (n + aB(n-1)).
    """
    blocked = 1.0
    for number in range(1, agents + 1):
        blocked = load * blocked / (number + load * blocked)
    return blocked


def erlang_c(load: float, agents: int, handling: float, within: float) -> Expected:
    """Callers who wait for ever (M/M/N). With as many erlang as agents or more the line never ends: ValueError.

    Source: Erlang 1917, as above; in today's words Gans, Koole, Mandelbaum, "Telephone call centers", M&SOM 5 (2003),
    section 4.2. P(W > t) = C exp(-(N - a)t / h) and E(W) = Ch / (N - a).
    """
    if agents <= load:
        raise ValueError("Erlang C needs more agents than erlang.")
    blocked = erlang_b(load, agents)
    occupancy = load / agents
    p_wait = blocked / (1 - occupancy * (1 - blocked))
    spare = agents - load
    return Expected(
        p_wait=p_wait,
        within=1 - p_wait * exp(-spare * within / handling),
        mean_wait=p_wait * handling / spare,
        occupancy=occupancy,
    )


def erlang_a(load: float, agents: int, handling: float, patience: float, within: float) -> Expected:
    """Callers who leave after an exponential patience of mean `patience` (M/M/N+M). `mean_wait` is of all callers.

    Source: C. Palm, "Research on telephone traffic carried by full availability groups" (1946); Mandelbaum, Zeltyn,
    "Service engineering in action: the Palm/Erlang-A queue" (2007). With p(N) from the birth-and-death chain, the
    density of being answered after t seconds in line is p(N) Nm exp(-(Nm + q)t + (l/q)(1 - exp(-qt))), l being the
    arrival, m the service and q the impatience rate; the sum over the places in line is done by hand.
    """
    arrivals, service, impatience = load / handling, 1 / handling, 1 / patience
    busy = _shares(load, agents)
    top, queue, in_line, place = busy[-1], 0.0, 0.0, busy[-1]
    for waiting in range(1, 100_000):
        place *= arrivals / (agents * service + waiting * impatience)
        in_line += place
        queue += waiting * place
        if place < 1e-15 * (in_line + top) and waiting * impatience > arrivals - agents * service:
            break
    total = sum(busy) + in_line
    p_wait = (top + in_line) / total
    abandoned = impatience * (queue / total) / arrivals

    def answered_after(second: float) -> float:
        growth = -expm1(-impatience * second) * arrivals / impatience
        return top / total * agents * service * exp(growth - (agents * service + impatience) * second)

    return Expected(
        p_wait=p_wait,
        within=1 - p_wait + simpson(answered_after, within),
        mean_wait=queue / total / arrivals,
        occupancy=load * (1 - abandoned) / agents,
        abandoned=abandoned,
    )


def _shares(load: float, agents: int) -> list[float]:
    """Unnormalised probabilities of 0 … N busy agents, the last one being 1 so that none overflows."""
    shares = [1.0]
    for number in range(agents, 0, -1):
        shares.append(shares[-1] * number / load)
    return shares[::-1]


def simpson(function: Callable[[float], float], until: float, steps: int = 2000) -> float:
    """The integral from 0 to `until`."""
    width = until / steps
    inner = sum((4 if step % 2 else 2) * function(step * width) for step in range(1, steps))
    return (function(0.0) + inner + function(until)) * width / 3


def single_agent(rate: float, mean: float, mean_square: float) -> float:
    """Mean wait of callers for one agent whose time for a call is anything (M/G/1).

    Source: F. Pollaczek (1930), A. Khinchine (1932): l E(S²) / 2(1 - l E(S)). ValueError when it never ends.
    """
    if rate * mean >= 1:
        raise ValueError("One agent cannot do it.")
    return rate * mean_square / (2 * (1 - rate * mean))


def agents_needed(load: float, handling: float, within: float, target: float) -> int:
    """The fewest agents with whom Erlang C answers the share `target` (below 1) within `within` seconds."""
    if not 0 <= target < 1:
        raise ValueError("A target is a share below 1.")
    agents = int(load) + 1
    while load > 0 and erlang_c(load, agents, handling, within).within < target:
        agents += 1
    return agents
