"""The invariants of the architecture, checked on the database after a scenario."""

from itertools import pairwise

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


def check_invariants() -> None:
    """AssertionError naming the first that does not hold."""
    for call in Call.objects.all():
        _check_call(call)
    for agent in Agent.objects.all():
        _check_agent(agent)
    for entry in QueueEntry.objects.all():
        _check_entry(entry)
    for request in CallbackRequest.objects.select_related("call", "next_call"):
        _check_callback(request)
    _check_streams()


def _check_call(call: Call) -> None:
    ended = CallEvent.objects.filter(call=call, kind="call.ended").count()
    if call.state == CallState.ENDED:
        assert call.end_reason, f"{call.pk} ended without a reason"
        made_by_hand = not CallEvent.objects.filter(call=call, kind__startswith="call.").exists()
        assert ended == 1 or made_by_hand, f"{call.pk} has {ended} ends"
    else:
        assert ended == 0, f"{call.pk} lives and has an end"
    entries = QueueEntry.objects.filter(call=call, state__in=ENTRY_OPEN)
    pending = Transfer.objects.filter(call=call, state=TransferState.PENDING)
    assert entries.count() <= 1, f"{call.pk} has two open entries"
    assert pending.count() <= 1, f"{call.pk} has two pending transfers"
    if call.state not in LIVE:
        assert not entries, f"{call.pk} ended with an open entry"
        assert not pending, f"{call.pk} ended with a pending transfer"
        assert not Supervision.objects.filter(call=call, ended_at=None).exists(), f"{call.pk} ended and is supervised"
    whispering = Supervision.objects.filter(call=call, state=SupervisionState.WHISPER).exists()
    assert not whispering or call.state == CallState.AGENT, f"{call.pk}: whispered to nobody"
    entry = entries.first()
    if call.state == CallState.WAITING:
        assert entry is not None, f"{call.pk} waits outside the line"
        assert entry.state in ENTRY_QUEUED | {EntryState.CONNECTING}
        assert (call.agent_id is not None) == (entry.state == EntryState.CONNECTING), f"{call.pk}: owner while waiting"
    if call.state == CallState.AGENT:
        assert entry is not None, f"{call.pk} is talked in without an entry"
        assert entry.state == EntryState.CONNECTED
        assert entry.agent is not None
        assert call.agent_id == entry.agent.user_id, f"{call.pk} has two owners"


def _check_agent(agent: Agent) -> None:
    offers = Offer.objects.filter(agent=agent, state__in=OFFER_OPEN)
    held = QueueEntry.objects.filter(agent=agent, state__in=ENTRY_HELD)
    assert offers.count() <= 1, f"{agent} has two open offers"
    assert held.count() <= 1, f"{agent} holds two entries"
    states = {entry.state for entry in held}
    # Asked by another agent, whose entry it is until the caller is given.
    asked = offers.filter(origin__in=FROM_AGENT).exclude(entry__agent=agent).first()
    if asked is not None:
        assert not states, f"{agent} is asked by another and holds {states}"
        assert agent.activity == (Activity.OFFERED if asked.state == OfferState.PENDING else Activity.ON_CALL)
        assert asked.entry.state == EntryState.CONNECTED, f"{agent} is asked about a caller nobody has"
        assert asked.entry.transfers.filter(target=agent, state=asked.state).exists()
    elif agent.activity == Activity.OFFERED:
        offer = offers.filter(state=OfferState.PENDING).select_related("entry").first()
        assert offer is not None, f"{agent} is offered nothing"
        assert offer.entry.state == EntryState.OFFERING
        assert states == (set() if offer.broadcast else {EntryState.OFFERING}), f"{agent} is offered {states}"
    elif agent.activity == Activity.ON_CALL:
        assert states <= _BUSY, f"{agent} is on call with {states}"
        assert states, f"{agent} is on no call"
    else:
        assert not states, f"{agent} is {agent.activity} and holds {states}"
        assert not offers, f"{agent} is {agent.activity} and has an open offer"
    assert (agent.activity == Activity.WRAPPING_UP) == (agent.wrap_up_until is not None), f"{agent}: wrap-up's clock"


