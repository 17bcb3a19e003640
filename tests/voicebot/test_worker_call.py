"""Calls with the real worker on a real LiveKit server, spoken and typed by callers without a browser."""

import asyncio
import json

import pytest
from asgiref.sync import sync_to_async
from livekit import api

from calls import standby
from calls.models import Call, Turn
from calls.services import lifecycle
from calls.states import AIState, CallState, EndReason
from tests.knowledge.conftest import RETURNS, make_article
from tests.voicebot.caller import dispatch, now
from tests.voicebot.conversations import (
    WELCOME,
    ai_lines,
    caller_of,
    change,
    conversation,
    fresh,
    language_of,
    lines,
    state_becomes,
)
from tests.voicebot.stack import VoiceStack

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]

TURN_TOPIC = "callcenter.turn"


async def test_spoken_wish_for_a_person_is_confirmed_and_leads_into_the_line_with_music(
    stack: VoiceStack, call: Call
) -> None:
    async with conversation(stack, call) as caller:
        await caller.open_microphone()
        await caller.until(lambda: caller.said(WELCOME), 30)
        ended = await caller.speak("i want to talk to a human")
        await caller.until(lambda: caller.first_sound(after=ended))
        await caller.until(lambda: caller.said("Would you like me to connect you"))
        await asyncio.sleep(0.5)
        await caller.speak("yes please")
        await caller.until(lambda: caller.said("you are first in line"), 25)
        said_at = now()
        await asyncio.sleep(6)
        assert caller.loud_share(said_at + 2, said_at + 6) > 0.5
    assert (await fresh(call)).state == CallState.WAITING
    measured = await sync_to_async(lambda: list(Turn.objects.filter(call=call)))()
    assert [(turn.channel, turn.language, turn.provider) for turn in measured] == [("voice", "en", "offline")] * 2
    assert all(0 < turn.reply_ms < 30_000 and turn.end_of_turn_ms is not None for turn in measured)
    stored = await lines(call)
    assert [speaker for speaker, _ in stored[-4:]] == ["customer", "ai", "customer", "ai"]
    assert ("customer", "i want to talk to a human") in stored


async def test_a_call_offered_on_the_list_is_taken_by_the_worker_itself(stack: VoiceStack, call: Call) -> None:
    wanted = standby.Wanted(call.pk, 1, call.room_name)
    async with asyncio.timeout(20):
        # A busy machine may take longer than is waited for; then the call would have been dispatched.
        while not await sync_to_async(standby.offer)(wanted):
            pass
    async with caller_of(stack, call) as caller:
        await caller.until(lambda: caller.said("Hello"), 30)
        assert call.ai_identity in caller.room.remote_participants
    await state_becomes(call, ai_state=AIState.LIVE)


@pytest.mark.nightly
async def test_strange_speech_is_said_not_to_be_understood(stack: VoiceStack, call: Call) -> None:
    async with conversation(stack, call) as caller:
        await caller.open_microphone()
        await caller.until(lambda: caller.said(WELCOME), 30)
        await asyncio.sleep(0.5)
        await caller.speak("he scored two goals in the second half")
        await caller.until(lambda: caller.said("I did not understand"))
    assert "customer" not in {speaker for speaker, _ in await lines(call)}


async def test_the_welcome_can_be_interrupted_by_speech(stack: VoiceStack, call: Call) -> None:
    async with conversation(stack, call) as caller:
        await caller.open_microphone()
        await caller.until(caller.first_sound, 30)
        await asyncio.sleep(1.5)
        await caller.speak("what are your opening hours")
        await caller.until(lambda: caller.said("nine to five"))
        await asyncio.sleep(1)
    spoken = [text for speaker, text in await lines(call) if speaker == "ai"]
    assert "nine to five" in spoken[-1]
    assert not any(WELCOME in text for text in spoken), "the welcome went on where it was interrupted"


@pytest.mark.nightly
async def test_an_okay_in_the_middle_of_the_welcome_does_not_stop_it(stack: VoiceStack, call: Call) -> None:
    async with conversation(stack, call) as caller:
        await caller.open_microphone()
        await caller.until(caller.first_sound, 30)
        await asyncio.sleep(1.5)
        await caller.speak("okay")
        await caller.until(lambda: caller.said(WELCOME), 20)
    assert "customer" not in {speaker for speaker, _ in await lines(call)}


async def test_typed_arabic_is_answered_in_arabic_without_a_microphone(stack: VoiceStack, call: Call) -> None:
    async with conversation(stack, call) as caller:
        await caller.until(caller.first_sound, 30)
        await caller.type("ما هي ساعات العمل؟")
        await caller.until(lambda: caller.said("من التاسعة"), 20)
        await asyncio.sleep(1)
    assert (await fresh(call)).language == "ar"
    assert ("customer", "ما هي ساعات العمل؟") in await lines(call)


