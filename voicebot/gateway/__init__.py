"""The one door of the voice bot to the rest of the product: services and selectors behind async methods.

Every method runs in a thread with a fresh database connection: a worker's job lives for a whole call, and a connection
kept that long would be dead by then. SQLite's are files, and may be kept for a while.
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any, ParamSpec, TypeVar
from uuid import uuid4

import structlog
from asgiref.sync import sync_to_async
from django.db import OperationalError, close_old_connections, connection

from calls.services import ai, lifecycle, participants, providers, story, sweeps, turns
from calls.states import AILeft, CallState, Speaker, ToolOutcome
from calls.telephony import TelephonyError
from common.errors import ApiError, Conflict
from voicebot.gateway import completion, doing, knowing, reading
from voicebot.gateway.reading import ACTOR
from voicebot.receptionist.facts import CallFacts
from voicebot.receptionist.ports import (
    CallOver,
    DepartmentStatus,
    GatewayError,
    Line,
    MeasuredTurn,
    Passage,
    Promised,
    Pulse,
    QueueClosed,
    QueuePlace,
    Source,
    StoredUse,
    TurnNews,
    Unavailable,
    WrongState,
)
from voicebot.receptionist.prompts import prompt_version

logger = structlog.get_logger(__name__)

_TAKES_NOBODY = "queue_"
_KEPT_SECONDS = 60

P = ParamSpec("P")
R = TypeVar("R")


def _threaded(function: Callable[P, R]) -> Callable[P, Awaitable[R]]:
    """The function in a thread, its errors as the receptionist knows them."""

    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        close_old_connections()
        try:
            return function(*args, **kwargs)
        except (OperationalError, TelephonyError) as error:
            raise Unavailable(repr(error)) from error
        except Conflict as error:
            raise _refusal(error) from error
        except ApiError as error:
            raise GatewayError(error.message) from error
        finally:
            close_old_connections()

    return sync_to_async(run, thread_sensitive=False)


def keep_connections() -> None:
    """In a call's process: its threads keep what they have opened for a minute, where that is a file.

    Of PostgreSQL's there are few; a pool shares them.
    """
    if connection.vendor == "sqlite":
        # All threads' connections have the same settings.
        connection.settings_dict["CONN_MAX_AGE"] = _KEPT_SECONDS


def _refusal(error: Conflict) -> GatewayError:
    if error.code.startswith(_TAKES_NOBODY):
        extra = error.extra
        return QueueClosed(str(extra["department"]), error.code.removeprefix(_TAKES_NOBODY), str(extra["offer"]))
    state = str(error.extra.get("state", "unknown"))
    return CallOver() if state == CallState.ENDED else WrongState(state)


class DjangoGateway:
    """`receptionist.ports.WorkerGateway` on this project's services."""

    async def facts(self, call_id: str) -> CallFacts:
        """See Gateway."""
        return await _threaded(reading.facts_of)(call_id)

    async def history(self, call_id: str, *, limit: int = 40) -> tuple[Line, ...]:
        """See Gateway."""
        return await _threaded(reading.history)(call_id, limit)

    async def add_line(
        self,
        call_id: str,
        *,
        speaker: Speaker,
        text: str,
        language: str,
        name: str = "",
        segment: str = "",
        sources: tuple[Source, ...] = (),
    ) -> Line:
        """See Gateway."""
        line = Line(segment or uuid4().hex, speaker, text, language, name, sources=sources)
        return await _threaded(doing.add_line)(call_id, line)

    async def set_language(self, call_id: str, language: str) -> None:
        """See Gateway."""
        await _threaded(partial(lifecycle.switch_language, actor=ACTOR))(call_id, language)

    async def note_fact(self, call_id: str, key: str, value: str) -> None:
        """See Gateway."""
        if not await _threaded(partial(story.note_fact, actor=ACTOR))(call_id, key, value):
            raise GatewayError("the fact was not kept")

    async def escalate(
        self, call_id: str, *, reason: str, department: str | None = None, summary: str = "", mood: str = ""
    ) -> QueuePlace:
        """See Gateway."""
        return await _threaded(doing.escalate)(call_id, reason, department, summary, mood)

    async def recap(self, call_id: str, *, recap: str, follow_up: str) -> None:
        """See Gateway."""
        await _threaded(partial(completion.recap, recap=recap, follow_up=follow_up))(call_id)

    async def rebrief(self, call_id: str, *, summary: str, mood: str) -> None:
        """See Gateway."""
        await _threaded(partial(doing.rebrief, summary=summary, mood=mood))(call_id)

    async def queue_place(self, call_id: str) -> QueuePlace | None:
        """See Gateway."""
        return await _threaded(reading.queue_place)(call_id)

    async def leave_queue(self, call_id: str) -> None:
        """See Gateway."""
        await _threaded(doing.leave_queue)(call_id)

    async def store_callback(
        self, call_id: str, *, contact: str, note: str = "", due_at: datetime | None = None
    ) -> Promised:
        """See Gateway."""
        return await _threaded(doing.store_callback)(call_id, contact, note, due_at)

    async def store_message(self, call_id: str, *, message: str, contact: str = "") -> None:
        """See Gateway."""
        await _threaded(doing.store_message)(call_id, contact, message)

    async def rate(self, call_id: str, rating: int) -> None:
        """See Gateway."""
        await _threaded(doing.rate)(call_id, rating)

    async def end_call(self, call_id: str) -> None:
        """See Gateway."""
        await _threaded(doing.end_call)(call_id)

    async def begin_use(
        self, call_id: str, *, key: str, turn: str, tool: str, arguments: dict[str, str], cap: int | None
    ) -> StoredUse | None:
        """See Gateway."""
        begin = partial(doing.begin_use, key=key, turn=turn, tool=tool, arguments=arguments, cap=cap)
        return await _threaded(begin)(call_id)

    async def settle_use(self, call_id: str, key: str, outcome: ToolOutcome, result: dict[str, Any]) -> None:
        """See Gateway."""
        await _threaded(doing.settle_use)(call_id, key, outcome, result)

    async def answer_use(self, call_id: str, key: str, outcome: ToolOutcome) -> bool:
        """See Gateway."""
        return await _threaded(doing.answer_use)(call_id, key, outcome)

    async def department_status(self, department: str) -> DepartmentStatus:
        """See Gateway."""
        return await _threaded(knowing.department_status)(department)

    async def look_up(self, call_id: str, question: str) -> tuple[Passage, ...]:
        """See Gateway."""
        return await _threaded(knowing.look_up)(call_id, question)

    async def note_unanswered(self, call_id: str, question: str) -> None:
        """See Gateway."""
        await _threaded(knowing.note_unanswered)(call_id, question)

    async def remember(self, call_id: str, fact: str, *, consent: str) -> None:
        """See Gateway."""
        await _threaded(knowing.remember)(call_id, fact, consent)

    async def forget(self, call_id: str) -> None:
        """See Gateway."""
        await _threaded(knowing.forget)(call_id)

    async def publish_turn(self, call_id: str, news: TurnNews) -> None:
        """See Gateway."""
        try:
            await _threaded(doing.publish_turn)(call_id, news)
        except Unavailable as error:
            # The turn is stored and answered; only the AI in the room has not heard of it.
            logger.warning("turn not published", call_id=call_id, error=str(error))

    async def begin(self, call_id: str, epoch: int) -> bool:
        """See WorkerGateway."""
        return await _threaded(partial(ai.begin, prompt_version=prompt_version()))(call_id, epoch)

    async def arrived(self, call_id: str, *, sid: str) -> None:
        """See WorkerGateway."""
        await _threaded(participants.ai_arrived)(call_id, sid)

    async def heartbeat(self, call_id: str, epoch: int) -> Pulse:
        """See WorkerGateway."""
        return await _threaded(reading.heartbeat)(call_id, epoch)

    async def welcomed(self, call_id: str, epoch: int) -> None:
        """See WorkerGateway."""
        await _threaded(ai.welcomed)(call_id, epoch)

    async def left(self, call_id: str, epoch: int, *, reason: AILeft) -> None:
        """See WorkerGateway."""
        await _threaded(partial(ai.left, reason=reason))(call_id, epoch)

    async def add_turn(self, call_id: str, turn: MeasuredTurn) -> None:
        """See WorkerGateway."""
        await _threaded(partial(turns.add_turn, **asdict(turn)))(call_id)

    async def worker_alive(self, name: str, **data: object) -> None:
        """See WorkerGateway."""
        await _threaded(partial(sweeps.heartbeat, "voicebot", name, **data))()

    async def provider_news(self, *, part: str, provider: str, seconds: float, error: str) -> None:
        """See WorkerGateway."""
        await _threaded(partial(providers.tell, seconds=seconds, error=error))(part, provider)

    async def resting_providers(self) -> list[tuple[str, str, float]]:
        """See WorkerGateway."""
        return await _threaded(providers.resting)()
