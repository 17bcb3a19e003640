"""Reads of calls."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from calls.models import Call, Company, Participant, TranscriptSegment
from calls.services.transcript import segment_payload
from calls.states import LIVE, CallState, Role
from common.prepared import Prepared


def company_name() -> str:
    """What the company is called: the admin's word, else the environment's."""
    from django.conf import settings

    named = next((name for name, *_ in _COMPANY()), "")
    return named or str(settings.COMPANY_NAME)


_COMPANY = Prepared(lambda: Company.objects.filter(pk=1).values_list("name", "order_pattern", "phone_region"))


def detail_rules() -> tuple[str, str]:
    """(the form of order numbers, the country of phone numbers): empty where the company has not said."""
    return next(((pattern, region) for _, pattern, region in _COMPANY()), ("", ""))


def find_call(call_id: str) -> Call | None:
    """The call, as it is now."""
    return next(iter(_CALL(pk=call_id)), None)


def _call(pk: str) -> QuerySet[Call]:
    return Call.objects.filter(pk=pk).order_by()


_CALL = Prepared(_call)


def live_call_in_room(room_name: str) -> Call | None:
    """The live call that has the room."""
    return Call.objects.filter(room_name=room_name, state__in=LIVE).first()


def last_call_in_room(room_name: str) -> Call | None:
    """The live call of the room, else its newest."""
    return live_call_in_room(room_name) or Call.objects.filter(room_name=room_name).order_by("-created_at").first()


def participants_of(call_ids: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """By call, who is in its room: `[{"identity", "role", "name"}]`, one each, in order of arrival.

    Supervisors are left out: whether somebody is told of them is not this list's to decide.
    """
    rows = Participant.objects.filter(call__in=call_ids, left_at__isnull=True).exclude(role=Role.SUPERVISOR)
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows.order_by("joined_at", "pk"):
        shown = {"identity": row.identity, "role": row.role, "name": row.name}
        found.setdefault(row.call_id, {})[row.identity] = shown
    return {call: list(people.values()) for call, people in found.items()}


def transcript_of(call: Call) -> list[dict[str, Any]]:
    """The finished lines, oldest first."""
    return [segment_payload(segment) for segment in TranscriptSegment.objects.filter(call=call)]


def list_calls(*, state: CallState | None, limit: int, before: datetime | None, prompt_version: str = "") -> list[Call]:
    """Calls, newest first."""
    rows = Call.objects.order_by("-created_at", "-pk")
    if state is not None:
        rows = rows.filter(state=state)
    if prompt_version:
        rows = rows.filter(prompt_version=prompt_version)
    if before is not None:
        rows = rows.filter(created_at__lt=before)
    return list(rows[:limit])


def call_summary(call: Call) -> dict[str, Any]:
    """A call as lists show it."""
    return {
        "call_id": call.pk,
        "room_name": call.room_name,
        "state": call.state,
        "reason": call.end_reason or None,
        "language": call.language,
        "department": call.department or None,
        "customer_name": call.customer_name,
        "customer_email": call.customer_email,
        "agent": call.agent.get_username() if call.agent is not None else None,
        "prompt_version": call.prompt_version,
        "created_at": call.created_at,
        "ended_at": call.ended_at,
        "duration": call.duration(),
    }
