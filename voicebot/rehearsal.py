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

from voicebot.gateway.reading import usual_facts
from voicebot.offline import speech
from voicebot.offline.llm import decide
from voicebot.offline.recognition import recogniser
from voicebot.providers.config import config_from
from voicebot.providers.registry import speaker_module, voice_module
from voicebot.receptionist.facts import CallFacts, VoiceChoice
from voicebot.receptionist.grammar import grammar_phrases
from voicebot.receptionist.prompts import languages, opening
from voicebot.receptionist.system_prompt import system_prompt
from voicebot.receptionist.tools import tools_for

logger = structlog.get_logger(__name__)


def rehearse() -> object:
    """Read, think, speak and publish once. Keep what is returned: without it the native runtime stops again."""
    try:
        _prepare()
    except DatabaseError as error:
        # A worker may start before its database; then its first call waits a little longer.
        logger.info("not rehearsed", error=repr(error))
    finally:
        connections.close_all()
    return asyncio.run(_run())


def _prepare() -> None:
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


def _answer(facts: CallFacts, welcome: str, text: str) -> None:
    """The rules stand behind every model. Any sentence goes past all of them, and has their words loaded."""
    said = llm.ChatContext()
    said.add_message(role="assistant", content=welcome)
    said.add_message(role="user", content=text)
    decide(facts, said)


async def _run() -> object:
    session: AgentSession[Any] = AgentSession(turn_handling={"turn_detection": "manual"})
    await session.start(Agent(instructions="rehearsal"), record=False)
    await session.aclose()
    # Without a queue: one is looked at a hundred times a second, for as long as the process stands by.
    source = rtc.AudioSource(24_000, 1, queue_size_ms=0)
    return source, rtc.LocalAudioTrack.create_audio_track("rehearsal", source)
