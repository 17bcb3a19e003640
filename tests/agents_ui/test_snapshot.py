"""Invariant 7 for the desk: a snapshot and the messages after it make a fresh snapshot, by the page's own reducer."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from agents_ui import presenters
from calls.models import Call
from calls.services import lifecycle, sweeps, transcript
from calls.states import AITask, EndReason, Speaker
from common.bulk import text_of
from common.realtime import agent_stream, events_after, last_seq
from queueing.models import Agent, CallbackRequest, Department, Transfer
from queueing.services import (
    agents,
    callbacks,
    calling_back,
    consulting,
    handing_back,
    handing_on,
    handing_over,
    offers,
    pages,
    supervision,
    taking_over,
    transfers,
)
from queueing.services import sweeps as queue_sweeps
from queueing.states import Presence, TransferKind
from queueing.supervising import SupervisionState
from tests.agents_ui import led_on
from tests.agents_ui.helpers import Json, reduced
from tests.agents_ui.led_on import Act, OpenDesk, shown_now, snapshot_of
from tests.agents_ui.proof import PROVED, check_proof, proves
from tests.agents_ui.types_told import types_told
from tests.cast import Clock
from tests.queueing.helpers import enters, fresh, ringing, waiting_call

# Types told in the test so far.
_told: set[str] = set()


@pytest.fixture(autouse=True)
def _all_told(request: pytest.FixtureRequest) -> Iterator[None]:
    _told.clear()
    yield from check_proof(request, _told)


def assert_told_all(agent: Agent, *acts: Act) -> None:
    """After each act the agent's desk shows what a fresh one does."""
    _told.update(led_on.assert_stored_all(agent, *acts))


@pytest.fixture
def desk_of_alice(time: Clock, alice: Agent) -> Agent:
    """alice at her desk, the clock standing still."""
    Agent.objects.filter(pk=alice.pk).update(lease_until=time.at.replace(hour=23))
    alice.refresh_from_db()
    return alice


@proves("presence")
def test_presence(desk_of_alice: Agent) -> None:
    alice = desk_of_alice
    assert_told_all(
        alice,
        lambda: agents.set_presence(alice, Presence.AWAY, reason="lunch", actor="alice"),
        lambda: agents.set_auto_answer(alice, on=True, actor="alice"),
        lambda: agents.set_presence(alice, Presence.AVAILABLE, actor="alice"),
    )


@proves("offer", "offer_ended", "customer_assigned", "call_update", "transcript", "call_ended")
def test_a_call_from_the_offer_to_the_end_of_wrap_up(desk_of_alice: Agent, billing: Department) -> None:
    alice = desk_of_alice

    def call() -> Call:
        return Call.objects.get()

    assert_told_all(
        alice,
        lambda: waiting_call(billing),
        lambda: offers.accept_offer(str(ringing(alice).pk), agent=alice),
        lambda: enters(call(), alice),
        lambda: agents.set_hold(alice, call().pk, on=True),
        lambda: agents.set_presence(alice, Presence.AWAY, reason="break", after_call=True, actor="alice"),
        lambda: agents.set_hold(alice, call().pk, on=False),
        lambda: lifecycle.end_call(call().pk, EndReason.AGENT_HANGUP, actor="alice"),
        lambda: agents.finish_wrap_up(Agent.objects.get(pk=alice.pk)),
    )


def test_a_call_handed_on(desk_of_alice: Agent, billing: Department, sales: Department) -> None:
    alice = desk_of_alice
    assert_told_all(
        alice,
        lambda: waiting_call(billing),
        lambda: offers.accept_offer(str(ringing(alice).pk), agent=alice),
        lambda: enters(Call.objects.get(), alice),
        lambda: handing_on.hand_on(Call.objects.get(), agent=alice, department="sales", reason="wants an offer"),
        lambda: lifecycle.end_call(Call.objects.get().pk, EndReason.ABANDONED, actor="caller"),
        lambda: agents.finish_wrap_up(Agent.objects.get(pk=alice.pk)),
    )


