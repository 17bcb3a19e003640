"""Processes that accept the same transfers at the same instants."""

import multiprocessing
import time
from collections import defaultdict
from collections.abc import Sequence
from itertools import chain
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any, NamedTuple, Self

from django.db import connections

from common.errors import Conflict
from queueing.models import Agent, Transfer
from queueing.services import transfers

SIDES = 4
# Nobody waits longer for the others.
_PATIENCE = 120


class Attempt(NamedTuple):
    """What became of one accept; `began` and `ended` by a clock that all processes share, in seconds."""

    transfer: int
    agent: int
    won: bool
    began: float
    ended: float


class Sides:
    """The processes, started once; each accepts for one of a call's agents."""

    def __init__(self) -> None:
        # They are copies of this process, and a connection is nothing to be copied.
        connections.close_all()
        context = multiprocessing.get_context("fork")
        go = context.Barrier(SIDES)
        self._lines, self._processes = [], []
        for number in range(SIDES):
            ours, theirs = context.Pipe()
            self._lines.append(ours)
            self._processes.append(context.Process(target=_work, args=(number, go, theirs), daemon=True))

    def __enter__(self) -> Self:
        for process in self._processes:
            process.start()
        return self

    def __exit__(self, *_: object) -> None:
        for line in self._lines:
            line.send(None)
        for process in self._processes:
            process.join(_PATIENCE)

    def accept(self, batch: Sequence[tuple[str, list[int]]]) -> dict[int, list[Attempt]]:
        """One transfer after the other, each by all of its agents at once: what they were told, by transfer."""
        for line in self._lines:
            line.send(batch)
        answers = [line.recv() for line in self._lines]
        failed = [answer for answer in answers if isinstance(answer, str)]
        if failed:
            raise RuntimeError("; ".join(failed))
        told: defaultdict[int, list[Attempt]] = defaultdict(list)
        for attempt in chain.from_iterable(answers):
            told[attempt.transfer].append(attempt)
        return told


def _work(number: int, go: Barrier, line: "Connection[Any, Any]") -> None:
    while (batch := line.recv()) is not None:
        try:
            line.send(_accept_all(number, go, batch))
        except Exception as error:  # noqa: BLE001 -- told to whoever waits for this side
            go.abort()
            line.send(repr(error))


def _accept_all(number: int, go: Barrier, batch: Sequence[tuple[str, list[int]]]) -> list[Attempt]:
    mine = Agent.objects.select_related("user").in_bulk([agents[number] for _, agents in batch])
    return [_accept(go, public_id, mine[agents[number]]) for public_id, agents in batch]


def _accept(go: Barrier, public_id: str, agent: Agent) -> Attempt:
    go.wait(_PATIENCE)
    began = time.perf_counter()
    try:
        transfers.accept_transfer(public_id, agent=agent)
        won = True
    except Conflict:
        won = False
    return Attempt(Transfer.parse_id(public_id) or 0, agent.pk, won, began, time.perf_counter())
