"""Invariant 7 for the call page: a snapshot and the messages after it make a fresh one, by the page's own reducer."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from calls.models import Call
from calls.services import ai, lifecycle, transcript
from calls.states import AIState, EndReason, Speaker
from common.bulk import text_of
from common.realtime import call_stream, events_after, last_seq
from queueing import lines, presenters, selectors
from queueing.models import Agent, CallbackRequest, Department
from queueing.services import (
    agents,
    by_hand,
    callbacks,
    calling_back,
    consulting,
    handing_on,
    handing_over,
    offers,
    returning,
    transfers,
    waits,
)
from queueing.states import TransferKind
from tests.agents_ui.helpers import Json, node
from tests.agents_ui.proof import PROVED, check_proof, proves
from tests.agents_ui.types_told import types_told
from tests.cast import Clock, make_call
from tests.queueing.helpers import direct_call, enters, leaves, ringing, waiting_call

Act = Callable[[], Any]
TICKS = frozenset({"queue_update"})


@pytest.fixture
def told() -> set[str]:
    """Types told in the test so far."""
    return set()


@pytest.fixture(autouse=True)
def _all_told(request: pytest.FixtureRequest, told: set[str]) -> Iterator[None]:
    yield from check_proof(request, told)


@pytest.fixture(autouse=True)
def _still(time: Clock, alice: Agent) -> None:
    """The clock stands still, alice is at her desk."""
    Agent.objects.update(lease_until=time.at.replace(hour=23))


def snapshot_of(call: Call) -> Json:
    """As a page that opens now is told."""
    call = Call.objects.get(pk=call.pk)
    lines = [presenters.segment(line) for line in call.transcript.all()]
    return dict(presenters.call_state(call, for_caller=True), transcript=lines)


def shown(told: list[tuple[Json, list[Json]]]) -> list[Json]:
    """What the page knows after each snapshot and its messages."""
    given = [{"snapshot": snapshot, "messages": messages} for snapshot, messages in told]
    answer: list[Json] = node("../../calls/page/reduce.mjs", plain(given))["shown"]
    return answer


def plain(value: Any) -> Any:
    """As JSON carries it."""
    return json.loads(text_of(value))


def assert_told_all(call: Call, told: set[str], *acts: Act) -> None:
    """After each act the old snapshot, led on by the messages and the ticks since, equals a fresh one."""
    before, seq = snapshot_of(call), last_seq(call_stream(call.pk))
    ticks: list[tuple[int, Json]] = []
    led_on: list[tuple[Json, list[Json]]] = []
    fresh: list[tuple[Json, list[Json]]] = []
    for act in acts:
        act()
        stored = [event.message() for event in events_after(call_stream(call.pk), seq)]
        place = lines.places([call.pk]).get(call.pk, ("", None))[1]
        if place is not None:
            # The consumer tells it when it looks again, after what is stored by then.
            ticks.append((len(stored), {"type": "queue_update", **presenters.queue_place(place)}))
        messages: list[Json] = []
        for index in range(len(stored) + 1):
            messages += [tick for at, tick in ticks if at == index]
            messages += stored[index : index + 1]
        told |= {message["type"] for message in messages}
        led_on.append((before, messages))
        fresh.append((snapshot_of(call), []))
    known = shown([*led_on, *fresh])
    assert known[: len(acts)] == known[len(acts) :]


def entry_of(call: Call) -> Any:
    found = selectors.open_entry(call.pk)
    assert found is not None
    return found


@proves("call_update", "transcript", "queue_update", "customer_assigned", "call_ended")
def test_a_call_from_the_ai_to_the_end(alice: Agent, billing: Department, told: set[str]) -> None:
    call = make_call(department="billing", ai_state=AIState.LIVE, ai_epoch=1)
    assert_told_all(
        call,
        told,
        lambda: transcript.add_segment(call.pk, key="1", speaker=Speaker.AI, text="Welcome"),
        lambda: transfers.create_transfer(call, reason="wants a person", actor="ai"),
        lambda: offers.accept_offer(str(ringing(alice).pk), agent=alice),
        lambda: enters(call, alice),
        lambda: agents.set_hold(alice, call.pk, on=True),
        lambda: agents.set_hold(alice, call.pk, on=False),
        lambda: lifecycle.end_call(call.pk, EndReason.AGENT_HANGUP, actor="alice"),
    )


def test_an_agent_who_does_not_arrive(alice: Agent, billing: Department, time: Clock, told: set[str]) -> None:
    call = direct_call(billing).call

    def too_late() -> None:
        time.pass_(16)
        returning.fail_setup(entry_of(call).pk)

    assert_told_all(call, told, lambda: offers.accept_offer(str(ringing(alice).pk), agent=alice), too_late)


def test_an_agent_who_is_lost_and_back_and_lost_for_good(
    alice: Agent, billing: Department, time: Clock, told: set[str]
) -> None:
    call = waiting_call(billing).call
    seen: list[Any] = []

    def for_good() -> None:
        time.pass_(120)
        returning.give_back(entry_of(call).pk)

    assert_told_all(
        call,
        told,
        lambda: offers.accept_offer(str(ringing(alice).pk), agent=alice),
        lambda: seen.append(enters(call, alice)),
        lambda: leaves(call, seen.pop()),
        lambda: seen.append(enters(call, alice)),
        lambda: leaves(call, seen.pop()),
        for_good,
    )


def test_a_caller_who_is_moved_and_removed_by_hand(billing: Department, support: Department, told: set[str]) -> None:
    Agent.objects.update(presence="away")
    call = waiting_call(billing, ai_state=AIState.LIVE).call
    other = waiting_call(support, email="dan@example.test")
    assert_told_all(
        call,
        told,
        lambda: by_hand.move(entry_of(call), support, actor="sam"),
        lambda: by_hand.set_priority(entry_of(call), 5, actor="sam"),
        lambda: by_hand.set_priority(other, 9, actor="sam"),
        lambda: by_hand.remove(entry_of(call), "test call", actor="sam"),
        lambda: transfers.create_transfer(Call.objects.get(pk=call.pk), reason="again", actor="ai"),
    )


@pytest.mark.parametrize("ai", [AIState.LIVE, AIState.NONE])
def test_a_wait_that_becomes_too_long(billing: Department, time: Clock, told: set[str], ai: AIState) -> None:
    Agent.objects.update(presence="away")
    Department.objects.update(max_wait_seconds=60)
    call = waiting_call(billing, ai_state=ai).call

    def too_long() -> None:
        time.pass_(61)
        waits.time_out_entry(entry_of(call).pk)

    assert_told_all(call, told, too_long)


def test_a_caller_who_is_handed_on(alice: Agent, billing: Department, sales: Department, told: set[str]) -> None:
    call = waiting_call(billing).call
    assert_told_all(
        call,
        told,
        lambda: offers.accept_offer(str(ringing(alice).pk), agent=alice),
        lambda: enters(call, alice),
        lambda: handing_on.hand_on(Call.objects.get(pk=call.pk), agent=alice, department="sales", reason="x"),
    )


def test_a_caller_to_whom_a_second_agent_comes(alice: Agent, bob: Agent, billing: Department, told: set[str]) -> None:
    Agent.objects.filter(pk=bob.pk).update(lease_until=Agent.objects.get(pk=alice.pk).lease_until)
    call = waiting_call(billing).call
    seen: list[Any] = []

    def asks() -> None:
        made = handing_over.hand_over(entry_of(call).call, agent=alice, to=bob, kind=TransferKind.CONSULT)
        offers.accept_offer(str(ringing(bob).pk), agent=bob)
        seen.append(made.public_id)

    assert_told_all(
        call,
        told,
        lambda: offers.accept_offer(str(ringing(alice).pk), agent=alice),
        lambda: enters(call, alice),
        asks,
        lambda: consulting.begin_conference(seen[0], agent=alice),
        lambda: enters(call, bob),
        lambda: consulting.leave(seen.pop(), agent=bob),
        asks,
        lambda: consulting.begin_conference(seen[0], agent=alice),
        lambda: consulting.complete(seen[0], agent=alice),
    )


def test_a_caller_who_goes_back_to_the_ai(billing: Department, told: set[str]) -> None:
    call = waiting_call(billing, ai_state=AIState.LIVE).call
    assert_told_all(call, told, lambda: callbacks.give_up_waiting(call, actor="ai"))


def test_an_ai_that_is_lost_for_good(billing: Department, told: set[str]) -> None:
    call = make_call(department="billing", ai_state=AIState.LIVE, ai_epoch=1, ai_attempts=2)
    assert_told_all(call, told, lambda: ai.replace_lost(call.pk, 1))


@proves("callback")
def test_a_callback_that_rings_and_is_answered(alice: Agent, billing: Department, told: set[str]) -> None:
    Agent.objects.update(presence="away")
    call = waiting_call(billing).call

    def promise() -> None:
        callbacks.request_callback(call, kind="callback", contact="0123", actor="caller")

    def calls_back() -> None:
        Agent.objects.update(presence="available")
        second = Call.objects.get(callback_of=call)
        by_hand.assign(entry_of(second), Agent.objects.get(pk=alice.pk), actor="sam")

    def gives_up() -> None:
        calling_back.withdraw(CallbackRequest.objects.get().pk, actor="caller")

    assert_told_all(call, told, promise, calls_back, gives_up)


def test_every_type_that_a_call_is_told_is_proved() -> None:
    assert types_told()["call"] | TICKS == PROVED[__name__]
