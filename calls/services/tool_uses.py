"""What the AI does with its tools: claimed by a row first, done once, settled with its outcome."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from calls.models import Call, ToolCount, ToolUse
from calls.services.history import record
from calls.states import AI_TOOLS, TOOL_USE, ToolOutcome
from common import clock
from common.errors import NotFound
from common.prepared import Prepared, Row
from common.service import service
from common.transitions import move

MAX_IN_A_TURN = 12
MAX_IN_A_CALL = 300
UNKNOWN = "unknown"
"""What a tool is counted as that there is none of: a name of the model's own would be a new series each time."""
_UNCOUNTED = frozenset({ToolOutcome.REFUSED})


@service
def begin_use(
    call_id: str, *, key: str, turn: str, tool: str, arguments: dict[str, str], cap: int | None
) -> tuple[ToolUse | None, bool]:
    """Claim a use: (its row, whether it is new). No row: the turn, the call or the tool (`cap`) has had enough.

    `cap` None: not limited, for what the caller himself asked for beyond doubt. NotFound for an unknown call.
    """
    # The row stays ours until commit, so that two at once count each other.
    if not Call.objects.select_for_update().filter(pk=call_id).exists():
        raise NotFound("There is no such call.")
    used = ToolUse.objects.filter(call=call_id)
    if (found := used.filter(key=key).first()) is not None:
        return found, False
    if cap is not None and _had_enough(call_id, turn, tool, cap):
        return None, False
    try:
        with transaction.atomic():
            made = ToolUse.objects.create(
                call_id=call_id, key=key, turn=turn[:80], tool=tool[:60], arguments=arguments, at=clock.now()
            )
    except IntegrityError:
        return used.get(key=key), False
    return made, True


def _had_enough(call_id: str, turn: str, tool: str, cap: int) -> bool:
    used = ToolUse.objects.filter(call=call_id)
    if used.filter(turn=turn[:80]).count() >= MAX_IN_A_TURN or used.count() >= MAX_IN_A_CALL:
        return True
    return used.filter(tool=tool[:60]).exclude(outcome__in=_UNCOUNTED).count() >= cap


@service
def settle_use(use: ToolUse, to: ToolOutcome, result: dict[str, Any], *, actor: str) -> bool:
    """Store what came of it; False when somebody has settled it already. One question is open a call: the latest."""
    if to == ToolOutcome.ASKED:
        # Two asked at once: one after the other, the second stands.
        Call.objects.select_for_update().filter(pk=use.call_id).first()
        for older in ToolUse.objects.filter(call=use.call_id, outcome=ToolOutcome.ASKED):
            _move(older, ToolOutcome.LAPSED, actor=actor)
    return _move(use, to, actor=actor, result=result)


@service
def answer_question(use: ToolUse, to: ToolOutcome, *, actor: str) -> bool:
    """The caller said yes (`running`), no (`declined`) or something else (`lapsed`). False: no longer asked."""
    return _move(use, to, actor=actor)


def _move(use: ToolUse, to: ToolOutcome, *, actor: str, **changes: Any) -> bool:
    moved = move(
        ToolUse.objects.filter(pk=use.pk),
        TOOL_USE,
        to,
        record=lambda: record(use.call_id, f"tool.{to.value}", actor, tool=use.tool),
        **changes,
    )
    if moved and to != ToolOutcome.RUNNING:
        _count(use.tool if use.tool in AI_TOOLS else UNKNOWN, to)
    return moved


def _count(tool: str, outcome: ToolOutcome) -> None:
    found = ToolCount.objects.filter(tool=tool, outcome=outcome)
    if not found.update(count=F("count") + 1):
        # The first of its kind; somebody else's first may come at the same instant.
        ToolCount.objects.bulk_create([ToolCount(tool=tool, outcome=outcome)], ignore_conflicts=True)
        found.update(count=F("count") + 1)


def open_question(call_id: str) -> ToolUse | None:
    """What the caller was asked and has not answered."""
    return next(iter(_ASKED(call=call_id)), None)


def _asked(call: str) -> QuerySet[ToolUse]:
    return ToolUse.objects.filter(call=call, outcome=ToolOutcome.ASKED).order_by("at", "id")[:1]


_ASKED = Prepared(_asked)


def done(call_id: str) -> frozenset[str]:
    """The tools that have done something in this call."""
    return frozenset(tool for (tool,) in _DONE(call=call_id))


def _done(call: str) -> QuerySet[ToolUse, Row]:
    return ToolUse.objects.filter(call=call, outcome=ToolOutcome.DONE).order_by().values_list("tool")


_DONE = Prepared(_done)


def get_use(call_id: str, key: str) -> ToolUse:
    """NotFound for an unknown one."""
    found = ToolUse.objects.filter(call=call_id, key=key).first()
    if found is None:
        raise NotFound("There is no such use.")
    return found
