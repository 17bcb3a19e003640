"""From the first request to the last: making, changing and ending calls."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q

from calls import signals
from calls.identity import Identity
from calls.models import Call, Company, Customer, Heartbeat
from calls.services.history import record
from calls.standby import own_room
from calls.states import CALL, LIVE, AIState, CallState, EndReason
from common import clock
from common.errors import Conflict, Invalid
from common.ids import random_id
from common.realtime import call_stream, publish
from common.service import service
from common.transitions import move


class RoomInUse(Conflict):
    """A live call has that room."""

    code = "room_in_use"


@service
def create_call(
    *,
    call_id: str | None = None,
    room_name: str | None = None,
    room_label: str = "",
    name: str = "",
    email: str = "",
    language: str = "",
    language_named: bool | None = None,
    department: str = "",
    video: bool = False,
    avatar: bool = False,
    direct_queue: bool = False,
    claimed: bool = True,
    wants_ai: bool = True,
    callback_of: Call | None = None,
    identity: Identity | None = None,
    actor: str = "caller",
) -> Call:
    """Make the call and, when wanted, send for the AI. RoomInUse when a live call has that room.

    What a proved `identity` says of name and email counts for more than what the caller says.

    `call_id`: of a room where an AI waits already (`standby.waiting_room`). `callback_of`: the caller's earlier call,
    proved by its secret.
    """
    call_id = call_id or random_id()
    now = clock.now()
    named = bool(language) if language_named is None else language_named
    language = language or settings.DEFAULT_LANGUAGE
    if identity is not None:
        name, email = identity.name or name, identity.email or email
    call = Call(
        id=call_id,
        room_name=room_name or own_room(call_id),
        room_label=room_label,
        language=language,
        language_named=named,
        department=department,
        video=video,
        avatar=avatar,
        direct_queue=direct_queue,
        claimed=claimed,
        customer=_customer(email, name, language),
        customer_name=name,
        customer_email=email,
        callback_of=callback_of,
        verified_at=now if identity is not None else None,
        subject=identity.subject if identity is not None else "",
        created_at=now,
        caller_deadline=now + timedelta(seconds=settings.JOIN_SECONDS),
        ai_job_id=f"job-{secrets.token_hex(4)}" if wants_ai else "",
    )
    try:
        with transaction.atomic():
            call.save(force_insert=True)
    except IntegrityError as error:
        raise RoomInUse("A live call has that room.", state="in_use") from error
    record(call, "call.created", actor, language=language, department=department, direct_queue=direct_queue)
    signals.call_created.send(Call, call=call)
    if identity is not None:
        _verified(call, identity)
    if wants_ai:
        _send_for_ai(call, actor)
    return call


@service
def verify_caller(call_id: str, identity: Identity) -> None:
    """The caller of a call that is there has proved who he is. Invalid when the call is somebody else's."""
    changes: dict[str, Any] = {"verified_at": clock.now(), "subject": identity.subject}
    if identity.name:
        changes["customer_name"] = identity.name
    if identity.email:
        changes["customer_email"] = identity.email
        changes["customer"] = _customer(identity.email, identity.name, "")
    if Call.objects.filter(pk=call_id, verified_at__isnull=True, state__in=LIVE).update(**changes):
        _verified(Call.objects.get(pk=call_id), identity)
    elif not Call.objects.filter(pk=call_id, subject=identity.subject).exists():
        raise Invalid("The customer token is another customer's.", code="customer_token_invalid")


def _verified(call: Call, identity: Identity) -> None:
    record(call, "call.verified", "caller", subject=identity.subject)
    signals.caller_verified.send(Call, call=call)


def _customer(email: str, name: str, language: str) -> Customer | None:
    if not email:
        return None
    customer, created = Customer.objects.get_or_create(
        email=email.strip().lower(), defaults={"name": name, "language": language}
    )
    if not created and name and not customer.name:
        Customer.objects.filter(pk=customer.pk, name="").update(name=name)
    return customer


def _send_for_ai(call: Call, actor: str) -> None:
    """Ask for an AI, or say at once that there is none to be had."""
    from calls.services import ai

    cause = why_no_ai(call)
    if cause:
        signals.ai_unavailable.send(Call, call=call, cause=cause)
        call.refresh_from_db()
    else:
        ai.dispatch(call, actor=actor)


def why_no_ai(call: Call) -> str:
    """`ai_full`, `no_ai` (no worker lives) or empty. Admissions queue up on one row, so the count is exact."""
    Company.objects.get_or_create(pk=1)
    Company.objects.filter(pk=1).update(admissions=F("admissions") + 1)
    if not worker_alive():
        return "no_ai"
    busy = Call.objects.filter(state__in=LIVE, ai_state__in=[AIState.DISPATCHED, AIState.LIVE]).exclude(pk=call.pk)
    return "ai_full" if busy.count() >= settings.MAX_AI_CALLS else ""


def worker_alive() -> bool:
    """Whether a voice worker said so lately."""
    since = clock.now() - timedelta(seconds=settings.HEARTBEAT_SECONDS)
    return Heartbeat.objects.filter(kind="voicebot", seen_at__gte=since).exists()


@service
def set_state(
    call_id: str,
    to: CallState,
    *,
    actor: str,
    sources: frozenset[CallState] | None = None,
    where: Q | None = None,
    news: dict[str, Any] | None = None,
    tell: bool = True,
    **changes: Any,
) -> bool:
    """Take the call to `to` and tell its stream; False when it was not where it had to be.

    `tell` False: it goes on from there in the same unit of work, which tells where it ends.
    """
    moved = move(
        Call.objects.filter(pk=call_id),
        CALL,
        to,
        sources=sources,
        where=where,
        record=lambda: record(call_id, f"call.{to.value}", actor, **(news or {})),
        **changes,
    )
    if moved and tell:
        tell_update(call_id, state=to.value, **(news or {}))
    return moved


