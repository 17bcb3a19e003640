"""The invariants of the architecture, checked on the database after a scenario."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import TypeVar

from django.db import transaction
from django.db.models import Count, Max

from calls.models import Call, CallEvent
from calls.states import LIVE, CallState
from common.models import Stream, StreamEvent
from queueing.models import Agent, CallbackRequest, Offer, QueueEntry, Supervision, Transfer
from queueing.states import (
    CALLBACK,
    CALLBACK_LIVE,
    ENTRY,
    ENTRY_HELD,
    ENTRY_OPEN,
    ENTRY_QUEUED,
    ENTRY_TAKEN,
    FROM_AGENT,
    OFFER_OPEN,
    Activity,
    CallbackState,
    EntryState,
    OfferState,
    TransferState,
)
from queueing.supervising import SupervisionState

_BUSY = {EntryState.CONNECTING, EntryState.CONNECTED}
_Row = TypeVar("_Row")
_Key = TypeVar("_Key")


def check_invariants() -> None:
    """AssertionError naming the first that does not hold."""
    # Of a product that runs, all is read at one moment.
    with transaction.atomic():
        house = _House()
    for call in house.calls.values():
        _check_call(call, house)
    for agent in house.agents:
        _check_agent(agent, house)
    for entry in house.entries.values():
        _check_entry(entry, house)
    for request in house.callbacks:
        _check_callback(request, house)
    for name, last in house.streams.items():
        assert house.told.get(name, (0, 0)) == (last, last), f"{name} has gaps"


class _House:
    """Every row that is looked at, read once: a statement a table, however many rows there are."""

    def __init__(self) -> None:
        self.calls = {call.pk: call for call in Call.objects.all()}
        self.agents = list(Agent.objects.select_related("user"))
        self.entries = {entry.pk: entry for entry in QueueEntry.objects.all()}
        self.callbacks = list(CallbackRequest.objects.all())
        self.streams = dict(Stream.objects.values_list("name", "last_seq"))
        self.told = {
            name: (count, last)
            for name, count, last in StreamEvent.objects.values_list("stream").annotate(Count("pk"), Max("seq"))
        }
        self.events = _by(lambda row: row.call_id, CallEvent.objects.order_by("id"))
        offers = list(Offer.objects.filter(state__in=OFFER_OPEN))
        self.offers_of_agent = _by(lambda row: row.agent_id, offers)
        self.offers_of_entry = _by(lambda row: row.entry_id, offers)
        self.transfers = _by(lambda row: row.call_id, Transfer.objects.all())
        self.supervisions = _by(lambda row: row.call_id, Supervision.objects.all())
        self.entries_of_call = _by(lambda row: row.call_id, self.entries.values())

    def open_entries(self, call_id: str) -> list[QueueEntry]:
        return [entry for entry in self.entries_of_call[call_id] if entry.state in ENTRY_OPEN]

    def path(self, call_id: str, kind: str, key: str, pk: int) -> list[str]:
        """The states one row of a call went through, by the call's history."""
        rows = (row for row in self.events[call_id] if row.kind.startswith(f"{kind}."))
        return [row.kind.removeprefix(f"{kind}.") for row in rows if row.data.get(key) == pk]


