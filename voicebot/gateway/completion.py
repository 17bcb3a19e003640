"""What became of a call that the AI has talked in: stored when it has ended, from what is stored of it."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db import transaction

from calls.models import Call, TranscriptSegment
from calls.services import story
from calls.states import NOTED, EndReason, Speaker
from queueing.models import CallbackRequest
from queueing.states import CALLBACK_OPEN, CallbackState
from voicebot.gateway.briefing import before
from voicebot.gateway.reading import call_of, facts_of, history
from voicebot.receptionist.briefing import brief
from voicebot.receptionist.completion import resolution_of
from voicebot.receptionist.conversation import messages_of
from voicebot.receptionist.language import written_in

_LINES = 80
_NOBODY = (EndReason.NO_AGENT, EndReason.ABANDONED, EndReason.FAILED, EndReason.CALLER_LOST)


def on_call_ended(sender: Any, call: Call, **kwargs: Any) -> None:
    """After the commit: no ending waits for it, none is taken back because of it."""
    transaction.on_commit(partial(complete, call.pk), robust=True)


def complete(call_id: str) -> None:
    """Store resolution, recap and follow-up. A call nobody said anything in has none."""
    if not TranscriptSegment.objects.filter(call=call_id, speaker=Speaker.CUSTOMER).exists():
        return
    call = Call.objects.get(pk=call_id)
    lines = messages_of(history(call_id, _LINES))
    made = brief(facts_of(call_id), lines, before(call), recap=True)
    story.complete(
        call_id,
        resolution=resolution_of(lines),
        completion={"recap": dict(made.summary), "follow_up": list(_left_to_do(call))},
    )


def recap(call_id: str, *, recap: str, follow_up: str) -> None:
    """A model's words in place of the rules' in their language; what it says is left to do is for the staff."""
    call = call_of(call_id)
    todo = ({"kind": NOTED, "text": follow_up},) if follow_up else ()
    story.recap(call_id, words={written_in(recap, call.language): recap}, follow_up=todo)


def _left_to_do(call: Call) -> Iterable[dict[str, str]]:
    """Rows that somebody has to see to, and a caller whom nobody came to."""
    open_ = (*CALLBACK_OPEN, CallbackState.STORED)
    requests = CallbackRequest.objects.filter(call=call, state__in=open_).order_by("pk")
    for request in requests:
        yield {"kind": str(request.kind), "text": request.contact or request.note[:200]}
    if call.end_reason in _NOBODY and not requests:
        yield {"kind": "nobody_came", "text": call.customer_email}
