"""After the call: the time for what is left to do, and its extension."""

from datetime import timedelta

import pytest

from common.errors import Conflict
from queueing import selectors
from queueing.models import Agent, Department
from queueing.services import agents, sweeps
from queueing.states import Activity, EntryState, Presence
from tests.cast import Clock, make_agent
from tests.queueing.helpers import (
    enters,
    fresh,
    hang_up,
    ringing,
    talking,
    told_agent,
    waiting_call,
)


# --- wrap-up -----------------------------------------------------------------------------------------------------
# Scenario 10
def test_everybody_leaves_wrap_up_on_his_own_clock(alice: Agent, bob: Agent, support: Department, time: Clock) -> None:
    alice, hers = talking(alice, support)
    bob, his = talking(bob, support)
    hang_up(hers)
    time.pass_(1)
    hang_up(his)
    time.pass_(support.wrap_up_seconds - 1)
    sweeps.sweep()
    assert (fresh(alice).activity, fresh(bob).activity) == (Activity.IDLE, Activity.WRAPPING_UP)
    time.pass_(1)
    sweeps.sweep()
    assert fresh(bob).activity == Activity.IDLE
    assert fresh(bob).idle_since == time.at


# Scenario 10
def test_ten_who_end_their_calls_a_second_apart_are_idle_a_second_apart(support: Department, time: Clock) -> None:
    Department.objects.update(wrap_up_seconds=30)
    # The longest idle is asked first: in their order.
    ten = [make_agent(f"clerk{number}", support, idle_for=1000 - number) for number in range(10)]
    conversations = [talking(agent, support)[1] for agent in ten]
    began = time.at
    for entry in conversations:
        hang_up(entry)
        time.pass_(1)
    time.pass_(19.5)
    idle = []
    for _ in ten:
        sweeps.sweep()
        idle.append([fresh(agent).activity for agent in ten].count(Activity.IDLE))
        time.pass_(1)
    sweeps.sweep()
    assert idle == list(range(10))
    assert [fresh(agent).activity for agent in ten] == [Activity.IDLE] * 10
    since = [(fresh(agent).idle_since - began).total_seconds() for agent in ten]
    assert since == [30.5 + number for number in range(10)]


def test_wrap_up_that_runs_out_brings_an_offer_and_finishing_it_the_call(
    alice: Agent, bob: Agent, support: Department, time: Clock
) -> None:
    alice, hers = talking(alice, support)
    bob, his = talking(bob, support)
    hang_up(hers)
    hang_up(his)
    first, second = waiting_call(support), waiting_call(support)
    agents.finish_wrap_up(selectors.get_agent("bob"))
    assert fresh(first).state == EntryState.CONNECTING
    enters(first.call, bob)
    time.pass_(support.wrap_up_seconds)
    sweeps.sweep()
    assert ringing(alice).entry_id == second.pk


def test_finishing_twice_is_fine_and_in_a_call_a_conflict(alice: Agent, support: Department) -> None:
    assert agents.finish_wrap_up(alice).activity == Activity.IDLE
    alice, _entry = talking(alice, support)
    with pytest.raises(Conflict):
        agents.finish_wrap_up(alice)


def test_without_wrap_up_time_the_agent_is_idle_at_once(alice: Agent, support: Department) -> None:
    Department.objects.update(wrap_up_seconds=0)
    alice, entry = talking(alice, support)
    agents.set_presence(alice, Presence.OFFLINE, after_call=True, actor="alice")
    hang_up(entry)
    assert (fresh(alice).activity, fresh(alice).presence) == (Activity.IDLE, Presence.OFFLINE)


# --- the extension of a wrap-up ----------------------------------------------------------------------------------
def wrapping_up(alice: Agent, billing: Department) -> Agent:
    """alice has just talked to a caller."""
    _, entry = talking(alice, billing)
    hang_up(entry)
    agent: Agent = fresh(alice)
    return agent


def test_a_wrap_up_is_extended_once(time: Clock, alice: Agent, billing: Department) -> None:
    agent = wrapping_up(alice, billing)
    before = agent.wrap_up_until
    assert before is not None
    after = agents.extend_wrap_up(agent).wrap_up_until
    assert after == before + timedelta(seconds=billing.wrap_up_extension_seconds)
    with pytest.raises(Conflict) as refused:
        agents.extend_wrap_up(agent)
    assert refused.value.code == "no_extension"
    assert fresh(alice).wrap_up_until == after
    assert told_agent(alice, "presence")[-1]["wrap_up_extension"] == 0


def test_the_next_wrap_up_may_be_extended_again(time: Clock, alice: Agent, billing: Department) -> None:
    agents.extend_wrap_up(wrapping_up(alice, billing))
    agents.finish_wrap_up(fresh(alice))
    assert wrapping_up(alice, billing).wrap_up_extension == billing.wrap_up_extension_seconds


def test_without_an_extension_there_is_none(time: Clock, alice: Agent, billing: Department) -> None:
    Department.objects.filter(pk=billing.pk).update(wrap_up_extension_seconds=0)
    with pytest.raises(Conflict):
        agents.extend_wrap_up(wrapping_up(alice, billing))


def test_an_idle_agent_has_nothing_to_extend(alice: Agent) -> None:
    with pytest.raises(Conflict) as refused:
        agents.extend_wrap_up(alice)
    assert refused.value.code == "wrong_state"


def test_a_wrap_up_that_has_run_out_is_not_extended(time: Clock, alice: Agent, billing: Department) -> None:
    agent = wrapping_up(alice, billing)
    time.pass_(billing.wrap_up_seconds)
    with pytest.raises(Conflict):
        agents.extend_wrap_up(agent)


def test_away_chosen_while_the_wrap_up_is_being_finished_brings_no_call(
    time: Clock, alice: Agent, billing: Department
) -> None:
    as_read_before = wrapping_up(alice, billing)
    waiting = waiting_call(billing, email="dan@example.test")
    agents.set_presence(fresh(alice), Presence.AWAY, reason="lunch", after_call=True, actor="alice")
    agents.finish_wrap_up(as_read_before)
    agent = fresh(alice)
    assert (agent.presence, agent.away_reason, agent.activity) == (Presence.AWAY, "lunch", Activity.IDLE)
    assert fresh(waiting).state == EntryState.WAITING
