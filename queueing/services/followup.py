"""What is done about callers' requests after the call."""

from collections.abc import Iterable

from django.contrib.auth.models import User

from calls.services import history
from common import clock
from common.service import service
from queueing.models import CallbackRequest


@service
def mark_handled(requests: Iterable[CallbackRequest], *, by: User) -> int:
    """Somebody has seen to them; how many nobody had seen to before."""
    done = 0
    for request in requests:
        rows = CallbackRequest.objects.filter(pk=request.pk, handled_at__isnull=True)
        if rows.update(handled_at=clock.now(), handled_by=by):
            history.record(request.call_id, f"{request.kind}.handled", by.get_username(), request=request.pk)
            done += 1
    return done
