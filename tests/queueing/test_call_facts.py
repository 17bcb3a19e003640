"""The snapshots of many callers are what each would be by itself, for the statements of one."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from calls.models import Call
from calls.services import transcript
from calls.states import Speaker
from queueing import call_facts, presenters
from queueing.consumers import _snapshots
from queueing.models import Agent, Department
from queueing.services import offers, transfers
from tests.cast import make_call
from tests.queueing.helpers import direct_call, enters, ringing, waiting_call

Json = dict[str, Any]


@pytest.fixture
def calls(support: Department, alice: Agent) -> list[Call]:
    """One with an agent, one with the AI, six in line: by themselves, handed over by the AI, directly."""
    served = waiting_call(support).call
    offer = ringing(alice)
    offers.accept_offer(str(offer.pk), agent=alice)
    enters(served, alice)
    asking, talking = make_call(), make_call()
    transfers.create_transfer(asking, reason="a person", actor="ai")
    transcript.add_segment(talking.pk, key="1", speaker=Speaker.AI, text="Welcome")
    waiting = [waiting_call(support).call for _ in range(3)]
    return [served, asking, talking, *waiting, direct_call(support).call, direct_call(support).call]


def without_token(snapshot: Json) -> Json:
    """Each is signed anew."""
    return {**snapshot, "token": bool(snapshot["token"])}


def test_each_is_what_it_would_be_by_itself(calls: list[Call]) -> None:
    together = _snapshots([call.pk for call in calls])
    for call in calls:
        alone = presenters.call_state(Call.objects.get(pk=call.pk), for_caller=True)
        shown = without_token(together[call.pk])
        lines = shown.pop("transcript")
        assert shown == without_token(alone)
        assert lines == [presenters.segment(line) for line in call.transcript.all()]
    assert {together[call.pk]["state"] for call in calls} == {"agent", "ai", "waiting"}
    assert sorted(shown["queue_position"] or 0 for shown in together.values()) == [0, 0, 1, 2, 3, 4, 5, 6]


def test_more_of_them_are_no_more_statements(calls: list[Call]) -> None:
    counted = []
    for some in (calls[:6], calls):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            _snapshots([call.pk for call in some])
        counted.append(len(asked))
    assert counted[0] == counted[1] < 20


def test_a_call_without_anything_has_no_facts() -> None:
    assert call_facts.of([]) == {}
