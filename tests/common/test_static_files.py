"""What a page loads beside its HTML, answered without Django."""

from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator

from common.static_files import StaticFirst

LIBRARY = "/static/vendor/livekit-client.esm.mjs"


@pytest.fixture(scope="module")
def served() -> Iterator[StaticFirst]:
    from django.test import override_settings

    async def django(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 418, "headers": []})
        await send({"type": "http.response.body", "body": b"django"})

    with override_settings(WHITENOISE_AUTOREFRESH=False):
        yield StaticFirst(django)


async def ask(app: StaticFirst, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body."""
    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": given}
    talk: Any = ApplicationCommunicator(app, scope)  # type: ignore[no-untyped-call]
    start, body = await talk.receive_output(), await talk.receive_output()
    await talk.wait()
    return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, body["body"]


async def test_a_file_comes_with_its_type_and_may_be_kept(served: StaticFirst) -> None:
    status, headers, body = await ask(served, "/static/calls/main.js")

    assert (status, headers["content-type"]) == (200, 'text/javascript; charset="utf-8"')
    assert headers["cache-control"] == "max-age=3600, public"
    assert headers["x-content-type-options"] == "nosniff"
    assert int(headers["content-length"]) == len(body)
    assert b"import" in body


@pytest.mark.parametrize("packed", ["gzip", "br"])
async def test_the_library_of_calls_comes_packed_to_who_can_unpack_it(served: StaticFirst, packed: str) -> None:
    _, _, plain = await ask(served, LIBRARY)
    _, headers, small = await ask(served, LIBRARY, accept_encoding=packed)

    assert headers["content-encoding"] == packed
    assert headers["vary"] == "Accept-Encoding"
    assert len(small) < len(plain) / 3 < 250_000
    assert b"livekit-client" in plain[:40]


async def test_who_has_the_file_already_is_told_so(served: StaticFirst) -> None:
    _, first, _ = await ask(served, LIBRARY)
    status, _, body = await ask(served, LIBRARY, if_none_match=first["etag"])

    assert (status, body) == (304, b"")


async def test_a_part_of_a_file_can_be_asked_for(served: StaticFirst) -> None:
    status, headers, body = await ask(served, LIBRARY, range="bytes=0-9")

    assert (status, len(body)) == (206, 10)
    assert headers["content-range"].startswith("bytes 0-9/")


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("POST", 405)])
async def test_other_methods_have_no_body(served: StaticFirst, method: str, status: int) -> None:
    found, _, body = await ask(served, LIBRARY, method)

    assert (found, body) == (status, b"")


@pytest.mark.parametrize("path", ["/desk/", "/static/nothing.js", "/static/../manage.py", "/static/calls/"])
async def test_everything_else_is_django_s(served: StaticFirst, path: str) -> None:
    assert (await ask(served, path))[0] == 418
