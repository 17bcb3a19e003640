"""(f) Four agents accept the same call at the same instant, again and again: how often two have it. BENCH_CONTESTED
(4,000) accepts.

The sides are processes, each with a connection of its own. The stage is set for hundreds of calls at once, each with
four agents of its own, so that nothing has to be put back between two of them.
"""

import os
import sys
import time
from collections.abc import Iterable

from django.db import connection
from django.db.models import Count, Q

from bench.line import people
from bench.line.sides import SIDES, Attempt, Sides
from bench.numbers import Row
from queueing.models import QueueEntry, Transfer
from queueing.states import Activity, OfferState

ACCEPTS = int(os.environ.get("BENCH_CONTESTED", "4000"))
BATCH = 250

# By transfer: what the four were told.
_Told = dict[int, list[Attempt]]


def measure() -> list[Row]:
    """Rounds of four accepts each; what the four were told and what the rows say are both counted."""
    rounds = max(1, ACCEPTS // SIDES)
    double, contested, took = 0, 0, 0.0
    with Sides() as sides:
        for done in range(0, rounds, BATCH):
            batch = _scene(min(BATCH, rounds - done))
            begun = time.perf_counter()
            told = sides.accept(batch)
            took += time.perf_counter() - begun
            double += _doubles(told)
            contested += sum(_is_contested(attempts) for attempts in told.values())
            print(f"contest: {(done + len(batch)) * SIDES} accepts, {double} double", file=sys.stderr, flush=True)
    name = f"(f) double assignments, {rounds * SIDES} accepts, {connection.vendor}"
    return [
        Row(name, "", [float(double)], target="0", within=double == 0),
        Row(f"(f) … all four begun before one was told, {connection.vendor}", "%", [100 * contested / rounds]),
        Row(f"(f) … contested accepts, {connection.vendor}", "/s", [rounds * SIDES / took]),
    ]


def _scene(rounds: int) -> list[tuple[str, list[int]]]:
    """Calls that wait, each alone in a department of four agents: by the transfer's id, who may accept it."""
    people.empty()
    lines = people.departments(rounds)
    staff = people.agents(SIDES * rounds, lines)
    asked = Transfer.objects.bulk_create(
        Transfer(call=entry.call, entry=entry, reason="bench", requested_by="ai")
        for entry in people.callers(rounds, lines)
    )
    people.analyse()
    # Both are dealt out to the departments in turn.
    return [(transfer.public_id, [agent.pk for agent in staff[n::rounds]]) for n, transfer in enumerate(asked)]


def _doubles(told: _Told) -> int:
    """Calls that are not one agent's alone: by what the four were told, or by what is stored of it in any place."""
    accepted = Q(offers__state=OfferState.ACCEPTED)
    connecting = Q(call__events__kind="entry.connecting")
    busy = Q(department__agents__activity=Activity.ON_CALL)
    rows = QueueEntry.objects.order_by().annotate(
        offers_accepted=Count("offers", filter=accepted, distinct=True),
        times_taken=Count("call__events", filter=connecting, distinct=True),
        agents_busy=Count("department__agents", filter=busy, distinct=True),
    )
    found = rows.values_list(
        "transfers", "transfers__accepted_by", "agent", "offers_accepted", "times_taken", "agents_busy"
    )
    stored = {transfer: (by, agent, *counts) for transfer, by, agent, *counts in found}
    return sum(stored.get(transfer) != _as_it_should_be(attempts) for transfer, attempts in told.items())


def _as_it_should_be(attempts: Iterable[Attempt]) -> tuple[int, ...] | None:
    won = [attempt.agent for attempt in attempts if attempt.won]
    return (won[0], won[0], 1, 1, 1) if len(won) == 1 else None


def _is_contested(attempts: Iterable[Attempt]) -> bool:
    return max(attempt.began for attempt in attempts) < min(attempt.ended for attempt in attempts)
