"""What the desk and the wallboard are told beyond the presenters of `queueing`."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings

from agents_ui import desks, selectors
from agents_ui.conversations import conversations
from agents_ui.figures import alarms, declined_until, wallboard_figures
from agents_ui.history import Asked
from agents_ui.waiting import read_line, waiting
from calls.models import Call
from calls.selectors import transcript_of
from calls.states import CallState
from common import clock, postgres
from queueing import presenters as queue
from queueing import presenters_handover, targets
from queueing import selectors as queue_selectors
from queueing.models import Agent, Department
from queueing.roster import AgentRow, agent_rows

Json = dict[str, Any]


def when(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, milliseconds."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None


# --- the desk ----------------------------------------------------------------------------------------------------
def desk_snapshot(agent: Agent) -> Json:
    """Everything a desk shows, as of now. The stream's later messages lead from here to a later snapshot."""
    offer, handover = queue_selectors.open_offer(agent), targets.handover_of(agent)
    departments = [department.pk for department in agent.departments.all()]
    lines = desks.queues(departments)
    return {
        "agent": queue.agent_state(agent),
        "offer": queue.offer_payload(offer) if offer is not None else None,
        "call": _call(agent),
        "handover": presenters_handover.handover(handover, agent) if handover is not None else None,
        "transfers": [transfer for _, transfer in desks.transfers(departments)],
        "queues": sorted(lines.values(), key=lambda line: str(line["department"])),
        "today": today(agent),
        "server_time": when(clock.now()),
    }


def _call(agent: Agent) -> Json | None:
    """The call in progress or in wrap-up, as `customer_assigned` tells of it, with how it stands."""
    call = queue_selectors.current_call(agent)
    entry = selectors.held_entry(agent, call) if call is not None else None
    if call is None or entry is None:
        return None
    assigned = queue.assigned_to_agent(entry, agent)
    # Handed on, it lives on without him.
    his = call.agent_id == agent.user_id
    return {
        **assigned,
        "agent_token": assigned["agent_token"] if call.is_live and his else None,
        "state": call.state if his else CallState.ENDED.value,
        "on_hold": call.on_hold and his,
        "reason": (call.end_reason or None) if his else selectors.why_gone(entry),
        "supervision": assigned["supervision"] if call.is_live and his else [],
        "notes": call.notes,
        "disposition": call.disposition,
    }


def today(agent: Agent) -> Json:
    """The agent's numbers since midnight; seconds."""
    return desks.today([agent.pk])[agent.pk]


def story(call: Call, language: str) -> Json:
    """What an agent reads about a call besides the messages: the customer, past calls, transcript so far, notes."""
    entry = queue_selectors.open_entry(call.pk) or call.entries.select_related("call").order_by("-pk").first()
    return {
        "call_id": call.pk,
        "customer": queue.customer(entry) if entry is not None else _plain_customer(call),
        "facts": call.facts,
        "past_calls": past_calls(call, language),
        "transcript": transcript_of(call),
        "notes": call.notes,
        "disposition": call.disposition,
    }


def _plain_customer(call: Call) -> Json:
    """The customer of a call that never was in a line."""
    return {
        "name": call.customer_name,
        "email": call.customer_email,
        "verified": call.verified_at is not None,
        "language": call.language,
        "summary": call.summary,
        "mood": call.mood,
        "briefing": call.briefing or None,
    }


def past_calls(call: Call, language: str) -> list[Json]:
    """Earlier calls of the same customer, newest first; durations are seconds."""
    names = selectors.disposition_names(language)
    earlier = selectors.past_calls(call)
    agents = selectors.agent_names(earlier)
    return [
        {
            "call_id": past.pk,
            "created_at": when(past.created_at),
            "duration": past.duration(),
            "department": past.department,
            "outcome": names.get(past.disposition) or past.disposition or past.get_end_reason_display(),
            "agent": agents.get(past.agent_id or 0),
            "summary": past.summary,
            "notes": past.notes,
        }
        for past in earlier
    ]


# --- the wallboard -----------------------------------------------------------------------------------------------
def wallboard() -> Json:
    """Departments, agents and live calls as of now."""
    departments, agents, line = selectors.department_rows(), _read_agents(), read_line()
    lines, staff = selectors.oldest_waiting(), queue_selectors.staffing()
    calls, talks = selectors.live_calls(), conversations()
    # The longest to answer: asked for last, so that the rest is put into words while the database sums up.
    with postgres.meanwhile():
        figures = wallboard_figures()
        told = {
            "agents": _agents(agents),
            "calls": calls,
            "conversations": talks,
            "waiting": waiting(line, {row.pk: row.priority_per_minute for row in departments}),
            "server_time": when(clock.now()),
        }
        found = figures()
    active = [row for row in departments if row.is_active]
    return told | {"departments": [_department(row, lines, staff, found) for row in active]}


def _department(
    department: selectors.DepartmentRow,
    lines: Mapping[int, tuple[int, datetime]],
    staff: Mapping[int, Mapping[str, int]],
    figures: Mapping[int, Json],
) -> Json:
    callers, since = lines.get(department.pk, (0, None))
    return {
        "department": department.slug,
        "waiting": callers,
        # A moment, not a length: it changes only when the line does, and the page counts on by itself.
        "waiting_since": when(since),
        **(staff.get(department.pk) or dict.fromkeys(queue_selectors.STAFFING, 0)),
        "service_level_seconds": department.service_level_seconds,
        # A department made since they were last reckoned has none yet.
        "figures": figures.get(department.pk),
        "alarms": alarms(department),
    }


class _Agents(NamedTuple):
    """What is read of all agents."""

    rows: Sequence[AgentRow]
    departments: Mapping[int, Sequence[str]]
    since: Mapping[int, datetime]
    declined: Mapping[int, datetime]


def _read_agents() -> _Agents:
    return _Agents(agent_rows(), queue_selectors.department_slugs(), selectors.activity_since(), declined_until())


def _agents(read: _Agents) -> list[Json]:
    return [
        {
            **queue.agent_public(agent, read.departments.get(agent.pk, ())),
            "since": when(read.since.get(agent.pk)),
            "declined_until": when(read.declined.get(agent.pk)),
        }
        for agent in read.rows
    ]


# --- the page ----------------------------------------------------------------------------------------------------
def desk_config(*, username: str, display_name: str, language: str, texts: dict[str, str]) -> Json:
    """What the page gives its script."""
    return {
        "username": username,
        "displayName": display_name,
        "language": language,
        "texts": texts,
        "departments": selectors.department_names(language),
        "awayReasons": selectors.away_reason_names(language),
        "loginUrl": f"/accounts/login/?next={settings.LOGIN_REDIRECT_URL}",
    }


def history_form(asked: Asked, departments: Sequence[Department], language: str, texts: dict[str, str]) -> Json:
    """The history page's form as it was filled in, and the heads of its columns."""
    names = {"15": "history_15", "30": "history_30", "60": "history_60", "day": "history_days"}
    columns = ("offered", "answered", "abandoned", "short", "left", "level", "asa", "aht", "abandonment", "occupancy")
    return {
        "departments": [{"slug": d.slug, "name": d.name(language)} for d in departments],
        "intervals": [{"value": value, "name": texts[key]} for value, key in names.items()],
        "department": asked.department.slug if asked.department else "",
        "interval": asked.interval.value,
        "day": asked.grid.end - timedelta(days=1),
        "is_wrong": asked.is_wrong,
        "columns": [texts["history_start"], *(texts[f"col_{name}"] for name in (*columns, "longest"))],
    }
