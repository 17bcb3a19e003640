"""The HTTP routes of calls, and what all routes share."""

import json

import pytest
from django.test import Client

from calls.models import ApiKey, Call, Company, IdempotentAnswer
from calls.services import lifecycle
from calls.services.keys import create_api_key, revoke_api_key
from calls.services.sweeps import heartbeat
from calls.services.transcript import add_segment
from calls.states import EndReason, Speaker
from calls.telephony import WebhookNews
from tests.cast import make_call, signed_in
from tests.conftest import CeleryCalls
from tests.fakes import FakeTelephony

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("celery_calls")]


@pytest.fixture
def client() -> Client:
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


@pytest.fixture
def key(db: None) -> str:
    return create_api_key(name="crm", scopes=["calls"])[1]


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def post(client: Client, path: str, body: object = None, **headers: str):
    return client.post(path, json.dumps(body or {}), content_type="application/json", headers=headers)


def code(response) -> str:
    return str(response.json()["error"]["code"])


# --- health ----------------------------------------------------------------------------------------------------
def test_health_touches_nothing(client: Client, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        response = client.get("/health")
    assert response.json() == {"status": "ok", "service": "call-center-api"}


def test_api_health_is_degraded_until_every_part_answers(client: Client, telephony: FakeTelephony) -> None:
    response = client.get("/api/health")
    assert response.status_code == 503
    assert response.json()["checks"] == {
        "database": "ok",
        "redis": "ok",
        "livekit": "ok",
        "voicebot": "no sign of life",
        "celery": "no sign of life",
    }
    heartbeat("voicebot", "v")
    heartbeat("celery", "c")
    assert client.get("/api/health").json()["status"] == "healthy"
    telephony.down = True
    assert client.get("/api/health").json()["checks"]["livekit"] == "unreachable"


# --- one shape of errors -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("method", "path", "status", "expected"),
    [
        ("get", "/api/nothing", 404, "not_found"),
        ("get", "/api/dispatch-agent", 405, "method_not_allowed"),
        ("delete", "/health", 405, "method_not_allowed"),
        ("get", "/api/calls", 401, "unauthenticated"),
        ("get", "/api/calls/nothing/transcript", 401, "unauthenticated"),
    ],
)
def test_errors_have_one_shape(client: Client, method: str, path: str, status: int, expected: str) -> None:
    response = getattr(client, method)(path)
    assert (response.status_code, code(response)) == (status, expected)


@pytest.mark.parametrize("raw", ["", "{", "nope", "[" * 100_000, b"\xff\xfe", '"\\ud800"'])
def test_what_is_not_json_is_400(client: Client, raw: str | bytes) -> None:
    response = client.post("/api/dispatch-agent", raw, content_type="application/json")
    assert response.status_code in (400, 422)
    assert response.json()["error"]["message"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"room_name": 5},
        {"room_name": ""},
        {"room_name": "a b"},
        {"room_name": "x" * 65},
        {"room_name": "lobby\n"},
        {"room_name": "a", "language": "fr"},
        {"room_name": "a", "language": 1},
        {"room_name": "a", "user_name": "\x00"},
        {"room_name": "a", "user_name": "\ud800"},
        {"room_name": "a", "user_name": ["x"]},
        {"room_name": "a", "unknown": {"deep": ["\x00"]}},
    ],
)
def test_wrong_values_are_422(client: Client, support, body: object) -> None:
    response = client.post("/api/dispatch-agent", json.dumps(body), content_type="application/json")
    assert (response.status_code, code(response)) == (422, "invalid")
    assert not Call.objects.exists()


def test_too_large_is_413(client: Client) -> None:
    response = post(client, "/api/dispatch-agent", {"room_name": "a", "user_name": "x" * 300_000})
    assert (response.status_code, code(response)) == (413, "too_large")


# --- who may ---------------------------------------------------------------------------------------------------
def test_public_routes_can_be_closed(client: Client, support, key: str) -> None:
    Company.objects.create(pk=1, public_api=False)
    assert post(client, "/api/dispatch-agent", {"room_name": "a"}).status_code == 401
    assert post(client, "/api/dispatch-agent", {"room_name": "a"}, **bearer(key)).status_code == 200


@pytest.mark.parametrize(
    "header", ["Bearer x", "Basic eDp5", "Bearer ck_nothing", "Bearer cs_abc_def", "Bearer cs_é_é", ""]
)
def test_an_unknown_credential_is_401(client: Client, header: str) -> None:
    assert client.get("/api/calls", headers={"Authorization": header}).status_code == 401


def test_a_callers_secret_opens_his_own_call_only(client: Client, support) -> None:
    own, other = make_call(), make_call()
    assert client.get(f"/api/calls/{own.pk}/transcript", headers=bearer(own.secret)).status_code == 200
    assert client.get(f"/api/calls/{other.pk}/transcript", headers=bearer(own.secret)).status_code == 403


