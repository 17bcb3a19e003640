"""Many groups are sent to as each would be by itself."""

import asyncio
from typing import Any

import pytest
from channels.layers import get_channel_layer

pytestmark = pytest.mark.usefixtures("redis_server")


async def test_each_group_gets_its_own_message_of_many_sent_at_once() -> None:
    layer: Any = get_channel_layer()
    names = {group: await layer.new_channel() for group in ("one", "two", "nobodys")}
    for group in ("one", "two"):
        await layer.group_add(group, names[group])
    await layer.groups_send({group: {"type": "hint", "group": group, "news": [[1, "نعم"]]} for group in names})
    async with asyncio.timeout(10):
        found = [await layer.receive(names[group]) for group in ("one", "two")]
    assert found == [{"type": "hint", "group": group, "news": [[1, "نعم"]]} for group in ("one", "two")]
    await layer.flush()
