"""How long each turn took, from livekit-agents' own stop-watches."""

import structlog
from livekit.agents import ConversationItemAddedEvent, llm

from calls.states import TurnChannel
from voicebot.offline.llm import TYPED
from voicebot.receptionist.ports import GatewayError, MeasuredTurn
from voicebot.session_call import LiveCall

logger = structlog.get_logger(__name__)


def measure_turns(call: LiveCall) -> None:
    """Store the times of every turn that was answered aloud. What nobody asked for (a welcome, a place) is no turn."""
    measuring = _Measuring(call)
    call.session.on("conversation_item_added", measuring.added)


class _Measuring:
    def __init__(self, call: LiveCall) -> None:
        self._call = call
        self._asked: llm.ChatMessage | None = None

    def added(self, event: ConversationItemAddedEvent) -> None:
        message = event.item
        if not isinstance(message, llm.ChatMessage):
            return
        if message.role == "user":
            self._asked = message
        elif message.role == "assistant" and self._asked is not None:
            turn = measured(self._asked, message, language=self._call.language, provider=self._provider())
            self._asked = None
            if turn is not None:
                self._call.spawn(self._store(turn), "measure turn")

    def _provider(self) -> str:
        config = self._call.voices.config
        return config.provider if config.provider == config.speaker else f"{config.provider}+{config.speaker}"

    async def _store(self, turn: MeasuredTurn) -> None:
        try:
            await self._call.gateway.add_turn(self._call.id, turn)
        except GatewayError as error:
            # A missing measurement harms nobody: it is not tried again.
            logger.warning("turn not measured", call_id=self._call.id, error=repr(error))


def measured(asked: llm.ChatMessage, reply: llm.ChatMessage, *, language: str, provider: str) -> MeasuredTurn | None:
    """The turn's times; None when nobody heard the reply, or it was begun before the turn was over."""
    typed = bool(asked.extra.get(TYPED))
    began = reply.metrics.get("started_speaking_at")
    over = asked.created_at if typed else asked.metrics.get("stopped_speaking_at")
    if began is None or over is None or began < over:
        return None
    return MeasuredTurn(
        key=reply.id,
        channel=TurnChannel.TYPED if typed else TurnChannel.VOICE,
        language=language,
        provider=provider,
        interrupted=reply.interrupted,
        milliseconds={
            "end_of_turn": _ms(asked.metrics.get("end_of_turn_delay")),
            "stt": _ms(asked.metrics.get("transcription_delay")),
            "llm": _ms(reply.metrics.get("llm_node_ttft")),
            "tts": _ms(reply.metrics.get("tts_node_ttfb")),
            "reply": _ms(began - over),
        },
    )


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)