@proves("supervision")
def test_supervisors_come_speak_and_go(desk_of_alice: Agent, sam: User, billing: Department) -> None:
    alice = desk_of_alice

    def supervised(to: SupervisionState) -> Act:
        return lambda: supervision.supervise(Call.objects.get(), supervisor=sam, to=to)

    assert_told_all(
        alice,
        lambda: waiting_call(billing),
        supervised(SupervisionState.LISTEN),
        lambda: offers.accept_offer(str(ringing(alice).pk), agent=alice),
        lambda: enters(Call.objects.get(), alice),
        supervised(SupervisionState.WHISPER),
        supervised(SupervisionState.BARGE),
        lambda: Department.objects.update(conceal_supervision=True),
        lambda: supervision.leave(Call.objects.get(), supervisor=sam),
        supervised(SupervisionState.LISTEN),
        supervised(SupervisionState.WHISPER),
        lambda: lifecycle.end_call(Call.objects.get().pk, EndReason.AGENT_HANGUP, actor="alice"),
        lambda: agents.finish_wrap_up(Agent.objects.get(pk=alice.pk)),
    )


def test_a_call_a_supervisor_takes_over(desk_of_alice: Agent, bob: Agent, billing: Department) -> None:
    alice = desk_of_alice
    assert_told_all(
        alice,
        lambda: waiting_call(billing),
        lambda: offers.accept_offer(str(ringing(alice).pk), agent=alice),
        lambda: enters(Call.objects.get(), alice),
        lambda: supervision.supervise(Call.objects.get(), supervisor=bob.user, to=SupervisionState.WHISPER),
        lambda: taking_over.take_over(Call.objects.get(), supervisor=bob.user),
        lambda: enters(Call.objects.get(), bob),
        lambda: lifecycle.end_call(Call.objects.get().pk, EndReason.AGENT_HANGUP, actor="bob"),
        lambda: agents.finish_wrap_up(Agent.objects.get(pk=alice.pk)),
    )


def test_a_callback_from_the_offer_to_the_end(desk_of_alice: Agent, billing: Department, time: Clock) -> None:
    alice = desk_of_alice

    def first() -> Call:
        return Call.objects.get(callback_of__isnull=True)

    def second() -> Call:
        return Call.objects.get(callback_of__isnull=False)

    assert_told_all(
        alice,
        lambda: callbacks.request_callback(
            waiting_call(billing).call, kind="callback", contact="0123", note="router", actor="caller"
        ),
        lambda: offers.accept_offer(str(ringing(alice).pk), agent=alice),
        lambda: enters(second(), alice),
        lambda: calling_back.answer(first()),
        lambda: lifecycle.end_call(second().pk, EndReason.AGENT_HANGUP, actor="alice"),
        lambda: agents.finish_wrap_up(Agent.objects.get(pk=alice.pk)),
    )


@proves("caller_page")
def test_a_page_that_is_closed_and_opened(desk_of_alice: Agent, billing: Department, time: Clock) -> None:
    """On the offer, on what the department is asked for, and while a callback rings."""
    alice = desk_of_alice

    def left_at(*, seconds: int | None) -> Act:
        deadline = None if seconds is None else time.at + timedelta(seconds=seconds)
        return lambda: (Call.objects.update(caller_deadline=deadline), queue_sweeps.sweep())

    assert_told_all(
        alice,
        lambda: waiting_call(billing),
        left_at(seconds=10),
        left_at(seconds=None),
        lambda: offers.decline_offer(str(ringing(alice).pk), agent=alice),
        left_at(seconds=10),
        lambda: callbacks.request_callback(Call.objects.get(), kind="callback", contact="0123", actor="caller"),
        lambda: (pages.touch([Call.objects.get(callback_of__isnull=True).pk]), queue_sweeps.sweep()),
        lambda: offers.accept_offer(str(ringing(alice).pk), agent=alice),
        lambda: (CallbackRequest.objects.update(page_until=time.at), queue_sweeps.sweep()),
    )


