"""Everybody does everything at once; the invariants hold afterwards, and nobody is stuck."""

import random
from typing import TypeVar

import pytest
from django.db.models import Model, QuerySet

from calls.services import lifecycle
from common.errors import ApiError
from queueing import selectors
from queueing.models import Agent, Department, Offer, QueueEntry
from queueing.services import agents, callbacks, offers, sweeps, transfers
from queueing.states import ENTRY_QUEUED, EntryState, OfferState, Presence
from tests.cast import make_agent
from tests.queueing.helpers import direct_call, enters, waiting_call
from tests.races.threads import at_once, winners

ACTS = 25
T = TypeVar("T", bound=Model)


def _any(rows: QuerySet[T], rng: random.Random) -> T | None:
    found = list(rows)
    return rng.choice(found) if found else None


def _agent(rng: random.Random, names: list[str]) -> Agent:
    return selectors.get_agent(rng.choice(names))


class Storm:
    """One thread's acts, from its own seed."""

    def __init__(self, seed: int, names: list[str], departments: list[Department]) -> None:
        self.rng = random.Random(seed)
        self.names, self.departments = names, departments

    def run(self) -> None:
        """Do ACTS things; being told that somebody was first is part of life."""
        acts = [
            self.join, self.join, self.accept, self.accept, self.accept, self.decline, self.pick, self.presence,
            self.hang_up, self.enter, self.enter, self.finish, self.transfer, self.callback, self.sweep,
        ]  # fmt: skip
        for _ in range(ACTS):
            try:
                self.rng.choice(acts)()
            except ApiError:
                continue

    def join(self) -> None:
        """A new caller."""
        department = self.rng.choice(self.departments)
        if self.rng.random() < 0.5:
            waiting_call(department)
        else:
            direct_call(department)

    def accept(self) -> None:
        """An agent answers what rings."""
        offer = _any(Offer.objects.filter(state=OfferState.PENDING).select_related("agent__user"), self.rng)
        if offer is not None:
            offers.accept_offer(str(offer.pk), agent=offer.agent)

    def decline(self) -> None:
        """An agent passes on."""
        offer = _any(Offer.objects.filter(state=OfferState.PENDING).select_related("agent__user"), self.rng)
        if offer is not None:
            offers.decline_offer(str(offer.pk), agent=offer.agent)

    def pick(self) -> None:
        """An agent picks."""
        agents.pick_next(_agent(self.rng, self.names))

    def presence(self) -> None:
        """An agent comes or goes."""
        agent = _agent(self.rng, self.names)
        status = self.rng.choice([Presence.AVAILABLE, Presence.AVAILABLE, Presence.AWAY])
        agents.set_presence(agent, status, after_call=self.rng.random() < 0.3, actor=agent.username)

    def hang_up(self) -> None:
        """A call ends from one side."""
        entry = _any(QueueEntry.objects.filter(ended_at=None).select_related("call"), self.rng)
        if entry is not None:
            lifecycle.hang_up(entry.call_id, by_agent=self.rng.random() < 0.5, actor="storm")

    def enter(self) -> None:
        """An agent's media is up."""
        rows = QueueEntry.objects.filter(state=EntryState.CONNECTING).select_related("call", "agent__user")
        entry = _any(rows, self.rng)
        if entry is not None and entry.agent is not None:
            enters(entry.call, entry.agent)

    def finish(self) -> None:
        """An agent is done with wrap-up."""
        agents.finish_wrap_up(_agent(self.rng, self.names))

    def transfer(self) -> None:
        """An agent takes a transfer."""
        transfer = _any(selectors.pending_transfers(), self.rng)
        if transfer is not None:
            transfers.accept_transfer(transfer.public_id, agent=_agent(self.rng, self.names))

    def callback(self) -> None:
        """A caller would rather be called back."""
        entry = _any(QueueEntry.objects.filter(state__in=ENTRY_QUEUED).select_related("call"), self.rng)
        if entry is not None:
            callbacks.request_callback(entry.call, kind="callback", contact="0123", actor="caller")

    def sweep(self) -> None:
        """Beat fires."""
        sweeps.sweep()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_storm_leaves_everything_in_order(  # noqa: PLR0917 -- fixtures
    alice: Agent, bob: Agent, support: Department, sales: Department, billing: Department, seed: int
) -> None:
    departments = [support, sales, billing]
    for number in range(3):
        make_agent(f"agent{number}", *departments)
    names = ["alice", "bob", "agent0", "agent1", "agent2"]
    storms = [Storm(seed * 100 + number, names, departments) for number in range(4)]
    outcomes = at_once(*(storm.run for storm in storms))
    assert winners(outcomes) == [0, 1, 2, 3]
    # The invariants are checked by the folder's fixture; and the matcher has left no possible pair.
    for name in names:
        agents.set_presence(selectors.get_agent(name), Presence.AVAILABLE, actor=name)
    sweeps.sweep()