def test_a_key_needs_the_scope_and_stops_when_revoked(client: Client, key: str) -> None:
    metrics_key = create_api_key(name="prometheus", scopes=["metrics"])[1]
    assert client.get("/api/calls", headers=bearer(metrics_key)).status_code == 403
    assert client.get("/api/calls", headers=bearer(key)).status_code == 200
    revoke_api_key(ApiKey.objects.get(name="crm"))
    assert client.get("/api/calls", headers=bearer(key)).status_code == 401


def test_a_key_is_stored_as_a_hash_only(key: str) -> None:
    row = ApiKey.objects.get()
    assert key not in {str(value) for value in row.__dict__.values()}
    assert key.startswith(row.prefix)


def test_by_session_an_unsafe_request_needs_the_csrf_token(alice) -> None:
    call = make_call(state="agent", agent=alice.user)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice.user)
    response = post(browser, f"/api/calls/{call.pk}/hangup")
    assert (response.status_code, code(response)) == (403, "csrf_failed")
    browser.cookies["csrftoken"] = "a" * 32
    assert post(browser, f"/api/calls/{call.pk}/hangup", **{"X-CSRFToken": "a" * 32}).status_code == 200


def test_an_agent_does_not_hang_up_somebody_elses_call(alice, bob) -> None:
    call = make_call(state="agent", agent=bob.user)
    assert post(signed_in(alice.user), f"/api/calls/{call.pk}/hangup").status_code == 403


def test_supervisors_list_calls_newest_first(sam, support, alice) -> None:
    first, second = make_call(), make_call(state="waiting")
    browser = signed_in(sam)
    assert [item["call_id"] for item in browser.get("/api/calls").json()["items"]] == [second.pk, first.pk]
    assert [item["call_id"] for item in browser.get("/api/calls?state=waiting").json()["items"]] == [second.pk]
    assert browser.get("/api/calls?limit=0").status_code == 422
    assert browser.get("/api/calls?before=yesterday").status_code == 422
    assert signed_in(alice.user).get("/api/calls").status_code == 403


# --- dispatch, hang-up, rating, transcript -----------------------------------------------------------------------
def test_dispatching_makes_the_call_and_asking_again_changes_nothing(
    client: Client, support, celery_calls: CeleryCalls
) -> None:
    heartbeat("voicebot", "v")
    first = post(client, "/api/dispatch-agent", {"room_name": "lobby"}).json()
    again = post(client, "/api/dispatch-agent", {"room_name": "lobby"}).json()
    assert first["message"] == "Agent dispatch initiated"
    assert first["job_id"] == again["job_id"]
    assert "call_secret" not in again
    call = Call.objects.get()
    assert (call.language, call.ai_epoch, call.customer_name) == ("ar", 1, "Customer")


@pytest.mark.parametrize("state", ["waiting", "agent"])
def test_dispatching_past_the_ai_is_a_conflict(client: Client, support, state: str) -> None:
    make_call(state=state, room_name="lobby")
    response = post(client, "/api/dispatch-agent", {"room_name": "lobby"})
    assert (response.status_code, response.json()["error"]["state"]) == (409, state)


def test_dispatching_into_an_ended_calls_room_is_a_conflict(client: Client, support) -> None:
    call = make_call(room_name="lobby")
    lifecycle.end_call(call.pk, EndReason.CONTAINED, actor="ai")
    assert post(client, "/api/dispatch-agent", {"room_name": "lobby"}).json()["error"]["state"] == "ended"


def test_hanging_up_twice_is_fine(client: Client, support) -> None:
    call = make_call()
    for _ in range(2):
        response = post(client, f"/api/calls/{call.pk}/hangup", **bearer(call.secret))
        assert response.json() == {
            "success": True,
            "call_id": call.pk,
            "state": "ended",
            "reason": "customer_hangup",
        }


def test_a_call_is_rated_once(client: Client, support) -> None:
    call = make_call()
    path = f"/api/calls/{call.pk}/feedback"
    assert post(client, path, {"rating": 6}, **bearer(call.secret)).status_code == 422
    assert post(client, path, {"rating": True}, **bearer(call.secret)).status_code == 422
    assert post(client, path, {"rating": 5, "nps": 9}, **bearer(call.secret)).json() == {"success": True}
    assert code(post(client, path, {"rating": 1}, **bearer(call.secret))) == "already_rated"


