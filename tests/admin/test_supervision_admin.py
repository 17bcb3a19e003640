"""Who supervised which call is read in the admin, and changed by nobody."""

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from calls.models import Call
from common import clock
from queueing.models import Supervision


def test_a_supervisor_reads_who_was_in_a_call(supervisor: Client, sam: User, carol: Call) -> None:
    Supervision.objects.create(call=carol, supervisor=sam, state="ended", end_reason="left", ended_at=clock.now())
    page = supervisor.get(reverse("admin:queueing_supervision_changelist"))
    assert carol.reference in page.content.decode()
    assert "the supervisor left" in page.content.decode()


def test_not_even_a_superuser_changes_or_deletes_it(superuser: Client, sam: User, carol: Call) -> None:
    row = Supervision.objects.create(call=carol, supervisor=sam)
    page = superuser.get(reverse("admin:queueing_supervision_change", args=[row.pk]))
    assert page.status_code == 200
    assert b'name="_save"' not in page.content
    assert superuser.post(reverse("admin:queueing_supervision_delete", args=[row.pk])).status_code == 403
    assert superuser.get(reverse("admin:queueing_supervision_add")).status_code == 403
