"""Everything for the first time, before there is a call: no caller waits for a first query or a runtime's start.

For the process that has forked already: unlike `preload` it may have threads and connections.
"""

import asyncio
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, connections
from livekit import rtc
from livekit.agents import Agent, AgentSession, llm
from livekit.agents.voice import io

from voicebot.gateway.reading import usual_facts
from voicebot.offline import speech
from voicebot.offline.llm import RulesLLM, decide
from voicebot.offline.recognition import recogniser
from voicebot.offline.tts import OfflineTTS
from voicebot.providers.config import config_from
from voicebot.providers.registry import speaker_module, voice_module
from voicebot.receptionist.facts import CallFacts, VoiceChoice
from voicebot.receptionist.grammar import grammar_phrases
from voicebot.receptionist.prompts import languages, opening
from voicebot.receptionist.system_prompt import system_prompt
from voicebot.receptionist.tools import tools_for

logger = structlog.get_logger(__name__)

_REPLY_SECONDS = 3.0


def rehearse() -> object:
    """Read, think, speak and publish once. Keep what is returned: without it the native runtime stops again."""
    facts = None
    try:
        facts = _prepare()
    except DatabaseError as error:
        # A worker may start before its database; then its first call waits a little longer.
        logger.info("not rehearsed", error=repr(error))
    finally:
        connections.close_all()
    return asyncio.run(_run(facts))


def _prepare() -> CallFacts:
    for language in languages():
        facts = usual_facts(language)
        system_prompt(facts)
        tools_for(facts)
        for sentence in opening(facts):
            speech.cached_samples(sentence, language)
        for sentence in opening(facts):
            _answer(facts, " ".join(opening(facts)), sentence)
    # The installation's voice, and those that departments have chosen.
    for choice in {VoiceChoice(), *(department.voice for department in facts.departments)}:
        config = config_from(settings, choice)
        voice_module(config)
        speaker_module(config)
        if config.offline:
            recogniser().rehearse(grammar_phrases(facts))
    return facts


def _answer(facts: CallFacts, welcome: str, text: str) -> None:
    """The rules stand behind every model. Any sentence goes past all of them, and has their words loaded."""
    said = llm.ChatContext()
    said.add_message(role="assistant", content=welcome)
    said.add_message(role="user", content=text)
    decide(facts, said)


async def _run(facts: CallFacts | None) -> object:
    session: AgentSession[Any] = AgentSession(
        turn_handling={"turn_detection": "manual", "interruption": {"resume_false_interruption": False}}
    )
    session.output.audio = said = Nowhere()
    await session.start(_receptionist(facts), record=False)
    if facts is not None:
        # A first reply takes four times the work of a second one; its sound is enough.
        reply = session.generate_reply(user_input=opening(facts)[0])
        try:
            await asyncio.wait_for(said.anything.wait(), _REPLY_SECONDS)
            await reply.interrupt(force=True)
        except TimeoutError:
            logger.warning("no reply in the rehearsal")
    await session.aclose()
    # Without a queue: one is looked at a hundred times a second, for as long as the process stands by.
    source = rtc.AudioSource(24_000, 1, queue_size_ms=0)
    return source, rtc.LocalAudioTrack.create_audio_track("rehearsal", source)


def _receptionist(facts: CallFacts | None) -> Agent:
    """The built-in parts, whoever answers calls: they ask nobody."""
    if facts is None:
        return Agent(instructions="rehearsal")
    return Agent(instructions="rehearsal", llm=RulesLLM(lambda: facts), tts=OfflineTTS(language=facts.language))


class Nowhere(io.AudioOutput):
    """Takes a voice's sound, for as long as it is not told to stop."""

    def __init__(self) -> None:
        super().__init__(label="rehearsal", capabilities=io.AudioOutputCapabilities(pause=False))
        self.anything = asyncio.Event()
        self._saying = False

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        """See AudioOutput."""
        await super().capture_frame(frame)
        self._saying = True
        self.anything.set()

    def flush(self) -> None:
        """See AudioOutput."""
        super().flush()

    def clear_buffer(self) -> None:
        """See AudioOutput."""
        if self._saying:
            self._saying = False
            self.on_playback_finished(playback_position=0.0, interrupted=True)
