"""Who a caller is proved to be, and what proves nothing."""

import json
import time
from functools import partial
from typing import Any

import jwt
import pytest
from django.test import Client

from calls.models import Call
from calls.services import lifecycle

SECRET = "a-secret-of-the-integrator-and-of-nobody-else"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("celery_calls")]


@pytest.fixture(autouse=True)
def _secret(settings) -> None:
    settings.CUSTOMER_TOKEN_SECRET = SECRET


def signed(secret: str = SECRET, algorithm: str = "HS256", without: str = "", **claims: Any) -> str:
    now = int(time.time())
    body = {"sub": "c-17", "name": "Carol", "email": "carol@example.com", "iat": now, "exp": now + 300, **claims}
    body.pop(without, None)
    return jwt.encode(body, secret, algorithm=algorithm)


def signed_with(name: str, value: object) -> str:
    return signed(**{name: value})  # type: ignore[arg-type]


def start(token: object, path: str = "/api/room/token", **body):
    sent = {"customer_token": token, "email": "mallory@example.com", "user_name": "Mallory", **body}
    return Client().post(path, json.dumps(sent), content_type="application/json")


@pytest.mark.parametrize("path", ["/api/room/token", "/api/queue/join"])
def test_a_signed_token_says_who_calls_whatever_the_caller_says(path, support) -> None:
    call = Call.objects.get(pk=start(signed(), path).json()["call_id"])
    assert (call.subject, call.customer_name, call.customer_email) == ("c-17", "Carol", "carol@example.com")
    assert call.verified_at is not None
    assert call.events.filter(kind="call.verified").exists()


def test_without_a_token_nobody_is_verified(support) -> None:
    body = json.dumps({"email": "carol@example.com", "user_name": "Carol"})
    answer = Client().post("/api/room/token", body, content_type="application/json").json()
    call = Call.objects.get(pk=answer["call_id"])
    assert (call.subject, call.verified_at) == ("", None)


def timed(iat: int, exp: int) -> str:
    """Seconds from now."""
    now = int(time.time())
    return signed(iat=now + iat, exp=now + exp)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (partial(timed, -60, -1), "customer_token_expired"),
        (partial(signed, secret="another-secret-of-at-least-thirty-two-bytes"), "customer_token_invalid"),
        (partial(signed, algorithm="HS512", secret=SECRET * 2), "customer_token_invalid"),
        (partial(jwt.encode, {"sub": "c-17", "iat": 1, "exp": 2}, "", algorithm="none"), "customer_token_invalid"),
        (partial(timed, 0, 601), "customer_token_invalid"),
        (partial(timed, 120, 300), "customer_token_invalid"),
        *((partial(signed, without=name), "customer_token_invalid") for name in ("sub", "iat", "exp")),
        *((partial(signed_with, name, value), "customer_token_invalid") for name, value in (
            ("sub", " "), ("name", 7), ("email", "no address"), ("name", "x" * 121), ("name", "a\x00b"),
            ("exp", "soon"),
        )),
        (lambda: "not.a.token", "customer_token_invalid"),
    ],
)  # fmt: skip
def test_a_bad_token_is_refused_and_no_call_is_made(make, code, support) -> None:
    # Made now: the list above may have been read minutes ago.
    response = start(make())
    assert (response.status_code, response.json()["error"]["code"]) == (422, code)
    assert not Call.objects.exists()


@pytest.mark.parametrize("token", ["", 7, [], "x" * 4001])
def test_what_is_no_text_of_a_tokens_size_is_refused(token, support) -> None:
    assert start(token).status_code == 422


def test_where_no_secret_is_set_a_token_is_refused(settings, support) -> None:
    settings.CUSTOMER_TOKEN_SECRET = ""
    assert start(signed()).json()["error"]["code"] == "customer_token_not_configured"


def test_a_call_that_a_dispatch_made_is_verified_when_it_is_claimed(support) -> None:
    call = lifecycle.create_call(room_name="hall", claimed=False)
    assert start(signed(), room_name="hall").json()["call_id"] == call.pk
    call.refresh_from_db()
    assert (call.subject, call.customer_name) == ("c-17", "Carol")


def test_another_customers_token_does_not_open_the_call(support) -> None:
    first = start(signed()).json()
    body = json.dumps({"customer_token": signed(sub="c-99")})
    client = Client(HTTP_AUTHORIZATION=f"Bearer {first['call_secret']}")
    assert client.post("/api/room/token", body, content_type="application/json").status_code == 422
    assert Call.objects.get(pk=first["call_id"]).subject == "c-17"
