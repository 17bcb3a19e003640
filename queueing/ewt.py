"""Estimated wait: a pure function."""

import math

WITHOUT_HISTORY = 300


def estimate(position: int, staffed: int, mean_handling: float | None) -> int:
    """Seconds until the caller at `position` (1 is first) is answered.

    Every full round of `staffed` agents takes one mean handling time (seconds); without history 300 are assumed.
    It depends on the place in line alone, so it never rises because somebody has waited longer than announced.
    """
    rounds = math.ceil(max(1, position) / max(1, staffed))
    mean = WITHOUT_HISTORY if mean_handling is None else max(0.0, mean_handling)
    return round(rounds * mean)
