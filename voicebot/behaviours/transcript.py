"""Both sides' words into the call's transcript while it runs, the interrupted and the last ones included."""

import asyncio

import structlog
from livekit.agents import ConversationItemAddedEvent, llm

from calls.states import Speaker
from voicebot.receptionist.ports import GatewayError
from voicebot.session_call import LiveCall, Unstored

logger = structlog.get_logger(__name__)

_SPEAKERS = {"user": Speaker.CUSTOMER, "assistant": Speaker.AI}
_ATTEMPTS = 5
_PAUSE_SECONDS = 0.5


def store_transcript(call: LiveCall) -> None:
    """Store every line the conversation gains, one after the other, so that their order is the spoken one.

    livekit-agents adds an interrupted line cut to what was heard, and the caller's last words at the close.
    """

    def added(event: ConversationItemAddedEvent) -> None:
        if isinstance(event.item, llm.ChatMessage):
            call.keep(event.item)

    call.session.on("conversation_item_added", added)
    call.spawn(_store_all(call), "transcript")


async def flush_transcript(call: LiveCall) -> None:
    """Wait until everything said is stored; after the session has closed."""
    while not call.unstored.empty():
        await _store(call, call.unstored.get_nowait())


async def _store_all(call: LiveCall) -> None:
    while True:
        line = await call.unstored.get()
        # Shielded: a line taken from the queue must not be lost to the end of the job.
        await asyncio.shield(_store(call, line))


async def _store(call: LiveCall, line: Unstored) -> None:
    speaker = _SPEAKERS.get(line.message.role)
    if speaker is None or not line.text:
        return
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            await call.gateway.add_line(
                call.id,
                speaker=speaker,
                text=line.text,
                language=line.language,
                name=call.facts.caller_name if speaker == Speaker.CUSTOMER else "",
                segment=line.message.id,
                sources=line.sources,
            )
            return
        except GatewayError as error:
            logger.warning("line not stored yet", call_id=call.id, attempt=attempt, error=repr(error))
            await asyncio.sleep(_PAUSE_SECONDS * attempt)
    logger.error("line lost", call_id=call.id, speaker=speaker)
