"""The figures, as pure functions of facts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from queueing.metrics.facts import Change, Grid, Outcome, Segment, Stay, Tally, Time, segments, wrap_ups
from queueing.metrics.figures import Rules, abandonment, agent_figures, department_figures, occupancy
from queueing.metrics.service_level import Counts, Formula, count, service_level
from queueing.states import Activity, Presence

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOW = NOON + timedelta(hours=1)


def at(seconds: float) -> datetime:
    """So long after noon."""
    return NOON + timedelta(seconds=seconds)


def answered(wait: float, *, talk: float | None = 60.0, wrap_up: float | None = 0.0) -> Stay:
    """A caller who came at noon and was answered after `wait` seconds."""
    return Stay(1, NOON, Outcome.ANSWERED, at(wait), None, talk_seconds=talk, wrap_up_seconds=wrap_up, agent=1)


def abandoned(wait: float, *, short: bool = False) -> Stay:
    """A caller who hung up after `wait` seconds."""
    return Stay(1, NOON, Outcome.ABANDONED, ended_at=at(wait), short=short)


def counted(stays: list[Stay], now: datetime) -> Counts:
    """Their counts at 20 seconds."""
    return count([Tally.of(stay, threshold=20, now=now) for stay in stays])


def level(stays: list[Stay], formula: Formula = Formula.DEFAULT, now: datetime = NOW) -> float | None:
    """Their service level at 20 seconds."""
    return service_level(counted(stays, now), formula)


@pytest.mark.parametrize(
    ("formula", "percent"),
    [(Formula.IGNORE, 77.8), (Formula.NEGATIVE, 70.0), (Formula.POSITIVE, 80.0)],
)
def test_the_counts_cisco_published_give_what_it_published(formula: Formula, percent: float) -> None:
    stays = [answered(10)] * 70 + [abandoned(10)] * 10 + [answered(30)] * 20
    found = level(stays, formula)
    assert found is not None
    assert round(found * 100, 1) == percent


@pytest.mark.parametrize("formula", Formula)
def test_without_a_call_the_service_level_is_unknown(formula: Formula) -> None:
    assert service_level(Counts(), formula) is None


@pytest.mark.parametrize("formula", Formula)
def test_a_short_abandon_alone_says_nothing(formula: Formula) -> None:
    assert level([abandoned(2, short=True)], formula) is None


@pytest.mark.parametrize("formula", Formula)
def test_a_service_level_lies_between_nothing_and_all(formula: Formula) -> None:
    left = Stay(1, NOON, Outcome.LEFT, ended_at=at(5))
    found = level([answered(1), answered(30), abandoned(3), abandoned(40), left, abandoned(1, short=True)], formula)
    assert found is not None
    assert 0 < found < 1


def test_the_threshold_itself_is_in_time() -> None:
    assert level([answered(20)]) == 1.0
    assert level([answered(20.001)]) == 0.0


@pytest.mark.parametrize("formula", Formula)
def test_who_still_waits_past_the_threshold_is_missed_already(formula: Formula) -> None:
    melting = [answered(5), *[Stay(1, NOON, Outcome.WAITING)] * 3]
    assert level(melting, formula, now=at(20)) == 1.0
    assert level(melting, formula, now=at(21)) == 0.25


def test_who_gave_up_late_by_another_way_stays_missed() -> None:
    late, soon = (Stay(1, NOON, Outcome.LEFT, ended_at=at(seconds)) for seconds in (600, 5))
    assert level([answered(5), late]) == 0.5
    assert level([answered(5), soon]) == 1.0


def test_the_default_takes_short_abandons_out_and_long_ones_in() -> None:
    stays = [answered(5), answered(30), abandoned(30), abandoned(10), abandoned(2, short=True)]
    assert level(stays) == 0.25


def test_answered_only_leaves_abandons_out() -> None:
    assert level([answered(5), answered(30), abandoned(30)], Formula.ANSWERED_ONLY) == 0.5


def test_ignore_short_counts_who_was_sent_elsewhere_at_once() -> None:
    soon = Stay(1, NOON, Outcome.LEFT, ended_at=at(5))
    assert level([answered(5), soon, abandoned(2, short=True)], Formula.IGNORE_SHORT) == 0.5


def figures(stays: list[Stay], staff: list[Time] | None = None) -> Any:
    """Figures of a department with a threshold of 20 seconds."""
    return department_figures(stays, staff or [], rules=Rules(20), now=NOW)


def test_nothing_happened_is_unknown_in_every_figure() -> None:
    none = figures([])
    assert none.counts == Counts()
    assert (none.service_level, none.asa, none.aht, none.abandonment, none.occupancy, none.longest_wait) == (None,) * 6


def test_the_speed_of_answer_is_the_mean_over_answered_calls() -> None:
    assert figures([answered(10), answered(20), abandoned(300)]).asa == 15


def test_handling_is_talk_and_wrap_up_of_calls_that_are_over() -> None:
    talking, wrapping = answered(1, talk=None), answered(1, talk=500, wrap_up=None)
    assert figures([answered(1, talk=100, wrap_up=20), answered(1, talk=60), talking, wrapping]).aht == 90


def test_abandonment_leaves_short_abandons_out_of_both_sides() -> None:
    stays = [answered(1), answered(1), answered(1), abandoned(30), abandoned(2, short=True)]
    assert abandonment(counted(stays, NOW)) == 0.25


def test_the_longest_wait_is_also_of_who_still_waits() -> None:
    assert figures([answered(10), Stay(1, NOON, Outcome.WAITING)]).longest_wait == 3600


def log(*rows: tuple[float, str, str], call: str = "c1") -> list[Change]:
    """An agent's log: (seconds after noon, kind, value)."""
    return [Change(1, at(seconds), kind, value, call) for seconds, kind, value in rows]


