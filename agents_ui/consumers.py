"""`/ws/agent/`: the desk's news. `/ws/wallboard/`: everything at a glance."""

import json
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any
from weakref import WeakKeyDictionary

from agents_ui import presenters
from agents_ui.access import agent_of_hello, is_supervisor, session_user
from agents_ui.desks import Ticks, changed, desks, ticks
from common import clock
from common.consumers import CLOSE_FORBIDDEN, Json, NewsConsumer, Refused
from common.realtime import agent_stream
from common.rounds import together
from common.threads import in_thread
from queueing.models import Agent
from queueing.services.agents import renew_leases

LEASE = timedelta(seconds=15)


class AgentConsumer(NewsConsumer):
    """The agent's stored messages, the lines of his departments, and his lease for as long as the socket answers."""

    agent_id: int = 0
    _told: Ticks

    async def admit(self, hello: Json) -> None:
        """A session or a key of scope `agent`, of an agent."""
        agent = await in_thread(agent_of_hello)(self.scope, hello)
        self.agent_id = agent.pk
        self.stream = agent_stream(agent.username)
        self._departments = await in_thread(self._department_slugs)()
        self._told = {}

    @property
    def key(self) -> int:
        """The agent."""
        return self.agent_id

    def topics(self) -> list[str]:
        """The lines of the agent's departments."""
        return [f"dept:{slug}" for slug in self._departments]

    async def snapshot(self) -> Json:
        """The whole desk; what it contains need not be told again."""
        snapshot: Json = await in_thread(self._snapshot)()
        self._told = ticks(snapshot["queues"], snapshot["today"], snapshot["transfers"])
        return snapshot

    @classmethod
    def renew(cls, keys: Collection[int]) -> None:
        """Daphne closes a socket that does not answer its pings; an open one holds the lease.

        Before the snapshot too: whoever is here may be offered what waits, and the snapshot shows it.
        """
        renew_leases(keys, until=clock.now() + LEASE)

    @classmethod
    def look(cls, keys: Collection[int]) -> Mapping[int, Ticks]:
        """Lines, day and requests of each."""
        return desks(keys)

    async def show(self, values: Ticks | None) -> None:
        """Full values that have changed since they were last told."""
        if values is None:
            # Dismissed while the desk was open.
            await self.close(CLOSE_FORBIDDEN)
            return
        news, self._told = changed(self._told, values), values
        if news:
            self.rest()
        for tick in news:
            await self.tell({**tick, "seq": self.cursor})

    def _snapshot(self) -> Json:
        return presenters.desk_snapshot(self._agent())

    def _agent(self) -> Agent:
        rows = Agent.objects.select_related("user").prefetch_related("departments")
        return rows.get(pk=self.agent_id, is_active=True, user__is_active=True)

    def _department_slugs(self) -> list[str]:
        return [department.slug for department in self._agent().departments.all()]


class Board:
    """The wallboard as of one look; what has changed since an earlier one is written out once for all sockets."""

    def __init__(self) -> None:
        self.whole: Json = presenters.wallboard()
        self._changes: WeakKeyDictionary[Board, str] = WeakKeyDictionary()

    def since(self, before: "Board") -> str:
        """The message for who was told `before`; empty if nothing has changed."""
        if before not in self._changes:
            self._changes[before] = self._text(_wallboard_changes(before.whole, self.whole))
        return self._changes[before]

    def _text(self, changes: Json) -> str:
        told = {"type": "wallboard", "seq": 0, **changes, "server_time": self.whole["server_time"]}
        return json.dumps(told, ensure_ascii=False) if changes else ""


class WallboardConsumer(NewsConsumer):
    """Departments, agents and live calls; full values of what changed, at most one a second each."""

    _told: Board

    async def admit(self, hello: Json) -> None:
        """A supervisor's session."""
        if not await in_thread(self._supervises)():
            raise Refused(CLOSE_FORBIDDEN)

    def _supervises(self) -> bool:
        return is_supervisor(session_user(self.scope))

    def topics(self) -> list[str]:
        """One group for everything."""
        return ["wallboard"]

    async def snapshot(self) -> Json:
        """The whole wallboard."""
        self._told = await together(self.look, self.key)
        return self._told.whole

    @classmethod
    def look(cls, keys: Collection[str]) -> Mapping[str, Board]:
        """The same for all."""
        return dict.fromkeys(keys, Board())

    async def show(self, values: Board) -> None:
        """One message with all values that changed; a burst of changes is one message too."""
        told, self._told = self._told, values
        text = values.since(told)
        if text:
            self.rest()
            await self.tell_text(text)


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
