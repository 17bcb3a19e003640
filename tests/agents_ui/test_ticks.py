"""Invariant 7 for the desk's full values: what a page makes of them is what a fresh one shows."""

from collections.abc import Iterator

import pytest

from agents_ui.desks import ticks
from calls.models import Call
from calls.services import lifecycle
from calls.states import EndReason
from queueing.models import Agent, Department, QueueEntry
from queueing.services import agents, by_hand, callbacks, offers
from queueing.states import Presence
from tests.agents_ui import led_on
from tests.agents_ui.led_on import Act, OpenDesk, shown_now
from tests.agents_ui.proof import PROVED, check_proof, proves
from tests.cast import Clock
from tests.queueing.helpers import enters, ringing, waiting_call

TICKS = {tick["type"] for tick in ticks([{"department": "billing"}], {}, []).values()}


@pytest.fixture
def told() -> set[str]:
    """Types told in the test so far."""
    return set()


@pytest.fixture(autouse=True)
def _all_told(request: pytest.FixtureRequest, told: set[str]) -> Iterator[None]:
    yield from check_proof(request, told)


@pytest.fixture
def desk_of_alice(time: Clock, alice: Agent) -> Agent:
    """alice at her desk, for an hour or two."""
    Agent.objects.filter(pk=alice.pk).update(lease_until=time.at.replace(hour=23))
    alice.refresh_from_db()
    return alice


def at_lunch(agent: Agent) -> None:
    """Nothing rings at the desk."""
    agents.set_presence(agent, Presence.AWAY, reason="lunch", actor=agent.username)


def departments_of(agent: Agent, *departments: Department) -> Act:
    """The admin puts the agent into these, and no others."""
    return lambda: agent.departments.set(departments)


def entry_of(email: str) -> QueueEntry:
    """Where the caller stands, or stood last."""
    return QueueEntry.objects.filter(call__customer_email=email).latest("pk")


@proves("queue_update", "transfers")
def test_lines_of_callers_who_come_wait_and_go(
    desk_of_alice: Agent, billing: Department, support: Department, time: Clock, told: set[str]
) -> None:
    at_lunch(desk_of_alice)
    told |= led_on.assert_told_all(
        desk_of_alice,
        lambda: waiting_call(support),
        lambda: time.pass_(65),
        lambda: waiting_call(billing, email="dan@example.test"),
        lambda: waiting_call(support, email="eve@example.test"),
        lambda: by_hand.move(entry_of("eve@example.test"), billing, actor="sam"),
        lambda: callbacks.request_callback(
            entry_of("eve@example.test").call, kind="callback", contact="0123", actor="caller"
        ),
        lambda: by_hand.remove(entry_of("carol@example.test"), "test call", actor="sam"),
        lambda: lifecycle.end_call(entry_of("dan@example.test").call_id, EndReason.ABANDONED, actor="caller"),
    )


@proves("today")
def test_a_day_with_a_declined_a_missed_and_an_answered_call(
    desk_of_alice: Agent, billing: Department, time: Clock, told: set[str]
) -> None:
    alice = desk_of_alice

    def misses() -> None:
        time.pass_(60)
        offers.expire_offer(ringing(alice).pk)

    told |= led_on.assert_told_all(
        alice,
        lambda: waiting_call(billing),
        lambda: offers.decline_offer(str(ringing(alice).pk), agent=alice),
        lambda: time.pass_(600),
        lambda: waiting_call(billing, email="dan@example.test"),
        misses,
        lambda: agents.set_presence(alice, Presence.AVAILABLE, actor="alice"),
        lambda: offers.accept_offer(str(ringing(alice).pk), agent=alice),
        lambda: enters(Call.objects.get(agent=alice.user), alice),
        lambda: time.pass_(90),
        lambda: lifecycle.end_call(Call.objects.get(agent=alice.user).pk, EndReason.AGENT_HANGUP, actor="alice"),
        lambda: time.pass_(10),
        lambda: agents.finish_wrap_up(Agent.objects.get(pk=alice.pk)),
    )
    today = shown_now(alice)["today"]
    assert all(today.values()), today


@proves("departments")
def test_an_agent_who_is_put_into_other_departments(
    desk_of_alice: Agent, billing: Department, sales: Department, support: Department, told: set[str]
) -> None:
    alice = desk_of_alice
    at_lunch(alice)
    told |= led_on.assert_told_all(
        alice,
        lambda: waiting_call(sales),
        lambda: waiting_call(billing, email="dan@example.test"),
        departments_of(alice, billing, sales, support),
        departments_of(alice, sales),
        departments_of(alice),
        departments_of(alice, billing),
    )


def test_a_desk_that_comes_back_after_long_shows_what_has_changed_without_a_message(
    desk_of_alice: Agent, billing: Department, sales: Department
) -> None:
    # Nothing is stored for who is not there.
    Agent.objects.filter(pk=desk_of_alice.pk).update(presence=Presence.OFFLINE, lease_until=None)
    gone = waiting_call(billing)
    desk = OpenDesk(desk_of_alice)
    before = desk.shown()
    lifecycle.end_call(gone.call_id, EndReason.ABANDONED, actor="caller")
    waiting_call(sales, email="dan@example.test")
    departments_of(desk_of_alice, sales)()
    desk.comes_back()
    desk.hears()
    assert desk.told() == TICKS
    assert desk.shown() == shown_now(desk_of_alice) != before


def test_every_full_value_of_a_desk_is_proved() -> None:
    assert PROVED[__name__] == TICKS
