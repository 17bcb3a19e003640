"""Everything the API documents, asked badly in every way: a refusal in the contract's shape, never a 500."""

from typing import Any

import pytest

from tests.api_fuzz.conftest import Ask, World
from tests.api_fuzz.operations import Operation, operations
from tests.api_fuzz.shape import check

HOSTILE_VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 10**40, "", " ", "\x00", "a\x00b", "\ud800", "x\udfff", "\u202e", "x" * 20_000, "9" * 30,
    "٣", "../../etc/passwd", "'; DROP TABLE calls_call; --", "<script>alert(1)</script>", "%s%n{0}", "en\n",
    [], ["x"], [[]], {}, {"$ne": None}, {"a" * 500: "\x00"}, float("nan"), float("inf"),
)  # fmt: skip
HOSTILE_BODIES: tuple[bytes, ...] = (
    b"", b"{", b"null", b"[]", b"1", b'"x"', b"\xff\xfe", b"{}{}", b"\x00", b'{"room_name":"\\ud800"}', b"[" * 100_000,
    b'{"a":' * 30_000 + b"1" + b"}" * 30_000, b'{"room_name":' + b"9" * 5000 + b"}", "{}".encode("utf-16"),
    b'{"room_name":"a","room_name":"b"}', b"a=1&b=2", b"\xef\xbb\xbf{}",
)  # fmt: skip
HOSTILE_IDS = (
    "unknown1", "0", "-1", "9" * 40, "%00", "a%00b", "%ED%A0%80", "%FF%FE", "..", "%2e%2e%2f", "٣", "x" * 5000, "%0A",
    "alice%20", "ALICE", "'", "*", "None", "null", "transfer_1_101010",
)  # fmt: skip
HOSTILE_QUERIES = (
    "", "0", "-1", "9" * 40, "nope", "\x00", "\ud800", "1e9", "NaN", "2026-11-21", "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:59+23:59", "0001-01-01T00:00:00+23:59", "2026-11-21T10:00:00", "pending", "x" * 5000,
)  # fmt: skip
HOSTILE_CREDENTIALS = (
    "Bearer ", "Bearer x", "Bearer cs_", "Bearer cs_x_y", "Bearer cs_unknown1_" + "0" * 40, "Bearer ck_", "Basic YTpi",
    "Bearer ck_" + "x" * 5000, "bearer cs_é_é", "Bearer cs_ _ ", "Bearer Bearer cs_x_y", "Bearer cs_x_y, ck_z",
)  # fmt: skip
HOSTILE_CONTENT_TYPES = (
    "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/json; charset=no", "",
    "multipart/form-data; boundary=x", "image/png; a=b; c",
)  # fmt: skip
HOSTILE_UPLOAD = b"--x\r\nContent-Disposition: form-data; name=audio; filename=a.wav\r\n\r\nx\r\n--x--"

pytestmark = pytest.mark.django_db
each_operation = pytest.mark.parametrize("operation", operations(), ids=str)
each_with_body = pytest.mark.parametrize("operation", [op for op in operations() if op.content], ids=str)


def _entitled(operation: Operation, world: World, ask: Ask) -> Any:
    """A credential that gets past the door, so that what lies behind it is tried."""
    for credential in (world.carol.secret, world.key, world.sam):
        answer = ask(operation.method, world.path(operation), operation.body(), as_=credential)
        if answer.status_code not in (401, 403):
            return credential
    return world.key


@each_with_body
def test_hostile_values_in_each_field_are_refused_or_taken_never_fatal(
    operation: Operation, world: World, ask: Ask
) -> None:
    credential = _entitled(operation, world, ask)
    for name, _ in operation.fields:
        for value in HOSTILE_VALUES:
            answer = ask(operation.method, world.path(operation), operation.body(**{name: value}), as_=credential)
            check(answer, f"{operation} with {name}={str(value)[:40]!r}")


