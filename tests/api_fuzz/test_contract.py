"""Every endpoint of the contract: who may ask, and what a wrong question is told."""

from typing import Any

import pytest

from tests.api_fuzz.conftest import Ask, World
from tests.api_fuzz.operations import Operation, operations
from tests.api_fuzz.shape import check_error
from tests.cast import make_call

pytestmark = pytest.mark.django_db

PUBLIC = ("POST /api/room/token", "POST /api/dispatch-agent", "POST /api/queue/join")
OF_A_CALL = (
    "GET /api/calls/{call_id}", "GET /api/calls/{call_id}/transcript", "POST /api/calls/{call_id}/hangup",
    "POST /api/calls/{call_id}/notes", "POST /api/calls/{call_id}/feedback",
    "POST /api/conversations/{call_id}/message",
)  # fmt: skip
OF_A_CALLER = ("POST /api/transcribe", "POST /api/create-transfer")
OF_STAFF = (
    "GET /api/calls", "GET /api/transfers", "POST /api/accept-transfer", "GET /api/agents",
    "GET /api/agents/{agent_id}",
    "POST /api/agents/{agent_id}/status", "POST /api/agents/{agent_id}/finish-wrap-up",
    "POST /api/agents/{agent_id}/pick-next", "POST /api/offers/{offer_id}/accept",
    "POST /api/offers/{offer_id}/decline",
)  # fmt: skip
CONTRACT = (*PUBLIC, *OF_A_CALL, *OF_A_CALLER, *OF_STAFF)
WITH_JSON = [name for name in CONTRACT if name.startswith("POST") and name != "POST /api/transcribe"]
NEEDS_A_BODY = [
    "POST /api/dispatch-agent", "POST /api/queue/join", "POST /api/calls/{call_id}/feedback",
    "POST /api/conversations/{call_id}/message", "POST /api/create-transfer", "POST /api/accept-transfer",
    "POST /api/agents/{agent_id}/status",
]  # fmt: skip


def _operation(name: str) -> Operation:
    return next(operation for operation in operations() if str(operation) == name)


def _credential(name: str, world: World) -> str:
    caller = name.endswith(("feedback", "hangup")) or name in PUBLIC
    return world.carol.secret if caller else world.key


def _send(name: str, world: World, ask: Ask, body: Any, **options: Any) -> Any:
    options.setdefault("as_", _credential(name, world))
    return ask(name.partition(" ")[0], world.path(_operation(name)), body, **options)


@pytest.mark.parametrize("name", CONTRACT)
def test_the_contract_s_endpoint_is_there(name: str, world: World) -> None:
    assert str(_operation(name)) == name


@pytest.mark.parametrize("name", [n for n in CONTRACT if n not in PUBLIC])
def test_nobody_in_particular_is_refused_with_401(name: str, world: World, ask: Ask) -> None:
    answer = _send(name, world, ask, _operation(name).body(), as_=None)
    assert answer.status_code == 401
    check_error(answer, name)


@pytest.mark.parametrize("name", CONTRACT)
def test_an_unknown_credential_is_refused_with_401(name: str, world: World, ask: Ask) -> None:
    for credential in ("cs_nobody_0", "ck_nobody", "Basic YTpi"):
        answer = _send(name, world, ask, _operation(name).body(), as_=credential)
        assert answer.status_code == 401, credential
        check_error(answer, name)


@pytest.mark.parametrize("name", OF_A_CALL)
def test_another_caller_is_refused_with_403(name: str, world: World, ask: Ask) -> None:
    answer = _send(name, world, ask, _operation(name).body(), as_=make_call().secret)
    assert answer.status_code == 403
    check_error(answer, name)


@pytest.mark.parametrize("name", OF_STAFF)
def test_a_caller_is_refused_with_403_where_staff_is_asked_for(name: str, world: World, ask: Ask) -> None:
    answer = _send(name, world, ask, _operation(name).body(), as_=world.carol.secret)
    assert answer.status_code == 403
    check_error(answer, name)


@pytest.mark.parametrize("name", [n for n in OF_A_CALL if not n.endswith(("feedback", "hangup"))])
def test_a_call_that_never_was_is_refused_with_404(name: str, world: World, ask: Ask) -> None:
    operation = _operation(name)
    answer = ask(operation.method, world.path(operation, call_id="neverwas"), operation.body(), as_=world.key)
    assert answer.status_code == 404
    check_error(answer, name)


@pytest.mark.parametrize("name", [n for n in CONTRACT if n.startswith("POST")])
def test_a_megabyte_is_refused_with_413(name: str, world: World, ask: Ask) -> None:
    size = 11 * 1024 * 1024 if name == "POST /api/transcribe" else 1024 * 1024
    answer = _send(name, world, ask, {"text": "x" * size})
    assert answer.status_code == 413
    check_error(answer, name)


@pytest.mark.parametrize("name", NEEDS_A_BODY)
def test_what_is_not_json_is_refused_with_400(name: str, world: World, ask: Ask) -> None:
    for body in (b"{", b"room_name=x", b"\xff", b"{}{}"):
        answer = _send(name, world, ask, body)
        assert answer.status_code == 400, body
        check_error(answer, name)


@pytest.mark.parametrize("name", NEEDS_A_BODY)
def test_missing_fields_are_named_with_422(name: str, world: World, ask: Ask) -> None:
    answer = _send(name, world, ask, {})
    assert answer.status_code == 422
    assert set(check_error(answer, name)["fields"]) == _operation(name).required


@pytest.mark.parametrize("name", [n for n in WITH_JSON if n in NEEDS_A_BODY or n.endswith(("token", "notes"))])
def test_wrong_types_and_unstorable_text_are_named_with_422(name: str, world: World, ask: Ask) -> None:
    operation = _operation(name)
    for field, kind in operation.fields:
        for value in ([1], {"a": 1}, 1.5, "\x00" if kind == "string" else "x", "\ud800"):
            answer = _send(name, world, ask, operation.body(**{field: value}))
            assert answer.status_code == 422, (field, value)
            check_error(answer, name)


@pytest.mark.parametrize("name", CONTRACT)
def test_the_wrong_method_is_refused_with_405(name: str, world: World, ask: Ask) -> None:
    answer = ask("DELETE", world.path(_operation(name)), as_=world.key)
    assert answer.status_code == 405
    check_error(answer, name)


def test_an_address_that_is_none_is_refused_with_404(ask: Ask) -> None:
    for path in ("/api/", "/api/nothing", "/api/calls/a/b/c", "/api/%00"):
        answer = ask("GET", path)
        assert answer.status_code == 404, path
        check_error(answer, path)
