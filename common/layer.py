"""Channels' layer over Redis, which can send to many groups at once.

A round trip for each group is half of what it costs to tell two hundred agents that they are asked.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer


class Layer(RedisPubSubChannelLayer):  # type: ignore[misc]
    """The same layer, with `groups_send`."""

    async def groups_send(self, messages: Mapping[str, dict[str, Any]]) -> None:
        """`group_send` of each group's message in order, in one trip to each Redis."""
        layer = self._get_layer()
        of_shard: defaultdict[Any, list[tuple[str, bytes]]] = defaultdict(list)
        for group, message in messages.items():
            channel = layer._get_group_channel_name(group)  # noqa: SLF001 -- as its own group_send does
            of_shard[layer._get_shard(channel)].append((channel, self.serialize(message)))  # noqa: SLF001
        for shard, sending in of_shard.items():
            async with shard._lock:  # noqa: SLF001 -- as its own publish does
                shard._ensure_redis()  # noqa: SLF001
                async with shard._redis.pipeline(transaction=False) as trip:  # noqa: SLF001
                    for channel, text in sending:
                        trip.publish(channel, text)
                    await trip.execute()
