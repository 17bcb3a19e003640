"""The facts as the engine writes them, read back as figures."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from calls.models import Call, CallEvent
from calls.services import lifecycle
from calls.states import EndReason
from common import clock
from queueing.metrics import selectors
from queueing.metrics.facts import Grid
from queueing.metrics.figures import AgentFigures, Figures
from queueing.models import Agent, AgentEvent, Department, QueueEntry
from queueing.services import agents, callbacks, calling_back, offers, returning, sweeps
from queueing.states import Presence
from tests.cast import make_agent, make_department
from tests.queueing.helpers import enters, fresh, leaves, ringing, waiting_call
from tests.queueing.test_calling_back import arrives

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Clock:
    """Stands still unless told."""

    def __init__(self) -> None:
        self.at = NOON

    def pass_(self, seconds: float) -> None:
        """Let time go by."""
        self.at += timedelta(seconds=seconds)


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock, at noon before anybody is there."""
    stopped = Clock()
    monkeypatch.setattr("common.clock.timezone.now", lambda: stopped.at)
    return stopped


def call_of(entry: QueueEntry) -> Call:
    """Its call, as it is now."""
    return Call.objects.get(pk=entry.call_id)


def handled(department: Department, agent: Agent, time: Clock, *, wait: float, talk: float) -> QueueEntry:
    """A call the agent takes after `wait` seconds, talks in for `talk`, and wraps up for ten seconds."""
    entry = waiting_call(department)
    time.pass_(wait)
    offers.accept_offer(str(ringing(agent).pk), agent=agent)
    enters(call_of(entry), agent)
    time.pass_(talk)
    lifecycle.end_call(entry.call_id, EndReason.AGENT_HANGUP, actor=agent.username)
    time.pass_(10)
    agents.finish_wrap_up(fresh(agent))
    return entry


def of(department: Department, *, hours: int = 1) -> list[Figures]:
    """Its whole range from noon, then every half hour."""
    grid = Grid.around(NOON, NOON + hours * HOUR, HOUR / 2)
    return [row.figures for row in selectors.by_department([fresh(department)], grid, now=clock.now())]


def of_agent(agent: Agent) -> AgentFigures:
    """The whole hour after noon."""
    return selectors.by_agent([agent], Grid.around(NOON, NOON + HOUR, HOUR), now=clock.now())[0].figures


def test_a_handled_call_is_told_whole(billing: Department, alice: Agent, time: Clock) -> None:
    handled(billing, alice, time, wait=15, talk=90)
    whole = of(billing)[0]
    assert (whole.counts.offered, whole.counts.answered, whole.counts.answered_in_time) == (1, 1, 1)
    assert (whole.service_level, whole.asa, whole.aht, whole.abandonment, whole.longest_wait) == (1, 15, 100, 0, 15)
    assert whole.occupancy == pytest.approx(100 / 115)


def test_accept_media_and_end_are_stored_once_and_the_wait_ends_at_the_accept(
    billing: Department, alice: Agent, time: Clock
) -> None:
    entry = waiting_call(billing)
    time.pass_(19)
    offer = ringing(alice)
    offers.accept_offer(str(offer.pk), agent=alice)
    time.pass_(3)
    # Pressed again while the media comes up.
    offers.accept_offer(str(offer.pk), agent=alice)
    assert (fresh(entry).answered_at, fresh(entry).connected_at) == (NOON + timedelta(seconds=19), None)
    time.pass_(3)
    alices = enters(call_of(entry), alice)
    assert fresh(entry).connected_at == NOON + timedelta(seconds=25)
    time.pass_(10)
    # Her desk is gone for a moment.
    leaves(call_of(entry), alices)
    time.pass_(2)
    enters(call_of(entry), alice)
    sweeps.sweep()
    time.pass_(88)
    for _ in range(2):
        lifecycle.end_call(entry.call_id, EndReason.AGENT_HANGUP, actor="alice")
        time.pass_(5)
    agents.finish_wrap_up(fresh(alice))
    now = fresh(entry)
    times = [now.answered_at, now.connected_at, now.ended_at]
    assert [(moment - NOON).total_seconds() for moment in times] == [19, 25, 125]
    assert (fresh(offer).answered_at, now.waited()) == (NOON + timedelta(seconds=19), 19)
    rows = CallEvent.objects.filter(call=entry.call_id, kind__startswith="entry.").order_by("pk")
    assert [(row.kind, (row.at - NOON).total_seconds()) for row in rows] == [
        ("entry.waiting", 0), ("entry.offering", 0), ("entry.connecting", 19), ("entry.connected", 25),
        ("entry.done", 125),
    ]  # fmt: skip
    # In time by the threshold of 20 s, for the media is no part of the wait; the talk begins with it.
    whole, own = of(billing)[0], of_agent(alice)
    assert billing.service_level_seconds == 20
    assert (whole.counts.answered_in_time, whole.asa, whole.longest_wait) == (1, 19, 19)
    assert (own.answered, own.talk_seconds, own.wrap_up_seconds, whole.aht) == (1, 100, 10, 110)