def test_a_callback_nobody_answers(desk_of_alice: Agent, billing: Department, time: Clock) -> None:
    alice = desk_of_alice
    assert_told_all(
        alice,
        lambda: callbacks.request_callback(waiting_call(billing).call, kind="callback", contact="0123", actor="caller"),
        lambda: offers.accept_offer(str(ringing(alice).pk), agent=alice),
        lambda: enters(Call.objects.get(callback_of__isnull=False), alice),
        lambda: time.pass_(30),
        lambda: calling_back.no_answer(CallbackRequest.objects.get().pk),
    )


@proves("handover")
def test_a_call_handed_over(desk_of_alice: Agent, bob: Agent, billing: Department) -> None:
    alice = desk_of_alice
    Agent.objects.update(lease_until=alice.lease_until)
    bob.refresh_from_db()

    def asks() -> Any:
        return handing_over.hand_over(Call.objects.get(), agent=alice, to=bob, reason="speaks Arabic")

    def begins() -> None:
        entry = waiting_call(billing)
        offers.accept_offer(str(ringing(alice).pk), agent=alice)
        enters(entry.call, alice)

    begins()
    for desk in (alice, bob):
        assert_told_all(
            desk,
            asks,
            lambda: offers.decline_offer(str(ringing(bob).pk), agent=bob),
            asks,
            lambda: handing_over.take_back(Transfer.objects.latest("pk").public_id, agent=alice),
        )
    asks()
    other = OpenDesk(bob)
    assert_told_all(alice, lambda: offers.accept_offer(str(ringing(bob).pk), agent=bob))
    other.hears()
    assert other.shown() == shown_now(bob)


def test_a_talk_with_a_colleague(desk_of_alice: Agent, bob: Agent, billing: Department) -> None:
    alice = desk_of_alice
    Agent.objects.update(lease_until=alice.lease_until)
    bob.refresh_from_db()
    entry = waiting_call(billing)
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    enters(entry.call, alice)

    def asks() -> Any:
        call = Call.objects.get()
        return handing_over.hand_over(call, agent=alice, to=bob, reason="a refund?", kind=TransferKind.CONSULT)

    def last() -> str:
        return Transfer.objects.latest("pk").public_id

    for desk in (alice, bob):
        assert_told_all(
            desk,
            asks,
            lambda: offers.accept_offer(str(ringing(bob).pk), agent=bob),
            lambda: handing_over.take_back(last(), agent=alice),
            asks,
            lambda: offers.accept_offer(str(ringing(bob).pk), agent=bob),
            lambda: consulting.leave(last(), agent=bob),
        )
    for desk in (alice, bob):
        assert_told_all(
            desk,
            asks,
            lambda: offers.accept_offer(str(ringing(bob).pk), agent=bob),
            lambda: consulting.begin_conference(last(), agent=alice),
            lambda: enters(Call.objects.get(), bob),
            lambda: consulting.leave(last(), agent=bob),
        )
    asks()
    offers.accept_offer(str(ringing(bob).pk), agent=bob)
    consulting.begin_conference(last(), agent=alice)
    other = OpenDesk(bob)
    assert_told_all(alice, lambda: consulting.complete(last(), agent=alice))
    enters(Call.objects.get(), bob)
    other.hears()
    assert other.shown() == shown_now(bob)


