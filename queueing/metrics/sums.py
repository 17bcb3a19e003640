"""The facts of a time as sums that the database makes; whole microseconds, so that they are the sums Python would make.

Whoever asks for them gets a function that waits for the answer: see `postgres.meanwhile`.

The statements say again what `facts.py` says of one stay and one log; the tests hold one against the other.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection

from common import postgres
from queueing.metrics.facts import MICROSECONDS, Outcome, Tally, Time


@dataclass(frozen=True)
class Part:
    """Stays of one department that are alike; whether they are of the last minutes, and of the day."""

    department: int
    is_recent: bool
    is_of_today: bool
    tally: Tally


def stays(
    *, start: datetime, since: datetime, midnight: datetime, now: datetime, until: datetime
) -> Callable[[], list[Part]]:
    """The stays begun from `start` on and of everybody who waits, each counted once. Logs are read up to `until`.

    Of the last minutes are those begun from `since` on and who waits, of the day those begun from `midnight` on.
    """
    rows = _asked(_stays(connection.vendor), start=start, since=since, midnight=midnight, now=now, until=until)
    return lambda: [
        Part(
            department,
            bool(is_recent),
            bool(is_of_today),
            Tally(Outcome(outcome), not late, bool(short), bool(callback), *map(int, sums)),
        )
        for department, is_recent, is_of_today, outcome, late, short, callback, *sums in rows()
    ]


def times(*, start: datetime, cut: datetime, end: datetime) -> Callable[[], Mapping[int, tuple[Time, Time]]]:
    """By department what the time of its agents went into, from `start` to `cut` and from there to `end`."""
    rows = _asked(_times(connection.vendor), start=start, cut=cut, end=max(start, end))

    def by_department() -> Mapping[int, tuple[Time, Time]]:
        found: dict[int, list[Time]] = defaultdict(lambda: [Time(), Time()])
        for department, is_late, *spent in rows():
            found[department][bool(is_late)] = Time(*(int(one) / MICROSECONDS for one in spent))
        return {department: (early, late) for department, (early, late) in found.items()}

    return by_department


def _asked(statement: str, **given: datetime) -> Callable[[], list[tuple[Any, ...]]]:
    """Its rows, to be read once: see `postgres.meanwhile`."""
    moments = {name: connection.ops.adapt_datetimefield_value(at) for name, at in given.items()}
    cursor = postgres.planned_once() if connection.vendor == "postgresql" else connection.cursor()
    cursor.execute(statement, moments)

    def rows() -> list[tuple[Any, ...]]:
        with cursor:
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found

    return rows


def _between(vendor: str, earlier: str, later: str) -> str:
    if vendor == "postgresql":
        # As a float, which is exact to the microsecond for a century, and a quarter of a numeric's work.
        return f"(date_part('epoch', {later} - {earlier}) * 1000000)::bigint"
    return f"django_timestamp_diff({later}, {earlier})"


@cache
def _stays(vendor: str) -> str:
    waited = _between(vendor, "enqueued_at", "COALESCE(reached_at, ended_at, %(now)s)")
    return f"""
WITH steps AS (
    SELECT agent_id, call_id_ref, value, at, LEAD(at) OVER (PARTITION BY agent_id ORDER BY at, id) AS next_at
    FROM queueing_agentevent WHERE kind = 'activity' AND at >= %(start)s AND at < %(until)s
), wrap_ups AS (
    SELECT agent_id, call_id_ref, MAX(CASE WHEN next_at IS NULL THEN 1 ELSE 0 END) AS lasts,
           SUM({_between(vendor, "at", "next_at")}) AS spent
    FROM steps WHERE value = 'wrapping_up' GROUP BY agent_id, call_id_ref
), offered AS MATERIALIZED (
    SELECT department_id, call_id, agent_id, state, cause, short_abandon,
           enqueued_at, answered_at, connected_at, ended_at, (
        SELECT MIN(answered_at) FROM queueing_offer WHERE entry_id = entry.id AND state = 'connected'
    ) AS reached
    FROM queueing_queueentry entry
    WHERE (enqueued_at >= %(start)s OR state IN ('waiting', 'offering'))
      AND state NOT IN ('rejected_full', 'rejected_closed', 'unanswered')
), known AS (
    SELECT department_id, enqueued_at, ended_at, short_abandon, cause = 'callback' AS is_callback,
           COALESCE(
               reached, CASE WHEN ended_at IS NULL OR connected_at IS NOT NULL THEN answered_at END
           ) AS reached_at,
           CASE WHEN reached IS NOT NULL OR connected_at IS NOT NULL THEN 'answered'
                WHEN ended_at IS NULL THEN 'waiting'
                WHEN state = 'abandoned' THEN 'abandoned'
                ELSE 'left' END AS outcome,
           {_between(vendor, "connected_at", "ended_at")}
           + CASE WHEN lasts IS NULL THEN 0 WHEN lasts = 0 THEN spent END AS handled
    FROM offered LEFT JOIN wrap_ups ON wrap_ups.agent_id = offered.agent_id AND call_id_ref = call_id
), measured AS MATERIALIZED (
    SELECT department_id, enqueued_at >= %(since)s OR outcome = 'waiting' AS is_recent,
           enqueued_at >= %(midnight)s AS is_of_today, outcome, short_abandon, is_callback,
           {"GREATEST" if vendor == "postgresql" else "MAX"}({waited}, 0) AS waited,
           CASE WHEN outcome = 'answered' THEN handled END AS handled
    FROM known
)
SELECT department_id, is_recent, is_of_today, outcome, waited > service_level_seconds * 1000000 AS late,
       short_abandon, is_callback,
       COUNT(*), SUM(waited), MAX(waited), COUNT(handled), COALESCE(SUM(handled), 0)
