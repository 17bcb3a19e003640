"""What many desks show is what each would show alone."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents_ui import presenters
from agents_ui.desks import desks, ticks
from queueing.models import Agent, Department
from queueing.services import offers
from tests.cast import Clock, make_agent
from tests.queueing.helpers import ringing, waiting_call


def test_each_desk_shows_what_its_snapshot_would(alice: Agent, bob: Agent, support: Department, time: Clock) -> None:
    Agent.objects.update(lease_until=time.at.replace(hour=23))
    for slug in ("support", "billing", "sales", "sales"):
        waiting_call(Department.objects.get(slug=slug))
    offers.decline_offer(str(ringing(alice).pk), agent=alice)
    found = desks([alice.pk, bob.pk])
    for agent in (alice, bob):
        snapshot = presenters.desk_snapshot(Agent.objects.get(pk=agent.pk))
        assert found[agent.pk] == ticks(snapshot["queues"], snapshot["today"], snapshot["transfers"])
    assert found[alice.pk]["today"]["declined"] == 1
    assert [line for line in found[bob.pk] if line.startswith("queue")] == ["queue sales", "queue support"]


def test_who_was_dismissed_has_no_desk(alice: Agent, bob: Agent) -> None:
    Agent.objects.filter(pk=bob.pk).update(is_active=False)
    assert set(desks([alice.pk, bob.pk])) == {alice.pk}


def test_many_desks_take_as_many_queries_as_one(alice: Agent, support: Department) -> None:
    waiting_call(support)
    more = [alice.pk, *(make_agent(f"agent{n}", support).pk for n in range(5))]

    def queries(agents: list[int]) -> int:
        with CaptureQueriesContext(connection) as seen:
            desks(agents)
        return len(seen)

    assert queries(more) == queries([alice.pk])
