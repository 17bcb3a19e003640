"""One call as its job holds it: what is known, who is told, and how the job leaves."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import structlog
from livekit import rtc
from livekit.agents import AgentSession, AudioConfig, BackgroundAudioPlayer, ConversationItemAddedEvent, llm
from livekit.agents.types import NOT_GIVEN
from livekit.agents.voice import SpeechHandle
from livekit.agents.voice.avatar import AvatarSession

from calls.states import AILeft
from voicebot.patience import Patience
from voicebot.providers.voices import Voices, aside_sound, built_in_sound
from voicebot.receptionist.citing import Citations
from voicebot.receptionist.facts import CallFacts
from voicebot.receptionist.language import detect_language, written_in
from voicebot.receptionist.ports import Pulse, Source, WorkerGateway
from voicebot.receptionist.prompts import phrase, refusal_sentence
from voicebot.receptionist.toolkit import ToolResult

logger = structlog.get_logger(__name__)

PulseListener = Callable[[Pulse, Pulse | None], Awaitable[None]]


class Unstored(NamedTuple):
    """A line on its way into the transcript, with the language it is in, whatever the call's is."""

    message: llm.ChatMessage
    text: str
    language: str
    sources: tuple[Source, ...] = ()


@dataclass(eq=False)
class LiveCall:
    """The state behaviours share. Everything runs on the job's one event loop."""

    epoch: int
    facts: CallFacts
    gateway: WorkerGateway
    room: rtc.Room
    voices: Voices
    session: AgentSession[Any]
    pulse: Pulse | None = None
    listeners: list[PulseListener] = field(default_factory=list)
    sign_listeners: list[Callable[[], None]] = field(default_factory=list)
    turn_listeners: list[Callable[[], None]] = field(default_factory=list)
    line_listeners: list[Callable[[llm.ChatMessage], None]] = field(default_factory=list)
    known_department: str | None = None
    citations: Citations = field(default_factory=Citations)
    # Somebody hears our voice. LiveKit tells of whoever publishes nothing himself up to seconds later.
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    handing_over: bool = False
    giving_way: bool = False
    ending: bool = False
    left: asyncio.Future[AILeft] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    # Of a realtime model: a reply is asked for, and not begun; it is asked for, and not given to its end; lines it does
    # not know of yet, told it one after the other.
    model_asked: bool = False
    model_owes: bool = False
    avatar: AvatarSession[Any] | None = None
    untold: list[llm.ChatMessage] = field(default_factory=list)
    telling: asyncio.Lock = field(default_factory=asyncio.Lock)
    unstored: asyncio.Queue[Unstored] = field(default_factory=asyncio.Queue)
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    @property
    def id(self) -> str:
        return self.facts.call_id

    @property
    def language(self) -> str:
        return self.facts.language

    @property
    def customer_identity(self) -> str:
        return f"customer_{self.id}"

    @property
    def customer_present(self) -> bool:
        return self.customer_identity in self.room.remote_participants

    @property
    def taking_turns(self) -> bool:
        """Whether the caller is answered: not once a person takes over, while a supervisor speaks, or at the end."""
        return not (self.handing_over or self.giving_way or self.ending or self.left.done())

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run beside the session until the job ends; what it raises is logged."""
        task = asyncio.create_task(work, name=f"{name}:{self.id}")
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("behaviour failed", call_id=self.id, behaviour=task.get_name(), exc_info=error)

    async def stop_tasks(self) -> None:
        """Cancel what still runs beside the session."""
        current = asyncio.current_task()
        tasks = [task for task in self._tasks if task is not current]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def leave(self, reason: AILeft) -> None:
        """The job is done here. The first reason counts."""
        if not self.left.done():
            self.left.set_result(reason)

    async def take(self, pulse: Pulse) -> None:
        """Believe the database, then tell the behaviours what changed."""
        before, self.pulse = self.pulse, pulse
        self.known_department = self.facts.department
        self.facts = replace(
            self.facts,
            state=pulse.state,
            department=pulse.department or None,
            queue_position=pulse.queue_position,
            estimated_wait=pulse.estimated_wait,
            queue_outcome=pulse.queue_outcome,
            queue_offer=pulse.queue_offer,
            refused_by=pulse.refused_by,
        )
        self.use_language(pulse.language)
        for listener in self.listeners:
            await listener(pulse, before)

    async def refresh(self) -> None:
        """Read the call again, after a tool may have changed it."""
        self.facts = await self.gateway.facts(self.id)
        self.use_language(self.facts.language)

    def use_language(self, language: str) -> None:
        """Go on in this language; the same one is nothing new."""
        if language and language != self.voices.language:
            self.voices.set_language(language)
        if language and language != self.facts.language:
            self.facts = replace(self.facts, language=language)

    def keep(self, message: llm.ChatMessage) -> None:
        """Have a spoken or typed line stored; `behaviours.transcript` does it, in order."""
        text = (message.text_content or "").strip()
        # All of it now, not when it is stored: the next turn may have changed language and sources by then.
        if message.role == "user":
            self.citations.asked()
            self.unstored.put_nowait(Unstored(message, text, detect_language(text, self.language)))
        else:
            sources = self.citations.told(text, cut_off=message.interrupted)
            self.unstored.put_nowait(Unstored(message, text, written_in(text, self.language), sources))
        for listener in self.line_listeners:
            listener(message)

    def note(self, message: llm.ChatMessage) -> None:
        """Take a line into the conversation that a realtime model's session knows nothing of; it is stored, too."""
        self.session.history.insert(message)
        self.session.emit("conversation_item_added", ConversationItemAddedEvent(item=message))

    @property
    def conversation(self) -> llm.ChatContext:
        """What was said. An agent's own context is a realtime model's, and lacks what it heard itself."""
        return self.session.history if self.voices.realtime else self.session.current_agent.chat_ctx

    @property
    def replying(self) -> bool:
        """A reply is due and nothing of it heard. The session of a realtime model is never said to be thinking."""
        return self.session.agent_state == "thinking" or self.model_asked

    def phrase(self, key: str, **values: object) -> str:
        return phrase(self.language, key, **values)

    def refusal(self) -> str:
        """Why nobody comes, and what can be done instead."""
        facts = self.facts
        return refusal_sentence(facts, facts.refused_by, facts.queue_outcome, facts.queue_offer)

    def say(
        self, text: str, *, interruptible: bool = True, remember: bool = True, recurring: bool = False
    ) -> SpeechHandle:
        """Speak a sentence, at once where its sound is ready. One `recurring` in other calls is kept for them."""
        sound = self.voices.ready_made(text)
        if sound is None and recurring:
            self.spawn(self.voices.keep(text), "keep sound")
        return self.session.say(
            text,
            audio=NOT_GIVEN if sound is None else sound,
            allow_interruptions=interruptible,
            add_to_chat_ctx=remember,
        )

    def say_built_in(self, text: str, *, remember: bool = True) -> SpeechHandle:
        """Speak in the built-in voice whatever voice the call has: for when a provider is down."""
        sound = built_in_sound(text, self.language)
        return self.session.say(text, audio=sound, allow_interruptions=False, add_to_chat_ctx=remember)

    async def say_aside(self, text: str) -> None:
        """Speak beside the session, until the end or cancelled: in it, a reply that hangs holds up what comes after."""
        player = BackgroundAudioPlayer()
        await player.start(room=self.room)
        try:
            await player.play(AudioConfig(aside_sound(text, self.language))).wait_for_playout()
        finally:
            await player.aclose()

    def sign_of_life(self) -> None:
        """The caller did something that is not speech."""
        for listener in self.sign_listeners:
            listener()

    @property
    def patience(self) -> Patience:
        return self.voices.config.patience

    async def hush(self) -> None:
        """Stop what is being said, fixed sentences included."""
        await self.session.interrupt(force=True)

    async def apply(self, result: ToolResult) -> bool:
        """Act on a tool's result; True when its own sentence was said and the model need not speak."""
        self.citations.found(result.passages)
        if result.language:
            self.use_language(result.language)
        if result.actions:
            await self.refresh()
        if result.ends_call:
            self.finish(result.say)
            return True
        if result.say:
            told = self.say(result.say)
            if "closing" in result.actions:
                self.spawn(self._end_unless_answered(told), "closing question")
        return bool(result.say)

    async def _end_unless_answered(self, told: SpeechHandle) -> None:
        """Who has said goodbye need not answer: most have gone already."""
        question = self.facts.question
        await told.wait_for_playout()
        await asyncio.sleep(_CLOSING_SECONDS)
        if question is not None and self.facts.question == question and self.session.user_state != "speaking":
            self.finish(self.phrase("goodbye", company=self.facts.company))

    def finish(self, goodbye: str) -> None:
        """Say goodbye to its end, then end the call."""
        if not self.ending:
            self.ending = True
            self.spawn(self._finish(goodbye), "finish")

    async def _finish(self, goodbye: str) -> None:
        handle = self.say(goodbye, interruptible=False)
        try:
            await asyncio.wait_for(handle.wait_for_playout(), _GOODBYE_SECONDS)
        except TimeoutError:
            logger.warning("goodbye not heard to its end", call_id=self.id)
        await self.gateway.end_call(self.id)
        self.leave(AILeft.ENDED)


_GOODBYE_SECONDS = 12.0
# A person thinks about a question for two or three seconds.
_CLOSING_SECONDS = 7.0