def _by(key: Callable[[_Row], _Key], rows: Iterable[_Row]) -> dict[_Key, list[_Row]]:
    groups: dict[_Key, list[_Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def _check_call(call: Call, house: _House) -> None:
    kinds = [event.kind for event in house.events[call.pk]]
    ended = kinds.count("call.ended")
    if call.state == CallState.ENDED:
        assert call.end_reason, f"{call.pk} ended without a reason"
        made_by_hand = not any(kind.startswith("call.") for kind in kinds)
        assert ended == 1 or made_by_hand, f"{call.pk} has {ended} ends"
    else:
        assert ended == 0, f"{call.pk} lives and has an end"
    entries = house.open_entries(call.pk)
    pending = [transfer for transfer in house.transfers[call.pk] if transfer.state == TransferState.PENDING]
    assert len(entries) <= 1, f"{call.pk} has two open entries"
    assert len(pending) <= 1, f"{call.pk} has two pending transfers"
    watched = house.supervisions[call.pk]
    if call.state not in LIVE:
        assert not entries, f"{call.pk} ended with an open entry"
        assert not pending, f"{call.pk} ended with a pending transfer"
        assert all(one.ended_at for one in watched), f"{call.pk} ended and is supervised"
    whispering = any(one.state == SupervisionState.WHISPER for one in watched)
    assert not whispering or call.state == CallState.AGENT, f"{call.pk}: whispered to nobody"
    _check_owner(call, entries[0] if entries else None, house)


def _check_owner(call: Call, entry: QueueEntry | None, house: _House) -> None:
    if call.state == CallState.WAITING:
        assert entry is not None, f"{call.pk} waits outside the line"
        assert entry.state in ENTRY_QUEUED | {EntryState.CONNECTING}
        assert (call.agent_id is not None) == (entry.state == EntryState.CONNECTING), f"{call.pk}: owner while waiting"
    if call.state == CallState.AGENT:
        assert entry is not None, f"{call.pk} is talked in without an entry"
        assert entry.state == EntryState.CONNECTED
        owner = next((agent for agent in house.agents if agent.pk == entry.agent_id), None)
        assert owner is not None
        assert call.agent_id == owner.user_id, f"{call.pk} has two owners"


def _check_agent(agent: Agent, house: _House) -> None:
    offers = house.offers_of_agent[agent.pk]
    held = [one for one in house.entries.values() if one.agent_id == agent.pk and one.state in ENTRY_HELD]
    assert len(offers) <= 1, f"{agent} has two open offers"
    assert len(held) <= 1, f"{agent} holds two entries"
    states = {entry.state for entry in held}
    offer = offers[0] if offers else None
    entry = house.entries[offer.entry_id] if offer else None
    # Asked by another agent, whose entry it is until the caller is given.
    if offer and entry and offer.origin in FROM_AGENT and entry.agent_id != agent.pk:
        assert not states, f"{agent} is asked by another and holds {states}"
        assert agent.activity == (Activity.OFFERED if offer.state == OfferState.PENDING else Activity.ON_CALL)
        assert entry.state == EntryState.CONNECTED, f"{agent} is asked about a caller nobody has"
        asked = [one for one in house.transfers[entry.call_id] if one.entry_id == entry.pk]
        assert any(one.target_id == agent.pk and one.state == offer.state for one in asked)
        talks = any(one.conference_at and one.state == TransferState.ACCEPTED for one in asked)
        assert not (talks and house.calls[entry.call_id].on_hold), f"{entry.call_id}: talked with and on hold"
    elif agent.activity == Activity.OFFERED:
        assert offer is not None, f"{agent} is offered nothing"
        assert entry is not None
        assert offer.state == OfferState.PENDING, f"{agent} is offered nothing"
        assert entry.state == EntryState.OFFERING
        assert states == (set() if offer.broadcast else {EntryState.OFFERING}), f"{agent} is offered {states}"
    elif agent.activity == Activity.ON_CALL:
        assert states <= _BUSY, f"{agent} is on call with {states}"
        assert states, f"{agent} is on no call"
    else:
        assert not states, f"{agent} is {agent.activity} and holds {states}"
        assert not offers, f"{agent} is {agent.activity} and has an open offer"
    assert (agent.activity == Activity.WRAPPING_UP) == (agent.wrap_up_until is not None), f"{agent}: wrap-up's clock"


def _check_entry(entry: QueueEntry, house: _House) -> None:
    open_offers = house.offers_of_entry[entry.pk]
    together = sum(offer.broadcast for offer in open_offers)
    assert len(open_offers) <= max(1, together), f"entry {entry.pk} has two open offers"
    assert (entry.state in ENTRY_TAKEN) <= (entry.agent_id is not None)
    if entry.state == EntryState.WAITING:
        assert entry.agent_id is None, f"entry {entry.pk} waits and is held"
        assert not open_offers, f"entry {entry.pk} waits and is offered"
    if entry.state == EntryState.OFFERING:
        assert open_offers, f"entry {entry.pk} is offered to nobody"
        assert {offer.state for offer in open_offers} == {OfferState.PENDING}, f"entry {entry.pk} rings on"
        assert all(offer.broadcast == (entry.agent_id is None) for offer in open_offers)
        assert entry.agent_id is None or [offer.agent_id for offer in open_offers] == [entry.agent_id]
    if entry.state == EntryState.CONNECTING:
        assert [(offer.state, offer.agent_id) for offer in open_offers] == [(OfferState.ACCEPTED, entry.agent_id)]
    if entry.state not in ENTRY_OPEN:
        assert not open_offers, f"entry {entry.pk} is over and offered"
        assert entry.ended_at is not None
    _check_history(entry, house)


def _check_history(entry: QueueEntry, house: _House) -> None:
    """Every change of state has its row, and every row follows from the one before."""
    path = [EntryState(kind) for kind in house.path(entry.call_id, "entry", "entry", entry.pk)]
    if not path:
        return
    for before, after in pairwise(path):
        assert after in ENTRY.table[before], f"entry {entry.pk} went from {before} to {after}"
    assert path[-1] == entry.state, f"entry {entry.pk} is {entry.state}, its history ends with {path[-1]}"


def _check_callback(request: CallbackRequest, house: _House) -> None:
    """A promise is kept by one live call of the same caller; what is over has none."""
    follower = house.calls.get(request.next_call_id or "")
    if follower is not None:
        assert follower.callback_of_id == request.call_id, f"callback {request.pk} is kept by a stranger's call"
    if request.state in CALLBACK_LIVE:
        assert follower is not None, f"callback {request.pk} is {request.state} without a call"
        assert follower.is_live, f"callback {request.pk} is {request.state}, its call has ended"
        entries = house.open_entries(follower.pk)
        assert entries, f"callback {request.pk} is {request.state} outside the line"
        if request.state == CallbackState.QUEUED:
            assert entries[0].state in ENTRY_QUEUED, f"callback {request.pk} does not ring and is {entries[0].state}"
        if request.state == CallbackState.RINGING:
            assert entries[0].state == EntryState.CONNECTING, f"callback {request.pk} rings for nobody"
    kept = {one.next_call_id for one in house.callbacks}
    for call in house.calls.values():
        if call.callback_of_id == request.call_id and call.state in LIVE and call.direct_queue:
            calls_back = any(entry.cause == "callback" for entry in house.entries_of_call[call.pk])
            assert not calls_back or call.pk in kept, f"{call.pk} keeps no promise"
    path = house.path(request.call_id, "callback", "request", request.pk)
    states = [CallbackState(kind) for kind in path if kind not in ("stored", "handled")]
    for before, after in pairwise([CallbackState.SCHEDULED, *states] if states else []):
        assert after in CALLBACK.table[before], f"callback {request.pk} went from {before} to {after}"
    if states:
        assert states[-1] == request.state, f"callback {request.pk} is {request.state}, its history ends otherwise"
