"""Invariant 7 for the wallboard: what was told last, with the next message, is a fresh snapshot."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.models import User

from agents_ui import consumers, presenters
from calls.models import Call
from calls.services import lifecycle
from calls.states import EndReason
from common import clock
from queueing.models import Agent, Department
from queueing.services import agents, by_hand, offers, supervision
from queueing.states import Presence
from queueing.supervising import SupervisionState
from tests.agents_ui.helpers import Json, SocketOpener
from tests.cast import make_department
from tests.queueing.helpers import enters, ringing, waiting_call

Act = Callable[[], Any]
# Told whole whenever they differ; the time comes with every message.
WHOLE = {"calls", "server_time"}


def merged(board: Json, message: Json) -> Json:
    """The board after a message, as the page merges it: rows by their names, the rest whole."""
    after = dict(board)
    for part, key in consumers._PARTS:
        rows = {row[key]: row for row in board[part]}
        rows |= {row[key]: row for row in message.get(part, [])}
        after[part] = [row for name, row in rows.items() if name not in message.get(f"{part}_gone", [])]
    return after | {part: message[part] for part in WHOLE if part in message}


def in_order(board: Json) -> Json:
    """Rows by their names: the page sorts them itself."""
    parts = {part: sorted(board[part], key=lambda row: str(row[key])) for part, key in consumers._PARTS}
    return {key: value for key, value in (board | parts).items() if key != "server_time"}


def assert_told_all(*acts: Act) -> set[str]:
    """After each act the board told so far equals a fresh one; the parts that were told of."""
    board = told_last = presenters.wallboard()
    seen: set[str] = set()
    for act in acts:
        act()
        now = presenters.wallboard()
        message = consumers._wallboard_changes(told_last, now)
        seen |= set(message)
        board, told_last = merged(board, message), now
        assert in_order(board) == in_order(now)
    return seen


def call() -> Call:
    return Call.objects.get(customer_email="carol@example.test")


def test_every_part_is_told_from_a_caller_s_coming_to_his_going(
    sam: User, alice: Agent, bob: Agent, billing: Department
) -> None:
    def entry() -> Any:
        return call().entries.order_by("-pk").first()

    seen = assert_told_all(
        lambda: waiting_call(billing),
        lambda: waiting_call(billing, email="dan@example.test"),
        lambda: by_hand.set_priority(entry(), 5, actor="sam"),
        lambda: by_hand.set_presence(bob, Presence.AWAY, reason="lunch", actor="sam"),
        lambda: offers.decline_offer(str(ringing(alice).pk), agent=alice),
        lambda: offers.accept_offer(str(ringing(alice).pk), agent=alice),
        lambda: enters(Call.objects.get(agent=alice.user), alice),
        lambda: supervision.supervise(Call.objects.get(agent=alice.user), supervisor=sam, to=SupervisionState.LISTEN),
        lambda: lifecycle.end_call(Call.objects.get(agent=alice.user).pk, EndReason.AGENT_HANGUP, actor="alice"),
        lambda: Agent.objects.filter(pk=alice.pk).update(lease_until=clock.now() - timedelta(seconds=1)),
        lambda: Agent.objects.filter(pk=bob.pk).update(is_active=False),
        lambda: make_department("quiet"),
        lambda: Department.objects.filter(slug="quiet").update(is_active=False),
    )
    gone = {f"{part}_gone" for part, _ in consumers._PARTS}
    assert seen == {part for part, _ in consumers._PARTS} | gone | (WHOLE - {"server_time"})


def test_a_part_that_nobody_merges_is_noticed(db: None) -> None:
    assert set(presenters.wallboard()) == {part for part, _ in consumers._PARTS} | WHOLE


async def test_a_page_that_comes_back_is_given_the_whole_board(
    sockets: SocketOpener, sam: User, alice: Agent, support: Department
) -> None:
    first = await sockets("/ws/wallboard/", sam)
    seq = (await first.hello())["seq"]
    await first.close()
    await sync_to_async(agents.set_presence)(alice, Presence.AWAY, reason="lunch", actor="alice")
    again = await sockets("/ws/wallboard/", sam)
    snapshot = (await again.hello(last_seq=seq))["snapshot"]
    fresh = await sync_to_async(presenters.wallboard)()
    assert in_order(snapshot) == in_order(fresh)
    await again.close()
