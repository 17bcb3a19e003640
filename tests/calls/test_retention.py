"""What is kept only for a while: the hourly sweep takes what is older, and nothing else."""

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db.models import Model

from callcenter_site.celery import app
from calls import tasks
from calls.models import Call, CallEvent, Heartbeat, IdempotentAnswer, TranscriptSegment, WebhookDelivery
from calls.services import transcript
from calls.services.lifecycle import end_call
from calls.states import EndReason, Speaker
from common import clock
from common.models import StreamEvent
from common.realtime import agent_stream, call_stream, events_after, last_seq, publish, unit_of_work
from queueing.models import Agent
from tests.agents_ui.helpers import Socket, SocketOpener
from tests.cast import Clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("celery_calls")]

SECOND = timedelta(seconds=1)
# docs/operations.md
EVENTS, ANSWERS, DELIVERIES, HEARTBEATS = (timedelta(hours=hours) for hours in (48, 24, 168, 1))


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that moves only when told."""
    stopped = Clock(clock.now())
    monkeypatch.setattr("common.clock.timezone.now", lambda: stopped.at)
    return stopped


def kept(model: type[Model], field: str) -> list[Any]:
    """What that field says in the rows that are left."""
    return list(model._default_manager.order_by("pk").values_list(field, flat=True))


def test_stored_messages_older_than_two_days_go(time: Clock) -> None:
    for seq, age in enumerate((EVENTS * 30, EVENTS + SECOND, EVENTS, SECOND), start=1):
        StreamEvent.objects.create(stream="call:a", seq=seq, type="call_update", created_at=time.at - age)
    tasks.sweep_old_rows()
    assert kept(StreamEvent, "seq") == [3, 4]


def test_answers_of_idempotency_keys_older_than_a_day_go(time: Clock) -> None:
    for key, age in (("old", ANSWERS + SECOND), ("a day", ANSWERS), ("young", SECOND)):
        IdempotentAnswer.objects.create(key=key, created_at=time.at - age)
    tasks.sweep_old_rows()
    assert kept(IdempotentAnswer, "key") == ["a day", "young"]


def test_ids_of_webhooks_older_than_a_week_go(time: Clock) -> None:
    for event_id, age in (("old", DELIVERIES + SECOND), ("a week", DELIVERIES), ("young", SECOND)):
        WebhookDelivery.objects.create(event_id=event_id, received_at=time.at - age)
    tasks.sweep_old_rows()
    assert kept(WebhookDelivery, "event_id") == ["a week", "young"]


def test_processes_silent_for_more_than_an_hour_are_forgotten(time: Clock) -> None:
    for name, age in (("dead", HEARTBEATS + SECOND), ("an hour", HEARTBEATS), ("alive", SECOND)):
        Heartbeat.objects.create(kind="celery", name=name, seen_at=time.at - age)
    tasks.sweep_old_rows()
    assert kept(Heartbeat, "name") == ["an hour", "alive"]


def test_calls_with_their_history_and_transcript_stay_however_old(carol: Call, time: Clock) -> None:
    transcript.add_segment(carol.pk, key="1", speaker=Speaker.AI, text="Welcome")
    end_call(carol.pk, EndReason.CONTAINED, actor="ai")
    history, lines = kept(CallEvent, "kind"), kept(TranscriptSegment, "text")
    assert history
    assert "Welcome" in lines
    time.pass_(timedelta(days=400).total_seconds())
    tasks.sweep_old_rows()
    assert not StreamEvent.objects.exists()
    assert kept(Call, "pk") == [carol.pk]
    assert (kept(CallEvent, "kind"), kept(TranscriptSegment, "text")) == (history, lines)


def test_no_number_is_used_twice_after_all_of_a_stream_is_forgotten(time: Clock) -> None:
    tell("call:a", "one", "two")
    time.pass_((EVENTS + SECOND).total_seconds())
    tasks.sweep_old_rows()
    assert (events_after("call:a", 0), last_seq("call:a")) == ([], 2)
    tell("call:a", "three")
    assert [event.seq for event in events_after("call:a", 0)] == [3]


def tell(stream: str, *news: str) -> None:
    """One stored message each."""
    for text in news:
        with unit_of_work():
            publish(stream, "call_update", {"news": text})


def told_over_days(stream: str, time: Clock) -> int:
    """One and two told, two days gone by, three told, the old forgotten; the number of "one"."""
    tell(stream, "one")
    first = last_seq(stream)
    tell(stream, "two")
    time.pass_((EVENTS + SECOND).total_seconds())
    tell(stream, "three")
    tasks.sweep_old_rows()
    return first


@pytest.mark.django_db(transaction=True)
async def test_a_caller_whose_next_message_was_forgotten_gets_a_snapshot(carol: Call, time: Clock) -> None:
    first = await sync_to_async(told_over_days)(call_stream(carol.pk), time)
    socket = Socket(f"/ws/call/{carol.pk}/")
    answer = await socket.hello(call_secret=carol.secret, last_seq=first)
    assert answer["seq"] == first + 2
    assert answer["snapshot"]["call_id"] == carol.pk
    await socket.close()


@pytest.mark.django_db(transaction=True)
async def test_a_caller_who_lacks_only_what_is_kept_is_told_just_that(carol: Call, time: Clock) -> None:
    first = await sync_to_async(told_over_days)(call_stream(carol.pk), time)
    socket = Socket(f"/ws/call/{carol.pk}/")
    answer = await socket.hello(call_secret=carol.secret, last_seq=first + 1)
    assert answer == {"type": "acknowledgment", "seq": first + 1}
    assert (await socket.hear("call_update")) == {"type": "call_update", "seq": first + 2, "news": "three"}
    await socket.close()


@pytest.mark.django_db(transaction=True)
async def test_an_agent_whose_next_message_was_forgotten_gets_his_desk(alice: Agent, time: Clock) -> None:
    first = await sync_to_async(told_over_days)(agent_stream("alice"), time)
    socket = await SocketOpener()("/ws/agent/", alice.user)
    answer = await socket.hello(last_seq=first)
    assert answer["snapshot"]["agent"]["username"] == "alice"
    assert answer["seq"] >= first + 2
    await socket.close()


def test_the_beat_table_forgets_old_rows_each_hour() -> None:
    entries = [entry for entry in app.conf.beat_schedule.values() if entry["task"] == tasks.sweep_old_rows.name]
    assert [entry["schedule"] for entry in entries] == [3600.0]


def test_each_task_of_the_beat_table_is_a_task_of_the_queue_for_sweeps() -> None:
    app.loader.import_default_modules()
    for entry in app.conf.beat_schedule.values():
        assert entry["task"] in app.tasks
        assert app.amqp.router.route({}, entry["task"])["queue"].name == "sweeps"