def test_a_colleague_reads_along_as_long_as_he_is_asked(desk_of_alice: Agent, bob: Agent, billing: Department) -> None:
    alice = desk_of_alice
    Agent.objects.update(lease_until=alice.lease_until)
    bob.refresh_from_db()
    call = waiting_call(billing).call
    offers.accept_offer(str(ringing(alice).pk), agent=alice)
    enters(call, alice)

    def last() -> str:
        return Transfer.objects.latest("pk").public_id

    def asks() -> Any:
        return handing_over.hand_over(fresh(call), agent=alice, to=bob, kind=TransferKind.CONSULT)

    def said(words: str) -> Act:
        return lambda: transcript.add_segment(call.pk, key=words, speaker=Speaker.CUSTOMER, text=words)

    def story() -> Json:
        told = presenters.story(fresh(call), "en")["transcript"]
        return {"type": "story", "call_id": call.pk, "transcript": json.loads(text_of(told))}

    def lines(snapshot: Json, news: list[Json]) -> Any:
        # The stream's lines name their call as well.
        shown = reduced(snapshot, news, lines=True)["lines"]
        return [{key: value for key, value in line.items() if key != "call_id"} for line in shown]

    asks()
    before, seq, read = snapshot_of(bob), last_seq(agent_stream("bob")), story()
    for act in (
        said("while it rings"),
        lambda: offers.accept_offer(str(ringing(bob).pk), agent=bob),
        said("while they talk"),
        lambda: consulting.begin_conference(last(), agent=alice),
        lambda: enters(call, bob),
        said("while all three talk"),
    ):
        act()
        news = [event.message() for event in events_after(agent_stream("bob"), seq)]
        seen = lines(before, [read, *news])
        assert seen == lines(snapshot_of(bob), [story()])
    assert [line["text"] for line in seen if line["text"].startswith("while")] == [
        "while it rings",
        "while they talk",
        "while all three talk",
    ]
    consulting.leave(last(), agent=bob)
    seq = last_seq(agent_stream("bob"))
    said("without him")()
    assert events_after(agent_stream("bob"), seq) == []
    assert "transcript" in {event.type for event in events_after(agent_stream("alice"), 0)}


def test_a_call_handed_back_to_the_ai(desk_of_alice: Agent, billing: Department) -> None:
    alice = desk_of_alice
    sweeps.heartbeat("voicebot", "worker")
    assert_told_all(
        alice,
        lambda: waiting_call(billing),
        lambda: offers.accept_offer(str(ringing(alice).pk), agent=alice),
        lambda: enters(Call.objects.get(), alice),
        lambda: handing_back.hand_back(Call.objects.get(), agent=alice, task=AITask.SURVEY),
        lambda: lifecycle.end_call(Call.objects.get().pk, EndReason.CONTAINED, actor="ai"),
        lambda: agents.finish_wrap_up(Agent.objects.get(pk=alice.pk)),
    )


def test_a_declined_offer(desk_of_alice: Agent, billing: Department) -> None:
    alice = desk_of_alice
    assert_told_all(
        alice,
        lambda: waiting_call(billing),
        lambda: offers.decline_offer(str(ringing(alice).pk), agent=alice),
    )


@proves("transfer_pending", "transfer_ended")
def test_somebody_elses_transfer(desk_of_alice: Agent, bob: Agent, support: Department) -> None:
    alice = desk_of_alice
    Agent.objects.update(lease_until=alice.lease_until)
    agents.set_presence(alice, Presence.AWAY, reason="lunch", actor="alice")
    agents.set_presence(bob, Presence.AWAY, reason="lunch", actor="bob")

    def accept() -> None:
        transfers.accept_transfer(snapshot_of(bob)["transfers"][0]["id"], agent=bob)

    assert_told_all(
        alice, lambda: waiting_call(support), lambda: waiting_call(support, email="dan@example.test"), accept
    )


def test_a_caller_who_hangs_up_while_it_rings(desk_of_alice: Agent, billing: Department) -> None:
    assert_told_all(
        desk_of_alice,
        lambda: waiting_call(billing),
        lambda: lifecycle.end_call(Call.objects.get().pk, EndReason.ABANDONED, actor="caller"),
    )


def test_every_type_that_an_agent_is_told_is_proved() -> None:
    assert PROVED[__name__] == types_told()["agent"]
