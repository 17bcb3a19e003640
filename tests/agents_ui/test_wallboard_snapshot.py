"""Invariant 7 for the wallboard: a snapshot and the messages after it make a fresh one, by the page's own script."""

import json
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
from tests.agents_ui.helpers import Json, SocketOpener, node
from tests.cast import make_agent, make_department
from tests.queueing.helpers import enters, ringing, waiting_call

Act = Callable[[], Any]
PARTS = {part for part, _ in consumers._PARTS} | {"calls"}
GONE = {f"{part}_gone" for part, _ in consumers._PARTS}


def acknowledged(snapshot: Json) -> Json:
    """What a page that opens is told first."""
    return {"type": "acknowledgment", "seq": 0, "snapshot": snapshot}


def shown(*pages: list[Json]) -> list[list[Json]]:
    """What each page shows after each of its messages, in its order. All of them in one go."""
    now = pages[0][0]["snapshot"]["server_time"]
    answer: list[list[Json]] = node("wallboard.mjs", {"now": now, "pages": pages})["pages"]
    return answer


def in_it(board: Json) -> Json:
    """What a snapshot has, or a page shows of it, whatever the order."""
    lines = board["waiting"]
    waiting = [row for _, line in lines for row in line] if lines and isinstance(lines[0], list) else lines
    parts = {**board, "waiting": waiting}
    return {"calls": board["calls"]} | {
        part: sorted(parts[part], key=lambda row: str(row[key])) for part, key in consumers._PARTS
    }


def assert_told_all(*acts: Act) -> set[str]:
    """After each act a page that was open all along shows what one does that opens now; the parts that were told of."""
    board = consumers.Board()
    told, fresh = [acknowledged(board.whole)], [acknowledged(board.whole)]
    for act in acts:
        act()
        before, board = board, consumers.Board()
        told.append(json.loads(board.since(before)))
        fresh.append(acknowledged(board.whole))
    open_all_along, *opened_now = shown(told, *([first] for first in fresh))
    for page, other, first in zip(open_all_along, opened_now, fresh, strict=True):
        assert page == other[0]
        assert in_it(page) == in_it(first["snapshot"])
    return set().union(*told[1:])


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
    assert seen == PARTS | GONE | {"type", "seq", "server_time"}


def test_what_comes_later_stands_where_a_page_that_opens_now_has_it(alice: Agent, billing: Department) -> None:
    assert_told_all(
        lambda: make_department("accounts"),
        lambda: Department.objects.filter(slug="billing").update(is_active=False),
        lambda: Department.objects.filter(slug="billing").update(is_active=True),
        lambda: make_agent("aaron", billing, display_name=alice.name),
    )


def test_a_part_that_nobody_merges_is_noticed(db: None) -> None:
    snapshot = presenters.wallboard()
    assert set(snapshot) == PARTS | {"server_time"}
    assert set(shown([acknowledged(snapshot)])[0][0]) == PARTS


async def test_a_page_that_comes_back_is_given_the_whole_board(
    sockets: SocketOpener, sam: User, alice: Agent, bob: Agent, support: Department
) -> None:
    first = await sockets("/ws/wallboard/", sam)
    known = await first.hello()
    await first.close()
    await sync_to_async(agents.set_presence)(alice, Presence.AWAY, reason="lunch", actor="alice")
    await sync_to_async(Agent.objects.filter(pk=bob.pk).update)(is_active=False)
    again = await sockets("/ws/wallboard/", sam)
    back = await again.hello(last_seq=known["seq"])
    fresh = await sync_to_async(presenters.wallboard)()
    there_before, opened_now = shown([known, back], [acknowledged(fresh)])
    assert there_before[-1] == opened_now[-1]
    assert there_before[0] != there_before[-1]
    await again.close()
