"""`/ws/agent/` as an outside client sees it."""

from asgiref.sync import sync_to_async

from calls.models import ApiKey
from common import clock
from queueing.models import Agent, Department
from queueing.services import agents, offers
from queueing.states import Presence
from tests.agents_ui.helpers import SocketOpener
from tests.cast import make_user
from tests.queueing.helpers import ringing, waiting_call

PATH = "/ws/agent/"


async def test_hello_is_answered_with_the_desk(sockets: SocketOpener, alice: Agent) -> None:
    socket = await sockets(PATH, alice.user)
    answer = await socket.hello()
    assert answer["type"] == "acknowledgment"
    assert answer["snapshot"]["agent"]["username"] == "alice"
    assert [queue["department"] for queue in answer["snapshot"]["queues"]] == ["billing", "support"]
    await socket.close()


async def test_nobody_is_closed_with_4401(sockets: SocketOpener, alice: Agent) -> None:
    socket = await sockets(PATH)
    await socket.open()
    await socket.say(type="hello")
    assert await socket.closed() == 4401


async def test_a_supervisor_who_is_no_agent_is_closed_with_4403(sockets: SocketOpener, sam: object) -> None:
    socket = await sockets(PATH, sam)  # type: ignore[arg-type]
    await socket.open()
    await socket.say(type="hello")
    assert await socket.closed() == 4403


async def test_an_agents_key_opens_his_stream(sockets: SocketOpener, alice: Agent) -> None:
    key = ApiKey.generate()
    await ApiKey.objects.acreate(name="crm", key_hash=ApiKey.digest(key), scopes=["agent"], user=alice.user)
    socket = await sockets(PATH)
    assert (await socket.hello(api_key=key))["snapshot"]["agent"]["username"] == "alice"
    await socket.close()


async def test_a_key_of_another_scope_is_closed_with_4403(sockets: SocketOpener, alice: Agent) -> None:
    key = ApiKey.generate()
    await ApiKey.objects.acreate(name="crm", key_hash=ApiKey.digest(key), scopes=["calls"])
    socket = await sockets(PATH)
    await socket.open()
    await socket.say(type="hello", api_key=key)
    assert await socket.closed() == 4403


async def test_an_unknown_key_is_closed_with_4401(sockets: SocketOpener, alice: Agent) -> None:
    socket = await sockets(PATH)
    await socket.open()
    await socket.say(type="hello", api_key="ck_nothing")
    assert await socket.closed() == 4401


async def test_a_foreign_page_is_refused_before_the_handshake(sockets: SocketOpener, alice: Agent) -> None:
    socket = await sockets(PATH, alice.user, origin="https://elsewhere.example")
    assert not await socket.open()


async def test_ping_is_answered(sockets: SocketOpener, alice: Agent) -> None:
    socket = await sockets(PATH, alice.user)
    await socket.hello()
    await socket.say(type="ping")
    assert await socket.hear("pong") == {"type": "pong"}
    await socket.close()


async def test_malformed_messages_are_survived_until_the_twentieth(sockets: SocketOpener, alice: Agent) -> None:
    socket = await sockets(PATH, alice.user)
    await socket.hello()
    for _ in range(19):
        await socket.communicator.send_to(text_data="{nonsense")
        assert (await socket.hear("error"))["code"] == "malformed"
    await socket.communicator.send_to(text_data="[]")
    assert await socket.closed() == 4400


async def test_an_offer_reaches_the_open_socket_with_the_next_number(
    sockets: SocketOpener, alice: Agent, billing: Department
) -> None:
    socket = await sockets(PATH, alice.user)
    seq = (await socket.hello())["seq"]
    await sync_to_async(waiting_call)(billing)
    first = await socket.hear("transfer_pending", "offer", "presence")
    assert first["seq"] == seq + 1
    offer = first if first["type"] == "offer" else await socket.hear("offer")
    assert offer["customer"]["reason"] == "wants a person"
    await socket.close()


async def test_the_order_on_accept_is_offer_ended_then_customer_assigned(
    sockets: SocketOpener, alice: Agent, billing: Department
) -> None:
    socket = await sockets(PATH, alice.user)
    await socket.hello()
    await sync_to_async(waiting_call)(billing)
    offer = await socket.hear("offer")
    await sync_to_async(offers.accept_offer)(offer["offer_id"], agent=alice)
    ended = await socket.hear("offer_ended", "customer_assigned")
    assert (ended["type"], ended["outcome"]) == ("offer_ended", "accepted")
    assigned = await socket.hear("offer_ended", "customer_assigned")
    assert {"agent_id", "customer_email", "customer", "call_id", "room_name", "agent_token", "url"} <= assigned.keys()
    await socket.close()