@each_operation
def test_hostile_bodies_are_refused(operation: Operation, world: World, ask: Ask) -> None:
    credential = _entitled(operation, world, ask)
    # Who takes no body does not read one.
    for body in HOSTILE_BODIES if operation.content else HOSTILE_BODIES[-4:]:
        answer = ask(operation.method, world.path(operation), body, as_=credential)
        if operation.path != "/api/health":
            check(answer, f"{operation} with body {body[:30]!r}")


@each_with_body
def test_a_form_or_an_unknown_content_type_is_refused_or_taken(operation: Operation, world: World, ask: Ask) -> None:
    kinds = (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/json; charset=no",
        "",
    )
    for kind in (*kinds, "multipart/form-data; boundary=x", "image/png; a=b; c"):
        for body in (
            b"{}",
            b"--x\r\n",
            b"--x\r\nContent-Disposition: form-data; name=audio; filename=a.wav\r\n\r\nx\r\n--x--",
        ):
            answer = ask(operation.method, world.path(operation), body, as_=world.key, content_type=kind)
            check(answer, f"{operation} with {kind!r}")


@pytest.mark.parametrize("operation", [op for op in operations() if "{" in op.path], ids=str)
def test_ids_of_nothing_and_nobody_are_refused(operation: Operation, world: World, ask: Ask) -> None:
    askers = {"key": world.key, "caller": world.carol.secret, "agent": world.alice.user, "nobody": None}
    if "/queue/" in operation.path:
        askers = {"supervisor": world.sam, "agent": world.alice.user}
    for number, (who, credential) in enumerate(askers.items()):
        # What an id may look like is asked once; who asks is looked at before.
        for strange in HOSTILE_IDS[::3] if number else HOSTILE_IDS:
            path = world.path(operation, **dict.fromkeys(("call_id", "agent_id", "offer_id", "entry_id"), strange))
            body = operation.body() if operation.content else None
            check(ask(operation.method, path, body, as_=credential), f"{operation} as {who}, id {strange[:20]!r}")


@pytest.mark.parametrize("operation", [op for op in operations() if op.queries], ids=str)
def test_strange_queries_are_refused_or_ignored(operation: Operation, world: World, ask: Ask) -> None:
    # What is nobody's parameter, and who asks, are looked at before any value is: a few are enough there.
    asked: list[tuple[object, str, str]] = [
        (world.key, name, value) for name in operation.queries for value in HOSTILE_QUERIES
    ]
    asked += [(world.key, name, value) for name in ("unknown", "", "limit[]") for value in HOSTILE_QUERIES[:4]]
    asked += [(world.sam, name, value) for name in operation.queries for value in HOSTILE_QUERIES[4:8]]
    for credential, name, value in asked:
        answer = ask(operation.method, world.path(operation), as_=credential, query={name: value})
        check(answer, f"{operation}?{name}={value[:20]!r}")


@each_operation
def test_strange_credentials_are_refused(operation: Operation, world: World, ask: Ask) -> None:
    for credential in HOSTILE_CREDENTIALS:
        body = operation.body() if operation.content else None
        answer = ask(operation.method, world.path(operation), body, as_=credential)
        if operation.path not in ("/health", "/api/health"):
            assert answer.status_code in (401, 403), f"{operation} as {credential[:30]!r}: {answer.status_code}"
            check(answer, f"{operation} as {credential[:30]!r}")


@each_operation
def test_other_methods_are_refused_in_the_same_shape(operation: Operation, world: World, ask: Ask) -> None:
    allowed = {op.method for op in operations() if op.path == operation.path}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"} - allowed:
        answer = ask(method, world.path(operation), as_=world.key)
        assert answer.status_code == 405, f"{method} {operation.path}: {answer.status_code}"
        check(answer, f"{method} {operation.path}")


@pytest.mark.parametrize("operation", [op for op in operations() if op.method == "POST"], ids=str)
def test_strange_idempotency_keys_are_refused_or_taken(operation: Operation, world: World, ask: Ask) -> None:
    for key in ("", " ", "x" * 300, "a\tb", "é", "k"):
        body = operation.body() if operation.content else None
        answer = ask("POST", world.path(operation), body, as_=world.key, **{"Idempotency-Key": key})
        check(answer, f"{operation} with key {key[:10]!r}")
