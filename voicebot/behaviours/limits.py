"""A call that leads nowhere does not stay with the AI for ever: a person, and if there is none, goodbye."""

import asyncio
import re
from collections import deque

import structlog
from livekit.agents import ErrorEvent, UserInputTranscribedEvent, UserStateChangedEvent, llm

from voicebot.offline.stt import OfflineSTT
from voicebot.receptionist.ports import CallOver, GatewayError
from voicebot.session_call import LiveCall

logger = structlog.get_logger(__name__)

_TICK_SECONDS = 1.0
_WORDS_OF_A_SENTENCE = 3
_NO_WORD = re.compile(r"[\W_]+")
_SHARE_OF_THE_SECOND_TIME = 0.1


def mind_the_end(call: LiveCall) -> None:
    """Too many turns, the same again and again, too long: a person; the second time, goodbye."""
    limits = call.patience.limits
    end = _End(call)
    progress = _Progress(call, end)
    call.line_listeners.append(progress.line)
    call.spawn(_watch_length(call, end, limits.minutes * 60), "length")


class _End:
    def __init__(self, call: LiveCall) -> None:
        self._call = call
        self._before = False
        self._busy = False

    def reached(self, reason: str, sentence: str) -> None:
        """Whoever counted begins anew."""
        call = self._call
        if self._busy or call.facts.waiting or not call.taking_turns:
            return
        logger.warning("call leads nowhere", call_id=call.id, reason=reason, before=self._before)
        self._busy = True
        call.spawn(self._act(reason, sentence), "limit")

    async def _act(self, reason: str, sentence: str) -> None:
        try:
            if self._before or not await to_a_person(self._call, reason, sentence):
                await self._call.hush()
                self._call.finish(self._call.phrase("stuck_goodbye"))
            self._before = True
        finally:
            self._busy = False


async def to_a_person(call: LiveCall, reason: str, sentence: str) -> bool:
    """Put the caller in line and say so; False: no line takes him."""
    try:
        await call.gateway.escalate(call.id, reason=reason)
    except CallOver:
        return True
    except GatewayError as error:
        logger.warning("nobody takes over", call_id=call.id, error=repr(error))
        return False
    await call.refresh()
    await call.hush()
    call.say(call.phrase(sentence), interruptible=False)
    return True


class _Progress:
    """Counts turns, and what is said again and again."""

    def __init__(self, call: LiveCall, end: _End) -> None:
        self._limits = call.patience.limits
        self._call = call
        self._end = end
        self._seen = ""
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._turns = 0
        self._words: dict[str, deque[str]] = {role: deque(maxlen=self._limits.window) for role in ("user", "assistant")}

    def line(self, message: llm.ChatMessage) -> None:
        # A typed message comes twice: as typed, and when the conversation has it.
        if message.role not in self._words or message.id == self._seen or self._call.facts.waiting:
            return
        self._seen = message.id
        self._turns += message.role == "user"
        said = " ".join(_NO_WORD.split((message.text_content or "").lower())).strip()
        if message.role == "assistant" or len(said.split()) >= _WORDS_OF_A_SENTENCE:
            self._words[message.role].append(said)
        if self._turns > self._limits.turns:
            self._reached("too many turns")
        elif said and self._words[message.role].count(said) >= self._limits.same:
            self._reached("no progress")

    def _reached(self, reason: str) -> None:
        self._begin_anew()
        self._end.reached(reason, "stuck")


async def _watch_length(call: LiveCall, end: _End, seconds: float) -> None:
    left = seconds
    while True:
        await asyncio.sleep(min(_TICK_SECONDS, seconds))
        if call.taking_turns and call.customer_present and not call.facts.waiting:
            left -= min(_TICK_SECONDS, seconds)
        if left <= 0:
            left = seconds * _SHARE_OF_THE_SECOND_TIME
            end.reached("the call has lasted too long", "too_long")


def mind_the_ears(call: LiveCall) -> None:
    """Somebody speaks and no words come of it: say so, then bring a person.

    The built-in ears say so themselves; a realtime model owes its reply without any words.
    """
    if isinstance(call.voices.stt, OfflineSTT) or call.voices.realtime:
        return
    ears = _Ears(call)
    call.session.on("user_state_changed", ears.stirred)
    call.session.on("user_input_transcribed", ears.understood)
    call.session.on("error", ears.failed)


class _Ears:
    def __init__(self, call: LiveCall) -> None:
        self._call = call
        self._limits = call.patience.limits
        self._began: float | None = None
        self._words_at = 0.0
        self._in_vain = 0

    def stirred(self, event: UserStateChangedEvent) -> None:
        call, began = self._call, self._began
        self._began = None
        if event.new_state == "speaking":
            # Over our own words it may be our echo.
            self._began = _now() if call.session.agent_state == "listening" else None
        elif began is not None and _now() - began >= self._limits.unheard_seconds and call.taking_turns:
            call.spawn(self._expect_words(began), "ears")

    def understood(self, event: UserInputTranscribedEvent) -> None:
        if event.transcript:
            self._words_at, self._in_vain = _now(), 0

    def failed(self, _: ErrorEvent) -> None:
        # That is owned up to elsewhere.
        self._words_at = _now()

    async def _expect_words(self, began: float) -> None:
        call = self._call
        await asyncio.sleep(call.patience.listening + 1.0)
        if self._words_at >= began or not call.taking_turns or call.session.agent_state != "listening":
            return
        self._in_vain += 1
        logger.warning("speech without words", call_id=call.id, times=self._in_vain)
        if self._in_vain == self._limits.unheard:
            call.say(call.phrase("cannot_hear_words"), remember=False, recurring=True)
        elif self._in_vain >= 2 * self._limits.unheard and not call.facts.waiting:
            self._in_vain = 0
            if not await to_a_person(call, "the caller is not heard", "trouble"):
                call.say_built_in(call.phrase("last_resort"))


def _now() -> float:
    return asyncio.get_running_loop().time()
