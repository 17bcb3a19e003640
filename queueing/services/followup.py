"""What is done about callers' requests after the call."""

from collections.abc import Iterable

from django.contrib.auth.models import User

from calls.services import history
from common import clock
from common.service import service
from queueing.models import CallbackRequest
from queueing.services import calling_back


def mark_handled(requests: Iterable[CallbackRequest], *, by: User) -> int:
    """Somebody has seen to them; how many nobody had seen to before. Who was reached otherwise is not called back."""
    return sum(_mark(request.pk, by) for request in requests)


def _mark(request_id: int, by: User) -> bool:
    calling_back.withdraw(request_id, actor=by.get_username())
    return _sign(request_id, by)


@service
def _sign(request_id: int, by: User) -> bool:
    rows = CallbackRequest.objects.filter(pk=request_id, handled_by__isnull=True)
    if not rows.update(handled_at=clock.now(), handled_by=by):
        return False
    request = CallbackRequest.objects.get(pk=request_id)
    history.record(request.call_id, f"{request.kind}.handled", by.get_username(), request=request_id)
    return True
