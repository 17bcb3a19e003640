"""Nobody edits, adds or deletes what happened."""

import pytest
from django.test import Client
from django.urls import reverse

from calls.models import Call, Customer
from queueing.models import Agent, Department
from tests.queueing.helpers import waiting_call

pytestmark = pytest.mark.django_db
ADDRESSES = [("calls_call", "calls.Call"), ("queueing_callbackrequest", "queueing.CallbackRequest")]


@pytest.mark.parametrize("name", [name for name, _ in ADDRESSES])
def test_a_superuser_cannot_add_history(superuser: Client, name: str) -> None:
    assert superuser.get(reverse(f"admin:{name}_add")).status_code == 403


def test_a_superuser_cannot_change_a_call(superuser: Client, story: Call) -> None:
    address = reverse("admin:calls_call_change", args=[story.pk])
    assert superuser.post(address, {"state": "failed", "notes": "never happened"}).status_code == 403
    story.refresh_from_db()
    assert story.notes == "Refunded."


def test_a_superuser_cannot_delete_a_call(superuser: Client, story: Call) -> None:
    assert superuser.post(reverse("admin:calls_call_delete", args=[story.pk]), {"post": "yes"}).status_code == 403
    superuser.post(
        reverse("admin:calls_call_changelist"),
        {"action": "delete_selected", "_selected_action": story.pk, "post": "yes"},
    )
    assert Call.objects.filter(pk=story.pk).exists()


def test_a_superuser_cannot_delete_an_agent_or_the_account_of_one(superuser: Client, story: Call) -> None:
    agent = Agent.objects.get()
    assert superuser.post(reverse("admin:queueing_agent_delete", args=[agent.pk]), {"post": "yes"}).status_code == 403
    superuser.post(reverse("admin:auth_user_delete", args=[agent.user_id]), {"post": "yes"})
    agent.refresh_from_db()
    assert agent.user.is_active


def test_a_department_with_a_history_cannot_be_deleted(superuser: Client, story: Call) -> None:
    entry = story.entries.get()
    superuser.post(reverse("admin:queueing_department_delete", args=[entry.department_id]), {"post": "yes"})
    entry.refresh_from_db()
    assert entry.department.slug == "billing"


# Scenario 23
def test_a_department_in_which_somebody_waits_cannot_be_deleted(superuser: Client, sales: Department) -> None:
    entry = waiting_call(sales)
    address = reverse("admin:queueing_department_delete", args=[sales.pk])
    assert "cannot" in superuser.get(address).content.decode().lower()
    superuser.post(address, {"post": "yes"})
    superuser.post(
        reverse("admin:queueing_department_changelist"),
        {"action": "delete_selected", "_selected_action": sales.pk, "post": "yes"},
    )
    entry.refresh_from_db()
    assert (entry.state, entry.department, entry.call.state) == ("waiting", sales, "waiting")


def test_an_unused_department_can_be_deleted(superuser: Client, sales: Department) -> None:
    superuser.post(reverse("admin:queueing_department_delete", args=[sales.pk]), {"post": "yes"})
    assert not Department.objects.filter(pk=sales.pk).exists()


def test_a_customer_is_not_deleted_and_keeps_the_email(superuser: Client, story: Call) -> None:
    customer = Customer.objects.get()
    assert (
        superuser.post(reverse("admin:calls_customer_delete", args=[customer.pk]), {"post": "yes"}).status_code == 403
    )
    address = reverse("admin:calls_customer_change", args=[customer.pk])
    assert superuser.post(address, {"name": "Caroline", "language": "en", "email": "x@example.com"}).status_code == 302
    customer.refresh_from_db()
    assert (customer.name, customer.email) == ("Caroline", "carol1@example.com")
