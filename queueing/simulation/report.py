"""A played day as a table and as JSON."""

from collections.abc import Sequence
from typing import Any

from queueing.simulation.day import Day, Need, clock_time
from queueing.simulation.results import Tally

_HEADS = (
    "", "offered", "answered", "abandoned", "timed out", "waiting", "level", "ASA", "longest", "occupancy", "agents",
)  # fmt: skip


def table(day: Day) -> list[str]:
    """Lines of a table, one an interval, and one for all."""
    rows = [_HEADS, *(_cells(clock_time(row.begin), row) for row in day.intervals), _cells("in all", day.total)]
    return [*_aligned(rows), *_priorities(day)]


def _priorities(day: Day) -> list[str]:
    if not day.by_priority:
        return []
    rows = [("priority", "offered", "answered", "level", "ASA", "longest")]
    for priority, row in day.by_priority:
        level, longest = f"{row.service_level:.0%}", f"{row.longest:.0f} s"
        rows.append((str(priority), str(row.offered), str(row.answered), level, f"{row.asa:.0f} s", longest))
    return ["", *_aligned(rows)]


def _cells(name: str, row: Tally) -> tuple[str, ...]:
    return (
        name,
        *(str(count) for count in (row.offered, row.answered, row.abandoned, row.timed_out, row.waiting)),
        f"{row.service_level:.0%}" if row.offered else "–",
        f"{row.asa:.0f} s",
        f"{row.longest:.0f} s",
        f"{row.occupancy:.0%}",
        f"{row.agents:.1f}",
    )


def needs(need: Need) -> list[str]:
    """Lines of the table of agents needed."""
    rows = [("", "agents", "Erlang C")]
    rows += [(f"{hour:02}:00", str(agents), str(need.erlang[hour])) for hour, agents in need.agents.items()]
    return _aligned([*rows, ("hours", str(need.hours), str(sum(need.erlang.values())))])


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]


def as_json(days: Sequence[Day], found: Sequence[Need]) -> dict[str, Any]:
    """Everything, shares as numbers from 0 to 1 and times in seconds."""
    return {
        "departments": [
            {
                "department": day.department or None,
                "total": _figures(day.total),
                "intervals": [_figures(row) for row in day.intervals],
                "priorities": [
                    {
                        "priority": priority,
                        **{name: getattr(row, name) for name in ("offered", "answered", "in_time", "abandoned")},
                        "asa": round(row.asa, 2),
                        "longest_wait": round(row.longest, 2),
                    }
                    for priority, row in day.by_priority
                ],
            }
            for day in days
        ],
        "needed": [
            {
                "department": need.department,
                "target": need.target,
                "agent_hours": need.hours,
                "hours": [
                    {"hour": hour, "agents": agents, "erlang_c": need.erlang[hour]}
                    for hour, agents in need.agents.items()
                ],
            }
            for need in found
        ],
    }


def _figures(row: Tally) -> dict[str, Any]:
    return {
        "from": clock_time(row.begin),
        "until": clock_time(row.until),
        **{name: getattr(row, name) for name in ("offered", "answered", "in_time", "abandoned", "short")},
        "timed_out": row.timed_out,
        "waiting": row.waiting,
        "service_level": round(row.service_level, 4) if row.offered else None,
        "asa": round(row.asa, 2),
        "longest_wait": round(row.longest, 2),
        "occupancy": round(row.occupancy, 4),
        "agents": round(row.agents, 2),
    }
