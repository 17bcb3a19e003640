"""Where an agent goes when his call is over."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import Case, F, Q, Value, When

from calls.models import Call
from common import clock
from common.transitions import Condition, PreparedMove
from queueing import lookups
from queueing.models import Agent, Department
from queueing.services import news
from queueing.services.matching import rematch
from queueing.services.steps import log_agent, move_activity
from queueing.states import ACTIVITY, Activity, Presence


def begin_wrap_up(agent: Agent, department: Department, call: Call, *, actor: str) -> bool:
    """The call is over for the agent; he has the department's time, and its extension, for what is left to do."""
    return move_activity(
        agent,
        Activity.WRAPPING_UP,
        actor=actor,
        call_id=call.pk,
        sources=frozenset({Activity.ON_CALL}),
        wrap_up_until=clock.now() + timedelta(seconds=department.wrap_up_seconds),
        wrap_up_extension=department.wrap_up_extension_seconds,
    )


def back_to_idle(
    agent: Agent,
    *,
    actor: str,
    source: Activity = Activity.ON_CALL,
    due: bool = False,
    call_id: str = "",
    lines: Mapping[int, str] | None = None,
) -> bool:
    """A call is wholly over: idle from now, with the presence chosen for after it.

    `due`: only once the time of the wrap-up is over. `lines`: his departments where they have been read.
    """
    before = agent.presence
    lines = lookups.lines_of(agent.pk) if lines is None else lines

    def record() -> None:
        log_agent(agent.pk, "activity", Activity.IDLE, actor=actor, call_id=call_id)

    moved = _IDLE(agent, source, record=record, now=clock.now(), due=due)
    if moved:
        news.presence_of(agent, lines.values())
        if agent.presence != before:
            log_agent(agent.pk, "presence", agent.presence, actor=actor, reason=agent.away_reason)
        rematch(lines)
    return moved


def _idle(now: datetime, due: bool) -> Condition:
    # Evaluated by the UPDATE itself: what the agent chooses at this very moment is not lost.
    nothing_chosen = Q(after_call="")
    return Q(wrap_up_until__lte=now) if due else Q(), {
        "idle_since": now,
        "wrap_up_until": None,
        "away_reason": Case(When(nothing_chosen, then=F("away_reason")), default=F("after_call_reason")),
        "presence": Case(When(nothing_chosen, then=F("presence")), default=F("after_call")),
        "presence_by": Case(When(nothing_chosen, then=F("presence_by")), default=Value("")),
        "after_call": "",
        "after_call_reason": "",
    }


_IDLE = PreparedMove(Agent, ACTIVITY, Activity.IDLE, _idle)


def lose_agent(agent: Agent, *, call_id: str) -> bool:
    """His browser died in a call and did not come back: no more calls until he says so."""
    return move_activity(
        agent,
        Activity.IDLE,
        actor="system",
        call_id=call_id,
        sources=frozenset({Activity.ON_CALL}),
        presence=Presence.AWAY,
        away_reason="connection lost",
        presence_by="",
        after_call="",
        after_call_reason="",
        idle_since=clock.now(),
    )
