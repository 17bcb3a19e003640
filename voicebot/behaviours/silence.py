"""Nobody is left alone with a silent line: the caller who says nothing, and the reply that does not come."""

import asyncio
from dataclasses import dataclass

import structlog
from livekit.agents import AgentStateChangedEvent, ErrorEvent, UserInputTranscribedEvent, UserStateChangedEvent

from voicebot.offline.llm import messages_of
from voicebot.offline.recognition import Recognition
from voicebot.offline.stt import LANGUAGE, OfflineSTT
from voicebot.receptionist import rules
from voicebot.receptionist.chat import Message
from voicebot.receptionist.ports import CallOver, GatewayError
from voicebot.receptionist.summary import summarise
from voicebot.session_call import LiveCall

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds of quiet until each step. The last one ends the call."""

    first: float = 20.0
    second: float = 50.0
    last: float = 300.0
    hold_on: float = 5.0
    rescue: float = 15.0


def mind_silence(call: LiveCall, patience: Patience = Patience()) -> None:
    """Ask after a caller who says nothing; long after that, end the call. Not while he waits in line."""
    quiet = _Quiet(call)
    call.session.on("user_state_changed", quiet.stirred)
    call.session.on("agent_state_changed", quiet.agent_spoke)
    call.spawn(quiet.watch(patience), "silence")


class _Quiet:
    def __init__(self, call: LiveCall) -> None:
        self._call = call
        self._since = _now()
        self._step = 0

    def stirred(self, event: UserStateChangedEvent) -> None:
        if event.new_state == "speaking":
            self._since, self._step = _now(), 0

    def agent_spoke(self, event: AgentStateChangedEvent) -> None:
        # Our own question does not start the count anew: then nobody would ever be given up.
        if event.old_state == "speaking" and self._step == 0:
            self._since = _now()

    async def watch(self, patience: Patience) -> None:
        steps = (patience.first, patience.second, patience.last)
        while True:
            await asyncio.sleep(0.5)
            call = self._call
            if call.facts.waiting or not call.taking_turns or not call.customer_present:
                self._since, self._step = _now(), 0
            elif _now() - self._since >= steps[self._step]:
                self._step += 1
                if self._step == len(steps):
                    call.finish(call.phrase("silence_goodbye"))
                    return
                call.say(call.phrase(f"silence_{self._step}"), remember=False, recurring=True)


def say_when_not_understood(call: LiveCall) -> None:
    """Speech the built-in recogniser knows no phrase for gets the rules' own answer to the unknown."""
    if not isinstance(call.voices.stt, OfflineSTT):
        return

    def unknown(_: Recognition) -> None:
        # Over our own words it was a noise or an aside; livekit-agents then goes on speaking by itself.
        if call.taking_turns and call.session.agent_state == "listening":
            call.say(_unknown(call))

    call.voices.stt.on("not_understood", unknown)


def _unknown(call: LiveCall) -> str:
    # The built-in ears know English only; whoever speaks another language is told what else there is.
    if call.language != LANGUAGE:
        return call.phrase("type_only_notice")
    return rules.respond(call.facts, _history(call), "", typed=False).say


def mind_the_reply(call: LiveCall, patience: Patience = Patience()) -> None:
    """The caller spoke and nothing answers, or a provider is down: say so, then bring a person."""
    watchdog = _Watchdog(call, patience)
    call.session.on("user_input_transcribed", watchdog.heard)
    call.turn_listeners.append(watchdog.turn)
    call.session.on("agent_state_changed", watchdog.agent_state)
    call.session.on("error", watchdog.failed)


class _Watchdog:
    def __init__(self, call: LiveCall, patience: Patience) -> None:
        self._call = call
        self._patience = patience
        self._timer: asyncio.Task[None] | None = None
        self._rescued = False

    def heard(self, event: UserInputTranscribedEvent) -> None:
        if event.is_final and event.transcript:
            self.turn()

    def turn(self) -> None:
        """A turn was taken: a reply is due."""
        if self._call.taking_turns:
            self._disarm()
            self._timer = self._call.spawn(self._wait(), "watchdog")

    def agent_state(self, event: AgentStateChangedEvent) -> None:
        if event.new_state == "speaking":
            self._disarm()

    def failed(self, event: ErrorEvent) -> None:
        if not getattr(event.error, "recoverable", True):
            logger.warning("provider failed", call_id=self._call.id, error=repr(event.error))
            self._disarm()
            self._rescue_once()

    def _disarm(self) -> None:
        if self._timer is not None and self._timer is not asyncio.current_task():
            self._timer.cancel()
        self._timer = None

    async def _wait(self) -> None:
        await asyncio.sleep(self._patience.hold_on)
        self._timer = None  # our own voice must not end the watch
        if self._call.taking_turns:
            self._call.say_built_in(self._call.phrase("hold_on"))
        await asyncio.sleep(self._patience.rescue - self._patience.hold_on)
        if self._call.session.agent_state == "thinking":
            self._rescue_once()

    def _rescue_once(self) -> None:
        if not self._rescued and self._call.taking_turns:
            self._rescued = True
            self._call.spawn(self._rescue(), "rescue")

    async def _rescue(self) -> None:
        """A person instead of us; without one, the truth."""
        call = self._call
        await call.hush()
        if call.facts.waiting:
            return
        try:
            await call.gateway.escalate(
                call.id, reason="technical problem", summary=summarise(call.facts, _history(call), "technical problem")
            )
            await call.refresh()
        except CallOver:
            return
        except GatewayError as error:
            logger.exception("rescue failed", call_id=call.id, error=repr(error))
            call.say_built_in(call.phrase("last_resort"))
            return
        call.say_built_in(call.phrase("trouble"))


def _history(call: LiveCall) -> tuple[Message, ...]:
    return messages_of(list(call.session.history.items))


def _now() -> float:
    return asyncio.get_running_loop().time()
