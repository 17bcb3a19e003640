"""Reads of queueing."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Min, Q, QuerySet, Sum

from calls.models import Call
from calls.pages import DepartmentOption
from common import clock
from common.errors import Forbidden, Invalid, NotFound
from common.prepared import Prepared, Row
from queueing import ewt, hours, matching, of_calls
from queueing.models import Agent, CallbackRequest, Department, Membership, Offer, QueueEntry, Transfer
from queueing.open_lines import active, open_lines
from queueing.opening import hours_of
from queueing.states import (
    ENTRY_OPEN,
    ENTRY_QUEUED,
    FROM_AGENT,
    OFFER_OPEN,
    Activity,
    CallbackState,
    EntryState,
    OfferState,
    Presence,
    TransferState,
)

# Mean handling time is taken from the last calls of a department, once there are enough to mean something.
HISTORY_CALLS = 50
HISTORY_LEAST = 10
# The media connection may be away this long without meaning anything.
BLINK_SECONDS = 3


# --- departments -------------------------------------------------------------------------------------------------
def default_department() -> Department:
    """Where a call goes that named none."""
    found = _DEFAULT()
    if not found:
        raise Invalid("No department takes calls.", fields={"department": "none is active"})
    return found[0]  # type: ignore[no-any-return]


_DEFAULT = Prepared(lambda: active()[:1])


def department_for(slug: str | None) -> Department:
    """The active department `slug`, the default one for none; Invalid otherwise."""
    if not slug:
        return default_department()
    found = _active_department(slug)
    if found is None:
        raise Invalid("There is no such department.", fields={"department": "unknown"})
    return found


def department_or_default(slug: str) -> Department:
    """The active department `slug`, or the default one: a caller is never turned away for a name."""
    return _active_department(slug) or default_department()


def _active_department(slug: str) -> Department | None:
    return next(iter(_BY_SLUG(slug=slug)), None)


def _by_slug(slug: str) -> QuerySet[Department]:
    return Department.objects.filter(slug=slug, is_active=True).order_by()


_BY_SLUG = Prepared(_by_slug)


def active_departments() -> list[Department]:
    """Departments callers may choose, the default one first."""
    return list(active())


def department_choices() -> list[DepartmentOption]:
    """The same as the call page shows them."""
    return [_choice(row, clock.now()) for row in open_lines()]


def _choice(department: Department, now: datetime) -> DepartmentOption:
    week = hours_of(department)
    is_open = hours.is_open(week, now)
    opens = None if is_open else hours.next_opening(week, now)
    return DepartmentOption(
        slug=department.slug,
        name_en=department.name_en,
        name_ar=department.name("ar"),
        ai_first=department.ai_first,
        is_open=is_open,
        opens_at=opens.isoformat() if opens else None,
    )


# --- who is there ------------------------------------------------------------------------------------------------
def leased(at: datetime | None = None) -> Q:
    """Agents whose desk was heard of lately."""
    return Q(is_active=True, lease_until__gt=at or clock.now())


def lost_for_good(at: datetime) -> Q:
    """Entries whose agent left the room and will not be waited for: past the grace time, or his desk is dead too.

    A lease that ended before the conversation says nothing (he works without a desk), and a blink of the media even
    less.
    """
    desk_died = Q(agent__lease_until__lte=at, agent__lease_until__gt=F("connected_at"))
    blink = at - timedelta(seconds=BLINK_SECONDS)
    return Q(agent_lost_deadline__lte=at) | (desk_died & Q(agent_lost_at__lte=blink))


def routable(at: datetime | None = None) -> Q:
    """Agents who may be offered a call."""
    return leased(at) & Q(presence=Presence.AVAILABLE, activity=Activity.IDLE)


def agent_for_user(user: Any) -> Agent | None:
    """The agent a user is, if any and active."""
    return Agent.objects.select_related("user").filter(user=user, is_active=True).first() if user else None


def require_agent(user: Any) -> Agent:
    """The agent a user is, or Forbidden."""
    found = agent_for_user(user)
    if found is None:
        raise Forbidden("This credential belongs to no agent.")
    return found


def may_see_call(user: Any, call: Call) -> bool:
    """Whether an agent may look at a call: one of his departments, or one he was ever asked about."""
    agent = agent_for_user(user)
    if agent is None:
        return False
    entries = QueueEntry.objects.filter(call=call)
    asked = entries.filter(offers__agent=agent)
    return entries.filter(department__in=agent.departments.all()).exists() or asked.exists()


def get_agent(username: str) -> Agent:
    """An agent by user name, or NotFound."""
    # What no user name can hold PostgreSQL need not be asked about; it would refuse the question.
    rows = Agent.objects.select_related("user").filter(user__username=username, is_active=True)
    found = rows.first() if username.isprintable() else None
    if found is None:
        raise NotFound("There is no such agent.")
    return found


def agents() -> QuerySet[Agent]:
    """All active agents with what their presenter needs."""
    return Agent.objects.filter(is_active=True).select_related("user").prefetch_related("departments")


def department_slugs() -> dict[int, list[str]]:
    """By agent, the departments' slugs, without a row of a department for each of them."""
    found: dict[int, list[str]] = {}
    for agent, slug in _MEMBERSHIPS():
        found.setdefault(agent, []).append(slug)
    return found


