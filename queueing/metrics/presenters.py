"""How figures are told: durations in seconds, ratios between 0 and 1, what is undefined as null."""

from datetime import datetime
from typing import Any

from queueing.metrics.figures import Figures
from queueing.metrics.selectors import AgentRow, DepartmentRow

Json = dict[str, Any]


def when(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, whole seconds."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def ratio(value: float | None) -> float | None:
    """Four places."""
    return None if value is None else round(value, 4)


def seconds(value: float | None) -> float | None:
    """Tenths."""
    return None if value is None else round(value, 1)


def figures_payload(figures: Figures) -> Json:
    """A department's figures."""
    counts = figures.counts
    return {
        "offered": counts.offered,
        "answered": counts.answered,
        "answered_in_time": counts.answered_in_time,
        "abandoned": counts.abandoned,
        "abandoned_short": counts.abandoned_short,
        "left_otherwise": counts.left,
        "waiting": counts.waiting,
        "called_back": figures.called_back,
        "service_level": ratio(figures.service_level),
        "average_speed_of_answer": seconds(figures.asa),
        "average_handling_time": seconds(figures.aht),
        "abandonment_rate": ratio(figures.abandonment),
        "occupancy": ratio(figures.occupancy),
        "longest_wait": seconds(figures.longest_wait),
    }


def department_row(row: DepartmentRow) -> Json:
    """One interval of a department; its whole range has no `start`."""
    return _placed("department", row.department.slug, row.start) | figures_payload(row.figures)


def agent_row(row: AgentRow) -> Json:
    """One interval of an agent; his whole range has no `start`."""
    figures = row.figures
    return _placed("agent_id", row.agent.username, row.start) | {
        "offers": figures.asked,
        "declined": figures.declined,
        "declined_for": dict(figures.declined_for),
        "missed": figures.missed,
        "answered": figures.answered,
        "talk_seconds": seconds(figures.talk_seconds),
        "wrap_up_seconds": seconds(figures.wrap_up_seconds),
        "average_handling_time": seconds(figures.aht),
        "occupancy": ratio(figures.occupancy),
        "available_seconds": seconds(figures.available_seconds),
        "away_seconds": seconds(figures.away_seconds),
        "busy_seconds": seconds(figures.busy_seconds),
    }


def _placed(key: str, name: str, start: datetime | None) -> Json:
    return {key: name} | ({"start": when(start)} if start else {})
