"""What an agent writes: notes, disposition, typed lines."""

from typing import Any

from calls.models import Call, TranscriptSegment
from calls.services import history, transcript
from calls.states import LIVE, Speaker
from common.errors import Conflict, Forbidden, Invalid
from common.ids import random_id
from common.service import service
from queueing.models import Agent, Offer
from queueing.states import OfferState

_HAD_IT = (OfferState.ACCEPTED, OfferState.CONNECTED, OfferState.SETUP_FAILED)


@service
def save_notes(call: Call, *, agent: Agent, notes: str | None, disposition: str | None) -> None:
    """Store what is given. Forbidden for somebody who never had the call."""
    had_it = Offer.objects.filter(entry__call=call, agent=agent, state__in=_HAD_IT)
    if call.agent_id != agent.user_id and not had_it.exists():
        raise Forbidden("Only this call's agent may do that.")
    changes: dict[str, Any] = {}
    if notes is not None:
        changes["notes"] = notes
    if disposition is not None:
        changes["disposition"] = disposition
    if changes:
        Call.objects.filter(pk=call.pk).update(**changes)
    # Notes are saved as they are typed; their history would be noise.
    if disposition is not None and disposition != call.disposition:
        history.record(call, "call.disposition", agent.username, disposition=disposition)


@service
def say(call: Call, *, agent: Agent, text: str) -> TranscriptSegment:
    """Store a line the agent typed. Conflict when the call is over, Invalid when nothing is left of the text."""
    if not Call.objects.filter(pk=call.pk, state__in=LIVE, agent_id=agent.user_id).exists():
        raise Conflict("The call is over.", state=Call.objects.values_list("state", flat=True).get(pk=call.pk))
    line = transcript.add_segment(
        call.pk,
        key=f"agent-{random_id()}",
        speaker=Speaker.AGENT,
        text=text,
        name=agent.name,
        language=call.language,
    )
    if line is None:
        raise Invalid("There is nothing to say.", fields={"text": "is empty"})
    return line
