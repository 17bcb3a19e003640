"""What every refusal looks like."""

import json
import re
from typing import Any

from django.http import HttpResponse

REFUSALS = frozenset({400, 401, 403, 404, 405, 409, 413, 422, 429})
_TELLTALE = re.compile(rb"Traceback|File \"|site-packages|django\.|psycopg|sqlite3|OperationalError|IntegrityError")


def check(answer: HttpResponse, told: str) -> None:
    """A success with JSON, or a refusal in the contract's shape; never a 500, never an inner detail."""
    assert answer.status_code == 200 or answer.status_code in REFUSALS, (
        f"{told}: {answer.status_code} {answer.content!r}"
    )
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    assert not _TELLTALE.search(content), f"{told}: {content[:400]!r}"
    if answer.status_code != 200:
        check_error(answer, told)


def check_error(answer: HttpResponse, told: str) -> dict[str, Any]:
    """`{"error": {"code", "message", "fields"?}}`; the error."""
    assert answer["Content-Type"].startswith("application/json"), f"{told}: {answer['Content-Type']}"
    body = json.loads(answer.content)
    assert set(body) == {"error"}, f"{told}: {body}"
    error: dict[str, Any] = body["error"]
    assert re.fullmatch(r"[a-z][a-z0-9_]*", error["code"]), f"{told}: {error}"
    assert isinstance(error["message"], str), f"{told}: {error}"
    assert error["message"], f"{told}: {error}"
    fields = error.get("fields", {})
    assert all(isinstance(k, str) and isinstance(v, str) for k, v in fields.items()), f"{told}: {error}"
    if answer.status_code == 429:
        assert int(answer["Retry-After"]) > 0, told
    return error
