"""While the caller waits for a person: music, where he stands, and honest news."""

import asyncio
from collections.abc import AsyncIterator

import structlog
from livekit import rtc
from livekit.agents import AgentStateChangedEvent, AudioConfig, BackgroundAudioPlayer, PlayHandle, UserStateChangedEvent

from calls.states import CallState
from voicebot.behaviours.tune import SAMPLE_RATE, hold_tune
from voicebot.receptionist.ports import Pulse
from voicebot.receptionist.prompts import improved_sentence, waiting_sentence
from voicebot.session_call import LiveCall

logger = structlog.get_logger(__name__)

_REASSURE_SECONDS = 60.0
_PAUSE_BEFORE_MUSIC = 0.6
_FRAME_SAMPLES = SAMPLE_RATE // 10


def keep_company(call: LiveCall) -> None:
    """Hold music whenever nobody speaks, each better place in line spoken, and the end of the wait said."""
    company = _Company(call)
    call.listeners.append(company.heard)
    call.session.on("agent_state_changed", company.agent_state)
    call.session.on("user_state_changed", company.user_state)
    call.spawn(company.music(), "hold music")
    call.spawn(company.reassure(), "reassure")


class _Company:
    def __init__(self, call: LiveCall) -> None:
        self._call = call
        self._told: int | None = None
        self._spoken_at = asyncio.get_running_loop().time()
        self._changed = asyncio.Event()

    async def heard(self, pulse: Pulse, before: Pulse | None) -> None:
        """News of the queue, spoken as far as they are good or final."""
        self._changed.set()
        if not self._call.taking_turns:
            return
        if pulse.state == CallState.WAITING:
            self._tell_place(pulse, before)
        elif before is not None and pulse.state == CallState.AI:
            self._told = None
            if pulse.queue_refusal not in (0, before.queue_refusal):
                self._call.say(self._call.refusal())

    def _tell_place(self, pulse: Pulse, before: Pulse | None) -> None:
        call, position = self._call, pulse.queue_position
        if before is not None and before.accepted:
            # The agent who had accepted did not come.
            call.say(waiting_sentence(call.language, position, pulse.estimated_wait))
        elif self._moved(pulse, before):
            self._told = None
            call.say(self._moved_words(pulse))
        elif position is not None and self._told is not None and position < self._told:
            call.say(improved_sentence(call.language, position, pulse.estimated_wait))
        if position is not None:
            # The place at the start is said by whoever put the caller into the line.
            self._told = position if self._told is None else min(self._told, position)

    def _moved(self, pulse: Pulse, before: Pulse | None) -> bool:
        """Whether the caller waits for another department without having been told: a tool that did it has."""
        known = self._call.known_department
        return before is not None and before.state == CallState.WAITING and known not in (None, pulse.department)

    def _moved_words(self, pulse: Pulse) -> str:
        call = self._call
        found = call.facts.department_named(pulse.department)
        label = found.label(call.language) if found else pulse.department
        place = waiting_sentence(call.language, pulse.queue_position, pulse.estimated_wait)
        return f"{call.phrase('moved_on', department=label)} {place}"

    def agent_state(self, event: AgentStateChangedEvent) -> None:
        if event.new_state == "speaking" or event.old_state == "speaking":
            self._spoken_at = asyncio.get_running_loop().time()
        self._changed.set()

    def user_state(self, _: UserStateChangedEvent) -> None:
        self._changed.set()

    async def reassure(self) -> None:
        """Nobody waits a minute without a word."""
        while True:
            now = asyncio.get_running_loop().time()
            if not self._waiting_in_silence:
                self._spoken_at = now
            elif now - self._spoken_at >= (self._every or _REASSURE_SECONDS):
                self._reassure()
                self._spoken_at = now
            await asyncio.sleep(1.0)

    @property
    def _every(self) -> int:
        """Seconds after which the place is said again, as the department wants it; 0: better places only."""
        pulse = self._call.pulse
        return pulse.announce_seconds if pulse is not None and pulse.queue_position is not None else 0

    def _reassure(self) -> None:
        call = self._call
        if self._every:
            facts = call.facts
            place = waiting_sentence(call.language, facts.queue_position, facts.estimated_wait)
            call.say(f"{call.phrase('still_waiting')} {place}", remember=False)
        else:
            call.say(call.phrase("still_waiting"), remember=False, recurring=True)

    @property
    def _waiting_in_silence(self) -> bool:
        call = self._call
        quiet = call.session.agent_state not in ("speaking", "thinking") and call.session.user_state != "speaking"
        return call.facts.waiting and call.taking_turns and quiet

    async def music(self) -> None:
        """Play while the caller waits and nobody speaks; the track is published at the first wait only."""
        player: BackgroundAudioPlayer | None = None
        playing: PlayHandle | None = None
        try:
            while True:
                wanted = self._waiting_in_silence
                if wanted and player is None:
                    player = await _started(self._call.room)
                if wanted and playing is None and player is not None:
                    playing = player.play(AudioConfig(_tune_frames(), fade_in=0.8, fade_out=0.3))
                elif not wanted and playing is not None:
                    playing.stop()
                    playing = None
                await self._changed.wait()
                self._changed.clear()
                await asyncio.sleep(_PAUSE_BEFORE_MUSIC if playing is None else 0)
        finally:
            if player is not None:
                await player.aclose()


async def _started(room: rtc.Room) -> BackgroundAudioPlayer:
    await asyncio.to_thread(hold_tune)
    player = BackgroundAudioPlayer()
    await player.start(room=room)
    return player


async def _tune_frames() -> AsyncIterator[rtc.AudioFrame]:
    tune = hold_tune()
    while True:
        for start in range(0, len(tune) - _FRAME_SAMPLES + 1, _FRAME_SAMPLES):
            yield rtc.AudioFrame(tune[start : start + _FRAME_SAMPLES].tobytes(), SAMPLE_RATE, 1, _FRAME_SAMPLES)
