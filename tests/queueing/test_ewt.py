"""The estimated wait."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queueing.ewt import estimate


@pytest.mark.parametrize(
    ("position", "staffed", "mean", "expected"),
    [
        (1, 0, None, 300),
        (1, 1, None, 300),
        (1, 5, None, 300),
        (2, 1, None, 600),
        (2, 2, None, 300),
        (3, 2, None, 600),
    ],
)
def test_without_history_every_round_of_agents_takes_300_seconds(
    position: int, staffed: int, mean: float | None, expected: int
) -> None:
    assert estimate(position, staffed, mean, wrap_up=30) == expected


@pytest.mark.parametrize(
    ("position", "staffed", "mean", "wrap_up", "expected"),
    [
        (3, 1, 100.0, 0, 300),
        (1, 1, 0.0, 0, 0),
        (1, 10, 180.0, 0, 18),
        (4, 10, 180.0, 20, 80),
        (2, 0, 90.0, 30, 240),
    ],
)
def test_with_history_one_of_the_agents_becomes_free_after_another(
    position: int, staffed: int, mean: float, wrap_up: float, expected: int
) -> None:
    assert estimate(position, staffed, mean, wrap_up=wrap_up) == expected


@given(st.integers(-5, 500), st.integers(0, 50), st.none() | st.floats(-10, 5000))
def test_it_is_never_negative_and_never_shorter_further_back(position: int, staffed: int, mean: float | None) -> None:
    assert 0 <= estimate(position, staffed, mean) <= estimate(max(1, position) + 1, staffed, mean)
