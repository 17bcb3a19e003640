"""What was said, and what the caller thought of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from calls import signals
from calls.models import Call, Feedback, TranscriptSegment
from calls.services.history import record
from calls.states import Speaker
from common import clock
from common.errors import Conflict
from common.realtime import call_stream, publish
from common.service import service

MAX_TEXT = 8000


def segment_payload(segment: TranscriptSegment) -> dict[str, Any]:
    """A line as the API lists it; `sources` where it cites articles."""
    payload = {
        "id": str(segment.pk),
        "speaker": segment.speaker,
        "name": segment.name,
        "text": segment.text,
        "language": segment.language,
        "at": segment.at,
    }
    return payload | ({"sources": segment.sources} if segment.sources else {})


@service
def add_segment(
    call_id: str,
    *,
    key: str,
    speaker: Speaker,
    text: str,
    name: str = "",
    language: str = "",
    sources: Sequence[Mapping[str, str]] = (),
    at: datetime | None = None,
) -> TranscriptSegment | None:
    """Store one finished line and tell the call's stream; None when that utterance is stored, or nothing was said.

    `sources`: the articles it answers from, `{"id", "slug", "title"}` each.
    """
    text = text.replace("\x00", "").strip()[:MAX_TEXT]
    if not text:
        return None
    try:
        with transaction.atomic():
            segment = TranscriptSegment.objects.create(
                call_id=call_id,
                key=key,
                speaker=speaker,
                text=text,
                name=name[:120],
                language=language,
                sources=[dict(source) for source in sources],
                at=at or clock.now(),
            )
    except IntegrityError:
        return None
    publish(call_stream(call_id), "transcript", {"call_id": call_id, **segment_payload(segment)})
    signals.transcript_added.send(TranscriptSegment, segment=segment)
    return segment


@service
def give_feedback(call: Call, *, rating: int, nps: int | None, comment: str) -> None:
    """Store the caller's rating once; Conflict when there is another."""
    try:
        with transaction.atomic():
            Feedback.objects.create(call=call, rating=rating, nps=nps, comment=comment)
    except IntegrityError as error:
        raise Conflict("This call has been rated.", code="already_rated", state=call.state) from error
    record(call, "call.rated", "caller", rating=rating)