FROM measured JOIN queueing_department department ON department.id = department_id
GROUP BY 1, 2, 3, 4, 5, 6, 7
"""  # noqa: S608 -- of constants


@cache
def _times(vendor: str) -> str:
    spent = "COALESCE(SUM(CASE WHEN %s THEN lasted END), 0)"
    busy = spent % "doing = 1"
    free = spent % "doing = 0 AND presence = 1 AND desk = 1"
    away = spent % "doing = 0 AND presence = 2"
    least = "LEAST" if vendor == "postgresql" else "MIN"
    # As numbers from the start: texts are sorted and compared at twice the price.
    activity, presence, desk = 1, 2, 3
    return f"""
WITH marks AS (
    SELECT id AS agent_id, 0 AS id, %(start)s AS at, 0 AS kind, 0 AS code FROM queueing_agent
    UNION ALL
    SELECT id, 0, %(cut)s, 0, 0 FROM queueing_agent WHERE %(cut)s > %(start)s AND %(cut)s < %(end)s
    UNION ALL
    SELECT agent_id, id, at, CASE kind WHEN 'activity' THEN {activity} WHEN 'presence' THEN {presence} ELSE {desk} END,
           CASE value WHEN 'available' THEN 1 WHEN 'on_call' THEN 1 WHEN 'wrapping_up' THEN 1 WHEN 'open' THEN 1
                      WHEN 'away' THEN 2 ELSE 0 END
    FROM queueing_agentevent WHERE at >= %(start)s AND kind IN ('presence', 'activity', 'desk')
), numbered AS MATERIALIZED (
    -- The highest place is the last change: with what it was a change to.
    SELECT agent_id, at, kind, ROW_NUMBER() OVER (PARTITION BY agent_id ORDER BY at, id) * 4 + code AS place
    FROM marks
), later AS (
    SELECT agent_id, MAX(CASE kind WHEN {presence} THEN 1 END) AS presence,
           MAX(CASE kind WHEN {activity} THEN 1 END) AS activity, MIN(CASE kind WHEN {desk} THEN place END) AS desk
    FROM numbered GROUP BY agent_id
), before AS MATERIALIZED (
    -- What the log says last before the time; nothing: as he is now, unless it says something later.
    SELECT agent.id,
           COALESCE({_last("presence")}, CASE later.presence WHEN 1 THEN 'offline' ELSE agent.presence END) AS presence,
           COALESCE({_last("activity")}, CASE later.activity WHEN 1 THEN 'idle' ELSE agent.activity END) AS activity,
           COALESCE({_last("desk")} = 'open', COALESCE(later.desk %% 4, 0) = 0) AS is_open
    FROM queueing_agent agent JOIN later ON later.agent_id = agent.id
), led AS (
    SELECT agent_id, at, LEAD(at, 1, %(end)s) OVER told AS next_at,
           MAX(CASE kind WHEN {presence} THEN place END) OVER told AS presence,
           MAX(CASE kind WHEN {activity} THEN place END) OVER told AS doing,
           MAX(CASE kind WHEN {desk} THEN place END) OVER told AS desk
    FROM numbered WINDOW told AS (PARTITION BY agent_id ORDER BY place)
), spans AS (
    SELECT agent_id, at, {_between(vendor, "at", f"{least}(next_at, %(end)s)")} AS lasted,
           CASE WHEN led.presence IS NOT NULL THEN led.presence %% 4
                WHEN before.presence = 'available' THEN 1 WHEN before.presence = 'away' THEN 2 ELSE 0 END AS presence,
           CASE WHEN doing IS NOT NULL THEN doing %% 4
                WHEN before.activity IN ('on_call', 'wrapping_up') THEN 1 ELSE 0 END AS doing,
           CASE WHEN desk IS NOT NULL THEN desk %% 4 WHEN is_open THEN 1 ELSE 0 END AS desk
    FROM led JOIN before ON before.id = agent_id WHERE at < next_at AND at < %(end)s
), own AS (
    SELECT agent_id, at >= %(cut)s AS late, {busy} AS busy, {free} AS free, {away} AS away
    FROM spans GROUP BY 1, 2
)
SELECT department_id, late, SUM(busy), SUM(free), SUM(away)
FROM own JOIN queueing_membership membership ON membership.agent_id = own.agent_id GROUP BY 1, 2
"""  # noqa: S608 -- of constants


def _last(kind: str) -> str:
    return (
        f"(SELECT value FROM queueing_agentevent WHERE agent_id = agent.id AND kind = '{kind}' AND at < %(start)s"  # noqa: S608
        " ORDER BY at DESC, id DESC LIMIT 1)"
    )