def tell_update(call_id: str, **changes: Any) -> None:
    """Publish `call_update` on the call's stream and pass it up."""
    publish(call_stream(call_id), "call_update", {"call_id": call_id, **changes})
    signals.call_changed.send(Call, call_id=call_id, changes=changes)


@service
def end_call(
    call_id: str, reason: EndReason, *, actor: str, sources: frozenset[CallState] = LIVE, overdue: bool = False
) -> bool:
    """End a live call; False when it had ended, was not in `sources`, or (`overdue`) its caller is back in time."""
    now = clock.now()
    moved = move(
        Call.objects.filter(pk=call_id),
        CALL,
        CallState.ENDED,
        sources=sources,
        where=Q(caller_deadline__lte=now) if overdue else None,
        record=lambda: record(call_id, "call.ended", actor, reason=reason.value),
        end_reason=reason,
        ended_at=now,
        caller_deadline=None,
        ai_deadline=None,
        ai_state=AIState.GONE,
        on_hold=False,
    )
    if not moved:
        return False
    call = Call.objects.get(pk=call_id)
    signals.call_ended.send(Call, call=call)
    # Last: what the layers above still had to say about the call comes before it.
    publish(call_stream(call_id), "call_ended", {"call_id": call_id, "reason": reason.value})
    _close_room_later(call)
    return True


def _close_room_later(call: Call) -> None:
    from calls.tasks import close_room

    transaction.on_commit(lambda: close_room.delay(call.pk), robust=True)


def hang_up(call_id: str, *, by_agent: bool, actor: str) -> Call:
    """End the call by somebody's own act; a call that has ended stays as it is."""
    if by_agent:
        end_call(call_id, EndReason.AGENT_HANGUP, actor=actor)
    else:
        unanswered = frozenset({CallState.CREATED, CallState.WAITING})
        _ = end_call(call_id, EndReason.ABANDONED, actor=actor, sources=unanswered) or end_call(
            call_id, EndReason.CUSTOMER_HANGUP, actor=actor
        )
    return Call.objects.get(pk=call_id)


@service
def claim(call_id: str, *, name: str, email: str, video: bool, department: str) -> bool:
    """A caller takes over a call that a dispatch made; False when somebody has already."""
    now = clock.now()
    call = Call.objects.get(pk=call_id)
    changes: dict[str, Any] = {"claimed": True, "caller_deadline": now + timedelta(seconds=settings.JOIN_SECONDS)}
    if name:
        changes["customer_name"] = name
    if email:
        changes |= {"customer_email": email, "customer": _customer(email, name, call.language)}
    if video:
        changes["video"] = True
    if department:
        changes["department"] = department
    claimed = Call.objects.filter(pk=call_id, claimed=False, state__in=LIVE).update(**changes) == 1
    if claimed:
        record(call_id, "call.claimed", "caller")
    return claimed


@service
def choose_language(call_id: str, language: str, *, actor: str) -> bool:
    """Change the language while the welcome has not begun; False when it has."""
    rows = Call.objects.filter(pk=call_id, state__in=LIVE, welcomed_at__isnull=True)
    rows.update(language_named=True)
    changed = rows.exclude(language=language).update(language=language) == 1
    if changed:
        record(call_id, "call.language", actor, language=language)
    return changed


@service
def switch_language(call_id: str, language: str, *, actor: str) -> bool:
    """Follow the caller into another language at any time of a live call."""
    changed = (
        Call.objects.filter(pk=call_id, state__in=LIVE)
        .exclude(language=language)
        .update(language=language, language_named=True)
        == 1
    )
    if changed:
        record(call_id, "call.language", actor, language=language)
        tell_update(call_id, language=language)
    return changed


@service
def set_hold(call_id: str, *, on: bool, actor: str) -> bool:
    """Put the customer on hold or take him off; False when that is so already or no agent talks."""
    rows = Call.objects.filter(pk=call_id, state=CallState.AGENT, on_hold=not on)
    changed = rows.update(on_hold=on) == 1
    if changed:
        record(call_id, "call.hold" if on else "call.resumed", actor)
        tell_update(call_id, state=CallState.AGENT.value, on_hold=on)
    return changed


@service
def touch_caller(call_id: str, *, present_seconds: int) -> None:
    """A direct-queue caller showed himself, by socket or by asking for the call: present so long, then the grace."""
    until = clock.now() + timedelta(seconds=present_seconds + settings.GRACE_SECONDS)
    Call.objects.filter(_waits_unseen(until), pk=call_id).update(caller_deadline=until)


@service
def touch_callers(call_ids: Collection[str], *, present_seconds: int) -> None:
    """The same for many, whose sockets are open. A call that is just being changed is left for the next time."""
    until = clock.now() + timedelta(seconds=present_seconds + settings.GRACE_SECONDS)
    rows = Call.objects.filter(_waits_unseen(until), pk__in=call_ids)
    # Never waiting for a row while holding others: whoever has that one may want these.
    free = list(rows.select_for_update(skip_locked=True).values_list("pk", flat=True))
    if free:
        Call.objects.filter(_waits_unseen(until), pk__in=free).update(caller_deadline=until)


def _waits_unseen(until: datetime) -> Q:
    waits = Q(direct_queue=True, state=CallState.WAITING, agent__isnull=True)
    return waits & Q(caller_joined_at__isnull=True, caller_deadline__lt=until)
