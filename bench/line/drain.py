"""(b) As many agents come free at once as callers wait: assignments a second until nobody waits."""

import time

from bench.host import left_alone
from bench.line import people, raw
from bench.numbers import Row
from queueing.models import Offer, QueueEntry
from queueing.services.matching import match
from queueing.states import EntryState, OfferState

WAITING = 2_000
ROUNDS = 5


def measure() -> list[Row]:
    """Ours and the raw loop in turn."""
    ours, bare = [], []
    for _ in range(ROUNDS):
        bare.append(left_alone(_raw))
        ours.append(left_alone(_ours))
    row = Row(f"(b) drain {WAITING} waiting", "/s", ours, bare, target="p50 ≥ 1000 /s, ≥ 0.5×")
    row.within = sorted(ours)[ROUNDS // 2] >= 1000 and (row.ratio or 0) >= 0.5
    return [row]


def _scene() -> tuple[int, list[int]]:
    people.empty()
    lines = people.departments(1)
    staff = people.agents(WAITING, lines)
    people.callers(WAITING, lines)
    people.analyse()
    return lines[0].pk, [agent.pk for agent in staff]


def _ours() -> float:
    department, _ = _scene()
    begun = time.perf_counter()
    match([department])
    took = time.perf_counter() - begun
    made = Offer.objects.filter(state=OfferState.PENDING).count()
    if made != WAITING or QueueEntry.objects.filter(state=EntryState.WAITING).exists():
        raise RuntimeError(f"{made} of {WAITING} were assigned")
    return WAITING / took


def _raw() -> float:
    department, staff = _scene()
    with raw.connect() as connection, connection.cursor() as cursor:
        begun = time.perf_counter()
        claimed = [raw.claim(cursor, agent, department) for agent in staff]
        took = time.perf_counter() - begun
    if len({*claimed}) != WAITING:
        raise RuntimeError("the raw loop claimed one twice")
    return WAITING / took
