"""A desk that is open all along: its snapshot led on, by the page's own reducer, by all that is told since."""

from collections.abc import Callable
from typing import Any

from agents_ui import presenters
from agents_ui.desks import Ticks, changed, desks, ticks
from common.realtime import agent_stream, events_after, last_seq
from queueing.models import Agent
from tests.agents_ui.helpers import Json, reduced

Act = Callable[[], Any]


def snapshot_of(agent: Agent) -> Json:
    """As a desk that opens now is told."""
    return presenters.desk_snapshot(Agent.objects.select_related("user").get(pk=agent.pk))


class OpenDesk:
    """The desk of `agent`; it has heard nothing but what its socket tells."""

    def __init__(self, agent: Agent) -> None:
        self.agent, self.stream = agent, agent_stream(agent.username)
        self.seq = last_seq(self.stream)
        self.snapshot = snapshot_of(agent)
        self._told = ticks(self.snapshot["queues"], self.snapshot["today"], self.snapshot["transfers"])
        self.messages: list[Json] = []

    def comes_back(self) -> None:
        """Its connection was lost; what it was told before is not known to the new one."""
        self._told = {}

    def hears_stored(self) -> None:
        """The messages that are stored since it heard last."""
        stored = events_after(self.stream, self.seq)
        self.seq = stored[-1].seq if stored else self.seq
        self.messages += [event.message() for event in stored]

    def hears(self) -> None:
        """All that is told by now: stored messages, then the full values that differ."""
        self.hears_stored()
        values: Ticks = desks([self.agent.pk])[self.agent.pk]
        self.messages += [{**tick, "seq": self.seq} for tick in changed(self._told, values)]
        self._told = values

    def shown(self) -> Json:
        """What it shows."""
        return _comparable(reduced(self.snapshot, self.messages))

    def told(self) -> set[str]:
        """The types of what it has heard."""
        return {message["type"] for message in self.messages}


def shown_now(agent: Agent) -> Json:
    """What a desk shows that opens now."""
    return _comparable(reduced(snapshot_of(agent), []))


def assert_told_all(agent: Agent, *acts: Act) -> set[str]:
    """After each act a desk that was open all along shows what a fresh one does; the types it was told."""
    desk = OpenDesk(agent)
    for act in acts:
        act()
        desk.hears()
        assert desk.shown() == shown_now(agent)
    return desk.told()


def assert_stored_all(agent: Agent, *acts: Act) -> set[str]:
    """The same; before the full values come, the stored messages alone have led to all that is not told by these."""
    desk = OpenDesk(agent)
    for act in acts:
        act()
        desk.hears_stored()
        assert _without_counts(desk.shown()) == _without_counts(shown_now(agent))
        desk.hears()
        assert desk.shown() == shown_now(agent)
    return desk.told()


def _without_counts(state: Json) -> Json:
    return {key: value for key, value in state.items() if key not in ("queues", "today")}


def _comparable(state: Json) -> Json:
    """Without the call's token, which is signed anew each time."""
    call = state["call"]
    return {**state, "call": {**call, "token": bool(call["token"])} if call else None}