@pytest.mark.nightly
async def test_typed_english_in_an_arabic_call_is_answered_in_english_and_each_line_keeps_its_language(
    stack: VoiceStack, call: Call
) -> None:
    await change(call, language="ar")
    async with conversation(stack, call) as caller:
        await caller.until(caller.first_sound, 30)
        await asyncio.sleep(1.5)
        await caller.type("what are your opening hours")
        assert await language_of(call, "your opening hours") == await language_of(call, "nine to five") == "en"
        await caller.type("ما هي ساعات العمل؟")
        assert await language_of(call, "ساعات العمل") == await language_of(call, "من التاسعة") == "ar"
        # The welcome, cut off by a turn in English.
        assert await language_of(call, "مرحب") == "ar"


async def test_an_answer_cut_off_by_the_wish_for_a_person_is_cited_and_in_the_briefing(
    stack: VoiceStack, call: Call
) -> None:
    await sync_to_async(make_article)("returns", "Returns", RETURNS)
    async with conversation(stack, call) as caller:
        await caller.until(caller.first_sound, 30)
        await caller.type("How can I return a parcel?")
        typed = now()
        await caller.until(lambda: caller.first_sound(after=typed + 2.0), 20)
        await caller.type("I want to talk to a human")
        await caller.until(lambda: caller.said("transferring you"), 20)
        line = await call.transcript.aget(text__contains="Print the label")
    told = await fresh(call)
    assert "five days" not in line.text
    assert [source["title"] for source in line.sources] == ["Returns"]
    assert told.state == CallState.WAITING
    assert {"kind": "answer", "text": "Returns", "outcome": ""} in told.briefing["tried"]


async def test_a_language_set_before_the_caller_joins_is_the_one_of_the_welcome(stack: VoiceStack, call: Call) -> None:
    await dispatch(stack.url, stack.keys, call.room_name, call.pk, 1)
    await state_becomes(call, ai_state=AIState.LIVE)
    await change(call, language="ar")
    async with caller_of(stack, call) as caller:
        await caller.until(lambda: caller.captions, 30)
        assert "ذكاء اصطناعي" in caller.captions[0][1]


@pytest.mark.nightly
async def test_a_turn_taken_over_http_is_spoken_and_part_of_the_conversation(stack: VoiceStack, call: Call) -> None:
    async with conversation(stack, call) as caller:
        await caller.until(lambda: caller.said("Hello"), 30)
        news = {
            "call_id": call.pk,
            "turn_id": "t1",
            "user": {"text": "hello there", "language": "en"},
            "reply": {"text": "Would you like me to connect you with a person?", "language": "en"},
            "actions": [],
            "ends_call": False,
        }
        await _send(stack, call, news)
        await caller.until(lambda: caller.said("connect you with a person"))
        await caller.type("yes")
        await caller.until(lambda: caller.said("first in line"), 20)
    assert (await fresh(call)).state == CallState.WAITING
    assert "hello there" not in [text for _, text in await lines(call)]


async def _send(stack: VoiceStack, call: Call, news: dict[str, object]) -> None:
    async with api.LiveKitAPI(stack.url, *stack.keys) as livekit:
        await livekit.room.send_data(
            api.SendDataRequest(
                room=call.room_name,
                topic=TURN_TOPIC,
                data=json.dumps(news).encode(),
                kind=api.DataPacket.Kind.RELIABLE,
            )
        )


async def test_goodbye_is_said_to_its_end_and_ends_the_call(stack: VoiceStack, call: Call) -> None:
    async with conversation(stack, call) as caller:
        await caller.until(lambda: caller.said("Hello"), 30)
        await caller.type("goodbye")
        await caller.until(lambda: caller.said("Goodbye!"), 20)
        found = await state_becomes(call, state=CallState.ENDED)
    assert found.end_reason == EndReason.CONTAINED
    # A line is stored when it has been said: the last one perhaps after the call's end. With its exclamation mark:
    # SQLite finds words in either case, and the caller's own has none.
    await language_of(call, "Goodbye!")
    stored = await lines(call)
    assert stored[-1][0] == "ai"
    assert "Goodbye" in stored[-1][1]
    assert stored.count(("customer", "goodbye")) == 1


async def test_the_words_heard_of_an_interrupted_sentence_are_stored_when_the_room_closes(
    stack: VoiceStack, call: Call
) -> None:
    async with conversation(stack, call) as caller:
        await caller.until(caller.first_sound, 30)
        await asyncio.sleep(2.0)
        await sync_to_async(lifecycle.hang_up)(call.pk, by_agent=False, actor="caller")
        async with api.LiveKitAPI(stack.url, *stack.keys) as livekit:
            await livekit.room.delete_room(api.DeleteRoomRequest(room=call.room_name))
        [text] = await ai_lines(call)
    assert text.startswith("Hello")
    assert "if you ask" not in text
