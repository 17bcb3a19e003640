"""Who is in the room, as webhooks and sweeps report it. Reports repeat, overtake each other and get lost."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F

from calls import signals
from calls.models import Call, Participant, WebhookDelivery
from calls.services.history import record
from calls.services.lifecycle import tell_update
from calls.states import LIVE, CallState, Role
from calls.telephony import Seen, WebhookNews
from common import clock
from common.service import service


@service
def take_webhook(news: WebhookNews) -> bool:
    """Act on one verified webhook; False when that event has been taken before."""
    _, created = WebhookDelivery.objects.get_or_create(
        event_id=news.id, defaults={"event": news.event, "room_name": news.room_name}
    )
    if not created:
        return False
    call = Call.objects.filter(room_name=news.room_name, state__in=LIVE).first()
    if call is None or news.participant is None:
        return True
    if news.event == "participant_joined":
        joined(call, news.participant)
    elif news.event in ("participant_left", "participant_connection_aborted"):
        gone(call, news.participant)
    return True


def role_of(call: Call, seen: Seen) -> Role | None:
    """What a participant is: the role the server signed, which must fit the identity the server gave."""
    expected = {Role.CUSTOMER: call.caller_identity, Role.AI: call.ai_identity}
    if seen.role not in Role.values:
        return None
    role = Role(seen.role)
    if seen.identity == expected.get(role):
        return role
    return role if role in (Role.AGENT, Role.SUPERVISOR) and seen.identity.startswith(f"{role.value}_") else None


@service
def joined(call: Call, seen: Seen) -> bool:
    """Somebody is in the room; False when that was known, or is known to be over."""
    role = role_of(call, seen)
    if role is None:
        return False
    now = clock.now()
    participant, created = Participant.objects.get_or_create(
        sid=seen.sid,
        defaults={"call": call, "identity": seen.identity, "role": role, "name": seen.name, "joined_at": now},
    )
    if not created:
        return False
    record(call, "participant.joined", seen.identity, role=role.value)
    if role is Role.CUSTOMER:
        _caller_came(call)
    signals.participant_joined.send(Participant, call=call, participant=participant)
    return True


def ai_arrived(call_id: str, sid: str) -> bool:
    """The AI says that it is in the room: it joined before there was a call that a report could have been of."""
    call = Call.objects.filter(pk=call_id, state__in=LIVE).first()
    if call is None:
        return False
    return joined(call, Seen(sid=sid, identity=call.ai_identity, name="AI", role=Role.AI.value, is_agent_kind=True))


def _caller_came(call: Call) -> None:
    rows = Call.objects.filter(pk=call.pk, state__in=LIVE)
    rows.update(caller_deadline=None)
    rows.filter(caller_joined_at__isnull=True).update(caller_joined_at=clock.now())


@service
def gone(call: Call, seen: Seen) -> bool:
    """Somebody left; False when that was known. A leave may overtake its join, which then changes nothing."""
    role = role_of(call, seen)
    if role is None:
        return False
    now = clock.now()
    participant, created = Participant.objects.get_or_create(
        sid=seen.sid,
        defaults={"call": call, "identity": seen.identity, "role": role, "name": seen.name, "left_at": now},
    )
    if not created and not Participant.objects.filter(pk=participant.pk, left_at__isnull=True).update(left_at=now):
        return False
    record(call, "participant.left", seen.identity, role=role.value)
    if role is Role.CUSTOMER:
        _caller_went(call)
    participant.left_at = now
    signals.participant_left.send(Participant, call=call, participant=participant)
    return True


def _caller_went(call: Call) -> None:
    """Start the grace time, unless a newer connection is there: a reload joins before the old one leaves."""
    if present(call, Role.CUSTOMER):
        return
    until = clock.now() + timedelta(seconds=settings.GRACE_SECONDS)
    Call.objects.filter(pk=call.pk, state__in=LIVE, caller_deadline__isnull=True).update(caller_deadline=until)
    if call.state == CallState.AGENT:
        tell_update(call.pk, state=call.state, caller_connected=False)


def present(call: Call, role: Role, *, identity: str | None = None) -> bool:
    """Whether somebody of that role is in the room, as far as reported."""
    rows = Participant.objects.filter(call=call, role=role, left_at__isnull=True)
    return (rows.filter(identity=identity) if identity else rows).exists()


def reconcile(call: Call, seen: list[Seen]) -> None:
    """Compare with what LiveKit lists now; a leave counts only when two looks in a row missed it."""
    known = {row.sid: row for row in Participant.objects.filter(call=call, left_at__isnull=True)}
    for one in seen:
        if one.sid in known:
            Participant.objects.filter(pk=known.pop(one.sid).pk).exclude(missed_looks=0).update(missed_looks=0)
        else:
            joined(call, one)
    for row in known.values():
        if row.missed_looks:
            gone(call, Seen(sid=row.sid, identity=row.identity, name=row.name, role=row.role, is_agent_kind=False))
        else:
            with transaction.atomic():
                Participant.objects.filter(pk=row.pk).update(missed_looks=F("missed_looks") + 1)
