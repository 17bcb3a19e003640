"""Confidence intervals of simulated figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist, fmean, stdev


@dataclass(frozen=True)
class Interval:
    """A mean and half the width of its confidence interval."""

    mean: float
    half: float

    def __contains__(self, value: float) -> bool:
        return abs(value - self.mean) <= self.half


def t_quantile(probability: float, degrees: int) -> float:
    """Student's t by the expansion of Abramowitz & Stegun 26.7.5; three digits are right from 8 degrees on."""
    x = NormalDist().inv_cdf(probability)
    terms = (
        (x**3 + x) / 4,
        (5 * x**5 + 16 * x**3 + 3 * x) / 96,
        (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384,
        (79 * x**9 + 776 * x**7 + 1482 * x**5 - 1920 * x**3 - 945 * x) / 92160,
    )
    return x + sum(term / float(degrees) ** power for power, term in enumerate(terms, start=1))


def interval(values: Sequence[float], confidence: float = 0.99) -> Interval:
    """The interval from independent values, such as the means of long batches of one run.

    Source: Law, Simulation Modeling and Analysis, 5th ed., section 9.5.3 (batch means). At least 9 values.
    """
    if len(values) < 9:
        raise ValueError("An interval needs at least 9 batches.")
    half = t_quantile((1 + confidence) / 2, len(values) - 1) * stdev(values) / sqrt(len(values))
    return Interval(fmean(values), half)
