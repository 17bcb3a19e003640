"""The AI in the room and a typed turn use tools at the same instant."""

import pytest

from calls.models import Call, ToolUse
from calls.services import tool_uses
from calls.states import ToolOutcome
from tests.cast import make_call
from tests.races.threads import ROUNDS, at_once, winners

pytestmark = pytest.mark.parametrize("turn", range(ROUNDS))


def begin(call: Call, key: str, cap: int = 9) -> tuple[ToolUse | None, bool]:
    return tool_uses.begin_use(call.pk, key=key, turn="t", tool="note_fact", arguments={}, cap=cap)


def test_one_use_is_claimed_once(turn: int) -> None:
    call = make_call()
    outcomes = at_once(lambda: begin(call, "same"), lambda: begin(call, "same"))
    assert len(winners(outcomes)) == 2
    assert sorted(outcome.value[1] for outcome in outcomes) == [False, True]
    assert ToolUse.objects.count() == 1


def test_a_limit_holds_for_two_at_once(turn: int) -> None:
    call = make_call()
    outcomes = at_once(lambda: begin(call, "one", 1), lambda: begin(call, "two", 1))
    assert sorted(outcome.value[1] for outcome in outcomes) == [False, True]
    assert ToolUse.objects.count() == 1


def test_one_question_is_open_a_call(turn: int) -> None:
    call = make_call()
    uses = [begin(call, key)[0] for key in ("one", "two")]
    sides = [lambda use=use: tool_uses.settle_use(use, ToolOutcome.ASKED, {}, actor="ai") for use in uses]
    assert len(winners(at_once(*sides))) == 2
    assert ToolUse.objects.filter(outcome=ToolOutcome.ASKED).count() == 1


def test_a_yes_counts_once(turn: int) -> None:
    use, _ = begin(make_call(), "one")
    assert use is not None
    tool_uses.settle_use(use, ToolOutcome.ASKED, {}, actor="ai")
    yes = lambda: tool_uses.answer_question(use, ToolOutcome.RUNNING, actor="caller")  # noqa: E731
    assert len(winners(at_once(yes, yes))) == 1
