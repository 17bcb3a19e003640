"""The sweep as beat sends it."""

import pytest

from queueing import tasks
from queueing.models import Agent, Department
from queueing.services import offers, sweeps
from queueing.states import EntryState, OfferState
from tests.cast import Clock
from tests.queueing.helpers import fresh, ringing, waiting_call


# Scenario 31: nothing but the columns knows of a deadline, so a process that has just started acts on all of them.
def test_the_task_of_the_beat_table_acts_on_what_is_due(alice: Agent, support: Department, time: Clock) -> None:
    from callcenter_site.celery import app

    waiting_call(support)
    offer = ringing(alice)
    time.pass_(support.offer_seconds)
    assert app.conf.beat_schedule["queue deadlines"]["task"] == tasks.sweep_deadlines.name
    tasks.sweep_deadlines()
    assert fresh(offer).state == OfferState.TIMED_OUT


def test_one_bad_row_does_not_keep_the_others_waiting(
    alice: Agent, bob: Agent, support: Department, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = waiting_call(support), waiting_call(support)
    bad = ringing(alice)
    expire = offers.expire_offer

    def fail_for_one(offer_id: int) -> bool:
        if offer_id == bad.pk:
            raise RuntimeError("a bad row")
        return expire(offer_id)

    monkeypatch.setattr(offers, "expire_offer", fail_for_one)
    time.pass_(support.offer_seconds)
    sweeps.sweep()
    assert (fresh(first).state, fresh(second).state) == (EntryState.OFFERING, EntryState.WAITING)
    monkeypatch.undo()
    offers.expire_offer(bad.pk)


# Matching runs after the commit of what changed; what was missed there the sweep finds.
def test_the_sweep_matches_whom_nobody_matched(alice: Agent, support: Department) -> None:
    Agent.objects.update(is_active=False)
    entry = waiting_call(support)
    Agent.objects.update(is_active=True)
    assert fresh(entry).state == EntryState.WAITING
    sweeps.sweep()
    assert ringing(alice).entry_id == entry.pk


def test_a_removed_agent_is_put_out_of_the_room_unless_he_has_it_again(
    alice: Agent, support: Department, telephony: "object"
) -> None:
    entry = waiting_call(support)
    tasks.remove_agent(entry.call_id, alice.pk)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    tasks.remove_agent(entry.call_id, alice.pk)
    tasks.remove_agent("gone", alice.pk)
    assert telephony.asked_for("remove") == [(entry.call.room_name, "agent_alice")]  # type: ignore[attr-defined]
