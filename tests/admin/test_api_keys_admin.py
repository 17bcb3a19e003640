"""Keys are made, shown once, revoked."""

from typing import Any

import pytest
from django.test import Client

from calls.access import from_api_key
from calls.models import ApiKey
from common.errors import Unauthenticated
from queueing.models import Agent

pytestmark = pytest.mark.django_db
LIST, ADD = "/admin/calls/apikey/", "/admin/calls/apikey/add/"


def made(client: Client, **values: Any) -> str:
    """The key in clear, as the page after the form shows it."""
    response = client.post(ADD, {"name": "shop", "scopes": ["calls"], **values})
    assert response.status_code == 200, response.headers
    assert "no-store" in response["Cache-Control"]
    return str(response.context["clear"])


def test_a_key_is_shown_once_and_works(administrator: Client) -> None:
    clear = made(administrator)
    assert clear.startswith("ck_")
    assert from_api_key(clear).scopes == {"calls"}
    key = ApiKey.objects.get()
    for address in (LIST, f"{LIST}{key.pk}/change/"):
        page = administrator.get(address).content.decode()
        assert clear not in page
        assert key.prefix in page
    assert clear not in str(administrator.cookies)


def test_scope_agent_needs_its_user(administrator: Client, alice: Agent) -> None:
    response = administrator.post(ADD, {"name": "bot", "scopes": ["agent"]})
    assert "Scope agent acts as a user: name one." in response.content.decode()
    assert not ApiKey.objects.exists()
    assert from_api_key(made(administrator, scopes=["agent"], user=alice.user_id)).user == alice.user


def test_revoking_is_asked_once_more_and_is_at_once(administrator: Client) -> None:
    clear = made(administrator)
    key = ApiKey.objects.get()
    sent = {"action": "revoke", "_selected_action": [key.pk]}
    assert "stop working at once" in administrator.post(LIST, sent).content.decode()
    assert from_api_key(clear).key_name == "shop"
    assert administrator.post(LIST, {**sent, "confirmed": "yes"}).status_code == 302
    with pytest.raises(Unauthenticated):
        from_api_key(clear)


def test_a_key_is_never_edited_or_deleted(superuser: Client) -> None:
    made(superuser)
    key = ApiKey.objects.get()
    assert superuser.post(f"{LIST}{key.pk}/change/", {"name": "other", "scopes": ["metrics"]}).status_code == 403
    assert superuser.post(f"{LIST}{key.pk}/delete/", {"post": "yes"}).status_code == 403


def test_supervisors_have_nothing_to_do_with_keys(supervisor: Client) -> None:
    assert supervisor.get(LIST).status_code == 403
    assert supervisor.post(ADD, {"name": "mine", "scopes": ["calls"]}).status_code == 403
