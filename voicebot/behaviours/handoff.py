"""A person takes over: one fixed sentence, then the AI is gone."""

import asyncio

import structlog
from livekit import rtc
from livekit.agents.voice import SpeechHandle

from calls.states import AILeft, Role
from voicebot.receptionist.ports import Pulse
from voicebot.session_call import LiveCall

logger = structlog.get_logger(__name__)

# Two seconds are promised from the agent's joining to our being gone; the rest is for leaving.
_FINISH_SECONDS = 1.2
_ROLE = "role"


def hand_over(call: LiveCall) -> None:
    """Begin the sentence at the accept, leave when the agent is in the room, sentence finished or not.

    Who is an agent is read from the attribute the server signed into the token, never from a name.
    """
    handoff = _Handoff(call)
    call.listeners.append(handoff.heard)
    call.room.on("participant_connected", handoff.joined)


class _Handoff:
    def __init__(self, call: LiveCall) -> None:
        self._call = call
        self._sentence: SpeechHandle | None = None
        self._leaving = False

    async def heard(self, pulse: Pulse, before: Pulse | None) -> None:
        """The database says whether an agent has accepted, or has not come after all."""
        if pulse.accepted and before is None and any(map(_is_agent, self._call.room.remote_participants.values())):
            # We came late: the agent is here already.
            self._go()
        elif pulse.accepted and self._sentence is None:
            await self._begin()
        elif not pulse.accepted and self._sentence is not None and not self._leaving and pulse.alive:
            self._resume()

    def joined(self, participant: rtc.RemoteParticipant) -> None:
        if _is_agent(participant):
            self._call.spawn(self._check(), "agent joined")

    async def _check(self) -> None:
        # Of an agent whose browser died a ghost may be left or come back: only one who has the call takes it over.
        pulse = await self._call.gateway.heartbeat(self._call.id, self._call.epoch)
        if pulse.accepted:
            self._go()

    def _go(self) -> None:
        if not self._leaving:
            self._leaving = True
            logger.info("agent joined", call_id=self._call.id)
            self._call.spawn(self._leave(), "handoff")

    async def _begin(self) -> None:
        call = self._call
        call.handing_over = True
        # Nobody answers the caller any more: what he says now is for the agent.
        call.session.input.set_audio_enabled(False)
        await call.hush()
        if self._sentence is None:
            self._sentence = call.say(call.phrase("agent_joining"), interruptible=False, recurring=True)
            logger.info("handing over", call_id=call.id)

    def _resume(self) -> None:
        """The agent did not come: the caller waits on, with us."""
        call = self._call
        self._sentence = None
        call.handing_over = False
        call.session.input.set_audio_enabled(not call.giving_way)

    async def _leave(self) -> None:
        call = self._call
        try:
            async with asyncio.timeout(_FINISH_SECONDS):
                if self._sentence is None:
                    await self._begin()
                if self._sentence is not None:
                    await self._sentence.wait_for_playout()
        except TimeoutError:
            logger.info("sentence cut off", call_id=call.id)
        call.leave(AILeft.HANDED_OVER)


def _is_agent(participant: rtc.RemoteParticipant) -> bool:
    return participant.attributes.get(_ROLE) == Role.AGENT
