"""Supervisors act while something else happens to the call."""

import pytest
from django.contrib.auth.models import Group, User

from calls.models import Call
from calls.services import lifecycle
from calls.states import EndReason
from common.errors import Conflict
from queueing.models import Agent, Department, QueueEntry, Supervision
from queueing.services import offers, supervision, taking_over
from queueing.states import ENTRY_OPEN, Activity
from queueing.supervising import SUPERVISION_LIVE, SUPERVISION_SPEAKING, SupervisionState
from tests.cast import make_agent, make_call, make_user
from tests.queueing.helpers import fresh, ringing, talking_call, waiting_call
from tests.races.threads import ROUNDS, at_once, winners

pytestmark = pytest.mark.parametrize("turn", range(ROUNDS))


@pytest.fixture
def mona(support: Department) -> Agent:
    """A supervisor who takes calls, too."""
    agent = make_agent("mona", presence="offline")
    agent.user.groups.add(Group.objects.get_or_create(name="supervisor")[0])
    return agent


def test_the_agent_hangs_up_as_the_supervisor_takes_over(
    alice: Agent, mona: Agent, billing: Department, turn: int
) -> None:
    call = talking_call(alice, billing)
    outcomes = at_once(
        lambda: lifecycle.end_call(call.pk, EndReason.AGENT_HANGUP, actor="alice"),
        lambda: taking_over.take_over(fresh(call), supervisor=mona.user),
    )
    assert winners(outcomes, Conflict)[0] == 0
    assert fresh(call).state == "ended"
    assert not QueueEntry.objects.filter(call=call, state__in=ENTRY_OPEN).exists()
    assert not Supervision.objects.filter(state__in=SUPERVISION_LIVE).exists()
    assert fresh(mona).activity == Activity.IDLE


def test_an_agent_accepts_as_the_supervisor_takes_over(
    alice: Agent, mona: Agent, billing: Department, turn: int
) -> None:
    entry = waiting_call(billing)
    offer = ringing(alice)
    outcomes = at_once(
        lambda: offers.accept_offer(str(offer.pk), agent=alice),
        lambda: taking_over.take_over(entry.call, supervisor=mona.user),
    )
    won = winners(outcomes, Conflict)
    assert len(won) == 1
    owner = (alice, mona)[won[0]]
    assert fresh(entry).agent_id == owner.pk
    assert {fresh(alice).activity, fresh(mona).activity} == {Activity.ON_CALL, Activity.IDLE}


def test_two_supervisors_take_over_at_once(alice: Agent, mona: Agent, billing: Department, turn: int) -> None:
    nora = make_agent("nora", presence="offline")
    call = talking_call(alice, billing)
    outcomes = at_once(
        lambda: taking_over.take_over(fresh(call), supervisor=mona.user),
        lambda: taking_over.take_over(fresh(call), supervisor=nora.user),
    )
    won = winners(outcomes, Conflict)
    assert len(won) == 1
    assert fresh(call).agent_id == (mona, nora)[won[0]].user_id
    assert fresh(alice).activity == Activity.WRAPPING_UP


def test_two_supervisors_begin_to_speak_at_once(
    alice: Agent, sam: User, mona: Agent, billing: Department, turn: int
) -> None:
    call = talking_call(alice, billing)
    outcomes = at_once(
        lambda: supervision.supervise(fresh(call), supervisor=sam, to=SupervisionState.BARGE),
        lambda: supervision.supervise(fresh(call), supervisor=mona.user, to=SupervisionState.WHISPER),
    )
    assert len(winners(outcomes, Conflict)) == 1
    assert Supervision.objects.filter(state__in=SUPERVISION_SPEAKING).count() == 1


def test_one_supervisor_begins_in_two_calls_at_once(support: Department, turn: int) -> None:
    sam = make_user("sam", "supervisor")
    calls: list[Call] = [make_call(), make_call()]
    outcomes = at_once(
        *(lambda call=call: supervision.supervise(call, supervisor=sam, to=SupervisionState.LISTEN) for call in calls)
    )
    assert winners(outcomes, Conflict)
    assert Supervision.objects.filter(supervisor=sam, state__in=SUPERVISION_LIVE).count() == 1


def test_the_call_ends_as_the_supervisor_begins(sam: User, alice: Agent, billing: Department, turn: int) -> None:
    call = talking_call(alice, billing)
    outcomes = at_once(
        lambda: lifecycle.end_call(call.pk, EndReason.CUSTOMER_HANGUP, actor="caller"),
        lambda: supervision.supervise(fresh(call), supervisor=sam, to=SupervisionState.LISTEN),
    )
    assert winners(outcomes, Conflict)[0] == 0
    assert not Supervision.objects.filter(state__in=SUPERVISION_LIVE).exists()
