"""An agent gives his caller back to the AI."""

from typing import Any

import pytest

from calls.models import Call, Feedback
from calls.services import ai, lifecycle, sweeps
from calls.states import AIState, AITask, EndReason
from common.errors import Conflict
from queueing.models import Agent, Department, QueueEntry
from queueing.services import handing_back, handing_over, offers
from queueing.states import Activity, EntryState
from tests.queueing.helpers import Browser, enters, fresh, ringing, told_agent, told_caller, waiting_call
from voicebot.gateway import DjangoGateway
from voicebot.gateway.reading import facts_of


@pytest.fixture
def call(alice: Agent, billing: Department) -> Call:
    """alice has the caller on the line; a voice worker lives."""
    sweeps.heartbeat("voicebot", "worker")
    entry = waiting_call(billing)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    enters(entry.call, alice)
    return Call.objects.get(pk=entry.call_id)


def test_the_ai_has_the_caller_and_the_agent_wraps_up(
    call: Call, alice: Agent, celery_calls: list[tuple[str, tuple[object, ...]]]
) -> None:
    celery_calls.clear()
    back = handing_back.hand_back(call, agent=alice, task=AITask.FINISH)
    assert (back.state, back.agent, back.ai_state, back.ai_task) == ("ai", None, AIState.DISPATCHED, "finish")
    assert fresh(alice).activity == Activity.WRAPPING_UP
    assert QueueEntry.objects.get().state == EntryState.DONE
    assert told_agent(alice, "call_ended")[-1]["reason"] == "handed_back"
    assert told_caller(call, "call_update")[-1]["state"] == "ai"
    sent = [name for name, *_ in celery_calls]
    assert {"calls.dispatch_ai", "queueing.remove_agent"} <= set(sent)


def test_an_ai_that_is_just_leaving_is_replaced(call: Call, alice: Agent) -> None:
    Call.objects.filter(pk=call.pk).update(ai_state=AIState.LIVE, ai_epoch=3)
    back = handing_back.hand_back(call, agent=alice, task=AITask.FINISH)
    assert (back.ai_state, back.ai_epoch) == (AIState.DISPATCHED, 4)


@pytest.mark.parametrize(("most", "code"), [(0, "ai_full"), (5, "no_ai")])
def test_without_an_ai_the_call_stays_with_the_agent(
    call: Call, alice: Agent, settings: Any, most: int, code: str
) -> None:
    settings.MAX_AI_CALLS = most
    if code == "no_ai":
        from calls.models import Heartbeat

        Heartbeat.objects.all().delete()
    with pytest.raises(Conflict) as told:
        handing_back.hand_back(call, agent=alice, task=AITask.SURVEY)
    assert told.value.code == code
    assert (fresh(call).state, fresh(call).agent, fresh(alice).activity) == ("agent", alice.user, Activity.ON_CALL)


def test_asked_twice_it_is_once(call: Call, alice: Agent) -> None:
    first = handing_back.hand_back(call, agent=alice, task=AITask.SURVEY)
    assert handing_back.hand_back(fresh(call), agent=alice, task=AITask.SURVEY).ai_epoch == first.ai_epoch


def test_somebody_elses_call_is_not_handed_back(call: Call, bob: Agent) -> None:
    with pytest.raises(Conflict) as told:
        handing_back.hand_back(call, agent=bob, task=AITask.FINISH)
    assert told.value.code == "wrong_state"


def test_not_while_a_colleague_is_asked(call: Call, alice: Agent, bob: Agent) -> None:
    handing_over.hand_over(call, agent=alice, to=bob)
    with pytest.raises(Conflict) as told:
        handing_back.hand_back(call, agent=alice, task=AITask.FINISH)
    assert told.value.code == "transfer_open"


def test_the_receptionist_knows_what_is_left_to_do(call: Call, alice: Agent) -> None:
    handing_back.hand_back(call, agent=alice, task=AITask.SURVEY)
    facts = facts_of(call.pk)
    assert (facts.task, facts.resumed) == ("survey", True)


def test_a_survey_nobody_can_ask_ends_the_call(call: Call, alice: Agent) -> None:
    handing_back.hand_back(call, agent=alice, task=AITask.SURVEY)
    Call.objects.filter(pk=call.pk).update(ai_attempts=ai.MAX_ATTEMPTS)
    ai.replace_lost(call.pk, fresh(call).ai_epoch)
    assert (fresh(call).state, fresh(call).end_reason) == ("ended", EndReason.CONTAINED)


def test_who_still_needs_help_and_finds_no_ai_waits_for_a_person(call: Call, alice: Agent) -> None:
    handing_back.hand_back(call, agent=alice, task=AITask.FINISH)
    Call.objects.filter(pk=call.pk).update(ai_attempts=ai.MAX_ATTEMPTS)
    ai.replace_lost(call.pk, fresh(call).ai_epoch)
    assert fresh(call).state == "waiting"


async def _rate(call_id: str) -> None:
    gateway = DjangoGateway()
    await gateway.rate(call_id, 4)
    await gateway.rate(call_id, 5)


def test_the_rating_is_the_calls_and_given_once(call: Call, alice: Agent) -> None:
    from asgiref.sync import async_to_sync

    handing_back.hand_back(call, agent=alice, task=AITask.SURVEY)
    async_to_sync(_rate)(call.pk)
    assert Feedback.objects.get(call=call).rating == 4


def test_the_route(call: Call, alice: Agent) -> None:
    desk, path = Browser(user=alice.user), f"/api/calls/{call.pk}/transfer"
    desk.post(path, {"target": "ai", "department": "billing"}, expect=422)
    desk.post(path, {"target": "ai", "mode": "sing"}, expect=422)
    assert desk.post(path, {"target": "ai", "mode": "survey"})["state"] == "ai"
    lifecycle.end_call(call.pk, EndReason.CUSTOMER_HANGUP, actor="caller")
    assert fresh(alice).activity == Activity.WRAPPING_UP
