"""Nobody is left alone with a silent line: the caller who says nothing, and the reply that does not come."""

import asyncio

import structlog
from livekit.agents import AgentStateChangedEvent, ErrorEvent, UserInputTranscribedEvent, UserStateChangedEvent, llm
from livekit.agents.voice import SpeechHandle

from voicebot.behaviours.standing_in import stand_in
from voicebot.offline.llm import messages_of
from voicebot.offline.recognition import LANGUAGE, Recognition
from voicebot.offline.stt import OfflineSTT
from voicebot.providers.resting import described
from voicebot.receptionist import rules
from voicebot.receptionist.chat import Message
from voicebot.receptionist.ports import CallOver, GatewayError
from voicebot.session_call import LiveCall

logger = structlog.get_logger(__name__)


def mind_silence(call: LiveCall) -> None:
    """Ask after a caller who says nothing; long after that, end the call. Not while he waits in line."""
    quiet = _Quiet(call)
    call.session.on("user_state_changed", quiet.stirred)
    call.sign_listeners.append(quiet.start_anew)
    call.spawn(quiet.watch(), "silence")


class _Quiet:
    def __init__(self, call: LiveCall) -> None:
        self._call = call
        self._since = _now()
        self._step = 0

    def stirred(self, event: UserStateChangedEvent) -> None:
        if event.new_state == "speaking":
            self.start_anew()

    def start_anew(self) -> None:
        self._since, self._step = _now(), 0

    async def watch(self) -> None:
        patience = self._call.patience
        steps = (patience.ask, patience.ask_again, patience.end)
        while True:
            await asyncio.sleep(0.5)
            call = self._call
            if call.facts.waiting or not call.taking_turns or not call.customer_present:
                self.start_anew()
            elif call.session.agent_state in ("speaking", "thinking"):
                # Who listens is not silent. Our own question does not start the count anew, or it would never end.
                self._since = _now() if self._step == 0 else self._since
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
        if call.taking_turns and call.session.agent_state == "listening":
            call.spawn(_say_unknown(call), "not understood")

    call.voices.stt.on("not_understood", unknown)


async def _say_unknown(call: LiveCall) -> None:
    # Whoever spoke a whole sentence over ours does not want to hear its rest.
    await call.hush()
    call.say(_unknown(call))


def _unknown(call: LiveCall) -> str:
    # The built-in ears know English only; whoever speaks another language is told what else there is.
    if call.language != LANGUAGE:
        return call.phrase("type_only_notice")
    return rules.respond(call.facts, _history(call), "", typed=False).say


def mind_the_reply(call: LiveCall) -> None:
    """The caller spoke and nothing answers, or a provider is down: say so, then bring a person."""
    watchdog = _Watchdog(call)
    call.session.on("user_input_transcribed", watchdog.heard)
    call.turn_listeners.append(watchdog.turn)
    call.session.on("agent_state_changed", watchdog.agent_state)
    call.session.on("error", watchdog.failed)


class _Watchdog:
    def __init__(self, call: LiveCall) -> None:
        self._call = call
        self._timer: asyncio.Task[None] | None = None
        self._rescuing = False

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
        # A realtime model that was replaced may still tell of its end.
        gone = isinstance(event.error, llm.RealtimeModelError) and not self._call.voices.realtime
        if not gone and not getattr(event.error, "recoverable", True):
            why = getattr(event.error, "error", None)
            kind = described(why) if isinstance(why, BaseException) else type(event.error).__name__
            logger.warning("provider failed", call_id=self._call.id, error=kind)
            self._disarm()
            self._begin_rescue(why if isinstance(why, Exception) else None)

    def _disarm(self) -> None:
        if self._timer is not None and self._timer is not asyncio.current_task():
            self._timer.cancel()
        self._timer = None

    async def _wait(self) -> None:
        call, patience = self._call, self._call.patience
        rescue_at = _now() + patience.rescue
        await asyncio.sleep(patience.hold_on)
        if call.taking_turns and call.replying:
            await call.say_aside(call.phrase("hold_on"))
        await asyncio.sleep(rescue_at - _now())
        if call.replying:
            logger.warning("no reply", call_id=call.id)
            self._begin_rescue()

    def _begin_rescue(self, why: Exception | None = None) -> None:
        if not self._rescuing and self._call.taking_turns:
            self._rescuing = True
            self._call.spawn(self._rescue(why), "rescue")

    async def _rescue(self, why: Exception | None) -> None:
        # Whatever else fails of the same turn is the same trouble; the next turn may be in trouble anew.
        try:
            await self._call.hush()
            if await stand_in(self._call, why or TimeoutError()):
                say_when_not_understood(self._call)
                return
            if (told := await self._bring_somebody()) is not None:
                await told.wait_for_playout()
        finally:
            self._rescuing = False

    async def _bring_somebody(self) -> SpeechHandle | None:
        """A person instead of us; without one, the truth. The sentence that says so, none in a call that is over."""
        call = self._call
        if call.facts.waiting:
            return call.say_built_in(call.phrase("still_waiting"))
        try:
            await call.gateway.escalate(call.id, reason="technical problem")
            await call.refresh()
        except CallOver:
            return None
        except GatewayError as error:
            logger.exception("rescue failed", call_id=call.id, error=repr(error))
            return call.say_built_in(call.phrase("last_resort"))
        return call.say_built_in(call.phrase("trouble"))


def _history(call: LiveCall) -> tuple[Message, ...]:
    return messages_of(list(call.session.history.items))


def _now() -> float:
    return asyncio.get_running_loop().time()
