"""Work grows with what has changed, and a batch costs the statements of one."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models.sql import compiler
from django.test.utils import CaptureQueriesContext

from common import clock, prepared
from queueing import selectors
from queueing.matching import Pair
from queueing.models import Agent, Department, Membership, Offer, QueueEntry
from queueing.services import agents
from queueing.services.matching import make_offers, match
from queueing.states import Activity, EntryState, OfferState, Presence
from tests.cast import make_agent, make_department
from tests.queueing.helpers import fresh, ringing, told_agent, waiting_call


def staff(count: int, *departments: Department) -> list[Agent]:
    """Many agents at their desks, away."""
    first, now = Agent.objects.count(), clock.now()
    users = User.objects.bulk_create(User(username=f"clerk{first + n}", is_staff=True) for n in range(count))
    lease = now + timedelta(hours=1)
    made = Agent.objects.bulk_create(
        Agent(user=user, presence=Presence.AWAY, lease_until=lease, idle_since=now + timedelta(milliseconds=n))
        for n, user in enumerate(users)
    )
    Membership.objects.bulk_create(Membership(agent=agent, department=d) for agent in made for d in departments)
    return made


@pytest.fixture
def rows_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Rows the ORM has fetched, by query."""
    read: list[int] = []
    original = compiler.cursor_iter

    def counted(*args: Any, **more: Any) -> Iterator[Any]:
        for chunk in original(*args, **more):
            read.append(len(chunk))
            yield chunk

    monkeypatch.setattr(compiler, "cursor_iter", counted)
    run = prepared.Prepared.__call__

    def counted_too(self: prepared.Prepared, **given: Any) -> list[prepared.Row]:
        rows = run(self, **given)
        read.append(len(rows))
        return rows

    monkeypatch.setattr(prepared.Prepared, "__call__", counted_too)
    return read


def work_of(act: Callable[[], Any], rows_read: list[int]) -> tuple[int, int]:
    """How many statements and rows it takes."""
    rows_read.clear()
    with CaptureQueriesContext(connection) as seen:
        act()
    return len(seen), sum(rows_read)


def change(agent: Agent) -> None:
    """His presence, several times."""
    for status in (Presence.AVAILABLE, Presence.AWAY, Presence.OFFLINE, Presence.AVAILABLE):
        agents.set_presence(selectors.get_agent(agent.username), status, actor=agent.username)


# Scenario 36
def test_the_work_of_a_changed_presence_does_not_grow_with_the_agents_there_are(
    support: Department, sales: Department, rows_read: list[int]
) -> None:
    waiting_call(sales)
    few = staff(3, support)
    work_of(lambda: change(few[0]), rows_read)
    before = work_of(lambda: change(few[1]), rows_read)
    many = staff(296, support)
    Agent.objects.filter(pk__in=[agent.pk for agent in many[100:]]).update(presence=Presence.AVAILABLE)
    assert work_of(lambda: change(few[2]), rows_read) == work_of(lambda: change(many[0]), rows_read) == before


# Scenario 36
def test_the_work_of_a_changed_presence_does_not_grow_with_the_departments_there_are(
    support: Department, sales: Department, rows_read: list[int]
) -> None:
    waiting_call(sales)
    one, other, third = staff(3, support)

    work_of(lambda: change(one), rows_read)
    before = work_of(lambda: change(other), rows_read)
    # Each with somebody in line and somebody at work.
    for number in range(28):
        department = make_department(f"line{number}")
        waiting_call(department)
        staff(1, department)
    assert Department.objects.count() == 30
    assert work_of(lambda: change(third), rows_read) == before


# Scenario 36
def test_a_changed_presence_costs_no_more_statements_in_thirty_departments_than_in_two(
    support: Department, sales: Department, rows_read: list[int]
) -> None:
    others = [make_department(f"line{number}") for number in range(28)]

    one, in_two = staff(2, support, sales)
    (in_all,) = staff(1, support, sales, *others)
    work_of(lambda: change(one), rows_read)
    before, _ = work_of(lambda: change(in_two), rows_read)
    after, _ = work_of(lambda: change(in_all), rows_read)
    assert after == before


def test_who_becomes_available_reads_no_more_of_the_line_than_he_can_take(
    support: Department, rows_read: list[int]
) -> None:
    one, other = staff(2, support)

    def takes(agent: Agent) -> tuple[int, int]:
        return work_of(lambda: agents.set_presence(agent, Presence.AVAILABLE, actor=agent.username), rows_read)

    for _ in range(agents.AHEAD + 2):
        waiting_call(support)
    before = takes(one)
    for _ in range(20):
        waiting_call(support)
    assert takes(other) == before
    assert QueueEntry.objects.filter(state=EntryState.CONNECTING).count() == 2


def test_a_batch_of_offers_takes_the_statements_of_a_small_one(support: Department, rows_read: list[int]) -> None:
    def batch(size: int) -> int:
        entries = [waiting_call(support) for _ in range(size)]
        Agent.objects.filter(pk__in=[agent.pk for agent in staff(size, support)]).update(presence=Presence.AVAILABLE)
        statements, _ = work_of(lambda: match([support.pk]), rows_read)
        assert {fresh(entry).state for entry in entries} == {EntryState.OFFERING}
        return statements

    assert batch(2) == batch(12)


def test_everybody_of_a_batch_is_told_as_if_he_were_alone(alice: Agent, bob: Agent, support: Department) -> None:
    Agent.objects.update(presence=Presence.AWAY)
    entries = [waiting_call(support), waiting_call(support)]
    Agent.objects.update(presence=Presence.AVAILABLE)
    assert match([support.pk]) == 2
    for agent, entry in ((alice, entries[0]), (bob, entries[1])):
        presence, offer = told_agent(agent, "presence", "offer")
        assert (presence["activity"], presence["departments"]) == ("offered", _slugs(agent))
        assert (offer["offer_id"], offer["reason"]) == (str(ringing(agent).pk), "wants a person")
        assert offer["call_id"] == entry.call_id
        assert entry.call.events.filter(kind="offer.pending", data__agent=agent.username).count() == 1
        assert agent.events.filter(kind="activity", value="offered", call_id_ref=entry.call_id).count() == 1


def _slugs(agent: Agent) -> list[str]:
    return sorted(department.slug for department in agent.departments.all())


@pytest.mark.parametrize("changed", ["caller", "agent", "constraint"])
def test_one_pair_of_a_batch_that_has_changed_does_not_hold_up_the_others(
    alice: Agent, bob: Agent, support: Department, changed: str
) -> None:
    dina = make_agent("dina", support)
    Agent.objects.update(presence=Presence.AWAY)
    line = [waiting_call(support) for _ in range(3)]
    Agent.objects.update(presence=Presence.AVAILABLE)
    if changed == "caller":
        agents.pick_next(bob)
        Agent.objects.filter(pk=bob.pk).update(presence=Presence.AVAILABLE)
        pairs = _pairs(line, [bob, alice, dina])
    elif changed == "agent":
        Agent.objects.filter(pk=alice.pk).update(activity=Activity.MISSED, presence=Presence.AWAY)
        pairs = _pairs(line, [alice, bob, dina])
    else:
        # Twice the same agent: the second is refused by the database, whatever the plan says.
        pairs = _pairs(line, [bob, bob, dina])
    assert make_offers(pairs) == 2
    assert Offer.objects.filter(state=OfferState.PENDING).count() == 2


def _pairs(entries: Iterable[QueueEntry], staff: Iterable[Agent]) -> list[Pair]:
    return [Pair(entry.pk, agent.pk) for entry, agent in zip(entries, staff, strict=True)]
