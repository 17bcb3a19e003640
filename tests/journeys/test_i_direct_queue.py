"""I. Straight to a person: on the page, and with the contract's messages as an outside client sees them."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.journeys.outside import Guest, Socket
from tests.journeys.people import CallPage, Desk
from tests.journeys.product import Product
from tests.journeys.steps import hear_each_other
from tests.journeys.waiting import until


def test_the_page_waits_in_line_and_is_connected(
    product: Product, caller: Callable[..., CallPage], desk: Callable[..., Desk]
) -> None:
    page = caller("?mode=queue").start(name="Carol", email="carol@example.com")
    page.is_in("waiting")
    expect(page.status.locator("xpath=..")).to_contain_text(
        re.compile("Waiting in Queue . Position #1"), timeout=30_000
    )
    call_id = page.call_id
    agent = desk("agent_b")
    agent.hook("start-taking-calls").click()
    agent.is_in_call()
    page.is_in("agent")
    assert product.in_room(call_id) == {f"customer_{call_id}", "agent_agent_b"}
    hear_each_other(page, agent)
    page.hangs_up()
    page.is_in("ended")
    assert product.states(call_id) == ["created", "waiting", "agent", "ended"]
    assert not product.lines(call_id, "ai")


def test_a_page_slower_than_the_agent_joins_all_the_same(
    product: Product, caller: Callable[..., CallPage], desk: Callable[..., Desk]
) -> None:
    """What told of the agent was said before the page's socket was there: its first word is a snapshot."""
    agent = desk("agent_b").takes_calls()
    page = caller("?mode=queue")
    taken: list[bool] = []
    page.page.route_web_socket(
        re.compile("/ws/call/"), lambda socket: socket.connect_to_server() if taken else socket.close()
    )
    page.start(name="Carol", email="carol@example.com")
    agent.is_offered("Carol")
    agent.hook("accept").click()
    until(lambda: product.agent("agent_b").activity == "on_call", "the agent has accepted")
    taken.append(True)
    page.is_in("agent")
    agent.is_in_call()


def test_an_outside_client_sees_the_contract_s_messages(product: Product) -> None:
    agent = Socket(product.url, "/ws/agent/", {"api_key": product.as_agent("agent_a")})
    snapshot = agent.gets("acknowledgment")
    assert isinstance(snapshot["seq"], int)
    assert "snapshot" in snapshot

    joined = product.post("/api/queue/join", {"email": "carol@example.com", "user_name": "Carol"}).json()
    assert joined | {"call_id": 0, "call_secret": 0} == {
        "access_token": "", "room_name": "support_room", "queue_status": "waiting", "queue_position": 1,
        "estimated_wait_time": 300, "call_id": 0, "call_secret": 0,
    }  # fmt: skip
    customer = Socket(product.url, f"/ws/call/{joined['call_id']}/", {"call_secret": joined["call_secret"]})
    first = customer.gets("acknowledgment")
    assert first["snapshot"]["state"] == "waiting"
    _survives_nonsense(customer)

    key = product.as_agent("agent_a")
    answer = product.post("/api/agents/agent_a/status", {"status": "available"}, secret=key).json()
    assert answer["message"] == "Agent agent_a status updated to available"
    to_agent = agent.gets("customer_assigned", call_id=joined["call_id"])
    assert {"agent_id", "customer_email", "customer", "call_id", "room_name", "agent_token", "url"} <= set(to_agent)
    assert (to_agent["agent_id"], to_agent["customer_email"]) == ("agent_a", "carol@example.com")
    to_customer = customer.gets("customer_assigned")
    assert {"agent_id", "agent_name", "room_name", "access_token", "url"} <= set(to_customer)
    assert to_customer["room_name"] == to_agent["room_name"] != "support_room"
    assert not agent.of("offer"), "an agent who becomes available is assigned, not asked"

    _meet(product, joined, customer, to_agent, to_customer)
    _numbers_grow_by_one(agent)
    _numbers_grow_by_one(customer)
    _comes_back_where_it_was(product, joined, customer)
    agent.close()
    customer.close()


def _meet(product: Product, joined: dict, customer: Socket, to_agent: dict, to_customer: dict) -> None:
    """Both join with the tokens they were given, and the agent hangs up."""
    carol = Guest(to_customer["url"], to_customer["access_token"])
    alice = Guest(to_agent["url"], to_agent["agent_token"])
    customer.gets("call_update", state="agent")
    until(lambda: carol.others() == {"agent_agent_a"}, "carol sees the agent")
    answer = product.post(f"/api/calls/{joined['call_id']}/hangup", secret=product.as_agent("agent_a")).json()
    assert answer == {"success": True, "call_id": joined["call_id"], "state": "ended", "reason": "agent_hangup"}
    customer.gets("call_ended", reason="agent_hangup")
    carol.leave()
    alice.leave()


def _survives_nonsense(socket: Socket) -> None:
    for nonsense in ("", "{", "null", "[]", "1", '"x"', "{}", '{"type":1}', '{"type":"\\ud800"}', '{"type":"nothing"}'):
        socket.send(nonsense)
    socket.send_bytes(b"\xff\x00")
    socket.send({"type": "ping"})
    socket.gets("pong")
    errors = socket.of("error")
    assert len(errors) == 11
    assert all(error["code"] == "malformed" and error["message"] and "seq" not in error for error in errors)


def _numbers_grow_by_one(socket: Socket) -> None:
    start = socket.gets("acknowledgment")["seq"]
    stored = [m["seq"] for m in socket.messages if "seq" in m and m["type"] not in ("acknowledgment", "queue_update")]
    fresh = sorted(set(stored))
    assert fresh == list(range(start + 1, start + 1 + len(fresh))), socket.messages


def _comes_back_where_it_was(product: Product, joined: dict, customer: Socket) -> None:
    """With a `last_seq` still kept there is no snapshot, and what was missed follows; from the future there is one."""
    seen = customer.gets("acknowledgment")["seq"]
    path = f"/ws/call/{joined['call_id']}/"
    again = Socket(product.url, path, {"call_secret": joined["call_secret"], "last_seq": seen})
    assert again.gets("acknowledgment") == {"type": "acknowledgment", "seq": seen}
    again.gets("call_ended", reason="agent_hangup")
    again.close()
    ahead = Socket(product.url, path, {"call_secret": joined["call_secret"], "last_seq": 10**6})
    assert ahead.gets("acknowledgment")["snapshot"]["state"] == "ended"
    ahead.close()


def test_sockets_without_rights_are_closed_with_the_contract_s_codes(product: Product) -> None:
    joined = product.post("/api/queue/join", {"email": "carol@example.com"}).json()
    other = product.post("/api/queue/join", {"email": "dora@example.com"}).json()
    path = f"/ws/call/{joined['call_id']}/"
    silent = Socket(product.url, path)
    for hello, code in (
        ({}, 4401),
        ({"call_secret": "cs_x_y"}, 4401),
        ({"call_secret": other["call_secret"]}, 4403),
    ):
        Socket(product.url, path, hello).is_closed_with(code)
    Socket(product.url, "/ws/agent/", {"api_key": "ck_nobody"}).is_closed_with(4401)
    Socket(product.url, "/ws/agent/", {"api_key": product.key("calls")}).is_closed_with(4403)
    flood = Socket(product.url, path, {"call_secret": joined["call_secret"]})
    flood.gets("acknowledgment")
    for _ in range(20):
        flood.send("nonsense")
    flood.is_closed_with(4400)
    silent.is_closed_with(4408)