async def test_a_return_with_last_seq_gets_what_was_missed_and_no_snapshot(
    sockets: SocketOpener, alice: Agent, billing: Department
) -> None:
    socket = await sockets(PATH, alice.user)
    seq = (await socket.hello())["seq"]
    await socket.close()
    await sync_to_async(waiting_call)(billing)
    again = await sockets(PATH, alice.user)
    answer = await again.hello(last_seq=seq)
    assert "snapshot" not in answer
    numbers = [(await again.hear("transfer_pending", "offer", "presence"))["seq"] for _ in range(2)]
    assert numbers == [seq + 1, seq + 2]
    await again.close()


async def test_a_number_from_the_future_gets_a_snapshot(sockets: SocketOpener, alice: Agent) -> None:
    socket = await sockets(PATH, alice.user)
    assert "snapshot" in await socket.hello(last_seq=1_000_000)
    await socket.close()


async def test_an_open_socket_holds_the_lease(sockets: SocketOpener, alice: Agent) -> None:
    await Agent.objects.filter(pk=alice.pk).aupdate(lease_until=None)
    socket = await sockets(PATH, alice.user)
    await socket.hello()
    await alice.arefresh_from_db()
    assert alice.lease_until is not None
    assert alice.lease_until > clock.now()
    await socket.close()


async def test_who_comes_back_without_a_snapshot_is_told_the_lines_and_pending_requests_anew(
    sockets: SocketOpener, alice: Agent, support: Department
) -> None:
    socket = await sockets(PATH, alice.user)
    seq = (await socket.hello())["seq"]
    await socket.close()
    # Offline and gone for longer than the lease: nothing is stored for her.
    await Agent.objects.filter(pk=alice.pk).aupdate(presence=Presence.OFFLINE, lease_until=None)
    entry = await sync_to_async(waiting_call)(support)
    again = await sockets(PATH, alice.user)
    assert "snapshot" not in await again.hello(last_seq=seq)
    line = await again.hear("queue_update")
    while line["department"] != "support":
        line = await again.hear("queue_update")
    assert (line["waiting"], "seq" in line) == (1, True)
    pending = await again.hear("transfers")
    assert [transfer["call_id"] for transfer in pending["items"]] == [entry.call_id]
    await again.close()


async def test_another_departments_caller_is_not_told_of(
    sockets: SocketOpener, alice: Agent, bob: Agent, sales: Department
) -> None:
    socket = await sockets(PATH, alice.user)
    await socket.hello()
    await sync_to_async(waiting_call)(sales)
    # Something of her own comes next: nothing else was in between.
    await sync_to_async(agents.set_auto_answer)(alice, on=True, actor="alice")
    assert (await socket.hear("presence", "offer", "transfer_pending", "queue_update"))["type"] == "presence"
    await socket.close()


async def test_an_agent_dismissed_while_his_desk_is_open_is_put_out(sockets: SocketOpener, alice: Agent) -> None:
    socket = await sockets(PATH, alice.user)
    await socket.hello()
    await Agent.objects.filter(pk=alice.pk).aupdate(is_active=False)
    entry_department = await alice.departments.afirst()
    assert entry_department is not None
    await sync_to_async(_hint)(entry_department.slug)
    assert await socket.closed() == 4403


async def test_an_agent_who_is_taken_out_of_a_department_is_told_where_he_is_left(
    sockets: SocketOpener, alice: Agent, billing: Department, support: Department
) -> None:
    await sync_to_async(alice.departments.set)([billing, support])
    socket = await sockets(PATH, alice.user)
    await socket.hello()
    await sync_to_async(alice.departments.remove)(support)
    await sync_to_async(_hint)("billing")
    assert (await socket.hear("departments", "queue_update"))["items"] == ["billing"]
    await socket.close()


def _hint(slug: str) -> None:
    from common import realtime

    realtime.hint(f"dept:{slug}")


async def test_two_desks_of_one_agent_hear_the_same(sockets: SocketOpener, alice: Agent, billing: Department) -> None:
    one, two = await sockets(PATH, alice.user), await sockets(PATH, alice.user)
    await one.hello()
    await two.hello()
    await sync_to_async(waiting_call)(billing)
    assert await one.hear("offer") == await two.hear("offer")
    offer = await sync_to_async(ringing)(alice)
    assert offer.entry.call.department == "billing"
    await one.close()
    await two.close()


async def test_a_user_without_staff_rights_is_refused(sockets: SocketOpener, alice: Agent) -> None:
    mallory = await sync_to_async(make_user)("mallory", "visitors")
    socket = await sockets(PATH, mallory)
    await socket.open()
    await socket.say(type="hello")
    assert await socket.closed() == 4403