def test_an_accept_past_the_threshold_is_late_however_quick_the_media(
    billing: Department, alice: Agent, time: Clock
) -> None:
    Department.objects.filter(pk=billing.pk).update(offer_seconds=60)
    handled(billing, alice, time, wait=21, talk=60)
    whole = of(billing)[0]
    assert (whole.counts.answered, whole.counts.answered_in_time, whole.asa) == (1, 0, 21)


def test_an_agent_who_does_not_arrive_is_not_blamed_in_the_figures(
    billing: Department, alice: Agent, time: Clock
) -> None:
    entry = waiting_call(billing)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    time.pass_(15)
    sweeps.sweep()
    assert fresh(entry).answered_at is None
    own, counts = of_agent(alice), of(billing)[0].counts
    assert (own.asked, own.missed, own.declined, own.answered) == (1, 0, 0, 0)
    assert (counts.answered, counts.waiting) == (0, 1)


def test_the_agents_own_figures_agree(billing: Department, alice: Agent, time: Clock) -> None:
    handled(billing, alice, time, wait=15, talk=90)
    own = of_agent(alice)
    assert (own.asked, own.answered, own.talk_seconds, own.wrap_up_seconds, own.aht) == (1, 1, 90, 10, 100)
    assert (own.available_seconds, own.busy_seconds) == (15, 100)


def test_a_call_counts_in_the_interval_in_which_it_came(billing: Department, alice: Agent, time: Clock) -> None:
    time.pass_(1790)
    handled(billing, alice, time, wait=15, talk=90)
    _, first, second = of(billing)
    assert (first.counts.answered, second.counts.answered) == (1, 0)
    assert second.service_level is None
    assert first.occupancy == 0
    assert second.occupancy == pytest.approx(100 / 105)


def test_who_hangs_up_early_is_a_short_abandon_and_late_a_long_one(
    billing: Department, alice: Agent, time: Clock
) -> None:
    agents.set_presence(alice, Presence.AWAY, actor="alice")
    for seconds in (2, 30):
        entry = waiting_call(billing)
        time.pass_(seconds)
        lifecycle.end_call(entry.call_id, EndReason.ABANDONED, actor="caller")
    counts = of(billing)[0].counts
    assert (counts.offered, counts.abandoned, counts.abandoned_short) == (2, 1, 1)


def test_who_still_waits_past_the_threshold_pulls_the_level_down(
    billing: Department, alice: Agent, time: Clock
) -> None:
    handled(billing, alice, time, wait=1, talk=60)
    agents.set_presence(fresh(alice), Presence.AWAY, actor="alice")
    waiting_call(billing)
    time.pass_(20)
    assert of(billing)[0].service_level == 1
    time.pass_(1)
    assert of(billing)[0].service_level == 0.5


def test_a_caller_lost_by_his_agent_was_answered_once_and_at_his_first_answer(
    billing: Department, alice: Agent, time: Clock
) -> None:
    entry = waiting_call(billing)
    time.pass_(5)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    enters(call_of(entry), alice)
    time.pass_(600)
    QueueEntry.objects.filter(pk=entry.pk).update(agent_lost_at=clock.now(), agent_lost_deadline=clock.now())
    assert returning.give_back(entry.pk)
    whole = of(billing)[0]
    assert (whole.counts.answered, whole.counts.waiting, whole.asa, whole.service_level) == (1, 0, 5, 1)


def test_a_wrap_up_that_lasts_keeps_the_call_out_of_the_handling_time(
    billing: Department, alice: Agent, time: Clock
) -> None:
    entry = waiting_call(billing)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    enters(call_of(entry), alice)
    time.pass_(60)
    lifecycle.end_call(entry.call_id, EndReason.AGENT_HANGUP, actor="alice")
    time.pass_(5)
    assert of(billing)[0].aht is None


def test_an_agent_who_declines_is_told_so(billing: Department, alice: Agent) -> None:
    waiting_call(billing)
    offers.decline_offer(str(ringing(alice).pk), agent=alice)
    own = of_agent(alice)
    assert (own.asked, own.declined, own.missed, own.answered) == (1, 1, 0, 0)
    assert own.declined_for == {"": 1}


def test_declines_are_counted_by_the_reason_given(billing: Department, alice: Agent, time: Clock) -> None:
    for reason in ("busy", "busy", "language"):
        waiting_call(billing)
        offers.decline_offer(str(ringing(alice).pk), agent=alice, reason=reason)
    assert of_agent(alice).declined_for == {"busy": 2, "language": 1}


def test_the_formula_is_the_departments(billing: Department, alice: Agent, time: Clock) -> None:
    handled(billing, alice, time, wait=1, talk=60)
    agents.set_presence(fresh(alice), Presence.AWAY, actor="alice")
    entry = waiting_call(billing)
    time.pass_(10)
    lifecycle.end_call(entry.call_id, EndReason.ABANDONED, actor="caller")
    levels = []
    for formula in ("default", "answered_only", "ignore", "negative", "positive"):
        Department.objects.filter(pk=billing.pk).update(service_level_formula=formula)
        levels.append(of(billing)[0].service_level)
    assert levels == [0.5, 1, 1, 0.5, 1]


