"""Agents: presence, wrap-up, lease, settings."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from calls.models import Call
from calls.services import lifecycle
from calls.states import CallState
from common import clock
from common.errors import Conflict
from common.service import service
from queueing import candidates, lookups, matching, selectors, targets
from queueing.models import Agent, QueueEntry
from queueing.services import news
from queueing.services.after_call import back_to_idle
from queueing.services.matching import rematch, rematch_agent
from queueing.services.offers import return_to_line, withdraw_offer
from queueing.services.steps import Lost, log_agent, move_activity
from queueing.services.taking import Taking, take
from queueing.states import Activity, OfferOrigin, OfferState, Presence

_BUSY = frozenset({Activity.ON_CALL, Activity.WRAPPING_UP})
# So many callers may be taken by others while an agent tries the line from its head.
AHEAD = 20


# --- presence ----------------------------------------------------------------------------------------------------
def set_presence(agent: Agent, status: Presence, *, reason: str = "", after_call: bool = False, actor: str) -> Agent:
    """What the agent (or a supervisor for him) chooses. Becoming available takes the first in line at once.

    `after_call`: applied when the present call is over, wrap-up included; chosen without a call it counts now.
    """
    if after_call and agent.activity in _BUSY:
        _choose_for_later(agent, status, reason, actor)
    elif status is Presence.AVAILABLE:
        _become_available(agent, actor)
    else:
        _become_unavailable(agent, status, reason, actor)
        # An offer made while we looked is not left ringing at an empty chair; from here on no other can be made.
        late = selectors.open_offer(agent)
        if late is not None:
            withdraw_offer(late.pk, OfferState.CANCELLED, actor=actor, reason="agent away")
    return selectors.get_agent(agent.username)


@service
def _choose_for_later(agent: Agent, status: Presence, reason: str, actor: str) -> None:
    later = "" if status == agent.presence else status.value
    rows = Agent.objects.filter(pk=agent.pk).exclude(after_call=later, after_call_reason=reason if later else "")
    if rows.update(after_call=later, after_call_reason=reason if later else ""):
        log_agent(agent.pk, "after_call", later or "none", actor=actor, reason=reason)
        news.presence(agent.pk)


def _become_available(agent: Agent, actor: str) -> None:
    changed = agent.presence != Presence.AVAILABLE or agent.activity == Activity.MISSED
    if (
        changed
        and agent.activity in (Activity.IDLE, Activity.MISSED)
        and _assign_first(agent, actor, Presence.AVAILABLE)
    ):
        return
    make_available(agent, actor)


@service
def make_available(agent: Agent, actor: str) -> None:
    """Among those who are offered calls, without being given one at once."""
    rows = Agent.objects.filter(pk=agent.pk)
    _clear_missed(agent, actor)
    # From offline the place among the idle starts anew; a short absence changes nothing, so nobody gains by one.
    rows.filter(presence=Presence.OFFLINE).update(idle_since=clock.now())
    _put_presence(agent, Presence.AVAILABLE, "", actor)
    rematch_agent(agent)


@service
def _become_unavailable(agent: Agent, status: Presence, reason: str, actor: str) -> None:
    _cancel_offer(agent, actor)
    _clear_missed(agent, actor)
    _put_presence(agent, status, reason, actor)


def _cancel_offer(agent: Agent, actor: str) -> None:
    """Going away during an offer ends it once; accepted at the same instant, the call stands."""
    offer = selectors.open_offer(agent)
    if offer is None:
        return
    try:
        return_to_line(offer, OfferState.CANCELLED, actor=actor, reason="agent away")
    except Lost:
        return
    move_activity(
        agent,
        Activity.IDLE,
        actor=actor,
        call_id=offer.entry.call_id,
        sources=frozenset({Activity.OFFERED}),
        tell=False,
    )
    rematch([offer.entry.department_id])


def _clear_missed(agent: Agent, actor: str) -> None:
    move_activity(agent, Activity.IDLE, actor=actor, sources=frozenset({Activity.MISSED}))


def _put_presence(agent: Agent, status: Presence, reason: str, actor: str) -> None:
    """One UPDATE; the same presence twice is no change and no event."""
    same = Q(presence=status, away_reason=reason, after_call="")
    rows = Agent.objects.filter(~same, pk=agent.pk)
    chosen_by = "" if actor == agent.username else actor
    if rows.update(
        presence=status, away_reason=reason, after_call="", after_call_reason="", presence_by=chosen_by[:150]
    ):
        log_agent(agent.pk, "presence", status, actor=actor, reason=reason)
        news.presence(agent.pk)


# --- taking by becoming available, and by hand -------------------------------------------------------------------
def _assign_first(agent: Agent, actor: str, presence: Presence) -> QueueEntry | None:
    """Give him the first in line together with his change of presence; None when nobody waits or no desk is open."""
    now = clock.now()
    if agent.lease_until is None or agent.lease_until <= now:
        return None
    # What he chooses for after the call at this very moment is not overwritten.
    where = selectors.leased(now) & Q(activity=agent.activity, after_call=agent.after_call)
    changes = {"presence": presence, "away_reason": "", "after_call": "", "after_call_reason": "", "presence_by": ""}
    return _take_first(agent, OfferOrigin.ASSIGNED, actor, agent_where=where, agent_changes=changes)


def _take_first(agent: Agent, origin: OfferOrigin, actor: str, **more: Any) -> QueueEntry | None:
    """Try the line from its head until one is ours."""
    for entry_id in _line_of(agent, by_hand=origin is OfferOrigin.PICKED):
        entry = QueueEntry.objects.select_related("call", "department").get(pk=entry_id)
        try:
            return _take(Taking(entry, agent, origin, actor, **more))
        except Lost:
            # Somebody was quicker with this caller, or the agent is busy by now: then no other will do either.
            agent.refresh_from_db()
            if agent.activity in (Activity.ON_CALL, Activity.OFFERED):
                return None
    return None


def _line_of(agent: Agent, *, by_hand: bool) -> list[int]:
    rules = candidates.rules_of(selectors.department_order(agent), waited_for=True)
    by_himself = candidates.as_free(agent, rules) if rules else None
    if by_himself is None:
        return []
    cooling = set() if by_hand else candidates.cooling_with([agent.pk])
    enough = AHEAD + candidates.enough_for([by_himself], cooling, rules)
    waiting = candidates.waiting_entries(rules, rules, first=enough)
    return matching.in_line(waiting, by_himself, rules, clock.now(), cooling=cooling, by_hand=by_hand)


_take = service(take)


def pick_next(agent: Agent) -> QueueEntry:
    """Take the first in line by hand: from any presence, out of wrap-up. Conflict: queue_empty, agent_busy."""
    from queueing.services.offers import accept_offer

    offer = selectors.open_offer(agent)
    if offer is not None and offer.origin == OfferOrigin.CONSULT:
        raise Conflict("A colleague is asking you: answer that first.", code="agent_busy", state=Activity.OFFERED.value)
    if offer is not None:
        return accept_offer(str(offer.pk), agent=agent)
    agent.refresh_from_db()
    if agent.activity == Activity.ON_CALL:
        raise Conflict("You are in another call.", code="agent_busy", state=agent.activity)
    entry = _take_first(agent, OfferOrigin.PICKED, agent.username)
    if entry is not None:
        return entry
    if agent.activity in (Activity.ON_CALL, Activity.OFFERED):
        raise Conflict("Another call was quicker.", code="agent_busy", state=agent.activity)
    raise Conflict("Nobody is waiting.", code="queue_empty", state="empty")


# --- wrap-up -----------------------------------------------------------------------------------------------------
def extend_wrap_up(agent: Agent) -> Agent:
    """More time, once a call. Conflict when there is no wrap-up, or nothing to add any more."""
    if not _extend_wrap_up(agent.pk):
        fresh = selectors.get_agent(agent.username)
        if fresh.activity != Activity.WRAPPING_UP:
            raise Conflict("There is no wrap-up to extend.", state=fresh.activity)
        raise Conflict("This wrap-up cannot be extended any more.", code="no_extension", state=fresh.activity)
    return selectors.get_agent(agent.username)


@service
def _extend_wrap_up(agent_id: int) -> bool:
    agent = Agent.objects.select_related("user").get(pk=agent_id)
    if agent.wrap_up_until is None or not agent.wrap_up_extension:
        return False
    until = agent.wrap_up_until + timedelta(seconds=agent.wrap_up_extension)
    # Not one that has just run out, and not twice: whoever comes second finds other values.
    rows = Agent.objects.filter(
        pk=agent_id,
        activity=Activity.WRAPPING_UP,
        wrap_up_until=agent.wrap_up_until,
        wrap_up_until__gt=clock.now(),
        wrap_up_extension=agent.wrap_up_extension,
    )
    if not rows.update(wrap_up_until=until, wrap_up_extension=0):
        return False
    log_agent(agent_id, "wrap_up", "extended", actor=agent.username)
    news.presence(agent_id)
    return True


def finish_wrap_up(agent: Agent) -> Agent:
    """The agent is done with it; available, he takes the first in line at once. Idle already: fine."""
    if agent.activity not in (Activity.WRAPPING_UP, Activity.IDLE):
        raise Conflict("There is no wrap-up to finish.", state=agent.activity)
    if agent.activity == Activity.WRAPPING_UP:
        presence = Presence(agent.after_call or agent.presence)
        if presence is not Presence.AVAILABLE or _assign_first(agent, agent.username, presence) is None:
            _end_wrap_up(agent.pk, agent.username, due=False)
    return selectors.get_agent(agent.username)


def end_wrap_up(agent_id: int) -> bool:
    """The wrap-up's time is over; False when it has ended before."""
    return _end_wrap_up(agent_id, "system", due=True)


