"""Calls from the first request to the last."""

from datetime import timedelta

import pytest

from calls.models import Call, CallEvent, Company, Customer
from calls.services import ai, lifecycle
from calls.services.sweeps import heartbeat, lapse_ais, lapse_callers
from calls.states import LIVE, AILeft, AIState, CallState, EndReason
from common import clock
from common.realtime import call_stream, events_after
from tests.cast import make_call
from tests.conftest import CeleryCalls

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker(db: None) -> None:
    heartbeat("voicebot", "here")


@pytest.fixture
def committed(django_capture_on_commit_callbacks, celery_calls: CeleryCalls):
    """Runs what waits for the commit, and records the tasks sent."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def types_on(call: Call) -> list[str]:
    return [event.type for event in events_after(call_stream(call.pk), 0)]


def test_a_new_call_sends_for_the_ai_after_commit(worker, support, committed, celery_calls: CeleryCalls) -> None:
    with committed():
        call = lifecycle.create_call(name="Carol", email="Carol@Example.org", language="ar")
    assert (call.state, call.ai_state, call.ai_epoch) == (CallState.CREATED, AIState.DISPATCHED, 1)
    assert celery_calls.named("calls.dispatch_ai") == [(call.pk, 1)]
    assert call.ai_job_id.startswith("job-")
    assert len(call.ai_job_id) == 12
    assert Customer.objects.get().email == "carol@example.org"


def test_a_live_room_is_not_given_twice(worker, support) -> None:
    lifecycle.create_call(room_name="lobby")
    with pytest.raises(lifecycle.RoomInUse):
        lifecycle.create_call(room_name="lobby")
    assert Call.objects.count() == 1


def test_a_room_is_free_again_when_its_call_has_ended(worker, support) -> None:
    first = lifecycle.create_call(room_name="lobby")
    lifecycle.end_call(first.pk, EndReason.FAILED, actor="system")
    assert lifecycle.create_call(room_name="lobby").pk != first.pk


def test_without_a_living_worker_people_answer(support) -> None:
    call = lifecycle.create_call()
    assert (call.state, call.ai_state) == (CallState.WAITING, AIState.NONE)
    assert call.entries.get().cause == "no_ai"


def test_above_the_limit_people_answer(worker, support, settings) -> None:
    settings.MAX_AI_CALLS = 1
    lifecycle.create_call()
    second = lifecycle.create_call()
    assert second.state == CallState.WAITING
    assert second.entries.get().cause == "ai_full"
    assert Company.objects.get().admissions == 2


def test_a_call_ends_once(support) -> None:
    call = make_call(state="ai")
    assert lifecycle.end_call(call.pk, EndReason.CONTAINED, actor="ai")
    assert not lifecycle.end_call(call.pk, EndReason.FAILED, actor="system")
    call.refresh_from_db()
    assert call.end_reason == EndReason.CONTAINED
    assert types_on(call) == ["transcript", "call_ended"]
    assert CallEvent.objects.filter(call=call, kind="call.ended").count() == 1


@pytest.mark.parametrize(
    ("state", "by_agent", "reason"),
    [
        ("created", False, "abandoned"),
        ("waiting", False, "abandoned"),
        ("ai", False, "customer_hangup"),
        ("agent", False, "customer_hangup"),
        ("agent", True, "agent_hangup"),
    ],
)
def test_the_reason_says_who_hung_up_and_when(support, state: str, by_agent: bool, reason: str) -> None:
    call = make_call(state=state)
    assert lifecycle.hang_up(call.pk, by_agent=by_agent, actor="x").end_reason == reason


@pytest.mark.parametrize(
    ("state", "joined", "reason"),
    [
        ("created", False, "abandoned"),
        ("ai", False, "abandoned"),
        ("ai", True, "caller_lost"),
        ("waiting", True, "abandoned"),
        ("agent", True, "caller_lost"),
    ],
)
def test_a_caller_gone_past_the_grace_ends_the_call(support, state: str, joined: bool, reason: str) -> None:
    now = clock.now()
    call = make_call(state=state, caller_deadline=now, caller_joined_at=now if joined else None)
    assert lapse_callers() == 1
    call.refresh_from_db()
    assert call.end_reason == reason


def test_a_caller_who_is_back_in_time_stays(support) -> None:
    call = make_call(caller_deadline=clock.now() + timedelta(seconds=1))
    assert lapse_callers() == 0
    assert not lifecycle.end_call(call.pk, EndReason.CALLER_LOST, actor="system", overdue=True)


def test_the_ai_takes_the_call_and_a_late_one_is_fenced(worker, support) -> None:
    call = lifecycle.create_call()
    assert ai.begin(call.pk, 1)
    call.refresh_from_db()
    assert (call.state, call.ai_state) == (CallState.AI, AIState.LIVE)
    assert not ai.begin(call.pk, 1)
    assert ai.renew(call.pk, 1)
    assert not ai.renew(call.pk, 0)
    assert not ai.renew(call.pk, 2)


def test_a_lost_ai_is_replaced_once_then_people_answer(worker, support, committed, celery_calls: CeleryCalls) -> None:
    call = lifecycle.create_call()
    for _ in range(2):
        Call.objects.filter(pk=call.pk).update(ai_deadline=clock.now())
        with committed():
            assert lapse_ais() == 1
    call.refresh_from_db()
    assert celery_calls.named("calls.dispatch_ai") == [(call.pk, 2)]
    assert (call.state, call.ai_state, call.ai_epoch) == (CallState.WAITING, AIState.GONE, 2)


def test_a_lease_that_runs_out_brings_another_ai_under_the_next_epoch(worker, support) -> None:
    call = lifecycle.create_call()
    ai.begin(call.pk, 1)
    with clock.frozen(clock.now() + timedelta(seconds=6)):
        assert lapse_ais() == 1
    call.refresh_from_db()
    assert (call.ai_epoch, call.ai_state, call.state) == (2, AIState.DISPATCHED, CallState.AI)
    assert not ai.renew(call.pk, 1)
    assert ai.begin(call.pk, 2)


def test_a_call_whose_ais_die_one_after_the_other_goes_to_people(worker, support, committed) -> None:
    call = lifecycle.create_call()
    for epoch in range(1, ai.MOST_LOST + 1):
        assert ai.begin(call.pk, epoch)
        with committed():
            ai.left(call.pk, epoch, reason=AILeft.FAILED)
    call.refresh_from_db()
    assert (call.state, call.ai_state, call.ai_epoch) == (CallState.WAITING, AIState.GONE, ai.MOST_LOST)


def test_nobody_misses_the_ai_while_a_person_talks(worker, support) -> None:
    call = make_call(state="agent", ai_state="live", ai_epoch=1, ai_deadline=clock.now())
    lapse_ais()
    call.refresh_from_db()
    assert (call.ai_state, call.ai_epoch) == (AIState.GONE, 1)


def test_a_dispatched_call_is_claimed_once(support) -> None:
    call = make_call(state="created", claimed=False)
    first = lifecycle.claim(call.pk, name="Carol", email="", video=False, department="")
    second = lifecycle.claim(call.pk, name="Mallory", email="", video=False, department="")
    call.refresh_from_db()
    assert (first, second, call.customer_name) == (True, False, "Carol")


def test_the_language_may_be_chosen_until_the_welcome(support) -> None:
    call = make_call(language="ar", ai_state="live", ai_epoch=1)
    assert lifecycle.choose_language(call.pk, "en", actor="caller")
    ai.welcomed(call.pk, 1)
    assert not lifecycle.choose_language(call.pk, "ar", actor="caller")


def test_ending_closes_the_room_after_commit(support, committed, celery_calls: CeleryCalls) -> None:
    call = make_call()
    with committed():
        lifecycle.end_call(call.pk, EndReason.CONTAINED, actor="ai")
    assert celery_calls.named("calls.close_room") == [(call.pk,)]


def test_hold_is_told_to_the_caller_once(support) -> None:
    call = make_call(state="agent")
    assert lifecycle.set_hold(call.pk, on=True, actor="alice")
    assert not lifecycle.set_hold(call.pk, on=True, actor="alice")
    assert [event.payload["on_hold"] for event in events_after(call_stream(call.pk), 0)] == [True]


def test_every_live_state_can_end(support) -> None:
    for state in LIVE:
        call = make_call(state=state)
        assert lifecycle.end_call(call.pk, EndReason.FAILED, actor="system"), state


def test_the_page_is_told_when_the_ai_is_lost_and_back(worker, support) -> None:
    call = lifecycle.create_call()
    ai.begin(call.pk, 1)
    Call.objects.filter(pk=call.pk).update(ai_deadline=clock.now())
    lapse_ais()
    ai.begin(call.pk, 2)
    told = [event.payload.get("ai") for event in events_after(call_stream(call.pk), 0)]
    assert told == ["live", "lost", "live"]
