"""A call is handed on while something else happens to it."""

import pytest

from calls.services import lifecycle
from calls.states import EndReason
from common.errors import Conflict
from queueing.models import Agent, Department, QueueEntry, Transfer
from queueing.services import handing_on
from queueing.states import ENTRY_OPEN, Activity, TransferState
from tests.invariants import check_invariants
from tests.queueing.helpers import fresh, talking_call
from tests.races.threads import ROUNDS, at_once, winners

pytestmark = pytest.mark.parametrize("turn", range(ROUNDS))


def test_the_caller_hangs_up_at_that_instant(alice: Agent, billing: Department, sales: Department, turn: int) -> None:
    call = talking_call(alice, billing)
    outcomes = at_once(
        lambda: lifecycle.end_call(call.pk, EndReason.CUSTOMER_HANGUP, actor="caller"),
        lambda: handing_on.hand_on(fresh(call), agent=alice, department="sales", reason=""),
    )
    assert winners(outcomes, Conflict)[0] == 0
    assert fresh(call).state == "ended"
    assert not QueueEntry.objects.filter(call=call, state__in=ENTRY_OPEN).exists()
    assert not Transfer.objects.filter(call=call, state=TransferState.PENDING).exists()
    assert fresh(alice).activity == Activity.WRAPPING_UP
    check_invariants()


def test_pressed_in_two_tabs_to_two_departments(
    alice: Agent, billing: Department, sales: Department, support: Department, turn: int
) -> None:
    call = talking_call(alice, billing)
    outcomes = at_once(
        lambda: handing_on.hand_on(fresh(call), agent=alice, department="sales", reason=""),
        lambda: handing_on.hand_on(fresh(call), agent=alice, department="support", reason=""),
    )
    assert winners(outcomes) == [0, 1]
    first, second = (outcome.value.pk for outcome in outcomes)
    assert first == second
    assert QueueEntry.objects.filter(call=call, state__in=ENTRY_OPEN).count() == 1
    check_invariants()
