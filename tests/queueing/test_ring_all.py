"""All at once: every free agent is asked, the first to accept has the caller, the others are told who took him."""

from datetime import datetime, timedelta

import pytest

from calls.services import lifecycle
from calls.states import Speaker
from common.errors import Conflict
from queueing.matching import Free, Pair, Rules, Waiting, plan
from queueing.models import Agent, Department, Offer, QueueEntry
from queueing.services import agents, callbacks, offers, sweeps, transfers
from queueing.states import Activity, EntryState, OfferState, Presence, Strategy
from tests.cast import Clock, make_agent
from tests.queueing.helpers import enters, fresh, ringing, told_agent, waiting_call

NOON = datetime.fromisoformat("2026-11-21T12:00:00+00:00")
SUPPORT, SALES = 1, 2
RING = {SUPPORT: Rules(Strategy.RING_ALL)}


def caller(number: int, department: int = SUPPORT, *, ringing: bool = False) -> Waiting:
    return Waiting(number, department, 0, NOON + timedelta(seconds=number), ringing=ringing)


def free(number: int, **orders: int) -> Free:
    return Free(number, NOON - timedelta(seconds=number), {SUPPORT: orders.get("support", 0), **_sales(orders)})


def _sales(orders: dict[str, int]) -> dict[int, int]:
    return {SALES: orders["sales"]} if "sales" in orders else {}


# --- the plan ----------------------------------------------------------------------------------------------------
def test_the_first_in_line_rings_at_every_desk_and_the_second_waits() -> None:
    pairs = plan([caller(1), caller(2)], [free(1), free(2), free(3)], RING, NOON)
    assert sorted(pair.agent for pair in pairs) == [1, 2, 3]
    assert {(pair.entry, pair.together) for pair in pairs} == {(1, True)}


def test_who_has_just_declined_or_lacks_what_is_required_is_left_out() -> None:
    assert plan([caller(1)], [free(1), free(2)], RING, NOON, cooling={(1, 2)}) == [Pair(1, 1, together=True)]


def test_who_comes_free_later_is_given_a_caller_nobody_is_asked_about_before_he_joins_a_ring() -> None:
    assert plan([caller(1, ringing=True), caller(2)], [free(7)], RING, NOON) == [Pair(2, 7, together=True)]
    assert plan([caller(1, ringing=True)], [free(7)], RING, NOON) == [Pair(1, 7, together=True)]


def test_an_agent_who_serves_another_department_first_joins_when_nobody_waits_there() -> None:
    helper = free(2, support=1, sales=0)
    assert {pair.agent for pair in plan([caller(1)], [free(1), helper], RING, NOON)} == {1, 2}
    both = plan([caller(1), caller(9, SALES)], [free(1), helper], RING, NOON)
    assert {(pair.entry, pair.agent) for pair in both} == {(1, 1), (9, 2)}


def test_a_department_that_asks_one_leaves_a_ring_of_before_alone() -> None:
    assert plan([caller(1, ringing=True)], [free(1)], {}, NOON) == []


# --- in the database ---------------------------------------------------------------------------------------------
@pytest.fixture
def dina(support: Department) -> Agent:
    return make_agent("dina", support, idle_for=10)


@pytest.fixture
def entry(alice: Agent, bob: Agent, dina: Agent, support: Department) -> QueueEntry:
    """Rings at three desks."""
    Department.objects.filter(pk=support.pk).update(strategy=Strategy.RING_ALL)
    support.refresh_from_db()
    return waiting_call(support)


def states(*staff: Agent) -> list[str]:
    return [Offer.objects.filter(agent=agent).latest("pk").state for agent in staff]


def doing(*staff: Agent) -> list[str]:
    return [fresh(agent).activity for agent in staff]


def test_every_free_agent_is_offered_the_same_caller(
    alice: Agent, bob: Agent, dina: Agent, entry: QueueEntry, support: Department
) -> None:
    assert [ringing(agent).entry_id for agent in (alice, bob, dina)] == [entry.pk] * 3
    assert (fresh(entry).state, fresh(entry).agent) == (EntryState.OFFERING, None)
    assert entry.call.events.filter(kind="entry.offering").count() == 1
    second = waiting_call(support)
    assert fresh(second).state == EntryState.WAITING


def test_the_first_accept_wins_and_the_others_are_told_who_took_it(
    alice: Agent, bob: Agent, dina: Agent, entry: QueueEntry
) -> None:
    late = ringing(alice)
    offers.accept_offer(str(ringing(bob).pk), agent=bob)
    assert states(alice, bob, dina) == ["rescinded", "accepted", "rescinded"]
    assert doing(alice, bob, dina) == ["idle", "on_call", "idle"]
    for agent in (alice, dina):
        assert told_agent(agent, "offer_ended")[-1]["accepted_by"] == "bob"
    with pytest.raises(Conflict) as caught:
        offers.accept_offer(str(late.pk), agent=alice)
    assert (caught.value.code, caught.value.extra["accepted_by"]) == ("already_accepted", "bob")


def test_those_who_were_not_first_are_asked_about_the_next_at_once(
    alice: Agent, bob: Agent, dina: Agent, entry: QueueEntry, support: Department
) -> None:
    second = waiting_call(support)
    offers.accept_offer(str(ringing(bob).pk), agent=bob)
    assert {ringing(agent).entry_id for agent in (alice, dina)} == {second.pk}


