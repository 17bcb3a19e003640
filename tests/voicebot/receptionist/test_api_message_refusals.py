"""POST /api/conversations/{call_id}/message, refused before the receptionist hears of it."""

import json

import pytest
from django.test import Client

from calls.models import Call
from calls.services.keys import create_api_key
from tests.voicebot.receptionist.db import live_call

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("celery_calls")]


@pytest.fixture
def call() -> Call:
    return live_call()


def post(call: Call, body, secret: str | None = None):
    text = body if isinstance(body, str) else json.dumps(body)
    address = f"/api/conversations/{call.pk}/message"
    authorization = f"Bearer {secret or call.secret}"
    return Client().post(address, text, content_type="application/json", headers={"authorization": authorization})


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("not json", 400),
        ({}, 422),
        ({"message": 7}, 422),
        ({"message": None}, 422),
        ({"message": ""}, 422),
        ({"message": "   "}, 422),
        ({"message": "a\u0000b"}, 422),
        ('{"message": "\\ud800"}', 422),
        ({"message": "x" * 8001}, 422),
        ({"message": "x" * 300_000}, 413),
        ([], 422),
    ],
)
def test_a_bad_body_has_the_shape_of_an_error(call, body, status):
    response = post(call, body)
    assert response.status_code == status
    assert response.json()["error"]["code"]


@pytest.mark.parametrize(("secret", "status"), [("cs_x_y", 401), ("ck_nothing", 401), ("", 401)])
def test_no_or_unknown_credential_is_refused(call, secret, status):
    assert post(call, {"message": "hello"}, secret or " ").status_code == status


def test_another_callers_secret_is_refused(call):
    from tests.cast import make_call

    assert post(call, {"message": "hello"}, make_call().secret).status_code == 403


def test_a_key_of_another_scope_is_refused(call):
    _, key = create_api_key(name="meter", scopes=["metrics"])
    assert post(call, {"message": "hello"}, key).status_code == 403


def test_an_unknown_call_is_not_found(call):
    _, key = create_api_key(name="crm", scopes=["calls"])
    call.pk = "nothere"
    assert post(call, {"message": "hello"}, key).status_code == 404


def test_without_any_credential(call):
    answer = Client().post(f"/api/conversations/{call.pk}/message", "{}", content_type="application/json")
    assert answer.status_code == 401
