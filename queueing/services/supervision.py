"""A supervisor in a live call: listens, whispers to the agent, speaks to everybody, goes.

The row says what he may do, and LiveKit is made to follow it (`tasks.apply_supervision`). A whisper has a room of its
own, to which the customer is never given a token. Every change takes the call's row first, so that what the agent is
told is in the order of what happened.
"""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet

from calls.models import Call, Participant
from calls.services import history, participants
from calls.states import CallState, Role
from common import clock
from common.errors import Conflict
from common.ids import random_id
from common.service import service
from common.transitions import move
from queueing import selectors
from queueing.models import Department, Supervision
from queueing.services import news
from queueing.supervising import (
    SUPERVISION,
    SUPERVISION_LIVE,
    SUPERVISION_SPEAKING,
    SupervisionEnd,
    SupervisionState,
)

LEASE = timedelta(seconds=20)
_WITH_SOMEBODY = frozenset({CallState.AI, CallState.WAITING, CallState.AGENT})
# Of no room a caller may name: those hold letters, digits, underscores, periods and hyphens.
_WHISPER_ROOM = "whisper:"


class Unheard(Conflict):
    """Nobody is supervising here (any more)."""

    code = "not_supervising"


def supervise(call: Call, *, supervisor: User, to: SupervisionState) -> Supervision:
    """Begin, change, or (the same again) stay. A session in another call is over by it.

    Conflict: `wrong_state` in a call with nobody in it, `own_call`, `no_agent` to whisper to, `already_speaking`
    (with `speaker`), `supervising_elsewhere` when another call was quicker.
    """
    leave_others(call, supervisor)
    try:
        return _supervise(call.pk, supervisor, to)
    except IntegrityError as error:
        raise Conflict("You have just begun to supervise another call.", code="supervising_elsewhere") from error


def leave_others(call: Call, supervisor: User) -> None:
    """One call at a time: sessions in others are over."""
    for other in live_sessions().filter(supervisor=supervisor).exclude(call=call):
        end(other, SupervisionEnd.MOVED, actor=supervisor.get_username())


def live_sessions() -> QuerySet[Supervision]:
    """Sessions that have not ended, oldest first."""
    rows = Supervision.objects.filter(state__in=SUPERVISION_LIVE)
    return rows.select_related("call", "supervisor").order_by("started_at", "id")


@service
def _supervise(call_id: str, supervisor: User, to: SupervisionState) -> Supervision:
    call = lock_call(call_id)
    _check(call, supervisor, to)
    session = live_sessions().filter(call=call, supervisor=supervisor).first()
    if session is None:
        session = begin(call, supervisor)
    if session.state != to:
        _change(session, to, actor=supervisor.get_username())
    Supervision.objects.filter(pk=session.pk).update(lease_until=clock.now() + LEASE)
    follow(call_id, supervisor.pk)
    return live_sessions().get(pk=session.pk)


def lock_call(call_id: str) -> Call:
    """The call, its row ours until commit."""
    Call.objects.filter(pk=call_id).update(state=F("state"))
    return Call.objects.get(pk=call_id)


def _check(call: Call, supervisor: User, to: SupervisionState) -> None:
    if call.state not in _WITH_SOMEBODY or (call.direct_queue and call.caller_joined_at is None):
        raise Conflict("There is nobody to be heard in this call now.", state=call.state)
    if call.agent_id == supervisor.pk:
        raise Conflict("This is your own call.", code="own_call", state=call.state)
    if to is SupervisionState.WHISPER and call.state != CallState.AGENT:
        raise Conflict("No agent is in this call to whisper to.", code="no_agent", state=call.state)
    speaking = live_sessions().filter(call=call, state__in=SUPERVISION_SPEAKING).exclude(supervisor=supervisor).first()
    if to in SUPERVISION_SPEAKING and speaking is not None:
        raise Conflict(
            f"{speaking.name} is speaking in this call.",
            code="already_speaking",
            state=call.state,
            speaker=speaking.supervisor.get_username(),
        )


def begin(call: Call, supervisor: User) -> Supervision:
    """The first row of a stay: listening."""
    department = Department.objects.filter(slug=call.department).first()
    now = clock.now()
    with transaction.atomic():
        session = Supervision.objects.create(
            call=call,
            supervisor=supervisor,
            concealed=department is not None and department.conceal_supervision,
            started_at=now,
            changed_at=now,
            lease_until=now + LEASE,
        )
    _record(session, SupervisionState.LISTEN, supervisor.get_username())
    tell(call.pk)
    return session


def _change(session: Supervision, to: SupervisionState, *, actor: str) -> None:
    now = clock.now()
    changes: dict[str, Any] = {}
    if to is SupervisionState.WHISPER:
        # A new one each time: who was whispered to before has a token for the old one.
        changes["whisper_room"] = _WHISPER_ROOM + random_id()
    if to is SupervisionState.BARGE and session.heard_at is None:
        changes["heard_at"] = now
    if move_session(session, to, actor=actor, **changes):
        tell(session.call_id)


