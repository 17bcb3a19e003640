"""The gateway against the real services. Its threads have connections of their own, so rows are committed."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from calls.models import Call, TranscriptSegment
from calls.services import lifecycle, participants
from calls.states import AILeft, CallState, EndReason, Speaker
from calls.telephony import Seen
from common.models import StreamEvent
from queueing.models import CallbackRequest, Department, QueueEntry, Transfer
from queueing.services import supervision
from queueing.states import EntryState
from queueing.supervising import SupervisionState
from tests.cast import make_agent, make_user
from tests.fakes import FakeTelephony
from tests.voicebot.receptionist.db import live_call
from voicebot.gateway import DjangoGateway, _threaded, keep_connections
from voicebot.receptionist.facts import VoiceChoice
from voicebot.receptionist.ports import (
    CallOver,
    CallUnknown,
    GatewayError,
    QueueClosed,
    TurnNews,
    Unavailable,
    WrongState,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("celery_calls")]

NEWS = TurnNews("t1", "hi", "en", "Hello!", "en", ("escalated",))


@pytest.fixture
def gateway() -> DjangoGateway:
    return DjangoGateway()


@pytest.fixture
def call() -> Call:
    return live_call()


async def fresh(call: Call) -> Call:
    return await Call.objects.aget(pk=call.pk)


async def test_the_facts_are_those_of_the_call_and_its_company(gateway, call, settings):
    settings.COMPANY_NAME = "Acme"
    facts = await gateway.facts(call.pk)
    assert (facts.company, facts.language, facts.caller_name, facts.contact) == (
        "Acme",
        "en",
        "Carol",
        "carol@example.com",
    )
    assert [item.slug for item in facts.departments] == ["support", "billing"]
    assert facts.departments[0].faqs[0].questions["en"] == ("What are your opening hours?", "When are you open?")
    assert facts.departments[1].synonyms == ("money", "فلوس")
    assert (facts.voice, facts.resumed, facts.queue_outcome) == ("offline", False, "")


async def test_the_facts_tell_what_voice_the_callers_department_has_chosen(gateway, call, settings):
    settings.GOOGLE_API_KEY = "given"
    await Department.objects.filter(slug="billing").aupdate(voice_provider="gemini-realtime", voice_speaker="offline")
    await Call.objects.filter(pk=call.pk).aupdate(department="billing", avatar=True)
    facts = await gateway.facts(call.pk)
    assert facts.own_department.voice == VoiceChoice("gemini-realtime", "offline", "")
    assert (facts.voice, facts.avatar) == ("gemini-realtime", True)


async def test_a_department_that_is_not_active_is_not_told_of(gateway, call):
    await Department.objects.filter(slug="billing").aupdate(is_active=False)
    assert [item.slug for item in (await gateway.facts(call.pk)).departments] == ["support"]


async def test_an_unknown_call_is_unknown(gateway):
    with pytest.raises(CallUnknown):
        await gateway.facts("nothere")


async def test_a_line_is_stored_once_and_told(gateway, call):
    for _ in range(2):
        await gateway.add_line(call.pk, speaker=Speaker.CUSTOMER, text="hello", language="en", segment="SG_1")
    assert await TranscriptSegment.objects.filter(call=call).acount() == 1
    event = await StreamEvent.objects.filter(stream=f"call:{call.pk}", type="transcript").aget()
    assert (event.payload["speaker"], event.payload["text"]) == ("customer", "hello")


async def test_the_history_is_in_order_and_ends_with_the_last(gateway, call):
    for number in range(5):
        await gateway.add_line(call.pk, speaker=Speaker.AI, text=f"line {number}", language="en")
    assert [line.text for line in await gateway.history(call.pk, limit=3)] == ["line 2", "line 3", "line 4"]


async def test_the_language_is_switched_and_told(gateway, call):
    await gateway.set_language(call.pk, "ar")
    assert (await fresh(call)).language == "ar"


async def test_facts_are_noted(gateway, call):
    await gateway.note_fact(call.pk, "order", "42")
    await gateway.note_fact(call.pk, "order", "43")
    await gateway.note_fact(call.pk, "name", "Carol")
    assert dict((await gateway.facts(call.pk)).notes) == {"order": "43", "name": "Carol"}


async def test_more_facts_than_a_person_reads_are_refused(gateway, call):
    await Call.objects.filter(pk=call.pk).aupdate(facts={f"k{n}": "v" for n in range(40)})
    with pytest.raises(GatewayError):
        await gateway.note_fact(call.pk, "one more", "v")


async def test_escalating_makes_a_transfer_with_its_story(gateway, call):
    place = await gateway.escalate(call.pk, reason="my bill", department="billing", summary="Bill is wrong.")
    assert (place.department, place.position, place.estimated_wait) == ("billing", 1, 300)
    transfer = await Transfer.objects.aget(call=call)
    assert (transfer.reason, transfer.public_id) == ("my bill", place.transfer_id)
    after = await fresh(call)
    assert (after.state, after.summary, after.department) == (CallState.WAITING, "Bill is wrong.", "billing")


async def test_agents_read_the_story_in_the_first_message(gateway, call):
    from asgiref.sync import sync_to_async

    await sync_to_async(lambda: make_agent("alice", Department.objects.get(slug="support")))()
    await gateway.escalate(call.pk, reason="a person", summary="Wants a refund.")
    pending = await StreamEvent.objects.aget(stream="agent:alice", type="transfer_pending")
    assert pending.payload["transfer"]["summary"] == "Wants a refund."


async def test_escalating_twice_is_one_transfer(gateway, call):
    first = await gateway.escalate(call.pk, reason="a person")
    assert await gateway.escalate(call.pk, reason="a person") == first


@pytest.mark.parametrize(("state", "error"), [("ended", CallOver), ("agent", WrongState)])
async def test_a_call_past_the_ai_is_not_escalated(gateway, state, error):
    from asgiref.sync import sync_to_async

    from common import clock

    ended = {"ended_at": clock.now(), "end_reason": "contained"} if state == "ended" else {}
    call = await sync_to_async(live_call)(state=state, **ended)
    with pytest.raises(error):
        await gateway.escalate(call.pk, reason="a person")


async def test_an_unknown_department_is_refused(gateway, call):
    with pytest.raises(GatewayError):
        await gateway.escalate(call.pk, reason="x", department="nowhere")


async def test_the_place_in_line_is_known_only_there(gateway, call):
    assert await gateway.queue_place(call.pk) is None
    await gateway.escalate(call.pk, reason="a person")
    place = await gateway.queue_place(call.pk)
    assert (place.department, place.position) == ("support", 1)


async def test_a_callback_of_a_waiting_caller_leaves_the_line(gateway, call):
    await gateway.escalate(call.pk, reason="a person")
    await gateway.store_callback(call.pk, contact="+49 170 1234567", note="bill")
    stored = await CallbackRequest.objects.aget(call=call)
    assert (stored.kind, stored.contact, stored.note) == ("callback", "+49 170 1234567", "bill")
    assert (await QueueEntry.objects.aget(call=call)).state == EntryState.CALLBACK


async def test_a_call_ended_after_its_callback_says_so(gateway, call):
    await gateway.store_callback(call.pk, contact="carol@example.com")
    await gateway.end_call(call.pk)
    assert (await fresh(call)).end_reason == EndReason.CALLBACK


async def test_leaving_the_line_brings_the_call_back_to_the_ai(gateway, call):
    await gateway.escalate(call.pk, reason="a person")
    await gateway.leave_queue(call.pk)
    assert (await fresh(call)).state == CallState.AI
    assert (await QueueEntry.objects.aget(call=call)).state == EntryState.WITHDRAWN
    with pytest.raises(WrongState):
        await gateway.leave_queue(call.pk)


async def test_a_message_is_stored(gateway, call):
    await gateway.store_message(call.pk, message="Tell sales", contact="carol@example.com")
    stored = await CallbackRequest.objects.aget(call=call)
    assert (stored.kind, stored.note) == ("message", "Tell sales")


async def test_a_call_the_ai_ends_is_contained(gateway, call):
    await gateway.end_call(call.pk)
    await gateway.end_call(call.pk)
    assert (await fresh(call)).end_reason == EndReason.CONTAINED


async def test_a_call_ended_after_nobody_came_says_so(gateway, call):
    from common import clock

    support = await Department.objects.aget(slug="support")
    await QueueEntry.objects.acreate(call=call, department=support, state=EntryState.TIMED_OUT, ended_at=clock.now())
    assert (await gateway.facts(call.pk)).queue_outcome == "timed_out"
    await gateway.end_call(call.pk)
    assert (await fresh(call)).end_reason == EndReason.NO_AGENT


async def test_the_ai_does_not_end_a_persons_call(gateway, call):
    await Call.objects.filter(pk=call.pk).aupdate(state=CallState.AGENT)
    await gateway.end_call(call.pk)
    assert (await fresh(call)).state == CallState.AGENT


async def test_a_turn_is_told_to_the_ai_in_the_room(gateway, call, telephony: FakeTelephony):
    await gateway.publish_turn(call.pk, NEWS)
    ((room, topic, payload),) = telephony.asked_for("send_data")
    assert (room, topic) == (call.room_name, "callcenter.turn")
    assert payload["reply"] == {"text": "Hello!", "language": "en"}


async def test_without_an_ai_in_the_room_nobody_is_told(gateway, call, telephony: FakeTelephony):
    await Call.objects.filter(pk=call.pk).aupdate(ai_state="gone")
    await gateway.publish_turn(call.pk, NEWS)
    assert telephony.asked_for("send_data") == []


async def test_a_media_server_that_is_down_does_not_cost_the_turn(gateway, call, telephony: FakeTelephony):
    telephony.down = True
    await gateway.publish_turn(call.pk, NEWS)


async def test_the_lease_is_fenced_by_the_epoch(gateway, call):
    await Call.objects.filter(pk=call.pk).aupdate(state=CallState.CREATED, ai_state="dispatched", ai_epoch=2)
    assert not await gateway.begin(call.pk, 1)
    assert await gateway.begin(call.pk, 2)
    assert (await gateway.heartbeat(call.pk, 2)).alive
    assert not (await gateway.heartbeat(call.pk, 1)).alive
    assert (await fresh(call)).state == CallState.AI


async def test_a_pulse_tells_the_place_in_line(gateway, call):
    await gateway.escalate(call.pk, reason="a person")
    pulse = await gateway.heartbeat(call.pk, 1)
    assert (pulse.alive, pulse.state, pulse.queue_position, pulse.accepted) == (True, "waiting", 1, False)


async def test_a_pulse_tells_that_an_agent_has_accepted(gateway, call):
    from asgiref.sync import sync_to_async

    from queueing.services.transfers import accept_transfer

    place = await gateway.escalate(call.pk, reason="a person")
    alice = await sync_to_async(lambda: make_agent("alice", Department.objects.get(slug="support")))()
    await sync_to_async(accept_transfer)(place.transfer_id, agent=alice)
    pulse = await gateway.heartbeat(call.pk, 1)
    assert (pulse.accepted, pulse.agent_name, pulse.queue_position) == (True, "Alice", None)


async def test_a_welcome_makes_the_next_ai_a_second_one(gateway, call):
    await gateway.welcomed(call.pk, 1)
    assert (await gateway.facts(call.pk)).resumed


async def test_an_ai_that_left_is_gone(gateway, call):
    await gateway.left(call.pk, 1, reason=AILeft.ENDED)
    assert (await fresh(call)).ai_state == "gone"


async def test_a_worker_says_that_it_lives(gateway):
    from asgiref.sync import sync_to_async

    await gateway.worker_alive("worker-1", jobs=2)
    assert await sync_to_async(lifecycle.worker_alive)()


async def test_a_database_that_does_not_answer_is_unavailable(gateway, call, monkeypatch):
    from django.db import OperationalError

    def fail(*_args, **_kwargs):
        raise OperationalError("locked")

    monkeypatch.setattr(TranscriptSegment.objects, "filter", fail)
    with pytest.raises(Unavailable):
        await gateway.history(call.pk)


async def test_a_closed_department_is_refused_with_its_offer(gateway, call):
    await Department.objects.filter(slug="billing").aupdate(when_unstaffed="callback")
    with pytest.raises(QueueClosed) as caught:
        await gateway.escalate(call.pk, reason="x", department="billing", summary="Bill is wrong.")
    assert (caught.value.department, caught.value.cause, caught.value.offer) == ("billing", "unstaffed", "callback")
    facts = await gateway.facts(call.pk)
    assert (facts.queue_outcome, facts.queue_offer, facts.refused_by) == ("unstaffed", "callback", "billing")
    assert (await fresh(call)).summary == "Bill is wrong."
    assert (await gateway.heartbeat(call.pk, 1)).queue_refusal == 0  # the AI asked, so it has told


async def test_a_waiting_caller_is_moved_to_the_department_he_names(gateway, call):
    await gateway.escalate(call.pk, reason="x")
    place = await gateway.escalate(call.pk, reason="x", department="billing")
    assert (place.department, place.position) == ("billing", 1)
    assert await Transfer.objects.filter(call=call).acount() == 1


async def test_a_waiting_caller_keeps_his_place_when_the_other_department_takes_nobody(gateway, call):
    await gateway.escalate(call.pk, reason="x")
    await Department.objects.filter(slug="billing").aupdate(when_unstaffed="message")
    with pytest.raises(QueueClosed):
        await gateway.escalate(call.pk, reason="x", department="billing")
    assert (await gateway.queue_place(call.pk)).department == "support"


async def test_the_heartbeat_says_how_often_the_place_is_told(gateway, call):
    await Department.objects.aupdate(announce_seconds=45)
    assert (await gateway.heartbeat(call.pk, 1)).announce_seconds == 0
    await gateway.escalate(call.pk, reason="x")
    assert (await gateway.heartbeat(call.pk, 1)).announce_seconds == 45


async def test_the_heartbeat_says_while_a_supervisor_in_the_room_speaks_to_everybody(gateway, call):
    await sync_to_async(_speaks)(call)
    assert not (await gateway.heartbeat(call.pk, 1)).supervisor_speaks  # not there yet
    seen = Seen(sid="PA_1", identity="supervisor_sam", name="Sam", role="supervisor", is_agent_kind=False)
    await sync_to_async(participants.joined)(call, seen)
    assert (await gateway.heartbeat(call.pk, 1)).supervisor_speaks
    await sync_to_async(participants.gone)(call, seen)
    assert not (await gateway.heartbeat(call.pk, 1)).supervisor_speaks


def _speaks(call: Call) -> None:
    supervision.supervise(call, supervisor=make_user("sam", "supervisor"), to=SupervisionState.BARGE)


def test_a_calls_process_keeps_connections_that_are_files_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    keep_connections()

    async def twice() -> list[Any]:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        return [await _threaded(_open_connection)() for _ in range(2)]

    first, second = asyncio.run(twice())
    assert (first is second) == (connection.vendor == "sqlite")


def _open_connection() -> Any:
    connection.ensure_connection()
    return connection.connection
