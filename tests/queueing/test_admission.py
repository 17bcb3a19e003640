"""Who may wait for whom: the departments' rules as pure functions."""

import pytest

from queueing.admission import Cause, Rule, Standing, Verdict, obstacle, route

OVERFLOW_ALL = dict.fromkeys(Cause, Rule.OVERFLOW)


def look_at(*standings: Standing):
    """The departments by their numbers."""
    return {standing.id: standing for standing in standings}.__getitem__


def test_an_open_department_with_room_and_staff_takes_everybody() -> None:
    assert route(1, look_at(Standing(1))) == Verdict(1)


@pytest.mark.parametrize(
    ("standing", "cause"),
    [
        (Standing(1, is_open=False), Cause.CLOSED),
        (Standing(1, is_active=False, rules={Cause.CLOSED: Rule.MESSAGE}), Cause.CLOSED),
        (Standing(1, waiting=3, max_waiting=3), Cause.FULL),
        (Standing(1, is_staffed=False), Cause.UNSTAFFED),
        (Standing(1, is_open=False, waiting=3, max_waiting=3, is_staffed=False), Cause.CLOSED),
    ],
)
def test_what_keeps_a_caller_out(standing: Standing, cause: Cause) -> None:
    assert obstacle(standing, newcomer=True) is cause


def test_a_full_line_is_no_matter_to_those_in_it() -> None:
    assert obstacle(Standing(1, waiting=3, max_waiting=3), newcomer=False) is None


def test_to_keep_them_waiting_is_no_obstacle_and_the_next_cause_counts() -> None:
    closed = Standing(1, {Cause.CLOSED: Rule.KEEP}, is_open=False, is_staffed=False)
    assert obstacle(closed, newcomer=True) is Cause.UNSTAFFED


@pytest.mark.parametrize("rule", [Rule.EITHER, Rule.MESSAGE, Rule.CALLBACK, Rule.AI_ONLY])
def test_a_refusal_says_what_is_offered(rule: Rule) -> None:
    verdict = route(1, look_at(Standing(1, {Cause.CLOSED: rule}, is_open=False)))
    assert verdict == Verdict(None, (), 1, Cause.CLOSED, rule)


def test_an_overflow_goes_through_every_department_that_cannot_serve() -> None:
    first = Standing(1, OVERFLOW_ALL, is_open=False, overflow_to=2)
    second = Standing(2, OVERFLOW_ALL, waiting=1, max_waiting=1, overflow_to=3)
    assert route(1, look_at(first, second, Standing(3))) == Verdict(3, ((1, Cause.CLOSED), (2, Cause.FULL)))


def test_the_last_department_of_a_chain_may_refuse() -> None:
    first = Standing(1, OVERFLOW_ALL, is_open=False, overflow_to=2)
    second = Standing(2, {Cause.CLOSED: Rule.CALLBACK}, is_open=False)
    assert route(1, look_at(first, second)) == Verdict(None, ((1, Cause.CLOSED),), 2, Cause.CLOSED, Rule.CALLBACK)


@pytest.mark.parametrize("target", [1, 2, None])
def test_a_chain_without_end_is_a_refusal_of_the_first(target: int | None) -> None:
    first = Standing(1, OVERFLOW_ALL, is_open=False, overflow_to=2)
    second = Standing(2, OVERFLOW_ALL, is_staffed=False, overflow_to=target)
    assert route(1, look_at(first, second)) == Verdict(None, (), 1, Cause.CLOSED, Rule.EITHER)


def test_nobody_is_sent_back_to_where_he_has_been() -> None:
    here = Standing(1, OVERFLOW_ALL, overflow_to=2)
    verdict = route(1, look_at(here, Standing(2)), been=[2], cause=Cause.TIMED_OUT)
    assert verdict == Verdict(None, (), 1, Cause.TIMED_OUT, Rule.EITHER)


def test_a_department_that_was_switched_off_keeps_nobody_waiting() -> None:
    off = Standing(1, {Cause.CLOSED: Rule.KEEP}, is_active=False, overflow_to=2)
    assert route(1, look_at(off, Standing(2))) == Verdict(2, ((1, Cause.CLOSED),))