def test_one_who_declines_leaves_the_others_ringing(alice: Agent, bob: Agent, dina: Agent, entry: QueueEntry) -> None:
    offers.decline_offer(str(ringing(alice).pk), agent=alice)
    assert states(alice, bob, dina) == ["declined", "pending", "pending"]
    assert fresh(entry).state == EntryState.OFFERING
    sweeps.sweep()
    assert doing(alice, bob, dina) == ["idle", "offered", "offered"]


def test_when_all_have_declined_they_are_asked_again_after_the_cool_down(  # noqa: PLR0917 -- fixtures
    alice: Agent, bob: Agent, dina: Agent, entry: QueueEntry, support: Department, time: Clock
) -> None:
    for agent in (alice, bob, dina):
        offers.decline_offer(str(ringing(agent).pk), agent=agent)
    assert fresh(entry).state == EntryState.WAITING
    sweeps.sweep()
    assert doing(alice, bob, dina) == ["idle"] * 3
    time.pass_(support.decline_cooldown_seconds + 1)
    sweeps.sweep()
    assert doing(alice, bob, dina) == ["offered"] * 3


def test_nobody_answers_in_time(  # noqa: PLR0917 -- fixtures
    alice: Agent, bob: Agent, dina: Agent, entry: QueueEntry, support: Department, time: Clock
) -> None:
    time.pass_(support.offer_seconds)
    sweeps.sweep()
    assert states(alice, bob, dina) == ["timed_out"] * 3
    assert doing(alice, bob, dina) == ["missed"] * 3
    assert fresh(entry).state == EntryState.WAITING


def test_the_caller_hangs_up_while_it_rings(alice: Agent, bob: Agent, dina: Agent, entry: QueueEntry) -> None:
    lifecycle.hang_up(entry.call_id, by_agent=False, actor="caller")
    assert states(alice, bob, dina) == ["cancelled"] * 3
    assert doing(alice, bob, dina) == ["idle"] * 3
    assert fresh(entry).state == EntryState.ABANDONED


def test_the_caller_would_rather_be_called_back(alice: Agent, bob: Agent, dina: Agent, entry: QueueEntry) -> None:
    callbacks.request_callback(fresh(entry.call), kind="callback", contact="0123", actor="caller")
    assert {offer.state for offer in entry.offers.all()} == {OfferState.CANCELLED}
    assert fresh(entry).state == EntryState.CALLBACK


def test_going_away_ends_ones_own_ring_only(alice: Agent, bob: Agent, dina: Agent, entry: QueueEntry) -> None:
    agents.set_presence(fresh(alice), Presence.AWAY, actor="alice")
    assert states(alice, bob, dina) == ["cancelled", "pending", "pending"]
    assert doing(alice) == ["idle"]


def test_who_comes_free_meanwhile_joins(alice: Agent, entry: QueueEntry, support: Department) -> None:
    late = make_agent("late", support, presence=Presence.AWAY)
    agents.set_presence(late, Presence.AVAILABLE, actor="late")
    offer = ringing(late)
    assert (offer.entry_id, offer.broadcast) == (entry.pk, True)
    offers.accept_offer(str(offer.pk), agent=fresh(late))
    assert fresh(alice).activity == Activity.IDLE


def test_somebody_takes_the_transfer_while_it_rings(alice: Agent, bob: Agent, dina: Agent, entry: QueueEntry) -> None:
    transfers.accept_transfer(entry.transfers.get().public_id, agent=dina)
    assert states(alice, bob, dina) == ["rescinded", "rescinded", "accepted"]
    outsider = make_agent("outsider", entry.department, presence=Presence.AWAY)
    with pytest.raises(Conflict):
        transfers.accept_transfer(entry.transfers.get().public_id, agent=outsider)


def test_an_agent_who_never_arrives_brings_the_ring_back_to_the_others(
    alice: Agent, bob: Agent, dina: Agent, entry: QueueEntry, time: Clock
) -> None:
    offers.accept_offer(str(ringing(bob).pk), agent=bob)
    time.pass_(16)
    sweeps.sweep()
    assert doing(alice, bob, dina) == ["offered", "idle", "offered"]


def test_what_is_said_meanwhile_is_heard_at_every_desk_it_rings_at(
    alice: Agent, bob: Agent, dina: Agent, entry: QueueEntry
) -> None:
    from calls.services import transcript

    transcript.add_segment(entry.call_id, key="k", speaker=Speaker.CUSTOMER, text="Is anybody there?")
    assert [told_agent(agent, "transcript")[-1]["text"] for agent in (alice, bob, dina)] == ["Is anybody there?"] * 3


def test_another_departments_caller_rings_at_who_is_not_in_the_ring(
    alice: Agent, bob: Agent, dina: Agent, entry: QueueEntry, sales: Department
) -> None:
    other = waiting_call(sales)
    assert fresh(other).state == EntryState.WAITING
    offers.accept_offer(str(ringing(dina).pk), agent=dina)
    assert ringing(bob).entry_id == other.pk


def test_the_strategy_changes_while_it_rings(alice: Agent, bob: Agent, dina: Agent, entry: QueueEntry) -> None:
    Department.objects.update(strategy=Strategy.LONGEST_IDLE)
    offers.decline_offer(str(ringing(alice).pk), agent=alice)
    sweeps.sweep()
    offers.accept_offer(str(ringing(dina).pk), agent=dina)
    enters(entry.call, dina)
    assert (fresh(entry).state, fresh(entry).agent) == (EntryState.CONNECTED, dina)
    assert states(bob) == [OfferState.RESCINDED]
