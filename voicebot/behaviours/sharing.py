"""What one call finds out about a provider, the others need not find out by keeping their callers waiting."""

from dataclasses import asdict

import structlog

from voicebot.providers.resting import BOARD, Board, News
from voicebot.providers.table import OFFLINE
from voicebot.receptionist.ports import GatewayError, WorkerGateway
from voicebot.session_call import LiveCall

logger = structlog.get_logger(__name__)


def share_rests(call: LiveCall, board: Board = BOARD) -> None:
    """Read which providers rest, and store what this call sees of them. Nobody waits for either."""
    if call.voices.config.offline and call.voices.config.speaker == OFFLINE:
        return

    def stored(news: News) -> None:
        call.spawn(_store(call, news), "provider news")

    board.listeners.append(stored)
    call.spawn(learn_rests(call.gateway, board), "provider news")


async def learn_rests(gateway: WorkerGateway, board: Board = BOARD) -> None:
    """Take in what other calls have found out."""
    try:
        for part, provider, seconds in await gateway.resting_providers():
            board.learn(News(part, provider, seconds))
    except GatewayError as error:
        logger.warning("provider news not read", error=repr(error))


async def _store(call: LiveCall, news: News) -> None:
    try:
        await call.gateway.provider_news(**asdict(news))
    except GatewayError as error:
        logger.warning("provider news not stored", error=repr(error))