def test_occupancy_is_calls_and_wrap_up_over_that_and_readiness() -> None:
    changes = log(
        (100, "activity", Activity.OFFERED),
        (110, "activity", Activity.ON_CALL),
        (200, "activity", Activity.WRAPPING_UP),
        (230, "activity", Activity.IDLE),
        (240, "presence", Presence.AWAY),
    )
    time = segments(1, presence=Presence.AVAILABLE, activity=Activity.IDLE, changes=changes, start=NOON, end=at(1000))
    assert occupancy([Time.of(time)]) == pytest.approx(120 / 240)


def test_who_was_away_all_the_time_has_no_occupancy() -> None:
    assert occupancy([Time.of([Segment(1, NOON, NOW, Presence.AWAY, Activity.IDLE)])]) is None


def test_a_wrap_up_ends_with_the_next_thing_the_agent_does() -> None:
    changes = log(
        (0, "activity", Activity.WRAPPING_UP), (5, "presence", Presence.AWAY), (30, "activity", Activity.ON_CALL)
    )
    assert wrap_ups(changes) == {(1, "c1"): 30}


def test_a_wrap_up_that_lasts_is_not_known_yet() -> None:
    assert wrap_ups(log((0, "activity", Activity.WRAPPING_UP))) == {(1, "c1"): None}


def test_time_is_cut_at_the_intervals() -> None:
    grid = Grid.around(at(60), at(3601), timedelta(minutes=30))
    assert grid.starts() == [NOON, at(1800), at(3600)]
    cells = grid.spread([Segment(1, at(60), at(3601), Presence.AVAILABLE, Activity.IDLE)])
    assert [sum(segment.length.total_seconds() for segment in cell) for cell in cells] == [1740, 1800, 1]


def test_a_call_belongs_to_the_interval_in_which_it_entered_the_line() -> None:
    grid = Grid.around(NOON, at(1800), timedelta(minutes=15))
    stays = [Stay(1, at(seconds), Outcome.WAITING) for seconds in (-1, 0, 899, 900, 1800)]
    assert [len(cell) for cell in grid.sort(stays)] == [2, 1]


def test_an_agent_is_told_what_he_was_asked_and_what_he_did() -> None:
    time = [
        Segment(1, NOON, at(100), Presence.AVAILABLE, Activity.IDLE),
        Segment(1, at(100), at(200), Presence.AVAILABLE, Activity.ON_CALL),
        Segment(1, at(200), at(260), Presence.AWAY, Activity.MISSED),
    ]
    found = agent_figures(
        [answered(5, talk=90, wrap_up=10)], [("connected", ""), ("declined", "busy"), ("timed_out", "")], Time.of(time)
    )
    assert (found.asked, found.declined, found.missed, found.answered, found.aht) == (3, 1, 1, 1, 100)
    assert found.declined_for == {"busy": 1}
    assert (found.available_seconds, found.busy_seconds, found.away_seconds, found.occupancy) == (100, 100, 60, 0.5)