def _memberships() -> QuerySet[Membership, Row]:
    return Membership.objects.order_by("department__slug").values_list("agent", "department__slug")


_MEMBERSHIPS = Prepared(_memberships)


def reachable_usernames(department: Department) -> list[str]:
    """Agents of the department who may be looking: not offline, or with a desk open."""
    return [name for (name,) in _REACHABLE(department=department.pk, now=clock.now())]


def _reachable(department: int, now: datetime) -> QuerySet[Agent, Row]:
    there = ~Q(presence=Presence.OFFLINE) | Q(lease_until__gt=now)
    rows = Agent.objects.filter(there, is_active=True, departments=department)
    return rows.order_by("user__username").values_list("user__username")


_REACHABLE = Prepared(_reachable)


def concerned_by_entry(entry: QueueEntry) -> list[str]:
    """Agents whose desks show the waiting caller: who is asked, who has him, and those who may take his transfer."""
    asked = Offer.objects.filter(entry=entry, state__in=OFFER_OPEN)
    found = set(asked.values_list("agent__user__username", flat=True))
    if entry.agent is not None:
        found.add(entry.agent.username)
    if Transfer.objects.filter(entry=entry, state=TransferState.PENDING, target__isnull=True).exists():
        found.update(reachable_usernames(entry.department))
    return sorted(found)


def department_order(agent: Agent) -> dict[int, int]:
    """The agent's departments with his order in each."""
    return dict(Membership.objects.filter(agent=agent).values_list("department_id", "order"))


# --- the line ----------------------------------------------------------------------------------------------------
def open_entry(call_id: str) -> QueueEntry | None:
    """The call's entry that has not ended."""
    return of_calls.open_entry(call_id)


def last_refusal(call: Call) -> QueueEntry | None:
    """The entry in which the caller was refused, as long as nothing has come of the call since."""
    return of_calls.last_refusal(call)


def callback_of(call: Call) -> CallbackRequest | None:
    """The last callback asked for in the call, whatever has become of it."""
    return of_calls.last_callbacks([call.pk]).get(call.pk)


def kept_place(call: Call) -> CallbackRequest | None:
    """The callback whose place in line the call has taken over, because its caller called again."""
    if call.callback_of_id is None:
        return None
    return CallbackRequest.objects.filter(next_call=call, state=CallbackState.CALLED_AGAIN).first()


