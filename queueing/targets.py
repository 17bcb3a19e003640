"""Reads for calls that agents hand over: whom they can go to, and which are on their way."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import F, Q, QuerySet

from common import clock
from common.prepared import Prepared, Row
from queueing.models import Agent, Department, Membership, Offer, QueueEntry, Transfer
from queueing.selectors import agents
from queueing.states import Activity, EntryState, OfferState, Presence, TransferKind, TransferState

OPEN = (TransferState.PENDING, TransferState.ACCEPTED)
# As soon as he has the caller the entry is the target's own.
_ARRIVED = Q(entry__agent=F("target"))


def handovers() -> QuerySet[Transfer]:
    """Transfers from agent to agent, with what their presenter needs."""
    rows = Transfer.objects.filter(target__isnull=False)
    return rows.select_related("call", "entry__department", "entry__agent__user", "target__user", "accepted_by__user")


def open_handover(entry: QueueEntry) -> Transfer | None:
    """What the agent who has this entry's caller has begun and not ended yet."""
    rows = handovers().filter(entry=entry, state__in=OPEN, entry__state=EntryState.CONNECTED)
    return rows.exclude(_ARRIVED).first()


def handover_of(agent: Agent) -> Transfer | None:
    """What the agent has begun, or the consult he is asked in."""
    begun = Q(entry__agent=agent, state__in=OPEN)
    asked = Q(target=agent, state=TransferState.ACCEPTED, kind=TransferKind.CONSULT)
    rows = handovers().filter(begun | asked, entry__state=EntryState.CONNECTED)
    return rows.exclude(_ARRIVED).first()


def _consults() -> QuerySet[Transfer]:
    """Where a second agent has come and the caller is the first one's yet."""
    rows = handovers().filter(kind=TransferKind.CONSULT, state=TransferState.ACCEPTED)
    return rows.filter(entry__state=EntryState.CONNECTED).exclude(_ARRIVED)


def lost_consults(now: datetime) -> QuerySet[Transfer]:
    """Consults whose second agent's desk has died since he came; who has none open says nothing by it."""
    return _consults().filter(target__lease_until__lte=now, target__lease_until__gt=F("accepted_at"))


def is_consulting(call_id: str) -> bool:
    """Whether two agents talk about this call while its caller hears music."""
    return bool(_CONSULTING(call=call_id))


def _consulting(call: str) -> QuerySet[Transfer, Row]:
    return _consults().filter(call=call, conference_at__isnull=True).order_by().values_list("pk")


_CONSULTING = Prepared(_consulting)


def all_consults() -> dict[str, Transfer]:
    """Every consult under way, apart from its caller or with him, by call."""
    return {talk.call_id: talk for talk in _ALL_CONSULTS()}


_ALL_CONSULTS = Prepared(lambda: _consults().order_by("pk"))


def consult(call_id: str) -> Transfer | None:
    """The consult about this call, apart from its caller or with him."""
    return consults([call_id]).get(call_id)


def consults(call_ids: Collection[str]) -> dict[str, Transfer]:
    """The same of many calls, by call."""
    return {talk.call_id: talk for talk in _consults().filter(call__in=call_ids).order_by("-pk")}


def conference(call_id: str) -> Transfer | None:
    """The consult whose second agent may be in the caller's room."""
    return _consults().filter(call=call_id, conference_at__isnull=False).first()


def offered_handover(offer: Offer) -> Transfer | None:
    """The handover an offer asks about."""
    if not offer.is_from_agent:
        return None
    rows = handovers().filter(entry=offer.entry_id, target=offer.agent_id)
    return rows.filter(state=TransferState.PENDING).first() or rows.order_by("-pk").first()


def ringing_offer(transfer: Transfer) -> Offer | None:
    """The offer that rings at the target's desk, or that he has accepted for a consult."""
    rows = Offer.objects.select_related("agent__user", "entry__department")
    return rows.filter(
        entry=transfer.entry_id, agent=transfer.target_id, state__in=[OfferState.PENDING, OfferState.ACCEPTED]
    ).first()


def standing(agent: Agent) -> str:
    """How he stands, in one word: `available`, `ringing`, `on_call`, `wrapping_up`, `away` or `offline`."""
    busy = {Activity.OFFERED: "ringing", Activity.ON_CALL: "on_call", Activity.WRAPPING_UP: "wrapping_up"}
    online = agent.lease_until is not None and agent.lease_until > clock.now()
    if agent.activity in busy:
        return busy[Activity(agent.activity)]
    if not online or agent.presence == Presence.OFFLINE:
        return "offline"
    return "available" if agent.presence == Presence.AVAILABLE and agent.activity == Activity.IDLE else "away"


def colleagues(agent: Agent) -> list[Agent]:
    """Every other active agent."""
    return list(agents().exclude(pk=agent.pk))


def line_for(agent: Agent, department: Department) -> Department:
    """Under whose rules an agent takes a call of `department`: its own if he serves it, else his first one's."""
    rows = Membership.objects.filter(agent=agent, department__is_active=True).select_related("department")
    mine = list(rows.order_by("order", "pk"))
    if not mine or any(row.department_id == department.pk for row in mine):
        return department
    return mine[0].department