def test_the_transcript_lists_each_utterance_once(client: Client, support) -> None:
    call = make_call()
    for _ in range(2):
        add_segment(call.pk, key="u1", speaker=Speaker.CUSTOMER, text="مرحبا", language="ar")
    add_segment(call.pk, key="u2", speaker=Speaker.AI, text="  ")
    items = client.get(f"/api/calls/{call.pk}/transcript", headers=bearer(call.secret)).json()["items"]
    assert [(item["speaker"], item["text"], item["language"]) for item in items] == [("customer", "مرحبا", "ar")]


# --- webhook -------------------------------------------------------------------------------------------------------
def test_an_unsigned_webhook_is_refused(client: Client) -> None:
    assert client.post("/api/livekit/webhook", b"{}", content_type="application/webhook+json").status_code == 401


def test_a_signed_webhook_is_taken_once(client: Client, telephony: FakeTelephony) -> None:
    telephony.webhooks[b"{}"] = WebhookNews(id="EV_1", event="room_started", room_name="lobby", participant=None)
    answers = [
        client.post(
            "/api/livekit/webhook", b"{}", content_type="application/webhook+json", headers={"Authorization": "signed"}
        ).json()
        for _ in range(2)
    ]
    assert answers == [{"success": True}, {"success": False}]


# --- idempotency ---------------------------------------------------------------------------------------------------
def test_the_same_key_gets_the_same_answer(client: Client, support) -> None:
    first = post(client, "/api/dispatch-agent", {"room_name": "a"}, **{"Idempotency-Key": "k"})
    second = post(client, "/api/dispatch-agent", {"room_name": "a"}, **{"Idempotency-Key": "k"})
    assert first.json() == second.json()
    assert "call_secret" in second.json()


def test_another_body_under_the_same_key_is_422(client: Client, support) -> None:
    post(client, "/api/dispatch-agent", {"room_name": "a"}, **{"Idempotency-Key": "k"})
    response = post(client, "/api/dispatch-agent", {"room_name": "b"}, **{"Idempotency-Key": "k"})
    assert (response.status_code, code(response)) == (422, "idempotency_mismatch")


def test_a_running_request_under_the_same_key_is_409(client: Client, support) -> None:
    post(client, "/api/dispatch-agent", {"room_name": "a"}, **{"Idempotency-Key": "k"})
    IdempotentAnswer.objects.update(status=0)
    response = post(client, "/api/dispatch-agent", {"room_name": "a"}, **{"Idempotency-Key": "k"})
    assert (response.status_code, code(response)) == (409, "still_running")


def test_keys_belong_to_their_credential_and_path(client: Client, support, key: str) -> None:
    post(client, "/api/dispatch-agent", {"room_name": "a"}, **{"Idempotency-Key": "k"})
    assert post(client, "/api/dispatch-agent", {"room_name": "b"}, **{"Idempotency-Key": "k"}, **bearer(key)).json()[
        "success"
    ]


def test_a_failure_of_ours_is_not_kept(client: Client, support, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("a defect")

    with monkeypatch.context() as patch:
        patch.setattr(lifecycle, "create_call", broken)
        response = post(client, "/api/dispatch-agent", {"room_name": "a"}, **{"Idempotency-Key": "k"})
    assert (response.status_code, code(response)) == (500, "internal")
    assert "defect" not in response.content.decode()
    assert post(client, "/api/dispatch-agent", {"room_name": "a"}, **{"Idempotency-Key": "k"}).status_code == 200


def test_stored_answers_do_not_show_secrets(client: Client, support) -> None:
    answer = post(client, "/api/dispatch-agent", {"room_name": "a"}, **{"Idempotency-Key": "k"}).json()
    assert answer["call_secret"].encode() not in bytes(IdempotentAnswer.objects.get().answer)


# --- limits --------------------------------------------------------------------------------------------------------
def test_an_address_that_asks_too_often_is_told_when_to_come_back(client: Client, support) -> None:
    from callcenter_site.api import limiter

    rate, duration = limiter.num_requests, limiter.duration
    limiter.num_requests, limiter.duration = 2, 60
    try:
        answers = [post(client, "/api/dispatch-agent", {"room_name": f"r{n}"}) for n in range(3)]
    finally:
        limiter.num_requests, limiter.duration = rate, duration
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2]["Retry-After"]) >= 1


def test_metrics_are_for_this_machine_or_a_key(client: Client) -> None:
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.1").status_code == 403
    assert client.get("/metrics", headers={"X-Forwarded-For": "10.0.0.1"}).status_code == 403
    key = create_api_key(name="prometheus", scopes=["metrics"])[1]
    assert client.get("/metrics", headers=bearer(key), REMOTE_ADDR="10.0.0.1").status_code == 200


def test_the_api_describes_itself(client: Client) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    assert {"/health", "/api/health", "/api/dispatch-agent", "/api/room/token"} <= set(paths)
    assert client.get("/api/docs").status_code == 200
