"""The wallboard's list of live calls, for who may supervise them."""

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from agents_ui import consumers, presenters
from agents_ui.conversations import conversations
from calls.models import Call
from calls.services import lifecycle
from calls.states import EndReason
from queueing.models import Agent, Department
from queueing.services import consulting, handing_over, offers, supervision
from queueing.states import TransferKind
from queueing.supervising import SupervisionState
from tests.cast import make_call, signed_in
from tests.queueing.helpers import enters, fresh, ringing, talking_call, waiting_call


def test_it_shows_who_is_talked_with_by_whom_and_for_how_long(
    alice: Agent, billing: Department, support: Department
) -> None:
    talk, with_ai = talking_call(alice, billing), make_call(customer_name="Dan")
    waiting_call(support, email="eve@example.test")
    rows = {row["call_id"]: row for row in conversations()}
    assert set(rows) == {talk.pk, with_ai.pk}
    assert (rows[talk.pk]["state"], rows[talk.pk]["agent"], rows[talk.pk]["department"]) == (
        "agent",
        "Alice",
        "billing",
    )
    assert (rows[with_ai.pk]["state"], rows[with_ai.pk]["agent"], rows[with_ai.pk]["customer"]) == ("ai", None, "Dan")
    assert rows[talk.pk]["since"].endswith("Z")


def test_the_second_agent_is_named_from_the_question_to_the_end_of_the_talk(
    alice: Agent, bob: Agent, support: Department
) -> None:
    entry = waiting_call(support)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    enters(entry.call, alice)
    talk = handing_over.hand_over(fresh(entry.call), agent=alice, to=bob, kind=TransferKind.CONSULT)
    assert conversations()[0]["second"] is None
    offers.accept_offer(str(ringing(bob).pk), agent=bob)
    assert conversations()[0]["second"] == {"name": "Bob", "with_customer": False}
    consulting.begin_conference(talk.public_id, agent=alice)
    assert conversations()[0]["second"] == {"name": "Bob", "with_customer": True}
    handing_over.take_back(talk.public_id, agent=alice)
    assert conversations()[0]["second"] is None


def test_supervisors_see_one_another_concealed_or_not(sam: User, carol: Call) -> None:
    Department.objects.update(conceal_supervision=True)
    supervision.supervise(carol, supervisor=sam, to=SupervisionState.LISTEN)
    assert conversations()[0]["supervision"] == [{"supervisor": "sam", "name": "Sam", "mode": "listen"}]


def test_a_supervised_call_stays_in_the_list_while_it_waits(sam: User, support: Department, carol: Call) -> None:
    supervision.supervise(carol, supervisor=sam, to=SupervisionState.LISTEN)
    Call.objects.filter(pk=carol.pk).update(state="waiting")
    assert [row["state"] for row in conversations()] == ["waiting"]


def test_what_changes_and_what_is_gone_is_told(sam: User, support: Department, carol: Call) -> None:
    dan = make_call(customer_name="Dan")
    before = presenters.wallboard()
    supervision.supervise(carol, supervisor=sam, to=SupervisionState.BARGE)
    lifecycle.end_call(dan.pk, EndReason.CONTAINED, actor="ai")
    changes = consumers._wallboard_changes(before, presenters.wallboard())
    told = [(row["call_id"], row["supervision"][0]["mode"]) for row in changes["conversations"]]
    assert told == [(carol.pk, "barge")]
    assert changes["conversations_gone"] == [dan.pk]


def test_the_list_takes_the_same_number_of_queries_whatever_its_length(
    sam: User, support: Department, carol: Call, django_assert_num_queries
) -> None:
    supervision.supervise(carol, supervisor=sam, to=SupervisionState.LISTEN)
    for _ in range(5):
        make_call()
    with django_assert_num_queries(3):
        conversations()


def test_who_takes_no_calls_is_not_offered_to_take_one_over(sam: User, alice: Agent) -> None:
    alice.user.groups.set(sam.groups.all())
    pages: list[Client] = [signed_in(user) for user in (sam, alice.user)]
    shown = [page.get(reverse("agents_ui:wallboard")).content.decode() for page in pages]
    assert ['data-takes-calls="true"' in page for page in shown] == [False, True]
