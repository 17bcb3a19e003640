"""The full values that open desks show, for all of a process at once: as many statements for all as for one."""

from collections.abc import Collection, Mapping
from typing import Any

from agents_ui import selectors
from queueing import presenters as queue
from queueing import selectors as queue_selectors
from queueing.models import Agent, Department, Membership

Json = dict[str, Any]
# Messages that carry a full value, by what they are about.
Ticks = dict[str, Json]


def desks(agent_ids: Collection[int]) -> dict[int, Ticks]:
    """By agent who may still be here: the lines of his departments, his day, and what his departments are asked for."""
    agents = Agent.objects.filter(pk__in=agent_ids, is_active=True, user__is_active=True)
    here = list(agents.values_list("pk", flat=True))
    departments: dict[int, list[int]] = {pk: [] for pk in here}
    for agent, department in Membership.objects.filter(agent__in=here).values_list("agent", "department"):
        departments[agent].append(department)
    all_departments = {department for mine in departments.values() for department in mine}
    lines, requests = queues(all_departments), transfers(all_departments)
    days = today(here)
    return {
        agent: ticks(
            sorted((lines[pk] for pk in mine), key=lambda line: str(line["department"])),
            days[agent],
            [request for department, request in requests if department in mine],
        )
        for agent, mine in departments.items()
    }


def ticks(queues: Collection[Json], today: Json, transfers: Collection[Json]) -> Ticks:
    """The messages of one desk.

    Transfers are stored messages too, but an agent who was away for long has none stored for him.
    """
    # No line tells that he has left its department: a page drops those that are not among these.
    found: Ticks = {"departments": {"type": "departments", "items": [queue["department"] for queue in queues]}}
    found |= {f"queue {queue['department']}": {"type": "queue_update", **queue} for queue in queues}
    found["today"] = {"type": "today", **today}
    found["transfers"] = {"type": "transfers", "items": list(transfers)}
    return found


def changed(told: Ticks, values: Ticks) -> list[Json]:
    """Of `values`, what is not as it was told."""
    return [tick for key, tick in values.items() if told.get(key) != tick]


def queues(departments: Collection[int]) -> dict[int, Json]:
    """By department: `department`, `waiting`, `longest_wait` in seconds, `callbacks`."""
    rows = Department.objects.filter(pk__in=departments)
    slugs = {department.slug: department.pk for department in rows}
    stats = queue_selectors.department_stats(rows)
    return {pk: {"department": slug, **stats[slug]} for slug, pk in slugs.items()}


def today(agents: Collection[int]) -> Mapping[int, Json]:
    """By agent: the numbers since midnight; seconds."""
    since = selectors.start_of_day()
    handling = selectors.handling_by_agent(agents, since=since)
    counted = queue_selectors.counted_today(agents, since=since)
    return {pk: {**counted[pk], "average_handling_seconds": handling[pk]} for pk in agents}


def transfers(departments: Collection[int]) -> list[tuple[int, Json]]:
    """Pending requests with their departments, oldest first."""
    rows = queue_selectors.pending_transfers().filter(entry__department__in=departments)
    return [(transfer.entry.department_id, queue.transfer_payload(transfer)) for transfer in rows]
