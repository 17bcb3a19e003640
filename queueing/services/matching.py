"""Matching: runs after the commit of whatever changed; the sweep only catches what was missed.

Offers are made in batches: a batch is one transaction of a constant number of statements, whatever its size.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery

from calls.models import Call
from calls.services import history
from common import bulk, clock
from common.prepared import Changed, Prepared, Row, instance
from common.service import service
from queueing import candidates, lookups, matching, selectors
from queueing.matching import Pair
from queueing.models import Agent, Department, Membership, Offer, QueueEntry, Transfer
from queueing.services import news
from queueing.services.steps import Lost, log_agents
from queueing.states import Activity, EntryState, OfferOrigin, OfferState

logger = structlog.get_logger(__name__)

# Offers of one transaction: enough that its statements do not count, few enough that nobody waits long for its rows.
BATCH = 200
# What an offer tells of its caller and its agent. A test counts the statements, should a presenter want more.
_CALL = ("id", "customer_name", "customer_email", "verified_at", "language", "summary", "facts", "mood", "briefing",
         "callback_of_id")  # fmt: skip
_ENTRY = ("id", "state", "cause", "department_id", "enqueued_at", "answered_at", "ended_at", "call_id", "agent_id",
          "page_gone")  # fmt: skip
_DEPARTMENT = ("id", "slug", "offer_seconds")


def rematch(departments: Collection[int]) -> None:
    """Match these departments once the surrounding transaction has committed."""
    wanted = frozenset(departments)
    transaction.on_commit(lambda: match(wanted), robust=True)


def rematch_agent(agent: Agent, *, also: Collection[int] = ()) -> None:
    """The same for all departments of an agent who may have become free, and `also` for others."""
    rematch({*selectors.department_order(agent), *also})


def rematch_agents(agents: Collection[Agent]) -> None:
    """The same for many."""
    rematch(set(Membership.objects.filter(agent__in=agents).values_list("department", flat=True)))


def match(departments: Collection[int]) -> int:
    """Make the offers that can be made now; their number."""
    made = 0
    while True:
        lately = make_offers(_plan(departments))
        made += lately
        # A smaller round has left nobody out.
        if lately < candidates.ROUND:
            return made


def _plan(departments: Collection[int]) -> list[Pair]:
    # Most changes find nobody waiting, and nobody free need be looked for.
    rules = candidates.rules_of(departments, waited_for=True)
    free = candidates.free_agents(rules, rules) if rules else []
    if not free:
        return []
    cooling = candidates.cooling_with([agent.id for agent in free])
    waiting = candidates.waiting_entries(rules, rules, first=candidates.enough_for(free, cooling, rules))
    waiting += candidates.ringing_entries(rules)
    return matching.plan(waiting, free, rules, clock.now(), cooling=cooling)


def make_offer(entry_id: int, agent_id: int) -> bool:
    """Ask the agent to take the entry; False when either has changed meanwhile."""
    return make_offers([Pair(entry_id, agent_id)]) == 1


def make_offers(pairs: Sequence[Pair]) -> int:
    """Ask all these agents; how many were. Left out are pairs of which either has changed meanwhile."""
    return sum(_make_or_halve(pairs[n : n + BATCH]) for n in range(0, len(pairs), BATCH))


def _make_or_halve(pairs: Sequence[Pair]) -> int:
    try:
        return _make(pairs)
    except (Lost, IntegrityError):
        # Somebody was first with one of them (the unique constraints are the last word): the others are asked all the
        # same.
        if len(pairs) == 1:
            logger.info("offer not made", entry=pairs[0].entry, agent=pairs[0].agent)
            return 0
    half = len(pairs) // 2
    return _make_or_halve(pairs[:half]) + _make_or_halve(pairs[half:])


@service
def _make(pairs: Sequence[Pair]) -> int:
    """Rows in the order of the package: entries, offers, agents; of each kind by their keys."""
    now = clock.now()
    entries, reasons = _hold_entries(pairs)
    users = lookups.routable_users([pair.agent for pair in pairs], now)
    fit = [pair for pair in pairs if _may_be_asked(pair, entries.get(pair.entry)) and pair.agent in users]
    if not fit:
        return 0
    offers = [_offer(entries[pair.entry], pair, now) for pair in sorted(fit, key=_by_agent)]
    bulk.create(offers, "agent_id")
    _take_out_of_line(entries, offers)
    agents = _reserve_agents(offers, users, now)
    for offer in offers:
        offer.agent = agents[offer.agent_id]
    _record(entries, offers)
    news.asked(offers, reasons, {pk: known.lines for pk, known in users.items()})
    return len(offers)


def _may_be_asked(pair: Pair, entry: QueueEntry | None) -> bool:
    """What rings at several desks others may join; what rings at one is not held here."""
    return entry is not None and (pair.together or entry.state == EntryState.WAITING)


def _by_agent(pair: Pair) -> int:
    return pair.agent


def _hold_entries(pairs: Sequence[Pair]) -> tuple[dict[int, QueueEntry], dict[int, str | None]]:
    """Those that wait or ring at several desks, and why each wants a person; their rows locked where the database can:
    two matchers then do the work once.
    """
    found: dict[int, QueueEntry] = {}
    reasons: dict[int, str | None] = {}
    departments: dict[int, Department] = {}
    for why, *row in _HELD(entries=[pair.entry for pair in pairs]):
        own, of_call = row[: len(_ENTRY)], row[len(_ENTRY) : -len(_DEPARTMENT)]
        of_line = row[-len(_DEPARTMENT) :]
        if of_line[0] not in departments:
            departments[of_line[0]] = instance(Department, of_line, _DEPARTMENT)
        line, call = departments[of_line[0]], instance(Call, of_call, _CALL)
        entry = instance(QueueEntry, own, _ENTRY, call=call, department=line)
        found[entry.pk], reasons[entry.pk] = entry, why
    return found, reasons


def _held(entries: Collection[int]) -> QuerySet[QueueEntry, Row]:
    waits = Q(state=EntryState.WAITING) | Q(state=EntryState.OFFERING, agent__isnull=True)
    asked_for = Transfer.objects.filter(entry=OuterRef("pk"), target__isnull=True).order_by("-id")
    rows = QueueEntry.objects.select_for_update(of=("self",)).filter(waits, pk__in=entries).order_by("pk")
    names = *_ENTRY, *(f"call__{name}" for name in _CALL), *(f"department__{name}" for name in _DEPARTMENT)
    return rows.values_list(Subquery(asked_for.values("reason")[:1]), *names)


_HELD = Prepared(_held)


def _offer(entry: QueueEntry, pair: Pair, now: datetime) -> Offer:
    expires_at = now + timedelta(seconds=entry.department.offer_seconds)
    values = (
        entry.pk,
        pair.agent,
        OfferState.PENDING,
        OfferOrigin.OFFERED,
        now,
        expires_at,
        None,
        None,
        "",
        pair.together,
    )
    # Stored by the next statement.
    return instance(Offer, values, _OFFER, entry=entry)


_OFFER = ("entry_id", "agent_id", "state", "origin", "created_at", "expires_at", "answered_at", "ended_at", "reason",
          "broadcast")  # fmt: skip


def _take_out_of_line(entries: Mapping[int, QueueEntry], offers: Sequence[Offer]) -> None:
    """waiting → offering, each to the agent of its offer, or to nobody yet; Lost when one has gone on."""
    asked = {offer.entry_id for offer in offers}
    new = {pk for pk in asked if entries[pk].state == EntryState.WAITING}
    if len(_ASK(entries=sorted(new))) != len(new):
        raise Lost
    if asked - new:
        rings = QueueEntry.objects.filter(pk__in=asked - new, state=EntryState.OFFERING, agent__isnull=True)
        if rings.update(state=EntryState.OFFERING) != len(asked - new):
            raise Lost


def _ask(entries: Collection[int]) -> Changed:
    one = Offer.objects.filter(entry=OuterRef("pk"), state=OfferState.PENDING, broadcast=False).values("agent")[:1]
    rows = QueueEntry.objects.filter(pk__in=entries, state=EntryState.WAITING)
    return rows, {"state": EntryState.OFFERING, "agent": Subquery(one)}


_ASK = Prepared(_ask)


def _reserve_agents(offers: Sequence[Offer], users: Mapping[int, lookups.Known], now: datetime) -> dict[int, Agent]:
    """idle → offered; presence, lease and activity once more, in the UPDATE itself: the plan is from an older look."""
    asked = [offer.agent_id for offer in offers]
    if len(asked) > 1:
        # An UPDATE takes its rows in any order: two batches that share agents would wait for each other.
        list(Agent.objects.filter(pk__in=asked).order_by("pk").select_for_update().values_list("pk"))
    # Of a row the key comes first.
    found = {row[0]: instance(Agent, row, user=users[row[0]].user) for row in _RESERVE(agents=asked, now=now)}
    if len(found) != len(offers):
        raise Lost
    return found


def _reserve(agents: Collection[int], now: datetime) -> Changed:
    return Agent.objects.filter(selectors.routable(now), pk__in=agents), {"activity": Activity.OFFERED}


_RESERVE = Prepared(_reserve)


def _record(entries: Mapping[int, QueueEntry], offers: Sequence[Offer]) -> None:
    rows: list[tuple[str, str, dict[str, object]]] = []
    told = {pk for pk, entry in entries.items() if entry.state == EntryState.OFFERING}
    for offer in offers:
        call_id, agent = offer.entry.call_id, offer.agent.username
        if offer.entry_id not in told:
            of_one = {} if offer.broadcast else {"agent": agent}
            rows.append((call_id, "entry.offering", {"entry": offer.entry_id, **of_one}))
            told.add(offer.entry_id)
        rows.append((call_id, "offer.pending", {"offer": offer.pk, "agent": agent}))
    history.record_all(rows, "system")
    log_agents(
        ((offer.agent_id, offer.entry.call_id) for offer in offers), "activity", Activity.OFFERED, actor="system"
    )


def match_everything() -> int:
    """Match every department in which somebody waits."""
    return match(list(Department.objects.values_list("pk", flat=True)))