def _check_entry(entry: QueueEntry) -> None:
    open_offers = Offer.objects.filter(entry=entry, state__in=OFFER_OPEN)
    together = open_offers.filter(broadcast=True).count()
    assert open_offers.count() <= max(1, together), f"entry {entry.pk} has two open offers"
    assert (entry.state in ENTRY_TAKEN) <= (entry.agent_id is not None)
    if entry.state == EntryState.WAITING:
        assert entry.agent_id is None, f"entry {entry.pk} waits and is held"
        assert not open_offers, f"entry {entry.pk} waits and is offered"
    if entry.state == EntryState.OFFERING:
        pending = open_offers.filter(state=OfferState.PENDING)
        assert pending.count() == open_offers.count(), f"entry {entry.pk} rings on although it was accepted"
        assert pending.filter(broadcast=entry.agent_id is None).count() == pending.count() > 0
        assert entry.agent_id is None or pending.get().agent_id == entry.agent_id
    if entry.state == EntryState.CONNECTING:
        accepted = open_offers.get()
        assert (accepted.state, accepted.agent_id) == (OfferState.ACCEPTED, entry.agent_id)
    if entry.state not in ENTRY_OPEN:
        assert not open_offers, f"entry {entry.pk} is over and offered"
        assert entry.ended_at is not None
    _check_history(entry)


def _check_history(entry: QueueEntry) -> None:
    """Every change of state has its row, and every row follows from the one before."""
    rows = CallEvent.objects.filter(call=entry.call_id, kind__startswith="entry.").order_by("id")
    path = [EntryState(row.kind.removeprefix("entry.")) for row in rows if row.data.get("entry") == entry.pk]
    if not path:
        return
    for before, after in pairwise(path):
        assert after in ENTRY.table[before], f"entry {entry.pk} went from {before} to {after}"
    assert path[-1] == entry.state, f"entry {entry.pk} is {entry.state}, its history ends with {path[-1]}"


def _check_callback(request: CallbackRequest) -> None:
    """A promise is kept by one live call of the same caller; what is over has none."""
    follower, entry = request.next_call, None
    if follower is not None:
        assert follower.callback_of_id == request.call_id, f"callback {request.pk} is kept by a stranger's call"
        entry = QueueEntry.objects.filter(call=follower, state__in=ENTRY_OPEN).first()
    if request.state in CALLBACK_LIVE:
        assert follower is not None, f"callback {request.pk} is {request.state} without a call"
        assert follower.is_live, f"callback {request.pk} is {request.state}, its call has ended"
        assert entry is not None, f"callback {request.pk} is {request.state} outside the line"
        if request.state == CallbackState.QUEUED:
            assert entry.state in ENTRY_QUEUED, f"callback {request.pk} does not ring and is {entry.state}"
        if request.state == CallbackState.RINGING:
            assert entry.state == EntryState.CONNECTING, f"callback {request.pk} rings for nobody"
    for call in Call.objects.filter(callback_of=request.call_id, state__in=LIVE, direct_queue=True):
        if call.entries.filter(cause="callback").exists():
            assert CallbackRequest.objects.filter(next_call=call).exists(), f"{call.pk} keeps no promise"
    rows = CallEvent.objects.filter(call=request.call_id, kind__startswith="callback.").order_by("id")
    path = [row.kind.removeprefix("callback.") for row in rows if row.data.get("request") == request.pk]
    states = [CallbackState(kind) for kind in path if kind not in ("stored", "handled")]
    for before, after in pairwise([CallbackState.SCHEDULED, *states] if states else []):
        assert after in CALLBACK.table[before], f"callback {request.pk} went from {before} to {after}"
    if states:
        assert states[-1] == request.state, f"callback {request.pk} is {request.state}, its history ends otherwise"


def _check_streams() -> None:
    # The numbers first: of a product that runs, more may be stored while we count.
    for name, last in list(Stream.objects.values_list("name", "last_seq")):
        assert StreamEvent.objects.filter(stream=name, seq__lte=last).count() == last, f"{name} has gaps"
