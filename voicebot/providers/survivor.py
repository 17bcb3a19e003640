"""A realtime model's connection that its call outlives: livekit-agents closes a session at its first lost model."""

from typing import Any

import structlog
from livekit.agents import llm

logger = structlog.get_logger(__name__)


class ModelDown(llm.RealtimeModelError):
    """The connection is lost for good; called recoverable, because the call goes on without it."""


class Survivor(llm.RealtimeSession[Any]):
    """To be mixed into a plugin's session, before it."""

    def emit(self, event: Any, *args: Any) -> None:
        """Tell of an error in a way that nobody closes the session for."""
        super().emit(event, *(_mild(argument) for argument in args) if event == "error" else args)

    async def aclose(self) -> None:
        """The plugins raise here once more what ended the connection."""
        try:
            await super().aclose()  # type: ignore[safe-super]
        except Exception as error:  # noqa: BLE001 — whatever it was, it has been told, and the job must end in order
            logger.info("realtime model closed", error=repr(error))


def _mild(argument: Any) -> Any:
    if not isinstance(argument, llm.RealtimeModelError) or argument.recoverable:
        return argument
    return ModelDown(timestamp=argument.timestamp, label=argument.label, error=argument.error, recoverable=True)
