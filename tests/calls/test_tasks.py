"""What runs off the request."""

import pytest

from calls import tasks
from calls.models import Call
from calls.states import EndReason
from tests.cast import make_call
from tests.fakes import FakeTelephony

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("support", "celery_calls")]


def dispatched(**values: object) -> Call:
    return make_call(state="created", ai_state="dispatched", ai_epoch=1, **values)


def test_the_room_is_made_before_the_dispatch(telephony: FakeTelephony) -> None:
    call = dispatched()
    tasks.dispatch_ai(call.pk, 1)
    assert [name for name, *_ in telephony.asked] == ["create_room", "dispatch"]
    assert telephony.asked_for("dispatch") == [(call.room_name, {"call_id": call.pk, "epoch": 1})]
    call.refresh_from_db()
    assert call.ai_dispatch_id


def test_a_second_dispatch_puts_the_ghost_out_first(telephony: FakeTelephony) -> None:
    call = dispatched(ai_dispatch_id="AD_old")
    tasks.dispatch_ai(call.pk, 1)
    assert [name for name, *_ in telephony.asked] == ["create_room", "remove", "cancel_dispatch", "dispatch"]


def test_a_dispatch_of_an_older_epoch_does_nothing(telephony: FakeTelephony) -> None:
    call = dispatched()
    tasks.dispatch_ai(call.pk, 0)
    tasks.dispatch_ai("nobody", 1)
    assert telephony.asked == []


def test_a_dispatch_that_fails_is_tried_once_more_then_people_answer(telephony: FakeTelephony) -> None:
    telephony.down = True
    call = dispatched(ai_attempts=1)
    tasks.dispatch_ai(call.pk, 1)
    call.refresh_from_db()
    assert (call.state, call.ai_epoch, call.ai_state) == ("created", 2, "dispatched")
    tasks.dispatch_ai(call.pk, 2)
    call.refresh_from_db()
    assert (call.state, call.ai_state) == ("waiting", "gone")


def test_the_room_of_an_ended_call_is_closed(telephony: FakeTelephony) -> None:
    from calls.services.lifecycle import end_call

    call = make_call(ai_dispatch_id="AD_1")
    tasks.close_room(call.pk)
    assert telephony.asked == []
    end_call(call.pk, EndReason.CONTAINED, actor="ai")
    tasks.close_room(call.pk)
    assert [name for name, *_ in telephony.asked] == ["cancel_dispatch", "delete_room"]


def test_a_room_that_has_a_new_call_is_left_open(telephony: FakeTelephony) -> None:
    from calls.services.lifecycle import end_call

    old = make_call(room_name="lobby")
    end_call(old.pk, EndReason.CONTAINED, actor="ai")
    make_call(room_name="lobby")
    tasks.close_room(old.pk)
    assert telephony.asked == []


def test_only_a_living_ai_is_nudged(telephony: FakeTelephony) -> None:
    tasks.nudge_ai(make_call(ai_state="gone").pk)
    call = make_call(ai_state="live")
    tasks.nudge_ai(call.pk)
    assert telephony.asked_for("send_data") == [(call.room_name, "callcenter.news", {"call_id": call.pk})]
