"""The turns a realtime model takes: answered, stored and followed like any other's."""

import asyncio
from collections.abc import Sequence

from livekit.agents import (
    AgentStateChangedEvent,
    ConversationItemAddedEvent,
    ErrorEvent,
    SpeechCreatedEvent,
    UserInputTranscribedEvent,
    UserStateChangedEvent,
    llm,
)
from livekit.agents.voice import SpeechHandle

from voicebot.offline.llm import TYPED
from voicebot.providers.chains import model_rest
from voicebot.providers.hearing import ModelHears
from voicebot.providers.survivor import ModelDown
from voicebot.realtime import report, tell_the_model, we_take_turns
from voicebot.receptionist.ports import Line
from voicebot.session_agent import Receptionist, chat_context
from voicebot.session_call import LiveCall

# Shorter sounds of a caller may be a cough that no model answers.
_SPOKEN_SECONDS = 1.0


def mind_the_model(call: LiveCall, history: Sequence[Line]) -> None:
    """See that a turn it takes is answered, stored and followed; `history` is what was said before this job."""
    if not call.voices.realtime:
        return
    before = chat_context(history).messages()
    call.session.history.insert(before)
    call.untold.extend(before)
    model = _Model(call)
    call.session.on("speech_created", model.speech_created)
    call.session.on("agent_state_changed", model.agent_state)
    call.session.on("user_state_changed", model.user_state)
    call.session.on("user_input_transcribed", model.heard)
    call.session.on("conversation_item_added", model.added)
    call.session.on("error", model.error)


class _Model:
    def __init__(self, call: LiveCall) -> None:
        self._call = call
        self._trouble = False
        self._spoke_at = 0.0
        # Since the caller began to speak last: words were heard, something was said to it.
        self._worded = self._answered = False

    @property
    def _ours(self) -> bool:
        return we_take_turns(self._call.voices.llm)

    def speech_created(self, event: SpeechCreatedEvent) -> None:
        """The model is asked for a reply, or begins one."""
        if event.source != "generate_reply" or not self._call.voices.realtime:
            return
        event.speech_handle.add_done_callback(self._done)
        self._owe()

    def _owe(self) -> None:
        self._call.model_asked = self._call.model_owes = True
        self._trouble = False
        for listener in self._call.turn_listeners:
            listener()

    def _done(self, handle: SpeechHandle) -> None:
        self._call.model_asked = False
        silent = self._trouble and not handle.chat_items
        if handle.interrupted or not self._call.voices.realtime:
            return
        if handle.exception() is not None or silent:
            report(self._call, "no reply")
        else:
            self._call.model_owes = False
            model_rest(self._call.voices.config).end()

    def agent_state(self, event: AgentStateChangedEvent) -> None:
        if event.new_state == "speaking":
            self._call.model_asked = False
            self._answered = True

    def user_state(self, event: UserStateChangedEvent) -> None:
        """A model that takes turns itself says nothing of one that it does not answer."""
        now = asyncio.get_running_loop().time()
        if event.new_state == "speaking":
            self._spoke_at, self._worded, self._answered = now, False, False
        elif self._worded or now - self._spoke_at >= _SPOKEN_SECONDS:
            self._expect()

    def _expect(self) -> None:
        if self._takes_turns and self._call.taking_turns:
            self._owe()

    @property
    def _takes_turns(self) -> bool:
        return self._call.voices.realtime and not self._ours

    def heard(self, event: UserInputTranscribedEvent) -> None:
        """Words that no turn of ours brings: those of the model itself, or of turns that it takes."""
        if not self._call.voices.realtime:
            return
        if event.transcript and not self._worded:
            self._worded = True
            # However short it was, it was no cough. Words that come late may have been answered already.
            if self._call.session.user_state != "speaking" and not (self._answered or self._call.model_asked):
                self._expect()
        ears = not isinstance(self._call.voices.stt, ModelHears)
        if event.is_final and event.transcript and self._call.taking_turns and not (ears and self._ours):
            message = llm.ChatMessage(role="user", content=[event.transcript])
            if ears:
                self._call.note(message)
            self._call.spawn(self._follow(message), "follow")

    async def _follow(self, message: llm.ChatMessage) -> None:
        agent = self._call.session.current_agent
        if isinstance(agent, Receptionist):
            await agent.answer_directly(message, stored=True)

    def added(self, event: ConversationItemAddedEvent) -> None:
        """What was said by the fixed voice, or typed, is news to the model."""
        if not self._call.voices.realtime:
            return
        if isinstance(event.item, llm.ChatMessage) and (event.item.role == "assistant" or event.item.extra.get(TYPED)):
            self._call.untold.append(event.item)
            if not self._ours:
                self._call.spawn(tell_the_model(self._call), "tell")

    def error(self, event: ErrorEvent) -> None:
        self._trouble = True
        if isinstance(event.error, ModelDown):
            report(self._call, event.error.error)
