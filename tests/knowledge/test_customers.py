"""What is known of a customer who has proved who he is, remembered with consent, and forgotten."""

import pytest
from django.test import Client

from calls.identity import Identity
from calls.models import Call, CallEvent, ToolUse
from calls.services import lifecycle, transcript
from calls.states import EndReason, Speaker
from common.errors import Invalid
from knowledge.models import CustomerFact
from knowledge.selectors import known_customer
from knowledge.services import MOST_FACTS, forget, remember
from queueing.models import QueueEntry
from queueing.presenters import customer
from tests.cast import signed_in

CAROL = Identity("c-17", "Carol", "carol@example.com")

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("celery_calls", "support")]


def calls(identity: Identity | None = CAROL, **values) -> Call:
    return lifecycle.create_call(**{"email": "carol@example.com", "name": "Carol", "identity": identity, **values})


def over(call: Call, said: str = "my invoice is wrong") -> Call:
    transcript.add_segment(call.pk, key="1", speaker=Speaker.CUSTOMER, text=said)
    lifecycle.end_call(call.pk, EndReason.CUSTOMER_HANGUP, actor="caller")
    return call


def test_earlier_calls_so_proved_are_known() -> None:
    over(calls())
    known = known_customer(calls())
    assert known is not None
    assert known.last is not None
    assert (known.name, known.calls, known.last.words) == ("Carol", 1, ("my invoice is wrong",))


def test_a_name_and_an_address_open_nothing() -> None:
    over(calls())
    assert known_customer(calls(None)) is None


def test_what_somebody_said_under_her_address_is_not_her_history() -> None:
    over(calls(None), "I am Carol, honestly")
    known = known_customer(calls())
    assert known is not None
    assert (known.calls, known.last) == (0, None)


def test_a_fact_is_kept_with_when_and_how_she_agreed_and_is_among_the_facts_of_the_next_call() -> None:
    first = calls()
    remember(first, "prefers  mornings", consent="typed: yes please", actor="ai")
    (fact,) = CustomerFact.objects.all()
    assert (fact.subject, fact.text, fact.consent, fact.call) == (
        "c-17",
        "prefers mornings",
        "typed: yes please",
        first,
    )
    over(first)
    assert calls().facts == {"remembered_1": "prefers mornings"}
    assert calls(None).facts == {}


def test_nobody_else_is_remembered_or_forgotten() -> None:
    for deed in (lambda call: remember(call, "x y", consent="", actor="ai"), lambda call: forget(call, actor="ai")):
        with pytest.raises(Invalid):
            deed(calls(None))


def test_there_is_an_end_to_what_is_remembered() -> None:
    call = calls()
    for number in range(MOST_FACTS):
        remember(call, f"fact {number}", consent="", actor="ai")
    with pytest.raises(Invalid):
        remember(call, "one more", consent="", actor="ai")
    remember(call, "fact 3", consent="again", actor="ai")


def test_to_be_forgotten_deletes_facts_and_parts_her_from_her_calls() -> None:
    first = calls()
    ToolUse.objects.create(call=first, key="1", turn="1", tool="remember_fact", arguments={"fact": "prefers mornings"})
    remember(first, "prefers mornings", consent="typed: yes", actor="ai")
    over(first)
    second = calls()
    assert forget(second, actor="ai") == 1
    assert not CustomerFact.objects.exists()
    rows = Call.objects.filter(pk__in=[first.pk, second.pk])
    assert {(row.subject, str(row.facts), row.verified_at is not None) for row in rows} == {("", "{}", True)}
    assert ToolUse.objects.get().arguments == {}
    over(second)
    assert known_customer(calls()).calls == 0  # type: ignore[union-attr]
    assert CallEvent.objects.filter(call=second, kind="customer.forgotten").exists()


def test_another_customers_facts_stay() -> None:
    remember(calls(Identity("c-18")), "likes tea", consent="", actor="ai")
    forget(calls(), actor="ai")
    assert CustomerFact.objects.count() == 1


def test_supervisors_see_and_delete_what_is_remembered_and_write_nothing(sam) -> None:
    client: Client = signed_in(sam)
    call = calls()
    fact = remember(call, "likes tea", consent="typed: yes", actor="ai")
    page = "/admin/knowledge/customerfact/"
    assert "likes tea" in client.get(page).content.decode()
    assert client.get(f"{page}add/").status_code == 403
    assert "Verified as c-17" in client.get(f"/admin/calls/call/{call.pk}/change/").content.decode()
    client.post(f"{page}{fact.pk}/delete/", {"post": "yes"})
    assert not CustomerFact.objects.exists()


def test_the_desk_is_told_who_is_verified() -> None:
    # No voice worker lives, so both are in line.
    told = [customer(QueueEntry.objects.get(call=calls(identity)))["verified"] for identity in (CAROL, None)]
    assert told == [True, False]
