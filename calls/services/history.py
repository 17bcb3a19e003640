"""A call's history."""

from typing import Any

from calls.models import Call, CallEvent
from common import clock


def record(call: Call | str, kind: str, actor: str, **data: Any) -> None:
    """Write one row: `kind` is `<thing>.<what>`, `actor` a user name, `caller`, `ai` or `system`."""
    call_id = call if isinstance(call, str) else call.pk
    CallEvent.objects.create(call_id=call_id, at=clock.now(), kind=kind, actor=actor, data=data)
