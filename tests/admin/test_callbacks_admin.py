"""Callbacks are read and marked as handled."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from calls.models import Call
from queueing.models import CallbackRequest
from tests.cast import make_user, signed_in

pytestmark = pytest.mark.django_db
LIST = "/admin/queueing/callbackrequest/"


def test_marking_tells_who_and_when_and_the_call_remembers(supervisor: Client, sam: User, story: Call) -> None:
    request = story.callbacks.get()
    supervisor.post(LIST, {"action": "handle", "_selected_action": [request.pk]})
    request.refresh_from_db()
    assert request.handled_by == sam
    assert request.handled_at is not None
    assert story.events.filter(kind="callback.handled", actor="sam").count() == 1


def test_marking_twice_changes_nothing(supervisor: Client, sam: User, story: Call) -> None:
    request = story.callbacks.get()
    supervisor.post(LIST, {"action": "handle", "_selected_action": [request.pk]})
    signed_in(make_user("sue", "supervisor")).post(LIST, {"action": "handle", "_selected_action": [request.pk]})
    request.refresh_from_db()
    assert request.handled_by == sam
    assert story.events.filter(kind="callback.handled").count() == 1


def test_what_is_to_do_is_one_filter(supervisor: Client, story: Call) -> None:
    assert supervisor.get(LIST, {"handled": "no"}).context["cl"].result_count == 1
    assert supervisor.get(LIST, {"handled": "yes"}).context["cl"].result_count == 0


def test_what_the_caller_left_is_not_edited(superuser: Client, story: Call) -> None:
    request = CallbackRequest.objects.get()
    assert superuser.post(f"{LIST}{request.pk}/change/", {"contact": "me"}).status_code == 403
