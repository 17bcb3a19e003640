"""The first words: who is speaking, that it is an AI, and how to go on."""

import asyncio
from collections.abc import Sequence
from functools import partial

import structlog
from livekit import rtc
from livekit.agents import AgentStateChangedEvent
from livekit.agents.voice import SpeechHandle

from voicebot.offline import speech
from voicebot.receptionist.language import written_in
from voicebot.receptionist.prompts import opening, refusal_sentence, waiting_sentence
from voicebot.session_agent import Receptionist
from voicebot.session_call import LiveCall

logger = structlog.get_logger(__name__)


def prepare_welcome(call: LiveCall) -> asyncio.Task[None]:
    """Make the first sentences' sound while the room is still being joined."""
    return call.spawn(asyncio.to_thread(_make, _sentences(call), call.language), "prepare welcome")


def _make(sentences: tuple[str, ...], language: str) -> None:
    for sentence in sentences:
        speech.cached_samples(sentence, written_in(sentence, language))


def welcome(call: LiveCall) -> asyncio.Event:
    """Say the opening as soon as the caller is there; the event is set, and it is stored, when its sound begins."""
    begun = asyncio.Event()

    def speaking(event: AgentStateChangedEvent) -> None:
        if event.new_state == "speaking":
            begun.set()

    call.session.on("agent_state_changed", speaking)
    call.spawn(_say_opening(call), "welcome")
    call.spawn(_tell(call, begun), "welcomed")
    return begun


async def _say_opening(call: LiveCall) -> None:
    if not call.customer_present:
        await _customer_joined(call)
        # Whoever dispatched may have set another language while nobody was here to hear it.
        await call.refresh()
    if not call.taking_turns:
        return
    name, question = call.facts.caller_name, _unanswered(call)
    # The disclosure, then the answer that the one before us owed: nobody has to ask twice.
    sentences = _sentences(call)[:1] if question else _sentences(call)
    said = [call.say(sentence, recurring=not (name and name in sentence)) for sentence in sentences]
    for handle in said:
        handle.add_done_callback(partial(_drop_the_rest, said))
    if question:
        for listener in call.turn_listeners:
            listener()
        call.session.generate_reply()


def _unanswered(call: LiveCall) -> bool:
    """Whether an AI is gone with the caller's last words unanswered. In line, that news comes first."""
    facts, agent = call.facts, call.session.current_agent
    alone = facts.resumed and not (facts.waiting or facts.task or facts.queue_outcome)
    return alone and isinstance(agent, Receptionist) and agent.unanswered


def _drop_the_rest(said: Sequence[SpeechHandle], handle: SpeechHandle) -> None:
    """Who speaks over one sentence has begun with what he wants: his answer does not wait for the others."""
    if handle.interrupted:
        for other in said:
            if not other.done():
                other.interrupt(force=True)


def _sentences(call: LiveCall) -> tuple[str, ...]:
    facts = call.facts
    first = opening(facts)
    if facts.resumed and facts.waiting and facts.queue_position is not None:
        return (*first, waiting_sentence(facts.language, facts.queue_position, facts.estimated_wait))
    if facts.resumed and facts.queue_outcome:
        return (first[0], refusal_sentence(facts, facts.refused_by, facts.queue_outcome, facts.queue_offer))
    return first


async def _customer_joined(call: LiveCall) -> None:
    """He is there, or hears us: nobody else is in the room before he has come."""
    joined = asyncio.Event()

    def connected(participant: rtc.RemoteParticipant) -> None:
        if participant.identity == call.customer_identity:
            joined.set()

    call.room.on("participant_connected", connected)
    if call.customer_present:
        return
    signs = [asyncio.create_task(sign.wait()) for sign in (joined, call.heard)]
    try:
        await asyncio.wait(signs, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for sign in signs:
            sign.cancel()


async def _tell(call: LiveCall, begun: asyncio.Event) -> None:
    await begun.wait()
    await call.gateway.welcomed(call.id, call.epoch)