def concerned_usernames(call_id: str) -> list[str]:
    """Who has the call, or at whose desks it rings."""
    rings = Offer.objects.filter(entry__call=call_id, state=OfferState.PENDING, broadcast=True)
    rows = rings.values_list("agent__user__username")
    return sorted({name for (name,) in rows} | {*filter(None, [concerned_username(call_id)])})


def reading_usernames(call_id: str) -> list[str]:
    """Who reads what is said: the same, and whom the call's agent asks to take it or talks with about it."""
    asked = Q(origin__in=FROM_AGENT, state__in=OFFER_OPEN)
    rows = Offer.objects.filter(asked | Q(state=OfferState.PENDING, broadcast=True), entry__call=call_id)
    names = rows.values_list("agent__user__username", flat=True)
    return sorted({*names, *filter(None, [concerned_username(call_id)])})


def concerned_username(call_id: str) -> str | None:
    """Who has the call, or to whom alone it is offered."""
    rows = QueueEntry.objects.filter(call_id=call_id, state__in=ENTRY_OPEN, agent__isnull=False)
    return rows.values_list("agent__user__username", flat=True).first()


def position(entry: QueueEntry) -> int:
    """Rank in the department's line, 1 being next: the rank the plan goes by."""
    line = QueueEntry.objects.filter(department_id=entry.department_id, state__in=ENTRY_QUEUED)
    pace = entry.department.priority_per_minute
    levels = set(line.order_by().values_list("priority", flat=True).distinct()) if pace else set()
    mine = matching.Waiting(entry.pk, entry.department_id, entry.priority, entry.enqueued_at)
    return 1 + line.filter(matching.before(mine, pace, levels)).count()


def mean_handling(department_id: int) -> float | None:
    """Mean seconds from answer to end over the last calls; None while there are too few."""
    last = QueueEntry.objects.filter(department_id=department_id, state=EntryState.DONE, connected_at__isnull=False)
    last = last.order_by("-ended_at")[:HISTORY_CALLS]
    spent = ExpressionWrapper(F("ended_at") - F("connected_at"), output_field=DurationField())
    rows = QueueEntry.objects.filter(pk__in=list(last.values_list("pk", flat=True)))
    found = rows.aggregate(count=Count("pk"), mean=Avg(spent))
    return found["mean"].total_seconds() if found["count"] >= HISTORY_LEAST else None


def staffed(department_id: int) -> int:
    """Agents at work in the department: available by their own word, desk open, on a call or not."""
    return Agent.objects.filter(leased(), presence=Presence.AVAILABLE, departments=department_id).count()


def place(entry: QueueEntry | None) -> tuple[int | None, int | None]:
    """Position and estimated wait in seconds inside the line, else (None, None)."""
    if entry is None or entry.state not in ENTRY_QUEUED:
        return None, None
    rank, department = position(entry), entry.department
    handling = mean_handling(department.pk)
    return rank, ewt.estimate(rank, staffed(department.pk), handling, wrap_up=department.wrap_up_seconds)


def department_stats(departments: Iterable[Department]) -> dict[str, dict[str, int]]:
    """By slug: callers `waiting` on the line, the `longest_wait` in seconds, and `callbacks` that are due."""
    now = clock.now()
    found = list(departments)
    rows = QueueEntry.objects.filter(department__in=found, state__in=ENTRY_QUEUED).values("department__slug")
    on_line = ~Q(cause="callback")
    rows = rows.annotate(
        waiting=Count("pk", filter=on_line),
        since=Min("enqueued_at", filter=on_line),
        callbacks=Count("pk", filter=~on_line),
    )
    counted = {row["department__slug"]: row for row in rows}
    nobody: dict[str, Any] = {"waiting": 0, "since": None, "callbacks": 0}
    return {d.slug: _line_stats(counted.get(d.slug, nobody), now) for d in found}


def _line_stats(row: Mapping[str, Any], now: datetime) -> dict[str, int]:
    waited = max(0, int((now - row["since"]).total_seconds())) if row["since"] else 0
    return {"waiting": row["waiting"], "longest_wait": waited, "callbacks": row["callbacks"]}