@service
def _end_wrap_up(agent_id: int, actor: str, *, due: bool) -> bool:
    agent, lines = lookups.agent_in_lines(agent_id)
    return back_to_idle(agent, actor=actor, source=Activity.WRAPPING_UP, due=due, lines=lines)


# --- lease, settings, hold ---------------------------------------------------------------------------------------
def renew_lease(agent_id: int, *, until: datetime) -> None:
    """An open desk was heard of. Coming back to life, the agent may be offered what waits."""
    now = clock.now()
    rows = Agent.objects.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=until), pk=agent_id)
    woke = rows.filter(Q(lease_until__isnull=True) | Q(lease_until__lte=now)).update(lease_until=until)
    if woke:
        _woke(agent_id)
    else:
        rows.update(lease_until=until)


def renew_leases(agent_ids: Collection[int], *, until: datetime) -> None:
    """The same for many open desks, in two statements for all who were alive and whose rows nobody holds."""
    leases = dict(Agent.objects.filter(pk__in=agent_ids).values_list("pk", "lease_until"))
    alive = [pk for pk, lease in leases.items() if lease is not None and lease > clock.now()]
    for pk in leases.keys() - _renew_unheld(alive, until):
        # One row at a time waits for whoever holds it, and nobody waits for us.
        renew_lease(pk, until=until)


