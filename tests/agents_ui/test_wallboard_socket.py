"""`/ws/wallboard/` as a supervisor's page sees it."""

from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.models import User

from agents_ui import consumers
from queueing.models import Agent, Department
from queueing.services import agents
from queueing.states import Presence
from tests.agents_ui.helpers import SocketOpener
from tests.queueing.helpers import waiting_call

PATH = "/ws/wallboard/"


async def test_a_supervisor_sees_departments_agents_and_calls(
    sockets: SocketOpener, sam: User, alice: Agent, support: Department
) -> None:
    socket = await sockets(PATH, sam)
    snapshot = (await socket.hello())["snapshot"]
    assert {row["department"] for row in snapshot["departments"]} == {"support", "billing"}
    assert [(row["agent_id"], row["activity"], row["online"]) for row in snapshot["agents"]] == [
        ("alice", "idle", True)
    ]
    assert snapshot["calls"] == {"ai": 0, "waiting": 0, "agent": 0}
    await socket.close()


async def test_an_agent_is_closed_with_4403(sockets: SocketOpener, alice: Agent) -> None:
    socket = await sockets(PATH, alice.user)
    await socket.open()
    await socket.say(type="hello")
    assert await socket.closed() == 4403


async def test_nobody_is_closed_with_4401(sockets: SocketOpener, alice: Agent) -> None:
    socket = await sockets(PATH)
    await socket.open()
    await socket.say(type="hello")
    assert await socket.closed() == 4401


async def test_a_waiting_caller_is_told_with_full_values(sockets: SocketOpener, sam: User, support: Department) -> None:
    socket = await sockets(PATH, sam)
    await socket.hello()
    await sync_to_async(waiting_call)(support)
    told: dict[str, Any] = {}
    # One message or two, as the looks fall.
    while told.get("calls", {}).get("waiting") != 1 or "departments" not in told:
        told |= await socket.hear("wallboard")
    assert [(row["department"], row["waiting"]) for row in told["departments"]] == [("support", 1)]
    await socket.close()


def test_what_has_not_changed_is_not_told(alice: Agent, bob: Agent) -> None:
    from agents_ui import presenters

    before = presenters.wallboard()
    agents.set_presence(alice, Presence.AWAY, reason="lunch", actor="alice")
    changes = consumers._wallboard_changes(before, presenters.wallboard())
    assert [row["agent_id"] for row in changes["agents"]] == ["alice"]
    assert {row["department"] for row in changes["departments"]} == {"support", "billing"}
    assert "calls" not in changes


def test_an_agent_who_is_gone_is_named(alice: Agent, bob: Agent) -> None:
    from agents_ui import presenters

    before = presenters.wallboard()
    Agent.objects.filter(pk=bob.pk).update(is_active=False)
    assert consumers._wallboard_changes(before, presenters.wallboard())["agents_gone"] == ["bob"]
