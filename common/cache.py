"""Django's Redis cache on connections that outlive a request."""

from functools import lru_cache
from typing import Any

from redis import ConnectionPool


class SharedPool:
    """One pool for a process and address; for the cache's `pool_class`.

    Django makes a cache, and with it a pool, for every request under ASGI: a new connection each time.
    """

    @staticmethod
    @lru_cache
    def from_url(url: str, **options: Any) -> ConnectionPool:
        """See redis.ConnectionPool."""
        return ConnectionPool.from_url(url, **options)
