"""Who is in the room: reports repeat, overtake and get lost."""

from dataclasses import replace
from datetime import timedelta

import pytest

from calls.models import Call, Participant
from calls.services import participants
from calls.services.sweeps import reconcile_rooms
from calls.states import Role
from calls.telephony import Seen, WebhookNews
from common import clock
from tests.cast import make_call
from tests.fakes import FakeTelephony

pytestmark = pytest.mark.django_db


def caller(call: Call, sid: str = "PA_1") -> Seen:
    return Seen(sid=sid, identity=call.caller_identity, name="Carol", role="customer", is_agent_kind=False)


def webhook(call: Call, event: str, seen: Seen, event_id: str) -> WebhookNews:
    return WebhookNews(id=event_id, event=event, room_name=call.room_name, participant=seen)


@pytest.fixture
def call(support) -> Call:
    return make_call(caller_deadline=clock.now() + timedelta(seconds=60))


def deadline(call: Call) -> object:
    return Call.objects.values_list("caller_deadline", flat=True).get(pk=call.pk)


def test_joining_stops_the_clock_and_leaving_starts_the_grace(call: Call) -> None:
    participants.take_webhook(webhook(call, "participant_joined", caller(call), "EV_1"))
    assert deadline(call) is None
    participants.take_webhook(webhook(call, "participant_left", caller(call), "EV_2"))
    assert deadline(call) is not None


def test_a_repeated_event_changes_nothing(call: Call) -> None:
    news = webhook(call, "participant_joined", caller(call), "EV_1")
    assert participants.take_webhook(news)
    assert not participants.take_webhook(news)
    assert Participant.objects.count() == 1


def test_a_leave_that_overtakes_its_join_wins(call: Call) -> None:
    participants.take_webhook(webhook(call, "participant_left", caller(call), "EV_2"))
    participants.take_webhook(webhook(call, "participant_joined", caller(call), "EV_1"))
    assert not participants.present(call, Role.CUSTOMER)


def test_a_reload_joins_before_the_old_connection_leaves(call: Call) -> None:
    for n, (event, sid) in enumerate(
        [("participant_joined", "PA_1"), ("participant_joined", "PA_2"), ("participant_left", "PA_1")]
    ):
        participants.take_webhook(webhook(call, event, caller(call, sid), f"EV_{n}"))
    assert deadline(call) is None


@pytest.mark.parametrize(
    ("identity", "role"),
    [("customer_somebodyelse", "customer"), ("ai_x", "ai"), ("agent_alice", "customer"), ("x", ""), ("x", "admin")],
)
def test_a_name_alone_makes_nobody_anything(call: Call, identity: str, role: str) -> None:
    seen = replace(caller(call), identity=identity, role=role)
    assert not participants.joined(call, seen)
    assert not Participant.objects.exists()


def test_the_sweep_finds_who_was_never_reported(call: Call, telephony: FakeTelephony) -> None:
    telephony.join(call.room_name, call.caller_identity, Role.CUSTOMER)
    reconcile_rooms(telephony)
    assert participants.present(call, Role.CUSTOMER)


def test_the_sweep_believes_an_absence_at_the_second_look(call: Call, telephony: FakeTelephony) -> None:
    telephony.join(call.room_name, call.caller_identity, Role.CUSTOMER, sid="PA_1")
    reconcile_rooms(telephony)
    telephony.leave(call.room_name, call.caller_identity)
    reconcile_rooms(telephony)
    assert participants.present(call, Role.CUSTOMER)
    reconcile_rooms(telephony)
    assert not participants.present(call, Role.CUSTOMER)
    assert deadline(call) is not None


def test_one_missed_look_is_forgiven(call: Call, telephony: FakeTelephony) -> None:
    seen = telephony.join(call.room_name, call.caller_identity, Role.CUSTOMER, sid="PA_1")
    reconcile_rooms(telephony)
    telephony.leave(call.room_name, call.caller_identity)
    reconcile_rooms(telephony)
    telephony.people[call.room_name].append(seen)
    reconcile_rooms(telephony)
    assert Participant.objects.get().missed_looks == 0
