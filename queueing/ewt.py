"""Estimated wait: a pure function, its error measured in docs/simulation.md."""

import math

WITHOUT_HISTORY = 300


def estimate(position: int, staffed: int, mean_handling: float | None, *, wrap_up: float = 0.0) -> int:
    """Seconds until the caller at `position` (1 is first) is answered.

    With all of `staffed` agents on calls one becomes free every (`mean_handling` + `wrap_up`) / `staffed` seconds, and
    `position` of them must: the mean wait when handling is exponential (QL of Ibrahim and Whitt, "Real-time delay
    estimation based on delay history", M&SOM 11, 2009). Without history (None) nothing is promised: 300 s a call, and
    a whole one for each full round of agents.

    It depends on the place in line and not on the time waited, so it never rises only because time passed.
    """
    place, agents = max(1, position), max(1, staffed)
    if mean_handling is None:
        return math.ceil(place / agents) * WITHOUT_HISTORY
    return round(place * (max(0.0, mean_handling) + max(0.0, wrap_up)) / agents)
