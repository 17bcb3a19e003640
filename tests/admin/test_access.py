"""Who may see what, and that every page lives under the strict policy."""

import re

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from calls.models import Call
from queueing.models import Agent, StandardRight
from queueing.services.staff import GROUPS, ensure_groups

pytestmark = pytest.mark.django_db
_INLINE = re.compile(
    r"<style|<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>|\sstyle=|\son[a-z]+=", re.IGNORECASE
)


def test_the_groups_are_there_after_migrate_with_their_rights() -> None:
    for name, rights in GROUPS.items():
        found = Group.objects.get(name=name).permissions.values_list("content_type__app_label", "codename")
        assert {f"{app}.{codename}" for app, codename in found} == set(rights)


def test_a_group_somebody_edited_stays_so() -> None:
    Group.objects.get(name="supervisor").permissions.clear()
    ensure_groups()
    assert not Group.objects.get(name="supervisor").permissions.exists()


def test_a_right_somebody_took_away_is_not_given_again_and_a_new_one_is() -> None:
    group = Group.objects.get(name="supervisor")
    taken, new = group.permissions.order_by("pk")[:2]
    group.permissions.remove(taken, new)
    StandardRight.objects.filter(group=group, permission=new).delete()
    ensure_groups()
    assert set(group.permissions.filter(pk__in=[taken.pk, new.pk])) == {new}


def test_a_group_from_before_gets_the_rights_on_tables_it_knows_nothing_of() -> None:
    group = Group.objects.get(name="supervisor")
    StandardRight.objects.all().delete()
    group.permissions.remove(*group.permissions.filter(content_type__model="openinghours"))
    kept = group.permissions.filter(content_type__model="department", codename__startswith="view")
    group.permissions.remove(*group.permissions.filter(content_type__model="department").exclude(pk__in=kept))
    ensure_groups()
    assert group.permissions.filter(content_type__model="openinghours").count() == 4
    assert list(group.permissions.filter(content_type__model="department")) == list(kept)


def test_an_agent_has_no_admin_pages(alice: Agent) -> None:
    from tests.cast import signed_in

    alice.user.is_staff = False
    alice.user.save()
    assert signed_in(alice.user).get("/admin/calls/call/").status_code in (302, 403)


def test_strangers_are_led_to_the_login(db: None) -> None:
    response = Client().get("/admin/calls/call/")
    assert response.status_code == 302
    assert "login" in response["Location"]


@pytest.mark.parametrize(
    "address", ["/admin/calls/apikey/", "/admin/calls/company/", "/admin/auth/user/", "/admin/auditlog/logentry/"]
)
def test_supervisors_do_not_administrate(supervisor: Client, administrator: Client, address: str) -> None:
    assert supervisor.get(address).status_code == 403
    assert administrator.get(address).status_code in (200, 302)


@pytest.mark.parametrize("language", ["en", "ar"])
def test_no_page_has_inline_script_or_style(superuser: Client, story: Call, language: str) -> None:
    agent, entry, callback = Agent.objects.get(), story.entries.get(), story.callbacks.get()
    addresses = [
        "/admin/", "/admin/calls/call/", f"/admin/calls/call/{story.pk}/change/", "/admin/calls/customer/",
        f"/admin/calls/customer/{story.customer_id}/change/", "/admin/calls/apikey/", "/admin/calls/apikey/add/",
        "/admin/queueing/department/", f"/admin/queueing/department/{entry.department_id}/change/",
        "/admin/queueing/department/add/", "/admin/queueing/agent/", f"/admin/queueing/agent/{agent.pk}/change/",
        "/admin/queueing/agent/add/", "/admin/queueing/disposition/", "/admin/queueing/callbackrequest/",
        f"/admin/queueing/callbackrequest/{callback.pk}/change/", "/admin/auth/user/", "/admin/auditlog/logentry/",
        f"/admin/queueing/department/{entry.department_id}/history/",
    ]  # fmt: skip
    for address in addresses:
        response = superuser.get(address, headers={"accept-language": language})
        assert response.status_code == 200, address
        assert not _INLINE.search(response.content.decode()), (address, _INLINE.search(response.content.decode()))
        assert "'unsafe-inline'" not in response["Content-Security-Policy"]
