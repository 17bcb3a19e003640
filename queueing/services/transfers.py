"""Transfers: asked for by the AI or the caller, accepted by an agent."""

from django.db import IntegrityError, transaction

from calls import signals
from calls.models import Call
from calls.services import history
from calls.states import CallState
from common import clock
from common.errors import Conflict, Forbidden, NotFound
from common.service import service
from queueing import lookups, selectors
from queueing.models import Agent, Department, QueueEntry, Transfer
from queueing.services import news, waits
from queueing.services.admission import admit
from queueing.services.steps import Lost
from queueing.services.taking import Taking, take, why_lost
from queueing.states import ENTRY_QUEUED, EntryState, OfferOrigin, TransferState


def create_transfer(
    call: Call, *, reason: str, department: str | None = None, priority: int = 0, actor: str
) -> Transfer:
    """Ask for a person: the call goes into the line. A pending request is handed back; another department named
    now is where it waits from now on.

    Conflict when the call is with an agent or over; Invalid for an unknown department; Refused.
    """
    found = request_person(call, reason=reason, department=department, priority=priority, actor=actor)
    if isinstance(found, QueueEntry):
        raise Refused(found)
    return found


class Refused(Conflict):
    """The department takes nobody just now: `queue_closed`, `queue_full` or `queue_unstaffed`."""

    def __init__(self, entry: QueueEntry) -> None:
        super().__init__(
            "The department cannot take this call just now.",
            code=f"queue_{entry.refusal}",
            state=entry.call.state,
            department=entry.department.slug,
            offer=entry.rule,
        )


def request_person(
    call: Call, *, reason: str, department: str | None = None, priority: int = 0, actor: str
) -> Transfer | QueueEntry:
    """The same, but a refusal is an answer: its entry. For callers whose own writes must stand all the same."""
    pending = _pending(call)
    if pending is not None:
        return _where_wanted(pending, department, actor)
    wanted = selectors.department_for(department) if department else selectors.department_or_default(call.department)
    try:
        return _create(call, wanted, reason, priority, actor)
    except (Lost, IntegrityError):
        # Asked twice at the same instant, or in line already without a transfer.
        pending = _pending(call) or _for_queued(call, reason, actor)
    if pending is None:
        call.refresh_from_db()
        raise Conflict("This call cannot be handed to a person now.", state=call.state)
    return _where_wanted(pending, department, actor)


def _where_wanted(pending: Transfer, department: str | None, actor: str) -> Transfer:
    """The request of a caller in line; another department, named now, is where he waits from now on."""
    if not department or department == pending.entry.department.slug:
        return pending
    waits.move_to(pending.call, selectors.department_for(department), actor=actor)
    return selectors.transfers().get(pk=pending.pk)


@service
def _create(call: Call, department: Department, reason: str, priority: int, actor: str) -> Transfer | QueueEntry:
    sources = frozenset({CallState.CREATED, CallState.AI})
    signals.person_wanted.send(Call, call=call, reason=reason, actor=actor)
    # The story has been written behind this object.
    call.refresh_from_db(fields=["summary", "mood", "briefing"])
    entry = admit(call, department, cause="escalated", actor=actor, sources=sources, priority=priority)
    return add_transfer(entry, reason, actor) if entry.state in ENTRY_QUEUED else entry


def add_transfer(entry: QueueEntry, reason: str, actor: str) -> Transfer:
    """The request itself, pending, and told to the department's desks. Inside the change's unit of work."""
    made = Transfer.objects.create(
        call=entry.call, entry=entry, reason=reason, requested_by=actor, created_at=clock.now()
    )
    history.record(entry.call_id, "transfer.pending", actor, transfer=made.public_id, reason=reason)
    news.transfer_changed(made)
    return made


def _for_queued(call: Call, reason: str, actor: str) -> Transfer | None:
    """The call came into the line without a transfer (no AI to be had): give its entry one."""
    try:
        return _add_to_queued(call, reason, actor)
    except IntegrityError:
        return _pending(call)


@service
def _add_to_queued(call: Call, reason: str, actor: str) -> Transfer | None:
    entry = selectors.open_entry(call.pk)
    if entry is None or entry.state not in ENTRY_QUEUED:
        return None
    # Holds the entry where it is until the transfer stands.
    if not QueueEntry.objects.filter(pk=entry.pk, state=entry.state).update(state=entry.state):
        return None
    signals.person_wanted.send(Call, call=call, reason=reason, actor=actor)
    entry.call.refresh_from_db(fields=["summary", "mood", "briefing"])
    with transaction.atomic():
        return add_transfer(entry, reason, actor)


def _pending(call: Call) -> Transfer | None:
    return selectors.transfers().filter(call=call, state=TransferState.PENDING).first()


def get_transfer(public_id: str) -> Transfer:
    """A transfer by its public id, or NotFound."""
    pk = Transfer.parse_id(public_id)
    found = lookups.find_transfer(pk) if pk is not None else None
    if found is None or found.public_id != public_id:
        raise NotFound("There is no such transfer.")
    return found


def accept_transfer(public_id: str, *, agent: Agent) -> QueueEntry:
    """Take the transferred call, from any presence and without a lease. Asked again: the same entry.

    Conflict: already_accepted (with accepted_by), agent_busy, wrong_state. Forbidden outside the department.
    """
    transfer = get_transfer(public_id)
    if transfer.target_id is not None:
        return _accept_handover(transfer, agent)
    entry = lookups.get_entry(transfer.entry_id)
    if not lookups.serves(agent, entry.department_id):
        raise Forbidden("This transfer is for another department.")
    try:
        return _accept(entry, agent)
    except Lost:
        entry = lookups.get_entry(entry.pk)
    if entry.agent_id == agent.pk and entry.state in (EntryState.CONNECTING, EntryState.CONNECTED):
        return entry
    raise why_lost(entry, agent)


def _accept_handover(transfer: Transfer, agent: Agent) -> QueueEntry:
    """One agent asks another: only he may, and his offer is what he accepts."""
    from queueing.services import offers

    if transfer.target_id != agent.pk:
        raise Forbidden("This transfer is for somebody else.")
    offer = transfer.target.offers.filter(entry=transfer.entry_id).order_by("-pk").first() if transfer.target else None
    if offer is None:
        raise Conflict("This transfer is over.", state=transfer.state)
    return offers.accept_offer(str(offer.pk), agent=agent)


@service
def _accept(entry: QueueEntry, agent: Agent) -> QueueEntry:
    return take(Taking(entry, agent, OfferOrigin.TRANSFER, actor=agent.username))
