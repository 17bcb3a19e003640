"""Routes of agents."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from calls.access import Allow, Kind, Principal, principal_of
from common.errors import Forbidden
from queueing import presenters, selectors
from queueing.models import Agent
from queueing.schemas import AgentSettingsBody, StatusBody
from queueing.services import agents
from queueing.states import Presence

router = Router(tags=["agents"])

_READ = Allow(Kind.AGENT, Kind.KEY, scopes=("agents",))


@router.get("/agents", auth=_READ)
def list_agents(request: HttpRequest) -> dict[str, Any]:
    """All agents: presence, activity, departments."""
    return {"items": [presenters.agent_public(agent) for agent in selectors.agents()]}


@router.get("/agents/{agent_id}", auth=_READ)
def get_agent(request: HttpRequest, agent_id: str) -> dict[str, Any]:
    """One agent."""
    return presenters.agent_public(selectors.get_agent(agent_id))


def _concerned(principal: Principal, agent_id: str, *, supervisor: bool = False) -> Agent:
    """The agent, if it is he who asks, a key of scope `agents`, or (`supervisor`) a supervisor."""
    agent = selectors.get_agent(agent_id)
    himself = principal.user is not None and principal.user.pk == agent.user_id
    if himself or "agents" in principal.scopes or (supervisor and principal.is_supervisor):
        return agent
    raise Forbidden("Only this agent may do that.")


@router.post("/agents/{agent_id}/status", auth=Allow(Kind.AGENT, Kind.KEY, scopes=("agents",)))
def set_status(request: HttpRequest, agent_id: str, body: StatusBody) -> dict[str, Any]:
    """Set presence. Becoming available while somebody waits, the agent is given the first in line at once."""
    principal = principal_of(request)
    agent = _concerned(principal, agent_id, supervisor=True)
    agent = agents.set_presence(
        agent, Presence(body.status), reason=body.reason, after_call=body.after_call, actor=principal.actor
    )
    return {
        "success": True,
        "message": f"Agent {agent.username} status updated to {body.status}",
        "status": agent.presence,
        "activity": agent.activity,
        "after_call": presenters.agent_state(agent)["after_call"],
    }


@router.post("/agents/{agent_id}/settings", auth=Allow(Kind.AGENT))
def set_settings(request: HttpRequest, agent_id: str, body: AgentSettingsBody) -> dict[str, Any]:
    """How the agent's desk behaves."""
    principal = principal_of(request)
    agents.set_auto_answer(_concerned(principal, agent_id), on=body.auto_answer, actor=principal.actor)
    return {"success": True, "auto_answer": body.auto_answer}


@router.post("/agents/{agent_id}/finish-wrap-up", auth=Allow(Kind.AGENT))
def finish_wrap_up(request: HttpRequest, agent_id: str) -> dict[str, Any]:
    """Done with the last call; available, the agent is given the first in line at once."""
    agent = agents.finish_wrap_up(_concerned(principal_of(request), agent_id))
    return {"success": True, "activity": agent.activity}


@router.post("/agents/{agent_id}/extend-wrap-up", auth=Allow(Kind.AGENT))
def extend_wrap_up(request: HttpRequest, agent_id: str) -> dict[str, Any]:
    """More time for the last call, once."""
    agent = agents.extend_wrap_up(_concerned(principal_of(request), agent_id))
    state = presenters.agent_state(agent)
    return {"success": True, "activity": agent.activity, "wrap_up_until": state["wrap_up_until"]}


@router.post("/agents/{agent_id}/pick-next", auth=Allow(Kind.AGENT, Kind.KEY, scopes=("agents",)))
def pick_next(request: HttpRequest, agent_id: str) -> dict[str, Any]:
    """Take the first in line by hand."""
    agent = _concerned(principal_of(request), agent_id)
    return presenters.assigned_to_agent(agents.pick_next(agent), agent)
