"""Tavus lends the receptionist a face: the real plugin with our settings."""

from livekit.agents import APIConnectOptions
from livekit.agents.types import NOT_GIVEN
from livekit.plugins import tavus

from voicebot.providers.config import AvatarConfig


def face(config: AvatarConfig, identity: str) -> tavus.AvatarSession:
    """An avatar that joins the call's room as `identity` and says what the call's voice says."""
    return tavus.AvatarSession(
        face_id=config.face,
        pal_id=config.persona,
        api_key=config.server.api_key,
        api_url=config.server.base_url or NOT_GIVEN,
        avatar_participant_identity=identity,
        avatar_participant_name="AI",
        conn_options=APIConnectOptions(max_retry=1, retry_interval=0.5, timeout=5.0),
    )
