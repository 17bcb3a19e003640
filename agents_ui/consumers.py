"""`/ws/agent/`: the desk's news. `/ws/wallboard/`: everything at a glance."""

import asyncio
from datetime import timedelta
from typing import Any

from agents_ui import presenters
from agents_ui.access import agent_of_hello, is_supervisor, session_user
from common import clock
from common.consumers import CLOSE_FORBIDDEN, Json, NewsConsumer, Refused, in_thread
from common.realtime import agent_stream
from queueing.models import Agent
from queueing.services.agents import renew_lease

LEASE = timedelta(seconds=15)
WALLBOARD_SECONDS = 1.0


class AgentConsumer(NewsConsumer):
    """The agent's stored messages, the lines of his departments, and his lease for as long as the socket answers."""

    agent_id: int = 0
    _told: dict[str, Json]
    _looked_at: float = 0.0

    async def admit(self, hello: Json) -> None:
        """A session or a key of scope `agent`, of an agent."""
        agent = await in_thread(agent_of_hello)(self.scope, hello)
        self.agent_id = agent.pk
        self.stream = agent_stream(agent.username)
        self._departments = await in_thread(self._department_slugs)()
        self._told = {}
        # Before the snapshot: whoever is here may be offered what waits, and the snapshot shows it.
        await self.beat()

    def topics(self) -> list[str]:
        """The lines of the agent's departments."""
        return [f"dept:{slug}" for slug in self._departments]

    def snapshot(self) -> Json:
        """The whole desk; what it contains need not be told again."""
        snapshot = presenters.desk_snapshot(self._agent())
        self._told = _ticks(snapshot["queues"], snapshot["today"], snapshot["transfers"])
        return snapshot

    async def beat(self) -> None:
        """Daphne closes a socket that does not answer its pings; an open one holds the lease."""
        await in_thread(renew_lease)(self.agent_id, until=clock.now() + LEASE)

    async def refresh(self) -> None:
        """Full values that have changed since they were last told."""
        # Stored messages (an offer) do not wait for this second.
        if self.too_soon(self._looked_at):
            return
        self._looked_at = asyncio.get_running_loop().time()
        try:
            now = await in_thread(self._look)()
        except Agent.DoesNotExist:
            # Dismissed while the desk was open.
            await self.close(CLOSE_FORBIDDEN)
            return
        for key, tick in now.items():
            if self._told.get(key) != tick:
                await self.tell({**tick, "seq": self.cursor})
        self._told = now

    def _look(self) -> dict[str, Json]:
        agent = self._agent()
        return _ticks(presenters.queues(agent), presenters.today(agent), presenters.transfers(agent))

    def _agent(self) -> Agent:
        rows = Agent.objects.select_related("user").prefetch_related("departments")
        return rows.get(pk=self.agent_id, is_active=True, user__is_active=True)

    def _department_slugs(self) -> list[str]:
        return [department.slug for department in self._agent().departments.all()]


def _ticks(queues: list[Json], today: Json, transfers: list[Json]) -> dict[str, Json]:
    """Messages that carry a full value, by what they are about.

    Transfers are stored messages too, but an agent who was away for long has none stored for him.
    """
    ticks = {f"queue {queue['department']}": {"type": "queue_update", **queue} for queue in queues}
    ticks["today"] = {"type": "today", **today}
    ticks["transfers"] = {"type": "transfers", "items": transfers}
    return ticks


class WallboardConsumer(NewsConsumer):
    """Departments, agents and live calls; full values of what changed, at most one a second each."""

    _told: Json
    _sent_at: float = 0.0

    async def admit(self, hello: Json) -> None:
        """A supervisor's session."""
        if not await in_thread(self._supervises)():
            raise Refused(CLOSE_FORBIDDEN)

    def _supervises(self) -> bool:
        return is_supervisor(session_user(self.scope))

    def topics(self) -> list[str]:
        """One group for everything."""
        return ["wallboard"]

    def snapshot(self) -> Json:
        """The whole wallboard."""
        self._told = presenters.wallboard()
        return self._told

    async def refresh(self) -> None:
        """One message with all values that changed; a burst of changes is one message too."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._sent_at + WALLBOARD_SECONDS - loop.time()))
        now = await in_thread(presenters.wallboard)()
        changes = _wallboard_changes(self._told, now)
        self._told = now
        if changes:
            self._sent_at = loop.time()
            await self.tell({"type": "wallboard", "seq": self.cursor, **changes, "server_time": now["server_time"]})


# What is told row by row, and the name of each row.
_PARTS = (
    ("departments", "department"),
    ("agents", "agent_id"),
    ("conversations", "call_id"),
    ("waiting", "entry_id"),
)


def _wallboard_changes(before: Json, now: Json) -> Json:
    """Rows that are new or differ, keys of those gone, and counts that moved."""
    changes: Json = {}
    for part, key in _PARTS:
        old: dict[str, Any] = {row[key]: row for row in before[part]}
        new: dict[str, Any] = {row[key]: row for row in now[part]}
        changed = [row for name, row in new.items() if old.get(name) != row]
        gone = sorted(old.keys() - new.keys())
        changes |= ({part: changed} if changed else {}) | ({f"{part}_gone": gone} if gone else {})
    if before["calls"] != now["calls"]:
        changes["calls"] = now["calls"]
    return changes
