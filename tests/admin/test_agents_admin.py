"""Agents are made with their account, set up, and never written over."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from queueing.models import Agent, Department, Skill
from queueing.states import Activity, Presence
from tests.cast import make_user

pytestmark = pytest.mark.django_db
ADD = "/admin/queueing/agent/add/"


def form(*departments: Department, **values: Any) -> dict[str, Any]:
    """What the browser sends."""
    rows = {
        f"memberships-{number}-{name}": value
        for number, department in enumerate(departments)
        for name, value in (("department", department.pk), ("order", number))
    }
    sizes = {"memberships-TOTAL_FORMS": len(departments), "memberships-INITIAL_FORMS": 0}
    sizes |= {"skills-TOTAL_FORMS": 0, "skills-INITIAL_FORMS": 0}
    return {**sizes, **rows, **values}


def test_a_supervisor_makes_an_agent_with_an_account_in_one_form(
    supervisor: Client, support: Department, billing: Department
) -> None:
    sent = form(
        support,
        billing,
        username="dora",
        password="a-long-enough-one",
        first_name="Dora",
        display_name="Dora from support",
    )
    assert supervisor.post(ADD, sent).status_code == 302
    agent = Agent.objects.get(user__username="dora")
    assert agent.user.check_password("a-long-enough-one")
    assert list(agent.user.groups.values_list("name", flat=True)) == ["agent"]
    assert not agent.user.is_staff
    assert agent.name == "Dora from support"
    assert list(agent.memberships.values_list("department__slug", "order")) == [("support", 0), ("billing", 1)]


def test_an_account_there_is_becomes_an_agent(supervisor: Client, support: Department) -> None:
    lead = make_user("lena", "supervisor")
    assert supervisor.post(ADD, form(support, account=lead.pk)).status_code == 302
    assert set(lead.groups.values_list("name", flat=True)) == {"supervisor", "agent"}
    assert Agent.objects.get(user=lead).memberships.get().department == support


@pytest.mark.parametrize(
    ("sent", "complaint"),
    [
        ({}, "A new account needs it."),
        ({"username": "dora", "password": "short"}, "too short"),
        ({"username": "SAM", "password": "a-long-enough-one"}, "There is an account of that name."),
        ({"username": "a b", "password": "a-long-enough-one"}, "Enter a valid username"),
    ],
)
def test_a_bad_account_is_refused_and_nothing_is_made(supervisor: Client, sent: dict[str, str], complaint: str) -> None:
    response = supervisor.post(ADD, form(**sent))
    assert response.status_code == 200
    assert complaint in response.content.decode()
    assert not Agent.objects.exists()
    assert User.objects.count() == 1


def test_saving_the_form_takes_nothing_back_that_the_engine_did_meanwhile(
    supervisor: Client, alice: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = reverse("admin:queueing_agent_change", args=[alice.pk])
    read = supervisor.get(address)
    assert read.status_code == 200

    from queueing.admin.agents import AgentAdmin

    plain = AgentAdmin.save_form

    def save_form(*args: Any, **kwargs: Any) -> Any:
        # The row is read by now; the engine gives alice a call before it is written.
        Agent.objects.filter(pk=alice.pk).update(activity=Activity.ON_CALL, presence=Presence.AWAY)
        return plain(*args, **kwargs)

    monkeypatch.setattr(AgentAdmin, "save_form", save_form)
    rows = {
        f"memberships-{n}-{name}": value
        for n, row in enumerate(alice.memberships.all())
        for name, value in (
            ("id", row.pk),
            ("agent", alice.pk),
            ("department", row.department_id),
            ("order", row.order),
        )
    }
    sent = {
        "display_name": "Alice A.",
        "is_active": "on",
        "memberships-TOTAL_FORMS": 2,
        "memberships-INITIAL_FORMS": 2,
        "skills-TOTAL_FORMS": 0,
        "skills-INITIAL_FORMS": 0,
        **rows,
    }
    assert supervisor.post(address, sent).status_code == 302
    alice.refresh_from_db()
    assert alice.display_name == "Alice A."
    assert (alice.activity, alice.presence) == (Activity.ON_CALL, Presence.AWAY)


def test_the_list_tells_departments_and_whether_a_desk_is_open(supervisor: Client, alice: Agent) -> None:
    page = supervisor.get("/admin/queueing/agent/").content.decode()
    assert "Support, Billing" in page
    assert "icon-yes" in page


def test_the_list_needs_no_more_queries_for_more_agents(
    supervisor: Client, alice: Agent, bob: Agent, django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tests.cast import make_agent

    supervisor.get("/admin/queueing/agent/")
    with CaptureQueriesContext(connection) as two:
        supervisor.get("/admin/queueing/agent/")
    for name in ("carl", "dina", "emil"):
        make_agent(name, *alice.departments.all())
    with django_assert_num_queries(len(two)):
        supervisor.get("/admin/queueing/agent/")


def test_an_agent_is_given_languages_and_skills(supervisor: Client, alice: Agent) -> None:
    skill = Skill.objects.create(slug="refunds", name_en="Refunds")
    alice.memberships.all().delete()
    sent = form(languages=["ar"], is_active="on") | {
        "skills-TOTAL_FORMS": 1,
        "skills-0-skill": skill.pk,
        "skills-0-level": 8,
    }
    assert supervisor.post(reverse("admin:queueing_agent_change", args=[alice.pk]), sent).status_code == 302
    alice.refresh_from_db()
    assert alice.languages == ["ar"]
    assert list(alice.skills.values_list("skill__slug", "level")) == [("refunds", 8)]