def test_a_caller_of_before_the_window_who_still_waits_is_in_the_recent_figures(
    billing: Department, alice: Agent, time: Clock
) -> None:
    agents.set_presence(alice, Presence.AWAY, actor="alice")
    waiting_call(billing)
    time.pass_(3600)
    boards = selectors.boards([billing], midnight=NOON, recent=HOUR / 2, now=clock.now())()
    assert (boards[billing.pk].recent.service_level, boards[billing.pk].today.service_level) == (0, 0)


def test_presence_before_the_range_is_taken_over_from_the_log(alice: Agent, time: Clock) -> None:
    agents.set_presence(alice, Presence.AWAY, actor="alice")
    time.pass_(5400)
    agents.set_presence(fresh(alice), Presence.AVAILABLE, actor="alice")
    time.pass_(900)
    grid = Grid.around(NOON + HOUR, NOON + HOUR, HOUR)
    grid = Grid.around(NOON + HOUR, NOON + 2 * HOUR, HOUR)
    whole = selectors.by_agent([alice], grid, now=clock.now())[0].figures
    assert (whole.away_seconds, whole.available_seconds) == (1800, 900)


def test_the_number_of_queries_does_not_grow(
    billing: Department, alice: Agent, time: Clock, django_assert_num_queries: Any
) -> None:
    handled(billing, alice, time, wait=15, talk=90)
    for name in ("dan", "eve", "fay"):
        handled(department := make_department(name), make_agent(name, department), time, wait=1, talk=5)
    grid = Grid.around(NOON, NOON + HOUR, HOUR / 4)
    departments, everybody = list(Department.objects.all()), list(Agent.objects.select_related("user"))
    with django_assert_num_queries(4):
        selectors.by_department(departments, grid, now=clock.now())
    with django_assert_num_queries(4):
        selectors.by_agent(everybody, grid, now=clock.now())
    with django_assert_num_queries(2):
        selectors.boards(departments, midnight=NOON, recent=HOUR / 2, now=clock.now())()


def test_a_callback_is_no_abandon_and_no_wait(billing: Department, alice: Agent, time: Clock) -> None:
    agents.set_presence(alice, Presence.AWAY, actor="alice")
    entry = waiting_call(billing)
    time.pass_(600)
    callbacks.request_callback(entry.call, kind="callback", contact="0123", actor="caller")
    Agent.objects.update(lease_until=time.at + HOUR)
    agents.set_presence(fresh(alice), Presence.AVAILABLE, actor="alice")
    call = calling_back.answer(entry.call)
    enters(call, alice)
    arrives(call)
    time.pass_(60)
    lifecycle.end_call(call.pk, EndReason.AGENT_HANGUP, actor="alice")
    agents.finish_wrap_up(fresh(alice))
    whole = of(billing)[0]
    assert (whole.counts.offered, whole.counts.left, whole.counts.abandoned, whole.called_back) == (1, 1, 0, 1)
    assert (whole.asa, whole.aht, of_agent(alice).answered) == (None, 60, 1)


def test_an_attempt_nobody_answers_counts_nowhere(billing: Department, alice: Agent, time: Clock) -> None:
    entry = waiting_call(billing, ai_state="live")
    made = callbacks.request_callback(entry.call, kind="callback", contact="0123", actor="ai")
    lifecycle.end_call(entry.call_id, EndReason.CALLBACK, actor="ai")
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    time.pass_(30)
    assert calling_back.no_answer(made.pk)
    assert (of(billing)[0].counts.offered, of(billing)[0].called_back, of_agent(alice).answered) == (1, 0, 0)


def test_a_dead_laptop_is_not_available(billing: Department, alice: Agent, time: Clock) -> None:
    lease = clock.now() + timedelta(seconds=15)
    Agent.objects.update(lease_until=None)
    agents.renew_lease(alice.pk, until=lease)
    time.pass_(100)
    sweeps.sweep()
    time.pass_(100)
    agents.renew_lease(alice.pk, until=clock.now() + timedelta(seconds=1000))
    time.pass_(300)
    own = of_agent(alice)
    assert (own.available_seconds, own.away_seconds) == (15 + 300, 0)
    rows = AgentEvent.objects.filter(agent=alice, kind="desk").order_by("at")
    assert [(row.value, row.actor) for row in rows] == [("open", "alice"), ("closed", "system"), ("open", "alice")]
    assert rows[1].at == lease


def test_a_desk_that_closes_is_noted_once(alice: Agent, time: Clock) -> None:
    agents.renew_lease(alice.pk, until=clock.now() + timedelta(hours=2))
    Agent.objects.update(lease_until=clock.now() + timedelta(seconds=15), desk_open=True)
    assert not agents.note_closed_desk(alice.pk)
    time.pass_(15)
    assert [agents.note_closed_desk(alice.pk), agents.note_closed_desk(alice.pk)] == [True, False]
