"""A caller in the room of a call, its AI sent for, and what is stored of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from asgiref.sync import sync_to_async

from calls.models import Call, TranscriptSegment
from calls.states import Speaker
from tests.voicebot.caller import Caller, dispatch
from tests.voicebot.stack import VoiceStack

WELCOME = "how can I help you"


def caller_of(stack: VoiceStack, call: Call) -> Caller:
    return Caller(stack.url, stack.keys, call.room_name, call.caller_identity)


@asynccontextmanager
async def conversation(stack: VoiceStack, call: Call, epoch: int = 1) -> AsyncIterator[Caller]:
    """The caller in the room, the AI sent for."""
    await dispatch(stack.url, stack.keys, call.room_name, call.pk, epoch)
    async with caller_of(stack, call) as caller:
        yield caller


@sync_to_async
def lines(call: Call) -> list[tuple[str, str]]:
    """What caller and AI said, without the system's own lines."""
    said = TranscriptSegment.objects.filter(call=call).exclude(speaker=Speaker.SYSTEM)
    return list(said.order_by("pk").values_list("speaker", "text"))


async def ai_lines(call: Call) -> list[str]:
    """What the AI said, as soon as any of it is stored."""
    async with asyncio.timeout(15):
        while True:
            if found := [text for speaker, text in await lines(call) if speaker == "ai"]:
                return found
            await asyncio.sleep(0.1)


async def language_of(call: Call, words: str) -> str:
    """The language of the stored line with the words, as soon as there is one."""
    line = TranscriptSegment.objects.filter(call=call, text__contains=words)
    async with asyncio.timeout(20):
        while True:
            if found := await line.afirst():
                return found.language
            await asyncio.sleep(0.1)


@sync_to_async
def fresh(call: Call) -> Call:
    return Call.objects.get(pk=call.pk)


@sync_to_async
def change(call: Call, **values: object) -> None:
    Call.objects.filter(pk=call.pk).update(**values)


async def state_becomes(call: Call, **values: object) -> Call:
    """Wait until the stored call has the values."""
    async with asyncio.timeout(30):
        while True:
            found = await fresh(call)
            if all(getattr(found, name) == value for name, value in values.items()):
                return found
            await asyncio.sleep(0.1)
