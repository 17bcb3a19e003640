"""N. Skills and language choose the agent, after a while anybody does; after the longest wait another department;
or it rings at all desks, and the first to accept has the caller."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from queueing.models import Agent, AgentSkill, Department, Membership, Offer, QueueEntry, Skill, SkillNeed
from queueing.services.staff import make_agent, open_account
from queueing.states import Need, Strategy
from tests.journeys.people import CallPage, Desk
from tests.journeys.product import PASSWORD, Product
from tests.journeys.waiting import until

RELAXED = 6


@pytest.fixture
def arabic_refunds(product: Product) -> Iterator[None]:
    """Support wants the caller's language and somebody good at refunds, at first. Only agent_b is both."""
    support = Department.objects.get(slug="support")
    refunds = Skill.objects.create(slug="refunds", name_en="Refunds")
    SkillNeed.objects.create(department=support, skill=refunds, level=5)
    SkillNeed.objects.create(department=support, skill=refunds, after_seconds=RELAXED, need=Need.PREFERRED)
    AgentSkill.objects.create(agent=product.agent("agent_b"), skill=refunds, level=7)
    Department.objects.filter(slug="support").update(language_need=Need.REQUIRED, language_relax_seconds=RELAXED)
    for user, languages in (("agent_a", ["en"]), ("agent_b", ["en", "ar"])):
        Agent.objects.filter(user__username=user).update(languages=languages)
    yield
    Skill.objects.all().delete()
    Agent.objects.update(languages=[])
    Department.objects.update(language_need=Need.NONE, language_relax_seconds=0)


def _waits(page: CallPage, name: str) -> QueueEntry:
    page.start(name=name, email=f"{name.lower()}@example.com")
    page.is_in("waiting", "agent")
    return QueueEntry.objects.get(call=page.call_id)


@pytest.mark.nightly
def test_an_arabic_caller_gets_who_speaks_it_and_after_a_while_anybody(
    product: Product, arabic_refunds: None, caller: Callable[..., CallPage], desk: Callable[..., Desk]
) -> None:
    alone, able = desk("agent_a").takes_calls(), desk("agent_b").takes_calls()
    first = caller("?mode=queue&lang=ar")
    entry = _waits(first, "Carol")
    able.is_offered("Carol")
    able.accepts()
    first.is_in("agent")
    alone.is_offered_nothing()
    assert [offer.agent.username for offer in Offer.objects.filter(entry=entry)] == ["agent_b"]

    entry = _waits(caller("?mode=queue&lang=ar"), "Dora")
    alone.is_offered("Dora")
    offer = Offer.objects.get(entry=entry)
    assert offer.agent.username == "agent_a"
    assert offer.created_at - entry.enqueued_at >= timedelta(seconds=RELAXED)


@pytest.fixture
def sales_instead(product: Product) -> Iterator[None]:
    """Support sends on to sales whom it has not served in three seconds; agent_b is of sales only."""
    sales = Department.objects.get(slug="sales")
    was = Department.objects.values("max_wait_seconds", "when_timed_out", "overflow_to").get(slug="support")
    Department.objects.filter(slug="support").update(max_wait_seconds=3, when_timed_out="overflow", overflow_to=sales)
    membership = Membership.objects.get(agent__user__username="agent_b", department__slug="support")
    Membership.objects.filter(pk=membership.pk).delete()
    yield
    Department.objects.filter(slug="support").update(**was)
    membership.pk = None
    membership.save(force_insert=True)


@pytest.mark.nightly
def test_who_waited_too_long_is_served_by_the_other_department(
    product: Product, sales_instead: None, caller: Callable[..., CallPage], desk: Callable[..., Desk]
) -> None:
    seller = desk("agent_b").takes_calls()
    page = caller("?mode=queue&department=support")
    first = _waits(page, "Carol")
    assert first.department.slug == "support"
    seller.is_offered("Carol")
    page.is_in("waiting")
    second = QueueEntry.objects.exclude(pk=first.pk).get(call=page.call_id)
    first.refresh_from_db()
    assert (first.state, second.department.slug) == ("overflowed", "sales")
    assert second.enqueued_at == first.enqueued_at
    seller.accepts()
    page.is_in("agent")
    assert product.call(page.call_id).department == "sales"


@pytest.fixture
def three_at_once(product: Product) -> Iterator[tuple[str, ...]]:
    """Support rings at all desks; agent_c is new there."""
    support = Department.objects.get(slug="support")
    if not Agent.objects.filter(user__username="agent_c").exists():
        make_agent(open_account(username="agent_c", password=PASSWORD), display_name="Clara", departments=[support])
    strategy = support.strategy
    Department.objects.filter(slug="support").update(strategy=Strategy.RING_ALL)
    yield "agent_a", "agent_b", "agent_c"
    Department.objects.filter(slug="support").update(strategy=strategy)


@pytest.mark.nightly
def test_it_rings_at_three_desks_and_the_first_to_accept_has_the_caller(
    product: Product, three_at_once: tuple[str, ...], caller: Callable[..., CallPage], desk: Callable[..., Desk]
) -> None:
    slower, quickest, slowest = (desk(user).takes_calls() for user in three_at_once)
    page = caller("?mode=queue")
    entry = _waits(page, "Carol")
    for each in (slower, quickest, slowest):
        each.is_offered("Carol")
    quickest.hook("accept").click()
    for each in (slower, slowest):
        expect(each.page.locator("#banners")).to_contain_text("agent_b took the call", timeout=30_000)
        each.is_offered_nothing()
    quickest.is_in_call()
    page.is_in("agent")
    became = {"agent_a": "rescinded", "agent_b": "connected", "agent_c": "rescinded"}
    until(lambda: _offers(entry) == became, "one is connected, two are rescinded")
    assert {product.agent(each.user).activity for each in (slower, slowest)} == {"idle"}


def _offers(entry: QueueEntry) -> dict[str, str]:
    return {offer.agent.username: offer.state for offer in Offer.objects.filter(entry=entry)}