def _renew_unheld(agent_ids: Collection[int], until: datetime) -> set[int]:
    """Those whose rows nobody held: waiting for a row while holding others could be a deadlock."""
    with transaction.atomic():
        rows = Agent.objects.filter(pk__in=agent_ids, lease_until__gt=clock.now())
        free = set(rows.select_for_update(skip_locked=True).values_list("pk", flat=True)) if agent_ids else set()
        Agent.objects.filter(pk__in=free, lease_until__lt=until).update(lease_until=until)
    return free


@service
def _woke(agent_id: int) -> None:
    agent = Agent.objects.select_related("user").get(pk=agent_id)
    if Agent.objects.filter(pk=agent_id, desk_open=False).update(desk_open=True):
        log_agent(agent_id, "desk", "open", actor=agent.username)
    news.presence(agent_id)
    for department in agent.departments.all():
        news.queue_changed(department)
    rematch_agent(agent)


@service
def note_closed_desk(agent_id: int) -> bool:
    """The lease has run out: from then on he was not there, whatever he had chosen. False: noted, or he is back."""
    agent = Agent.objects.get(pk=agent_id)
    over = Q(lease_until=agent.lease_until, lease_until__lte=clock.now())
    if not Agent.objects.filter(over, pk=agent_id, desk_open=True).update(desk_open=False):
        return False
    log_agent(agent_id, "desk", "closed", actor="system", at=agent.lease_until)
    for department in agent.departments.all():
        news.queue_changed(department)
    return True


@service
def set_auto_answer(agent: Agent, *, on: bool, actor: str) -> None:
    """Whether the desk accepts offers by itself."""
    if Agent.objects.filter(pk=agent.pk).exclude(auto_answer=on).update(auto_answer=on):
        log_agent(agent.pk, "auto_answer", "on" if on else "off", actor=actor)
        news.presence(agent.pk)


def set_hold(agent: Agent, call_id: str, *, on: bool) -> None:
    """Put the caller on hold, or take him off. The same twice is fine; without a conversation Conflict."""
    entry = selectors.current_entry(agent)
    if entry is None or entry.call_id != call_id or not _set_hold(call_id, on=on, actor=agent.username):
        call = entry.call if entry is not None and entry.call_id == call_id else None
        if call is not None:
            call.refresh_from_db()
        if call is None or call.on_hold is not on:
            raise Conflict("There is no conversation to hold.", state=call.state if call else "ended")


@service
def _set_hold(call_id: str, *, on: bool, actor: str) -> bool:
    # The call's row is held, so that no consult begins between the look and the change.
    held = Call.objects.filter(pk=call_id, state=CallState.AGENT).update(state=CallState.AGENT)
    if held and not on and targets.is_consulting(call_id):
        raise Conflict(
            "You are talking with a colleague: take the customer back first.",
            code="in_consult",
            state=CallState.AGENT.value,
        )
    if held and on and targets.conference(call_id) is not None:
        # The colleague would go on talking with a caller who is said to hear music.
        raise Conflict(
            "A colleague is in the call: let them go first.", code="in_conference", state=CallState.AGENT.value
        )
    return lifecycle.set_hold(call_id, on=on, actor=actor)