def move_session(
    session: Supervision, to: SupervisionState, *, actor: str, where: Q | None = None, **more: Any
) -> bool:
    """One change with its row of history; a whisper that is over loses its room. False when somebody was first."""
    before = SupervisionState(session.state)
    moved = move(
        Supervision.objects.filter(pk=session.pk),
        SUPERVISION,
        to,
        sources=frozenset({before}),
        where=where,
        record=lambda: _record(session, to, actor, str(more.get("end_reason", ""))),
        changed_at=clock.now(),
        **more,
    )
    if moved and before is SupervisionState.WHISPER:
        _close_later(session.whisper_room)
    if moved and SupervisionState.BARGE in (before, to):
        _nudge_later(session.call_id)
    return moved


def _record(session: Supervision, to: SupervisionState, actor: str, end_reason: str = "") -> None:
    data: dict[str, Any] = {"supervision": session.pk, "supervisor": session.supervisor.get_username()}
    if session.concealed:
        data["concealed"] = True
    if end_reason:
        data["reason"] = end_reason
    history.record(session.call_id, f"supervision.{to.value}", actor, **data)


def tell(call_id: str) -> None:
    """The agent who has or is offered the call learns who is with him; wallboards look again."""
    news.supervision(call_id)


# --- staying and going -------------------------------------------------------------------------------------------
def renew(call: Call, *, supervisor: User) -> Supervision:
    """The supervisor's page is still there. Unheard when the session is over."""
    now = clock.now()
    rows = Supervision.objects.filter(call=call, supervisor=supervisor, state__in=SUPERVISION_LIVE, lease_until__gt=now)
    if not rows.update(lease_until=now + LEASE):
        raise Unheard("You are not supervising this call any more.", state=call.state)
    return live_sessions().get(call=call, supervisor=supervisor)


def leave(call: Call, *, supervisor: User) -> None:
    """The supervisor goes; gone before is fine."""
    session = live_sessions().filter(call=call, supervisor=supervisor).first()
    if session is not None:
        end(session, SupervisionEnd.LEFT, actor=supervisor.get_username())


def lapse(supervision_id: int) -> bool:
    """Nothing was heard of the page for too long; False when it was, or the session is over."""
    session = live_sessions().filter(pk=supervision_id).first()
    return session is not None and end(
        session, SupervisionEnd.LOST, actor="system", where=Q(lease_until__lte=clock.now())
    )


@service
def end(session: Supervision, reason: SupervisionEnd, *, actor: str, where: Q | None = None) -> bool:
    """End one session; False when it was over."""
    lock_call(session.call_id)
    fresh = live_sessions().filter(pk=session.pk).first()
    return fresh is not None and finish(fresh, SupervisionState.ENDED, reason, actor=actor, where=where)


def finish(
    session: Supervision, to: SupervisionState, reason: SupervisionEnd, *, actor: str, where: Q | None = None
) -> bool:
    """The same inside the unit of work of something bigger; the call's row is held."""
    done = move_session(
        session, to, actor=actor, where=where, ended_at=clock.now(), end_reason=reason.value, lease_until=None
    )
    if done:
        tell(session.call_id)
        follow(session.call_id, session.supervisor_id)
    return done


# --- what happens to the call ------------------------------------------------------------------------------------
def end_for_call(call: Call) -> None:
    """The call has ended: whoever was in it goes."""
    for session in live_sessions().filter(call=call):
        finish(session, SupervisionState.ENDED, SupervisionEnd.CALL_ENDED, actor="system")


def agent_gone(call_id: str) -> None:
    """No agent is in the call any more: who whispered to him listens now."""
    for session in live_sessions().filter(call=call_id, state=SupervisionState.WHISPER):
        _change(session, SupervisionState.LISTEN, actor="system")
        follow(call_id, session.supervisor_id)


def seen(call: Call, participant: Participant) -> None:
    """A supervisor is in the room: he gets the rights his row gives him, or is put out."""
    name = participant.identity.removeprefix("supervisor_")
    user = User.objects.filter(username=name).first()
    if user is not None:
        follow(call.pk, user.pk)


def follow(call_id: str, user_id: int) -> None:
    """After the commit LiveKit is made to agree with the row."""
    from queueing.tasks import apply_supervision

    transaction.on_commit(lambda: apply_supervision.delay(call_id, user_id), robust=True)


def _close_later(room: str) -> None:
    from queueing.tasks import close_whisper

    transaction.on_commit(lambda: close_whisper.delay(room), robust=True)


def _nudge_later(call_id: str) -> None:
    """The AI falls silent, or goes on, without waiting for its next look."""
    from calls.tasks import nudge_ai

    transaction.on_commit(lambda: nudge_ai.delay(call_id), robust=True)


def supervisor_speaks(call: Call) -> bool:
    """Whether somebody speaks to everybody, and is in the room as far as reported: a dead page silences no AI."""
    speaking = live_sessions().filter(call=call, state=SupervisionState.BARGE).exists()
    return speaking and participants.present(call, Role.SUPERVISOR)


def whispering_to(call: Call, user: User) -> Supervision:
    """The session in which somebody whispers to the call's agent. Unheard when nobody does, or he is not the agent."""
    found = live_sessions().filter(call=call, state=SupervisionState.WHISPER).first()
    if found is None or call.agent_id != user.pk or selectors.concerned_username(call.pk) != user.get_username():
        raise Unheard("Nobody is whispering to you.", state=call.state)
    return found