STAFFING = ("staffed", "free", "busy")


def staffing() -> dict[int, dict[str, int]]:
    """By department: agents `staffed` (available, desk open), `free` and `busy` among them."""
    return {pk: dict(zip(STAFFING, counts, strict=True)) for pk, *counts in _STAFFED(now=clock.now())}


def _staffed(now: datetime) -> QuerySet[Department, Row]:
    there = Q(agents__is_active=True, agents__lease_until__gt=now, agents__presence=Presence.AVAILABLE)
    free = there & Q(agents__activity=Activity.IDLE)
    busy = there & Q(agents__activity=Activity.ON_CALL)
    # An agent is a department's once.
    rows = Department.objects.annotate(
        staffed=Count("agents", filter=there), free=Count("agents", filter=free), busy=Count("agents", filter=busy)
    )
    return rows.values_list("pk", *STAFFING)


_STAFFED = Prepared(_staffed)


# --- one agent's work --------------------------------------------------------------------------------------------
def open_offer(agent: Agent) -> Offer | None:
    """The offer that rings at the agent's desk."""
    rows = Offer.objects.select_related("entry__call", "entry__department", "agent__user")
    return rows.filter(agent=agent, state=OfferState.PENDING).first()


def current_entry(agent: Agent) -> QueueEntry | None:
    """What the agent is connecting to or talking in."""
    rows = QueueEntry.objects.select_related("call", "department", "agent__user")
    return rows.filter(agent=agent, state__in=[EntryState.CONNECTING, EntryState.CONNECTED]).first()


def current_call(agent: Agent) -> Call | None:
    """The agent's call, in wrap-up the one just ended."""
    entry = current_entry(agent)
    if entry is not None:
        return entry.call
    if agent.activity != Activity.WRAPPING_UP:
        return None
    last = QueueEntry.objects.select_related("call").filter(
        agent=agent, state=EntryState.DONE, connected_at__isnull=False
    )
    found = last.order_by("-ended_at").first()
    return found.call if found else None


def pending_transfers() -> QuerySet[Transfer]:
    """Pending transfers to a department, oldest first."""
    return transfers().filter(state=TransferState.PENDING, target__isnull=True)


def transfers() -> QuerySet[Transfer]:
    """Transfers, oldest first, with what their presenter needs."""
    return Transfer.objects.select_related("call", "entry__department", "accepted_by__user", "target__user").order_by(
        "created_at", "id"
    )


def counted_today(agents: Collection[int], *, since: datetime) -> dict[int, dict[str, int]]:
    """By agent, since `since`: `calls` answered, `talk_seconds` of the ended ones, offers `declined` and `missed`."""
    talk = ExpressionWrapper(F("ended_at") - F("connected_at"), output_field=DurationField())
    done = QueueEntry.objects.filter(agent__in=agents, connected_at__gte=since).order_by().values("agent")
    entries = {row["agent"]: row for row in done.annotate(calls=Count("pk"), talk=Sum(talk))}
    asked = Offer.objects.filter(agent__in=agents, created_at__gte=since).order_by().values("agent")
    declined, missed = Q(state=OfferState.DECLINED), Q(state=OfferState.TIMED_OUT)
    offers = {
        row["agent"]: row
        for row in asked.annotate(declined=Count("pk", filter=declined), missed=Count("pk", filter=missed))
    }
    nothing: dict[str, Any] = {"calls": 0, "talk": None, "declined": 0, "missed": 0}
    return {pk: _day({**nothing, **entries.get(pk, {}), **offers.get(pk, {})}) for pk in agents}


def _day(row: Mapping[str, Any]) -> dict[str, int]:
    talk = int(row["talk"].total_seconds()) if row["talk"] else 0
    return {"calls": row["calls"], "talk_seconds": talk, "declined": row["declined"], "missed": row["missed"]}
