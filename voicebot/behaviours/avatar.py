"""A face for the voice, where the caller asked for one. It is never waited for, and never missed for long."""

import asyncio
from importlib import import_module
from typing import Any

import structlog
from django.conf import settings
from livekit.agents import AgentSession, APIError
from livekit.agents.voice.io import AudioOutput

from voicebot.providers.table import AVATARS
from voicebot.session_call import LiveCall

logger = structlog.get_logger(__name__)

# So long a face may take to come; the call is spoken without it meanwhile.
_JOIN_SECONDS = 30.0
# No sentence of ours takes so long: an avatar that still plays one has stopped without a word.
_LONGEST_SECONDS = 45.0
_LOOK_SECONDS = 0.5
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


async def _show(call: LiveCall) -> None:
    session, voice = call.session, _tail(call.session)
    config = call.voices.config.avatar
    if voice is None or config is None:
        return
    identity = f"avatar_{call.id}"
    call.avatar = avatar = import_module(AVATARS[config.provider].module).face(config, identity)
    try:
        face = await _arrived(call, avatar, voice)
    # RuntimeError: it came and went before its picture was there.
    except (APIError, TimeoutError, RuntimeError) as error:
        logger.warning("the call goes on without its avatar", call_id=call.id, error=repr(error))
        await dismiss(call)
        return
    logger.info("avatar speaks", call_id=call.id)
    session.output.replace_audio_tail(face)
    try:
        await _lost(call, identity)
        logger.warning("avatar lost", call_id=call.id)
    finally:
        session.output.replace_audio_tail(voice)
    await dismiss(call)


async def _arrived(call: LiveCall, avatar: Any, voice: AudioOutput) -> AudioOutput:
    """What to send the sound to, when there is somebody to say it. APIError, TimeoutError, RuntimeError."""
    async with asyncio.timeout(_JOIN_SECONDS):
        try:
            await avatar.start(
                call.session,
                call.room,
                # From outside: the service is not on our network.
                livekit_url=settings.LIVEKIT_PUBLIC_URL,
                livekit_api_key=settings.LIVEKIT_API_KEY,
                livekit_api_secret=settings.LIVEKIT_API_SECRET,
            )
            face = _tail(call.session) or voice
        finally:
            # The plugin sends the sound there at once, and nothing would be heard until somebody comes.
            call.session.output.replace_audio_tail(voice)
        await avatar.wait_for_join(timeout=None)
    return face


async def _lost(call: LiveCall, identity: str) -> None:
    """Return when the avatar has left, or plays a sentence that has no end."""
    now = asyncio.get_running_loop().time
    since = now()
    while identity in call.room.remote_participants:
        if call.session.agent_state != "speaking":
            since = now()
        elif now() - since > _LONGEST_SECONDS:
            return
        await asyncio.sleep(_LOOK_SECONDS)


def _tail(session: AgentSession[Any]) -> AudioOutput | None:
    """Where the sound goes in the end."""
    output = session.output.audio
    while output is not None and output.next_in_chain is not None:
        output = output.next_in_chain
    return output
