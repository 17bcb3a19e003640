"""A face for the voice, where the caller asked for one. It is never waited for, and never missed for long."""

import asyncio
from contextlib import suppress
from importlib import import_module
from typing import Any

import structlog
from django.conf import settings
from livekit import rtc
from livekit.agents import AgentSession, APIError
from livekit.agents.voice.io import AudioOutput

from voicebot.providers.table import AVATARS
from voicebot.session_agent import Receptionist
from voicebot.session_call import LiveCall

logger = structlog.get_logger(__name__)

# So long a face may take to come; the call is spoken without it meanwhile.
_JOIN_SECONDS = 30.0
# No sentence of ours takes so long: an avatar that still plays one has stopped without a word.
_LONGEST_SECONDS = 45.0
# And none has such a pause: it is there, and says nothing.
_MUTE_SECONDS = 5.0
_LOOK_SECONDS = 0.5
_NEXT_SENTENCE_SECONDS = 0.1
_WORDS_SECONDS = 2.0
_DISMISS_SECONDS = 1.0


def show_a_face(call: LiveCall) -> None:
    """Have the avatar join; once it is there, the sound goes to it, and comes from us again when it is lost."""
    if call.facts.avatar and call.voices.config.avatar is not None:
        call.spawn(_show(call), "avatar")


async def dismiss(call: LiveCall) -> None:
    """Out of the room with it, before we leave: nobody else would send it away."""
    avatar, call.avatar = call.avatar, None
    if avatar is None:
        return
    try:
        await asyncio.wait_for(avatar.aclose(), _DISMISS_SECONDS)
    except TimeoutError:
        logger.warning("avatar not dismissed", call_id=call.id)


class _Understudy:
    """The session as a plugin is given it, which would have the sound go at once to somebody who is not there yet."""

    def __init__(self, session: AgentSession[Any]) -> None:
        self._session = session
        self.face: AudioOutput | None = None
        self.output = self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def replace_audio_tail(self, sink: AudioOutput) -> None:
        """Kept for when it is there."""
        self.face = sink


async def _show(call: LiveCall) -> None:
    session, voice = call.session, _tail(call.session)
    config = call.voices.config.avatar
    if voice is None or config is None:
        return
    identity = f"avatar_{call.id}"
    call.avatar = avatar = import_module(AVATARS[config.provider].module).face(config, identity)
    try:
        face = await _arrived(call, avatar)
    # RuntimeError: it came and went before its picture was there.
    except (APIError, TimeoutError, RuntimeError) as error:
        logger.warning("the call goes on without its avatar", call_id=call.id, error=repr(error))
        await dismiss(call)
        return
    # What has been begun would be cut off: the one has its sound already, the other cannot be given it.
    while session.current_speech is not None:  # noqa: ASYNC110 -- one speech follows another, and none tells of the next
        await asyncio.sleep(_NEXT_SENTENCE_SECONDS)
    logger.info("avatar speaks", call_id=call.id)
    session.output.replace_audio_tail(face)
    cut_off = False
    try:
        await _lost(call, identity)
        logger.warning("avatar lost", call_id=call.id)
        cut_off = session.agent_state == "speaking"
    finally:
        session.output.replace_audio_tail(voice)
    if cut_off:
        await _say_again(call)
    await dismiss(call)


async def _arrived(call: LiveCall, avatar: Any) -> AudioOutput:
    """What to send the sound to, when there is somebody to say it. APIError, TimeoutError, RuntimeError."""
    understudy = _Understudy(call.session)
    async with asyncio.timeout(_JOIN_SECONDS):
        await avatar.start(
            understudy,
            call.room,
            # From outside: the service is not on our network.
            livekit_url=settings.LIVEKIT_PUBLIC_URL,
            livekit_api_key=settings.LIVEKIT_API_KEY,
            livekit_api_secret=settings.LIVEKIT_API_SECRET,
        )
        await avatar.wait_for_join(timeout=None)
    if understudy.face is None:
        raise RuntimeError("it takes no sound")
    return understudy.face


async def _lost(call: LiveCall, identity: str) -> None:
    """Return when the avatar has left, says nothing while it should, or plays a sentence that has no end."""
    now = asyncio.get_running_loop().time
    since = heard = now()
    is_heard = False

    def speaks(speakers: list[rtc.Participant]) -> None:
        nonlocal is_heard
        is_heard = any(one.identity == identity for one in speakers)

    call.room.on("active_speakers_changed", speaks)
    try:
        while identity in call.room.remote_participants:
            rests = call.session.agent_state != "speaking"
            since = now() if rests else since
            heard = now() if rests or is_heard else heard
            if now() - since > _LONGEST_SECONDS or now() - heard > _MUTE_SECONDS:
                return
            await asyncio.sleep(_LOOK_SECONDS)
    finally:
        call.room.off("active_speakers_changed", speaks)


async def _say_again(call: LiveCall) -> None:
    """Nobody knows how much of it was heard."""
    agent = call.session.current_agent
    if call.ending or call.left.done() or not isinstance(agent, Receptionist):
        return
    # A model's words come sooner than their sound; those that do not come now never will.
    with suppress(TimeoutError):
        await asyncio.wait_for(agent.saying.complete.wait(), _WORDS_SECONDS)
    text = agent.saying.text
    await call.hush()
    if text:
        call.say(text, remember=False)


def _tail(session: AgentSession[Any]) -> AudioOutput | None:
    """Where the sound goes in the end."""
    output = session.output.audio
    while output is not None and output.next_in_chain is not None:
        output = output.next_in_chain
    return output
