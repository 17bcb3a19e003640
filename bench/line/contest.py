"""(f) Four agents accept the same call at the same instant, again and again: how often two have it. BENCH_CONTESTED
(4,000) accepts.
"""

import os
import threading
import time
from collections.abc import Sequence
from typing import Self

from django.db import connection, connections
from django.db.models import Count

from bench.line import people
from bench.numbers import Row
from calls.models import Call
from calls.states import CallState
from common import clock
from common.errors import Conflict
from queueing import selectors
from queueing.models import Agent, Offer, QueueEntry, Transfer
from queueing.services import transfers
from queueing.states import Activity, EntryState, OfferState, TransferState

SIDES = 4
ACCEPTS = int(os.environ.get("BENCH_CONTESTED", "4000"))
BATCH = 250


def measure() -> list[Row]:
    """Rounds of four accepts each; what the four were told and what the rows say are both counted."""
    double, begun, made = 0, time.perf_counter(), 0
    while made < ACCEPTS:
        rounds = min(BATCH, (ACCEPTS - made) // SIDES or 1)
        double += _batch(rounds)
        made += rounds * SIDES
    rate = made / (time.perf_counter() - begun)
    name = f"(f) double assignments, {made} accepts, {connection.vendor}"
    return [
        Row(name, "", [float(double)], target="0", within=double == 0),
        Row(f"(f) … contested accepts, {connection.vendor}", "/s", [rate]),
    ]


def _batch(rounds: int) -> int:
    people.empty()
    lines = people.departments(1)
    staff = people.agents(SIDES, lines)
    entries = people.callers(rounds, lines)
    asked = Transfer.objects.bulk_create(
        Transfer(call=entry.call, entry=entry, reason="bench", requested_by="ai") for entry in entries
    )
    double = 0
    with _Sides(staff) as sides:
        for entry, transfer in zip(entries, asked, strict=True):
            won = sides.accept(transfer.public_id)
            holders = Offer.objects.filter(entry=entry, state=OfferState.ACCEPTED).count()
            double += len(won) != 1 or holders != 1 or QueueEntry.objects.get(pk=entry.pk).agent_id != won[0]
            _over(entry)
    twice = Offer.objects.values("entry").annotate(count=Count("pk")).filter(count__gt=1)
    return double + twice.count()


def _over(entry: QueueEntry) -> None:
    """The call ends, by hand: not what is measured."""
    now = clock.now()
    Call.objects.filter(pk=entry.call_id).update(state=CallState.ENDED, end_reason="agent_hangup", ended_at=now)
    Offer.objects.filter(entry=entry, state=OfferState.ACCEPTED).update(state=OfferState.CONNECTED)
    QueueEntry.objects.filter(pk=entry.pk).update(state=EntryState.DONE, ended_at=now)
    Transfer.objects.filter(entry=entry).update(state=TransferState.COMPLETED)
    Agent.objects.update(activity=Activity.IDLE)


class _Sides:
    """A thread for each agent; all accept at once what they are given."""

    def __init__(self, staff: Sequence[Agent]) -> None:
        self._staff, self._wanted, self._won = staff, "", list[int]()
        self._go, self._done = threading.Barrier(len(staff) + 1), threading.Barrier(len(staff) + 1)
        self._threads = [threading.Thread(target=self._run, args=(agent.username,)) for agent in staff]
        self._errors: list[BaseException] = []

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._wanted = ""
        self._go.wait(60)
        for thread in self._threads:
            thread.join(60)

    def accept(self, public_id: str) -> list[int]:
        """The agents who were told that the call is theirs."""
        self._wanted, self._won = public_id, []
        self._go.wait(60)
        self._done.wait(60)
        if self._errors:
            raise self._errors[0]
        return self._won

    def _run(self, username: str) -> None:
        agent = selectors.get_agent(username)
        while True:
            self._go.wait(60)
            if not self._wanted:
                connections.close_all()
                return
            try:
                transfers.accept_transfer(self._wanted, agent=agent)
                self._won.append(agent.pk)
            except Conflict:
                pass
            except Exception as error:  # noqa: BLE001 -- told to whoever waits for this side
                self._errors.append(error)
            self._done.wait(60)
