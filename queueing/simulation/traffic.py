"""Invented callers."""

from collections.abc import Iterator
from math import inf
from random import Random

from queueing.simulation.model import Arrival


def poisson(
    random: Random,
    *,
    rate: float,
    mean_handling: float,
    mean_patience: float = inf,
    department: str = "support",
    calls: int,
    begin: float = 0.0,
) -> Iterator[Arrival]:
    """`calls` arrivals at `rate` a second, with exponential handling and, unless infinite, exponential patience."""
    second = begin
    draw = random.expovariate
    for _ in range(calls):
        second += draw(rate)
        patience = inf if mean_patience == inf else draw(1 / mean_patience)
        yield Arrival(second, department, draw(1 / mean_handling), patience)
