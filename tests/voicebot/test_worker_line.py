"""People instead of the AI, and another AI instead of a lost one: the real worker on a real LiveKit server."""

import psutil
import pytest
from asgiref.sync import sync_to_async

from calls.models import Call
from calls.services import lifecycle
from calls.states import AIState, CallState
from common import clock
from queueing.models import CallbackRequest, QueueEntry
from queueing.services import agents, waits
from tests.cast import make_agent, make_department
from tests.queueing.helpers import waiting_call
from tests.voicebot.caller import Caller, dispatch, now
from tests.voicebot.conversations import (
    change,
    conversation,
    fresh,
    lines,
    state_becomes,
)
from tests.voicebot.stack import VoiceStack

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]


async def test_an_accept_is_announced_and_the_ai_is_gone_two_seconds_after_the_agent_came(
    stack: VoiceStack, call: Call
) -> None:
    alice = await sync_to_async(_alice)()
    async with conversation(stack, call) as caller:
        await caller.until(lambda: caller.said("Hello"), 30)
        await caller.type("I want to talk to a human")
        await caller.until(lambda: caller.said("first in line"), 20)
        await sync_to_async(agents.pick_next)(alice)
        # What is heard at the accept may be the sentence before; no agent is in the room as quickly as that.
        await caller.until(lambda: stack.has_logged("handing over", call.pk), 5)
        announced = now()
        await caller.until(lambda: caller.loud_seconds(announced) > 0.5, 5)
        agent = Caller(stack.url, stack.keys, call.room_name, "agent_alice", role="agent")
        async with agent:
            left = await caller.until(lambda: caller.gone.get(call.ai_identity), 6)
            assert left - caller.joined["agent_alice"] < 2.0
            assert call.caller_identity in agent.room.remote_participants
    found = await state_becomes(call, ai_state=AIState.GONE)
    assert found.is_live
    assert any(text.startswith("Thank you for waiting") for speaker, text in await lines(call) if speaker == "ai")


def _alice():
    support = make_department("support", is_default=True)
    return make_agent("alice", support)


async def test_a_fenced_out_job_leaves(stack: VoiceStack, call: Call) -> None:
    async with conversation(stack, call) as caller:
        await caller.until(caller.first_sound, 30)
        await change(call, ai_epoch=2, ai_state=AIState.DISPATCHED)
        await caller.until(lambda: call.ai_identity in caller.gone, 6)
    assert (await fresh(call)).ai_state == AIState.DISPATCHED


async def test_after_a_killed_process_the_next_ai_goes_on_with_the_conversation(stack: VoiceStack, call: Call) -> None:
    async with conversation(stack, call) as caller:
        await caller.until(lambda: caller.said("Hello"), 30)
        await caller.type("I want to talk to a human")
        await caller.until(lambda: caller.said("first in line"), 20)
        _process_in_the_room(stack).kill()
        killed = now()
        await change(call, ai_epoch=2, ai_state=AIState.DISPATCHED)
        await dispatch(stack.url, stack.keys, call.room_name, call.pk, 2)
        await caller.until(lambda: caller.said("Hello again"), 15)
        assert caller.first_sound(after=killed + 0.5)
        await caller.type("how long do I have to wait")
        await caller.until(lambda: caller.said("already in line"), 15)
    assert (await fresh(call)).state == CallState.WAITING


async def test_an_answer_cut_off_by_a_killed_process_is_given_by_the_next_ai(stack: VoiceStack, call: Call) -> None:
    async with conversation(stack, call) as caller:
        await caller.until(caller.first_sound, 30)
        await caller.type("what are your opening hours")
        typed = now()
        await caller.until(lambda: caller.first_sound(after=typed + 0.8), 15)
        assert ("customer", "what are your opening hours") in await lines(call)
        _process_in_the_room(stack).kill()
        killed = now()
        await change(call, ai_epoch=2, ai_state=AIState.DISPATCHED)
        await dispatch(stack.url, stack.keys, call.room_name, call.pk, 2)
        await caller.until(lambda: caller.when_said("still the AI assistant", after=killed), 15)
        await caller.until(lambda: caller.when_said("nine to five", after=killed), 15)


def _process_in_the_room(stack: VoiceStack) -> psutil.Process:
    """The one with media: only a process in a room has UDP sockets."""
    children = psutil.Process(stack.worker.process.pid).children(recursive=True)
    [found] = [child for child in children if child.net_connections("udp")]
    return found


@pytest.mark.nightly
async def test_a_better_place_in_line_is_spoken(stack: VoiceStack, call: Call) -> None:
    first = await sync_to_async(_somebody_waiting)()
    async with conversation(stack, call) as caller:
        await caller.until(lambda: caller.said("Hello"), 30)
        await caller.type("I want to talk to a human")
        await caller.until(lambda: caller.said("number 2 in line"), 20)
        await sync_to_async(lifecycle.hang_up)(first.pk, by_agent=False, actor="caller")
        await caller.until(lambda: caller.said("Good news: you are now first in line"), 15)


def _somebody_waiting() -> Call:
    entry = waiting_call(make_department("support", is_default=True))
    return entry.call


@pytest.mark.nightly
async def test_when_nobody_comes_the_caller_is_told_and_the_message_is_stored(stack: VoiceStack, call: Call) -> None:
    async with conversation(stack, call) as caller:
        await caller.until(lambda: caller.said("Hello"), 30)
        await caller.type("I want to talk to a human")
        await caller.until(lambda: caller.said("first in line"), 20)
        await sync_to_async(_time_out)(call)
        await caller.until(lambda: caller.said("nobody is available"), 15)
        await caller.type("leave a message")
        await caller.until(lambda: caller.said("What message may I pass on"), 15)
        await caller.type("Please call me about order 17.")
        await caller.until(lambda: caller.said("message is stored"), 15)
    stored = await CallbackRequest.objects.aget(call=call)
    assert stored.note == "Please call me about order 17."


def _time_out(call: Call) -> None:
    entry = QueueEntry.objects.get(call=call)
    QueueEntry.objects.filter(pk=entry.pk).update(wait_deadline=clock.now())
    assert waits.time_out_entry(entry.pk)
