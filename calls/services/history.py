"""A call's history."""

from collections.abc import Iterable
from typing import Any

from calls.models import Call, CallEvent
from common import bulk, clock


def record(call: Call | str, kind: str, actor: str, **data: Any) -> None:
    """Write one row: `kind` is `<thing>.<what>`, `actor` a user name, `caller`, `ai` or `system`."""
    call_id = call if isinstance(call, str) else call.pk
    record_all([(call_id, kind, data)], actor)


def record_all(rows: Iterable[tuple[str, str, dict[str, Any]]], actor: str) -> None:
    """Many at once: (call's id, kind, data)."""
    at = clock.now()
    found = [(call_id, at, kind, actor, data) for call_id, kind, data in rows]
    bulk.insert(CallEvent, ("call_id", "at", "kind", "actor", "data"), found)
