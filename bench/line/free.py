"""(a) An agent comes free while 2,000 wait: until his offer is written. 200 agents, 50 such events a second."""

import os
import subprocess
import sys
import time
from collections.abc import Callable

import redis

from bench.host import left_alone
from bench.line import people, raw
from bench.numbers import Row, percentile
from common import clock
from queueing.models import Agent, Offer, QueueEntry
from queueing.services import agents
from queueing.states import Activity, EntryState, OfferState
from tools.setup import ROOT

WAITING, AGENTS, A_SECOND, ROUNDS = 2_000, 200, 50, 2


def measure() -> list[Row]:
    """Ours, the raw claim and the raw claim as a Celery task, in turn."""
    ours: list[float] = []
    bare: list[float] = []
    task: list[float] = []
    with _celery():
        for _ in range(ROUNDS):
            bare += left_alone(_raw)
            task += left_alone(_task)
            ours += left_alone(_ours)
    row = Row("(a) agent free → offer written", "s", ours, bare, target="p95 ≤ 15 ms")
    row.within = percentile(ours, 0.95) <= 0.015
    return [row, Row("(a) … the raw claim as a Celery task", "s", task, bare)]


def _scene() -> tuple[int, list[int]]:
    people.empty()
    lines = people.departments(1)
    staff = people.agents(AGENTS, lines)
    people.callers(WAITING, lines)
    Agent.objects.update(activity=Activity.WRAPPING_UP, wrap_up_until=clock.now())
    people.analyse()
    return lines[0].pk, [agent.pk for agent in staff]


def _paced(acts: list[Callable[[], object]]) -> list[float]:
    """Each act at its time, whatever the one before took: seconds from when it was due until it was done."""
    begun, took = time.perf_counter(), []
    for number, act in enumerate(acts):
        due = begun + number / A_SECOND
        time.sleep(max(0.0, due - time.perf_counter()))
        act()
        took.append(time.perf_counter() - due)
    return took


def _ours() -> list[float]:
    _, staff = _scene()
    agents.end_wrap_up(staff[0])
    took = _paced([lambda pk=pk: agents.end_wrap_up(pk) for pk in staff[1:]])  # type: ignore[misc]
    made = Offer.objects.filter(state=OfferState.PENDING).count()
    if made != AGENTS:
        raise RuntimeError(f"{made} offers for {AGENTS} agents")
    return took


def _raw() -> list[float]:
    department, staff = _scene()
    with raw.connect() as connection, connection.cursor() as cursor:
        raw.claim(cursor, staff[0], department)
        return _paced([lambda pk=pk: raw.claim(cursor, pk, department) for pk in staff[1:]])  # type: ignore[misc]


def _task() -> list[float]:
    from bench.line.floor import DONE, claim

    department, staff = _scene()
    answers = redis.Redis.from_url(os.environ["REDIS_URL"])
    answers.delete(DONE)
    sent: dict[int, float] = {}

    def send(number: int) -> None:
        sent[number] = time.time()
        claim.delay(number, staff[number], department)

    _paced([lambda number=number: send(number) for number in range(AGENTS)])  # type: ignore[misc]
    took = []
    for _ in range(AGENTS):
        found = answers.blpop([DONE], timeout=30)
        if found is None:
            raise RuntimeError("the Celery worker does not answer")
        number, at = found[1].split()
        took.append(float(at) - sent[int(number)])
    if QueueEntry.objects.filter(state=EntryState.OFFERING).count() != AGENTS:
        raise RuntimeError("not every task claimed")
    return took


def _celery() -> "subprocess.Popen[bytes]":
    """A worker of one process, taken down with us."""
    command = [sys.executable, "-m", "celery", "-A", "bench.line.floor", "worker", "-P", "solo", "-l", "ERROR"]
    return _Worker(command, cwd=ROOT, stdout=subprocess.DEVNULL)


class _Worker(subprocess.Popen[bytes]):
    def __exit__(self, *_: object) -> None:
        self.terminate()
        self.wait(20)
